# SPDX-License-Identifier: Apache-2.0
"""Operations of ensembles as rows: started, taken on with their ensembles, ended and listed."""

import logging
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api import exception
from ensemble_api.operations import (
    Goal,
    Move,
    MoveKind,
    MoveStatus,
    Operation,
    OperationStatus,
    OperationType,
    Requester,
)
from ensemble_api.planning.message import Message, Sentence
from ensemble_api.records import Status
from ensemble_api.store import members, models, occurrences, rows
from ensemble_api.store.database import Database
from ensemble_api.stored_fields import known_fields

LOG = logging.getLogger(__name__)

_NO_MARKER = Sentence("invalid.marker", "%(marker)s is unknown")
_LATER = Sentence(
    "unavailable.later-release",
    "A later release works on this ensemble, which is being upgraded to here; try again later.",
)

_KNOWN = sa.select(
    *(rows.OPERATIONS.c[name] for name in ("ensemble_id", "status", "started_at"))
).where(rows.OPERATIONS.c.id == sa.bindparam("operation"))
_UNDER_WAY = sa.select(*rows.OPERATIONS.c).where(
    rows.OPERATIONS.c.ensemble_id.in_(sa.bindparam("ensembles", expanding=True)),
    rows.OPERATIONS.c.ended_at.is_(None),
)
_START = sa.insert(rows.OPERATIONS)
_SAVE = sa.update(rows.OPERATIONS).where(rows.OPERATIONS.c.id == sa.bindparam("operation"))

# What an ensemble that is settled says of the operation that has just ended.
_ENDS: Final[Mapping[Status, OperationStatus]] = {
    Status.ACTIVE: OperationStatus.SUCCEEDED,
    Status.ERROR: OperationStatus.FAILED,
}


class Operations:
    """The operations of ensembles as they are listed, the newest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def select(self, ensemble_id: str, limit: int, marker: str | None = None) -> list[Operation]:
        """One page of an ensemble's operations, after the one of the id ``marker``.

        :raises ensemble_api.exception.Invalid: if the marker is unknown.
        """
        model = models.Operation
        order = sa.tuple_(model.started_at, model.id)
        query = sa.select(model).where(model.ensemble_id == ensemble_id)
        with self._database.reading() as session:
            if marker is not None:
                at = session.get(model, marker)
                if at is None or at.ensemble_id != ensemble_id:
                    raise exception.Invalid(_NO_MARKER(marker=marker), field="marker")
                query = query.where(order < sa.tuple_(at.started_at, at.id))
            newest_first = query.order_by(model.started_at.desc(), model.id.desc())
            return list(readable(session.scalars(newest_first.limit(limit))))

    def unreadable(self) -> int:
        """How many are under way that a later release has written, which this one cannot read."""
        model = models.Operation
        with self._database.reading() as session:
            found = session.scalars(sa.select(model).where(model.ended_at.is_(None))).all()
            return len(found) - len(list(readable(found)))

    def get(self, ensemble_id: str, operation_id: str) -> Operation:
        """One operation of an ensemble.

        :raises ensemble_api.exception.NotFound: if it has none of this id.
        """
        with self._database.reading() as session:
            row = session.get(models.Operation, operation_id)
            if row is None or row.ensemble_id != ensemble_id:
                raise exception.no_operation(operation_id)
            return to_operation(row)


def last_requester(session: orm.Session, ensemble_id: str) -> Any:
    """Who asked for what is or was done with an ensemble last, as it is stored; None if unknown."""
    model = models.Operation
    return session.scalar(
        sa.select(model.requester)
        .where(model.ensemble_id == ensemble_id)
        .order_by(model.started_at.desc(), model.id.desc())
        .limit(1)
    )


def under_way(session: orm.Session, ensemble_id: str) -> Operation | None:
    """The operation under way of an ensemble.

    :raises ensemble_api.exception.Unavailable: as `to_operation` does.
    """
    row = session.execute(_UNDER_WAY, {"ensembles": [ensemble_id]}).first()
    return None if row is None else to_operation(row)


def all_under_way(session: orm.Session, ensemble_ids: Collection[str]) -> dict[str, Operation]:
    """The operations under way of these ensembles that can be read, by ensemble."""
    return {
        row.ensemble_id: operation
        for row in session.execute(_UNDER_WAY, {"ensembles": [*ensemble_ids]})
        for operation in readable([row])
    }


def start(session: orm.Session, ensemble_id: str, operation: Operation) -> None:
    """Add an operation, which is under way from now on."""
    now = rows.now()
    facts = {"id": operation.id, "ensemble_id": ensemble_id, "started_at": now}
    session.execute(_START, {**facts, **_values(operation)})
    occurrences.note_operation(session, ensemble_id, None, _with_times(operation, now))


def save(session: orm.Session, operation: Operation) -> None:
    """Write how an operation is now; one that has been removed is ignored."""
    of = {"operation": operation.id}
    known = session.execute(_KNOWN, of).first() if occurrences.are_noted(session) else None
    session.execute(_SAVE, {**of, **_values(operation)})
    if known is not None:
        told = _with_times(operation, known.started_at)
        occurrences.note_operation(session, known.ensemble_id, known.status, told)


def note_forgotten(session: orm.Session, ensemble_id: str) -> None:
    """Note before an ensemble goes that its removal has come to its end, if that is why."""
    if not occurrences.are_noted(session):
        return
    known = under_way(session, ensemble_id)
    if known is not None and known.type is OperationType.DELETE:
        done = replace(known, status=OperationStatus.SUCCEEDED, ended_at=rows.iso(rows.now()))
        occurrences.note_operation(session, ensemble_id, known.status.value, done)


def interrupt(session: orm.Session, operation: Operation) -> None:
    """Let an operation that removes wait until a repair has ended: it ends as what it is."""
    session.execute(
        sa.update(models.Operation)
        .where(models.Operation.id == operation.id)
        .values(ended_at=rows.now())
    )


def resume(session: orm.Session, ensemble_id: str) -> bool:
    """Go on with the operation that was interrupted, if one was; say whether it was."""
    model = models.Operation
    result: Any = session.execute(
        sa.update(model)
        .where(
            model.ensemble_id == ensemble_id,
            model.ended_at.is_not(None),
            model.status.in_([each.value for each in OperationStatus if not each.ended]),
        )
        .values(ended_at=None)
    )
    return bool(result.rowcount)


def follow(
    session: orm.Session,
    ensemble_id: str,
    status: Status,
    *,
    fault: Message | None,
    requester: Requester | None,
) -> None:
    """Take the operation under way to where its ensemble has just been taken.

    A removal ends what was under way and begins; one that is asked for again gets the requester.
    """
    known = under_way(session, ensemble_id)
    if status is Status.DELETING and requester is not None:
        _start_removal(session, ensemble_id, known, requester)
    elif known is None:
        return
    elif status is Status.BUILDING:
        _set_status(session, known, OperationStatus.RUNNING)
    elif status is Status.ROLLING_BACK:
        save(session, known.undone(fault))
    elif status in _ENDS:
        _set_status(session, known, _ENDS[status])


def _start_removal(
    session: orm.Session, ensemble_id: str, known: Operation | None, requester: Requester
) -> None:
    if known is not None and known.type is OperationType.DELETE:
        save(session, replace(known, requester=requester))
        return
    if known is not None:
        failed = known.status is OperationStatus.UNDOING
        end = OperationStatus.FAILED if failed else OperationStatus.CANCELLED
        _set_status(session, known, end)
        # What was to be kept is not deleted by a delete that is quicker than the change.
        members.release(session, known.released)
    if resume(session, ensemble_id) and (waiting := under_way(session, ensemble_id)):
        _set_status(session, waiting, OperationStatus.CANCELLED)
        members.release(session, waiting.released)
    model = models.Member
    left = session.execute(
        sa.select(model.id, model.tier, model.number)
        .where(model.ensemble_id == ensemble_id)
        .order_by(model.position)
    )
    # Also those that are gone: a server may come late of a request whose answer was lost.
    goals = tuple(Goal(member_id, f"{tier}-{number}", None) for member_id, tier, number in left)
    start(
        session,
        ensemble_id,
        Operation(
            str(uuid.uuid4()), OperationType.DELETE, OperationStatus.RUNNING, requester, goals
        ),
    )


def _set_status(session: orm.Session, operation: Operation, status: OperationStatus) -> None:
    save(session, replace(operation, status=status))


def _values(operation: Operation) -> dict[str, Any]:
    """What is stored of an operation, but for its ids and its start."""
    return {
        "type": operation.type.value,
        "status": operation.status.value,
        "requester": {
            "user_id": operation.requester.user_id,
            "roles": list(operation.requester.roles),
            "unlisted": list(operation.requester.unlisted),
            "request_id": operation.request_id,
        },
        "goals": [_goal_row(each) for each in operation.goals],
        "attempts": operation.attempts,
        "reason": operation.reason,
        "plan": operation.plan,
        "before": None if operation.status.ended else operation.before,
        "ended_at": rows.now() if operation.status.ended else None,
    }


def _with_times(operation: Operation, started_at: datetime) -> Operation:
    """An operation that was just written, with when it began and when it has ended."""
    ended = rows.iso(rows.now()) if operation.status.ended else ""
    return replace(operation, started_at=rows.iso(started_at), ended_at=ended)


def _goal_row(goal: Goal) -> dict[str, Any]:
    """What is stored of a goal: what it has beside a host is left out where it has nothing."""
    row: dict[str, Any] = {"member_id": goal.member_id, "name": goal.name, "host": goal.host}
    if goal.move is not None:
        row["move"] = {
            **asdict(goal.move),
            "resources": dict(goal.move.resources),
            "status": goal.move.status.value,
            "kind": goal.move.kind.value,
            "reason": goal.move.reason and goal.move.reason.stored,
        }
    return row | ({"released": True} if goal.released else {})


def _to_goal(stored: Mapping[str, Any]) -> Goal:
    if "move" not in stored:
        return Goal(**known_fields(Goal, stored))
    move = stored["move"]
    domains = {level: tuple(path) for level, path in move["domains"].items()}
    read = {
        **known_fields(Move, move),
        "domains": domains,
        "status": MoveStatus(move["status"]),
        # Moves of an older release have neither.
        "kind": MoveKind(move.get("kind", MoveKind.LIVE_MIGRATION)),
        "reason": Message.read(move["reason"]) if move.get("reason") else None,
    }
    return Goal(**{**known_fields(Goal, stored), "move": Move(**read)})


def readable(found: Iterable[Any]) -> Iterator[Operation]:
    """The operations of those rows that can be read: one must not keep the others from it."""
    for row in found:
        try:
            yield to_operation(row)
        except exception.Unavailable:
            continue


def loses_nothing(row: Any) -> bool:
    """Whether who reads the operation of a row and writes it back loses nothing of it."""
    return bool(list(readable([row]))) and all(
        known_fields(kind, stored) == stored
        for goal in row.goals
        for kind, stored in ((Goal, goal), (Move, goal.get("move", {})))
    )


def moves_of(row: Any) -> Iterable[tuple[str, Goal]]:
    """The goals with a move of a row, by member; none of one that cannot be read."""
    return (each for operation in readable([row]) for each in operation.moves.items())


def to_operation(row: Any) -> Operation:
    """The operation of a row.

    :raises ensemble_api.exception.Unavailable: when it cannot be read, since a later release that
        runs beside this one has written what this one does not know.
    """
    try:
        return _to_operation(row)
    except (KeyError, TypeError, ValueError) as error:
        LOG.warning("Operation %s is left to a later release: %r", row.id, error)
        raise exception.Unavailable(_LATER()) from error


def _to_operation(row: Any) -> Operation:
    return Operation(
        id=row.id,
        type=OperationType(row.type),
        status=OperationStatus(row.status),
        requester=to_requester(row.requester),
        goals=tuple(_to_goal(each) for each in row.goals),
        attempts=row.attempts,
        reason=row.reason,
        plan=row.plan,
        before=row.before,
        started_at=rows.iso(row.started_at),
        ended_at=rows.iso(row.ended_at) if row.ended_at else "",
    )


def to_requester(stored: Mapping[str, Any]) -> Requester:
    """One that was stored before Keystone was asked has no role of which we know that it lists."""
    roles = tuple(stored["roles"])
    unlisted = tuple(stored.get("unlisted", roles))
    # Operations of an older release have no id of their request.
    return Requester(stored["user_id"], roles, unlisted, stored.get("request_id", ""))
