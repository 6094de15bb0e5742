# SPDX-License-Identifier: Apache-2.0
"""An operation as callers see it."""

from ensemble_api.operations import Goal, Operation, OperationStatus, OperationType
from ensemble_api.planning.message import Sentence
from ensemble_api.records import EnsembleRecord
from ensemble_api.views import stored_plans
from ensemble_api.views.domains import Json
from ensemble_api.views.names import without_names
from ensemble_api.views.survival import objectives

TYPE_LABELS = {
    OperationType.CREATE: Sentence("operation-type.create", "Create")(),
    OperationType.CHANGE: Sentence("operation-type.change", "Change")(),
    OperationType.DELETE: Sentence("operation-type.delete", "Delete")(),
}
ON_FAILURE = {
    OperationType.CREATE: Sentence(
        "operation-failure.create", "If it fails, all that it has built is removed."
    )(),
    OperationType.CHANGE: Sentence(
        "operation-failure.change",
        "If it fails, what it has added is removed, and the rest stays as it was.",
    )(),
    OperationType.DELETE: Sentence("operation-failure.delete", "It is tried until it succeeds.")(),
}
LABELS = {
    OperationStatus.RESERVING: Sentence("operation-status.reserving", "Reserving")(),
    OperationStatus.RUNNING: Sentence("operation-status.running", "Running")(),
    OperationStatus.REMOVING: Sentence("operation-status.removing", "Removing")(),
    OperationStatus.UNDOING: Sentence("operation-status.undoing", "Undoing")(),
    OperationStatus.SUCCEEDED: Sentence("operation-status.succeeded", "Succeeded")(),
    OperationStatus.FAILED: Sentence("operation-status.failed", "Failed")(),
    OperationStatus.CANCELLED: Sentence("operation-status.cancelled", "Cancelled")(),
}


def operation(
    operation: Operation,
    record: EnsembleRecord,
    zone_level: str | None,
    *,
    names: bool,
    detail: bool = False,
) -> Json:
    """An operation of ``record``; ``names`` shows hosts by name.

    ``members`` are how many are to be there and how many are to be gone. ``detail`` adds the goals,
    what the plan came to, and what comes of a failure.
    """
    reason = operation.reason
    view: Json = {
        "id": operation.id,
        "type": operation.type.value,
        "type_label": TYPE_LABELS[operation.type],
        "status": operation.status.value,
        "status_label": LABELS[operation.status],
        "user_id": operation.requester.user_id,
        "attempts": operation.attempts,
        "members": {
            "present": len(operation.wanted),
            "absent": len(operation.unwanted),
            "moved": len(operation.moves),
        },
        "cancellable": operation.cancellable,
        "started_at": operation.started_at,
        "ended_at": operation.ended_at or None,
        "reason": reason
        and {
            "code": reason.code,
            "message": without_names(record, reason, zone_level, names=names),
        },
    }
    if detail:
        view["on_failure"] = ON_FAILURE[operation.type]
        view["goals"] = [_goal(each, names=names) for each in operation.goals]
        view["plan"] = operation.plan and {
            "objectives": objectives(
                stored_plans.objectives(operation.plan),
                tuple(record.members[0].domains) if record.members else (),
                names=names,
            ),
            "violations": stored_plans.violations(operation.plan),
        }
    return view


_WORDS = {
    (False, False, False): "present",
    (False, False, True): "moved",
    (False, True, False): "absent",
    (True, True, False): "released",
}


def _goal(goal: Goal, *, names: bool) -> Json:
    view: Json = {
        "member_id": goal.member_id,
        "member": goal.name,
        "goal": _WORDS[goal.released, goal.host is None, goal.move is not None],
        "move": goal.move and goal.move.status.value,
    }
    return view | {"host": goal.host} if names else view
