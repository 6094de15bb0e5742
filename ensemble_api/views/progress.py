# SPDX-License-Identifier: Apache-2.0
"""How far an ensemble is, as callers see it."""

from typing import Any

from ensemble_api.operations import MoveStatus, Operation, OperationStatus, OperationType
from ensemble_api.planning.message import Message, Sentence, following, listed
from ensemble_api.records import EnsembleRecord, MemberStatus, Status
from ensemble_api.turns import awaited_tiers

Json = dict[str, Any]

_RESERVING = Sentence(
    "progress.reserving",
    "The capacity of %(count)s member is being reserved.",
    "The capacity of %(count)s members is being reserved.",
)
_BUILDING = Sentence(
    "progress.building",
    "%(active)s of %(count)s member is active.",
    "%(active)s of %(count)s members are active.",
)
_ACTIVE = Sentence(
    "progress.active", "Its %(count)s member is active.", "All %(count)s members are active."
)
_DEGRADED = Sentence(
    "progress.degraded",
    "Its %(count)s member was built, and what was promised of it does not hold now.",
    "All %(count)s members were built, and what was promised of them does not hold now.",
)
_ROLLING_BACK = Sentence(
    "progress.rolling-back",
    "The build failed; %(removed)s of %(count)s member is removed.",
    "The build failed; %(removed)s of %(count)s members are removed.",
)
_ERROR = Sentence("progress.error", "The build failed, and nothing is left of it in the cloud.")
_DELETING = Sentence(
    "progress.deleting",
    "%(removed)s of %(count)s member is removed.",
    "%(removed)s of %(count)s members are removed.",
)
_ADDING = Sentence(
    "progress.adding",
    "A change adds %(count)s member; %(done)s is there.",
    "A change adds %(count)s members; %(done)s are there.",
)
_MOVING = Sentence(
    "progress.moving",
    "A change moves %(count)s member to another host; %(done)s is there.",
    "A change moves %(count)s members to other hosts; %(done)s are there.",
)
_TAKING_AWAY = Sentence(
    "progress.taking-away",
    "A change removes %(count)s member; %(done)s is gone.",
    "A change removes %(count)s members; %(done)s are gone.",
)
_UNDOING = Sentence(
    "progress.undoing",
    "A change is undone: of %(count)s member that it has added, %(done)s is gone again.",
    "A change is undone: of %(count)s members that it has added, %(done)s are gone again.",
)
_REPAIRING = Sentence(
    "progress.repairing",
    "A repair brings %(count)s member back on another host; %(done)s is there.",
    "A repair brings %(count)s members back on other hosts; %(done)s are there.",
)
_RELOCATING = Sentence(
    "progress.relocating",
    "%(count)s member moves to another host; %(done)s is there.",
    "%(count)s members move to other hosts; %(done)s are there.",
)
_DRAINING = Sentence(
    "progress.draining",
    "A server is being moved for maintenance; %(done)s of %(count)s is on its new host.",
    "Servers are being moved for maintenance; %(done)s of %(count)s are on their new hosts.",
)
_WAITING = Sentence(
    "progress.waiting",
    "%(count)s member waits for %(tiers)s.",
    "%(count)s members wait for %(tiers)s.",
)
_OF_MOVES = {
    OperationType.REPAIR: _REPAIRING,
    OperationType.MOVE: _RELOCATING,
    OperationType.DRAIN: _DRAINING,
}
_SENTENCES = {
    Status.RESERVING: _RESERVING,
    Status.BUILDING: _BUILDING,
    Status.ACTIVE: _ACTIVE,
    Status.DEGRADED: _DEGRADED,
    Status.ROLLING_BACK: _ROLLING_BACK,
    Status.ERROR: _ERROR,
    Status.DELETING: _DELETING,
}
_REMOVING = (Status.ROLLING_BACK, Status.DELETING)


def progress(record: EnsembleRecord) -> Json:
    """How many members are there, or are gone again, in figures and as a sentence.

    ``done`` are those that are where the ensemble is heading. The sentence also tells for which
    tiers others wait.
    """
    found = _counted(record)
    operation = record.operation
    if operation is None or operation.status is not OperationStatus.RUNNING:
        return found
    waits = awaited_tiers(record)
    if not waits:
        return found
    # Those that wait themselves are not what it is about.
    tiers = {tier for each in waits.values() for tier in each}
    tiers -= {each.tier for each in record.members if each.id in waits}
    waiting = _WAITING(count=len(waits), tiers=listed(sorted(tiers)))
    return {**found, "message": following([found["message"], waiting])}


def _counted(record: EnsembleRecord) -> Json:
    if record.operation is not None and record.operation.may_move:
        of = _of_change if record.operation.undoes else _of_moves
        return of(record, record.operation)
    total = len(record.members)
    removed = sum(each.status is MemberStatus.DELETED for each in record.members)
    return {
        "active": record.active,
        "removed": removed,
        "done": removed if record.status in _REMOVING else record.active,
        "total": total,
        "message": _message(record, total, removed),
    }


def _of_change(record: EnsembleRecord, operation: Operation) -> Json:
    """How far a change is with what it is at: it adds first, and removes then."""
    moves = [each.move.status for each in operation.moves.values() if each.move]
    added = all(
        each.status is MemberStatus.ACTIVE for each in record.members if each.id in operation.wanted
    )
    if moves and added and not operation.removing:
        arrived = moves.count(MoveStatus.DONE)
        return {
            "active": record.active,
            "removed": 0,
            "done": arrived,
            "total": len(moves),
            "message": _MOVING(done=arrived, count=len(moves)),
        }
    coming, going = operation.wanted, operation.unwanted - operation.released
    at = going if operation.removing else coming
    sentence = _UNDOING if operation.status is OperationStatus.UNDOING else _TAKING_AWAY
    reached = MemberStatus.DELETED if operation.removing else MemberStatus.ACTIVE
    done = sum(each.id in at and each.status is reached for each in record.members)
    return {
        "active": record.active,
        "removed": done if operation.removing else 0,
        "done": done,
        "total": len(at),
        "message": (sentence if operation.removing else _ADDING)(done=done, count=len(at)),
    }


def _of_moves(record: EnsembleRecord, operation: Operation) -> Json:
    """How far a repair is with moves, and with what is built in their place; or other moves."""
    moves = [each.move.status for each in operation.moves.values() if each.move]
    built = sum(
        each.id in operation.wanted and each.status is MemberStatus.ACTIVE
        for each in record.members
    )
    done, total = moves.count(MoveStatus.DONE) + built, len(moves) + len(operation.wanted)
    return {
        "active": record.active,
        "removed": 0,
        "done": done,
        "total": total,
        "message": _OF_MOVES[operation.type](done=done, count=total),
    }


def _message(record: EnsembleRecord, total: int, removed: int) -> Message:
    sentence = _SENTENCES[record.status]
    return sentence(active=record.active, removed=removed, count=total)
