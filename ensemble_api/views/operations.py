# SPDX-License-Identifier: Apache-2.0
"""An operation as callers see it."""

from dataclasses import replace

from ensemble_api.operations import Goal, Operation, OperationStatus, OperationType
from ensemble_api.planning.message import Message, Sentence
from ensemble_api.records import EnsembleRecord
from ensemble_api.views import stored_plans
from ensemble_api.views.domains import Json
from ensemble_api.views.names import without_names
from ensemble_api.views.survival import objectives

TYPE_LABELS = {
    OperationType.CREATE: Sentence("operation-type.create", "Create")(),
    OperationType.CHANGE: Sentence("operation-type.change", "Change")(),
    OperationType.REPAIR: Sentence("operation-type.repair", "Repair")(),
    OperationType.MOVE: Sentence("operation-type.move", "Move")(),
    OperationType.DRAIN: Sentence("operation-type.drain", "Maintenance")(),
    OperationType.DELETE: Sentence("operation-type.delete", "Delete")(),
}
_MEMBERS_STAY = Sentence(
    "operation-failure.move",
    "Members that cannot move stay where they are, and those that have moved stay there.",
)()
ON_FAILURE = {
    OperationType.CREATE: Sentence(
        "operation-failure.create", "If it fails, all that it has built is removed."
    )(),
    OperationType.CHANGE: Sentence(
        "operation-failure.change",
        "If it fails, what it has added is removed, and the rest stays as it was.",
    )(),
    OperationType.REPAIR: Sentence(
        "operation-failure.repair",
        "What cannot be repaired is left to the next repair, and what has been stays.",
    )(),
    OperationType.MOVE: _MEMBERS_STAY,
    OperationType.DRAIN: _MEMBERS_STAY,
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
_STOPPING = Sentence("operation-status.stopping", "Stopping")()  # of one that undoes nothing


def _status_label(operation: Operation) -> Message:
    if operation.status is OperationStatus.UNDOING and not operation.undoes:
        return _STOPPING
    return LABELS[operation.status]


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
    record = replace(record, operation=operation)  # whose words may name hosts of its goals
    view: Json = {
        "id": operation.id,
        "type": operation.type.value,
        "type_label": TYPE_LABELS[operation.type],
        "status": operation.status.value,
        "status_label": _status_label(operation),
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
        view["goals"] = [_goal(each, record, zone_level, names=names) for each in operation.goals]
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


def _goal(goal: Goal, record: EnsembleRecord, zone_level: str | None, *, names: bool) -> Json:
    move = goal.move
    reason = move and move.reason
    view: Json = {
        "member_id": goal.member_id,
        "member": goal.name,
        "goal": _WORDS[goal.released, goal.host is None, goal.move is not None],
        "move": move and move.status.value,
        "move_kind": move and move.kind.value,
        "reason": reason
        and {
            "code": reason.code,
            "message": without_names(record, reason, zone_level, names=names),
        },
    }
    return view | {"host": goal.host} if names else view
