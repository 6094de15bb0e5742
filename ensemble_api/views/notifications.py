# SPDX-License-Identifier: Apache-2.0
"""What is notified of ensembles: versioned objects, as Nova's notifications are.

A field that is added makes it the next minor version, one that is changed or gone the next major.
``doc/notifications`` has the schema and samples.
"""

from typing import Any

from ensemble_api.occurrences import Occurrence
from ensemble_api.operations import Operation
from ensemble_api.planning.message import Message
from ensemble_api.views.translation import translated

VERSION = "1.0"
NAMESPACE = "ensembles"
PREFIX = "ensemble."


def event_type(occurrence: Occurrence) -> str:
    """Such as ``ensemble.create.start``."""
    return f"{PREFIX}{occurrence.event}"


def notification(occurrence: Occurrence) -> dict[str, Any]:
    """The payload: the ensemble, and of what is done with it the operation. It is in English."""
    known = occurrence.ensemble
    operation = occurrence.operation
    return _versioned(
        "EnsemblePayload",
        {
            "uuid": known.id,
            "name": known.name,
            "project_id": known.project_id,
            "user_id": known.user_id,
            "status": known.status,
            "generation": known.generation,
            "created_at": known.created_at,
            "updated_at": known.updated_at,
            "operation": None if operation is None else _operation(operation),
            "reasons": [_message(each) for each in occurrence.reasons],
        },
    )


def _operation(operation: Operation) -> dict[str, Any]:
    return _versioned(
        "OperationPayload",
        {
            "uuid": operation.id,
            "type": operation.type.value,
            "status": operation.status.value,
            "request_id": operation.request_id,
            "user_id": operation.requester.user_id,
            "attempts": operation.attempts,
            "members_present": len(operation.wanted),
            "members_absent": len(operation.unwanted),
            "members_moved": len(operation.moves),
            "started_at": operation.started_at,
            "ended_at": operation.ended_at or None,
            "reason": None if operation.reason is None else _message(operation.reason),
        },
    )


def _message(message: Message) -> dict[str, Any]:
    return {"code": message.code, "message": translated(message)}


def _versioned(name: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "ensemble_object.name": name,
        "ensemble_object.namespace": NAMESPACE,
        "ensemble_object.version": VERSION,
        "ensemble_object.data": data,
    }
