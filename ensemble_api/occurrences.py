# SPDX-License-Identifier: Apache-2.0
"""What happens to ensembles, as those are told who watch the cloud."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ensemble_api.operations import Operation, OperationStatus, OperationType
from ensemble_api.planning.message import Message

# What operations are called, as commands call them.
WORDS: Final[Mapping[OperationType, str]] = {
    OperationType.CREATE: "create",
    OperationType.CHANGE: "change",
    OperationType.REPAIR: "repair",
    OperationType.MOVE: "rebalance",
    OperationType.DRAIN: "drain",
    OperationType.DELETE: "delete",
}
_ENDS: Final[Mapping[OperationStatus, str]] = {
    OperationStatus.SUCCEEDED: "end",
    OperationStatus.FAILED: "error",
    OperationStatus.CANCELLED: "cancel",
}
START = "start"
ADOPTED, RELEASED, DESCRIBED = "adopt", "release", "update"
PROMISE_LOST, PROMISE_REGAINED = "promise.lost", "promise.regained"
EVENTS: Final = (
    *(f"{word}.{phase}" for word in WORDS.values() for phase in (START, *_ENDS.values())),
    *(ADOPTED, RELEASED, DESCRIBED, PROMISE_LOST, PROMISE_REGAINED),
)


def started(operation: Operation) -> str:
    """The event that an operation has begun: what it needs is held."""
    return f"{WORDS[operation.type]}.{START}"


def ended(operation: Operation) -> str:
    """The event that an operation has ended, and how; KeyError if it has not."""
    return f"{WORDS[operation.type]}.{_ENDS[operation.status]}"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is told of an ensemble; times are ISO 8601 in UTC."""

    id: str
    name: str
    project_id: str
    user_id: str
    status: str
    generation: int
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One of ``EVENTS``, the ensemble as it was then, and the operation that it is of, if any.

    ``reasons`` say what of a promise does not hold any more.
    """

    event: str
    ensemble: Facts
    operation: Operation | None = None
    reasons: tuple[Message, ...] = ()

    def __post_init__(self) -> None:
        if self.event not in EVENTS:
            raise ValueError(f"event: {self.event} is none")
