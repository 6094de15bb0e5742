# SPDX-License-Identifier: Apache-2.0
"""How operations end that change nothing of an ensemble's status, and what is said of that."""

from typing import Final

from ensemble_api.operations import MoveStatus, Operation, OperationStatus, OperationType
from ensemble_api.planning.message import Message, Sentence, following, listed

_CHANGED = Sentence("event.change-done", "The change is done.")
_UNDONE = Sentence("event.change-undone", "The change was undone; the ensemble is as before.")
_UNDONE_BUT = Sentence(
    "event.change-undone-but-moves",
    "The change was undone. %(members)s had moved already, and stays where it is now.",
    "The change was undone. %(members)s had moved already, and stay where they are now.",
)
_CHANGE_CANCELLED = Sentence("event.change-cancelled", "The change was cancelled, and is undone.")
_REPAIRED = Sentence("event.repair-done", "The repair is done.")
_NOT_REPAIRED = Sentence(
    "event.repair-failed",
    "The repair has ended, and %(count)s member has no other place yet.",
    "The repair has ended, and %(count)s members have no other places yet.",
)
_REPAIR_CANCELLED = Sentence(
    "event.repair-cancelled", "The repair was cancelled: what Nova was asked for comes to its end."
)
_REPAIR_STOPPED = Sentence("event.repair-stopped", "The repair has ended before it was done.")
_MOVED = Sentence("event.moves-done", "All that was to move has moved.")
_NOT_MOVED = Sentence(
    "event.moves-failed",
    "%(count)s member that was to move has stayed where it was.",
    "%(count)s members that were to move have stayed where they were.",
)
_MOVES_CANCELLED = Sentence(
    "event.moves-cancelled", "The moves were cancelled: what Nova was asked for comes to its end."
)
_MOVES_STOPPED = Sentence("event.moves-stopped", "The moves have ended before all were done.")

_DONE: Final = {
    OperationType.CHANGE: _CHANGED,
    OperationType.REPAIR: _REPAIRED,
    OperationType.MOVE: _MOVED,
    OperationType.DRAIN: _MOVED,
}
_FAILED: Final = {
    OperationType.REPAIR: _NOT_REPAIRED,
    OperationType.MOVE: _NOT_MOVED,
    OperationType.DRAIN: _NOT_MOVED,
}
_STOPPED: Final = {
    OperationType.REPAIR: _REPAIR_STOPPED,
    OperationType.MOVE: _MOVES_STOPPED,
    OperationType.DRAIN: _MOVES_STOPPED,
}
_CANCELLED: Final = {
    OperationType.CHANGE: _CHANGE_CANCELLED,
    OperationType.REPAIR: _REPAIR_CANCELLED,
    OperationType.MOVE: _MOVES_CANCELLED,
    OperationType.DRAIN: _MOVES_CANCELLED,
}


def end(operation: Operation) -> tuple[OperationStatus, Message | None]:
    """The status and the reason with which an operation ends that has nothing left to do."""
    if operation.status is OperationStatus.UNDOING:
        if operation.reason is None:
            return OperationStatus.CANCELLED, None
        return OperationStatus.FAILED, operation.reason
    reason = operation.reason or next(iter(_given_up(operation)), None)
    return OperationStatus.FAILED if reason else OperationStatus.SUCCEEDED, reason


def told_end(operation: Operation) -> Message:
    """What is said of that: with the moves that are not undone, or those that were given up."""
    status, _ = end(operation)
    if status is OperationStatus.SUCCEEDED:
        return _DONE[operation.type]()
    if operation.undoes:
        return _undone(operation)
    given_up = _given_up(operation)
    if status is OperationStatus.CANCELLED or not given_up:
        return _STOPPED[operation.type]()
    return following([_FAILED[operation.type](count=len(given_up)), *given_up[:1]])


def told_cancel(operation: Operation) -> Message:
    """What is said when an operation is cancelled."""
    return _CANCELLED[operation.type]()


def _given_up(operation: Operation) -> list[Message]:
    """Why members have stayed, in the order of their moves."""
    return [each.move.reason for each in operation.moves.values() if each.move and each.move.reason]


def _undone(operation: Operation) -> Message:
    names = [
        each.name
        for each in operation.moves.values()
        if each.move and each.move.status is MoveStatus.DONE
    ]
    return _UNDONE_BUT(members=listed(names), count=len(names)) if names else _UNDONE()
