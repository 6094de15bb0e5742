# SPDX-License-Identifier: Apache-2.0
"""Moves of members: operations that begin them for several ensembles, and how far each is."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api import exception
from ensemble_api.operations import MoveKind, MoveStatus, Operation, OperationType
from ensemble_api.planning.message import Message, Sentence, listed
from ensemble_api.records import EnsembleRecord, LostHost, MemberRecord
from ensemble_api.store import added, models, operations, rows
from ensemble_api.store.database import Database, retried
from ensemble_api.store.leases import UNSETTLED, WAITING
from ensemble_api.store.progress import update_ensemble
from ensemble_api.store.standings import BUILT

# Seconds for which a host is left out to which a member could not be moved, the first time.
SHORTEST = {MoveKind.EVACUATION: 30.0, MoveKind.LIVE_MIGRATION: 120.0}
LONGEST = 600.0
REPAIRS_BEFORE = 200  # that are looked at for what members were

_MOVING = Sentence("event.move-asked", "Nova is asked to move the server of %(member)s.")
_MOVED = Sentence("event.move-done", "The server of %(member)s is on another host now.")
_EVACUATING = Sentence(
    "event.evacuation-asked",
    "The host of %(member)s is down: Nova is asked to bring its server back on another one.",
)
_EVACUATED = Sentence("event.evacuation-done", "The server of %(member)s is back, on another host.")
_GIVES_WAY = Sentence(
    "event.removal-gives-way",
    "The removal of %(members)s waits for somebody, and goes on after a repair of other members.",
)
_BEGUN: Final = {
    OperationType.REPAIR: Sentence(
        "event.repair-begun",
        "A repair has begun: %(count)s lost member gets another place.",
        "A repair has begun: %(count)s lost members get other places.",
    ),
    OperationType.MOVE: Sentence(
        "event.moves-begun",
        "%(count)s member is to move to another host.",
        "%(count)s members are to move to other hosts.",
    ),
    OperationType.DRAIN: Sentence(
        "event.drain-begun",
        "%(count)s member is to move to another host for maintenance.",
        "%(count)s members are to move to other hosts for maintenance.",
    ),
}


class Moves(Database):
    """Writes of moves, each one transaction; what is under way is always the row's own."""

    @retried
    def begin_moves(
        self, records: Sequence[EnsembleRecord], owner: str, seconds: float
    ) -> frozenset[str]:
        """Save the intents of these ensembles together: what their operations are to do.

        Each has an operation whose type is no change, and the labels that its plan is to have;
        what is described stays, and its generation with it. Gives the ids of those that have begun:
        not of one that has another generation by now, that is not built, or with something else
        under way, but for a change that only removes and waits for somebody, which goes on after
        a repair. They are leased to ``owner`` for ``seconds``. What follows is that of changes:
        ``replan_change`` and ``drop_change`` while capacity is held, then ``run_change``.
        """
        model, now = models.Ensemble, rows.now()
        begun: set[str] = set()
        with self.writing() as session:
            # In one order everywhere, so that two of these never wait for each other.
            for record in sorted(records, key=lambda each: each.id):
                operation = operation_of(record)
                may_begin = ~UNSETTLED
                known = operations.all_under_way(session, [record.id]).get(record.id)
                if operation.type is OperationType.REPAIR and known and known.removes_alone:
                    may_begin = sa.or_(may_begin, WAITING)
                taken: Any = session.execute(
                    sa.update(model)
                    .where(
                        model.id == record.id,
                        model.generation == record.generation,
                        model.status.in_(BUILT),
                        may_begin,
                    )
                    .values(
                        plan=record.plan,
                        updated_at=now,
                        lease_owner=owner,
                        lease_until=now + timedelta(seconds=seconds),
                    )
                )
                if not taken.rowcount:
                    continue
                _give_way(session, record.id)
                begun.add(record.id)
                added.add(session, record, operation.wanted)
                added.set_leaving(session, operation.unwanted, leaving=True)
                operations.start(session, record.id, operation)
                count = len(operation.moves) + len(operation.wanted)
                kind = f"{operation.type.value} begun"
                rows.event(session, record.id, kind, _BEGUN[operation.type](count=count))
        return frozenset(begun)

    @retried
    def stopped_before(self, ensemble_ids: Collection[str]) -> frozenset[tuple[str, str]]:
        """The members that were stopped when the last repair began that could not bring them back.

        Each with the host that had failed then. Of long ago nothing is known.
        """
        model = models.Operation
        found: dict[str, tuple[bool, str]] = {}
        with self.reading() as session:
            rows_of = session.scalars(
                sa.select(model)
                .where(
                    model.ensemble_id.in_(ensemble_ids),
                    model.type == OperationType.REPAIR.value,
                    model.ended_at.is_not(None),
                )
                .order_by(model.started_at.desc(), model.id.desc())
                .limit(REPAIRS_BEFORE)
            )
            for operation in operations.readable(rows_of):
                for member_id, goal in operation.moves.items():
                    move = goal.move
                    if move is not None and move.kind is MoveKind.EVACUATION:
                        stopped = move.status is MoveStatus.GIVEN_UP and not move.ran
                        found.setdefault(member_id, (stopped, move.source))
        return frozenset(
            (member_id, source) for member_id, (stopped, source) in found.items() if stopped
        )

    @retried
    def announce(self, ensemble_ids: Iterable[str], kind: str, message: Message) -> None:
        """Tell ensembles what is to come, or is not; one that is gone is left out."""
        wanted, model = list(ensemble_ids), models.Ensemble
        with self.writing() as session:
            for each in session.scalars(sa.select(model.id).where(model.id.in_(wanted))):
                rows.event(session, each, kind, message)

    @retried
    def save_move(
        self, record: EnsembleRecord, member: MemberRecord, owner: str, **changes: Any
    ) -> None:
        """Save what has changed of a member's move, such as its ``status``.

        The ``reason`` of one that is given up is that of its operation, if it is the first.

        :raises ensemble_api.exception.LeaseLost: when ``owner`` has no lease any more.
        """
        with self.writing() as session:
            update_ensemble(session, record, owner, updated_at=rows.now())
            known = under_way(session, record.id, operation_of(record).id)
            if known is None:
                raise exception.LeaseLost(record.id)
            operations.save(session, known.with_move(member.id, **changes))
            status, tries, reason = (changes.get(each) for each in ("status", "tries", "reason"))
            if status is MoveStatus.GIVEN_UP:
                _leave_out(session, known, member, ended=reason is None)
            if status is MoveStatus.ASKED and tries == 1:
                asked = _EVACUATING if _is_evacuation(known, member) else _MOVING
                rows.event(session, record.id, f"{member.name} moving", asked(member=member.name))
            elif reason is not None:
                rows.event(session, record.id, f"{member.name} not moved", reason)

    @retried
    def save_moved(self, record: EnsembleRecord, member: MemberRecord, owner: str) -> None:
        """Save that a member has moved to the host that it has now.

        :raises ensemble_api.exception.LeaseLost: when ``owner`` has no lease any more.
        """
        with self.writing() as session:
            update_ensemble(session, record, owner, updated_at=rows.now(), unjudged=True)
            known = under_way(session, record.id, operation_of(record).id)
            if known is None:
                raise exception.LeaseLost(record.id)
            operations.save(session, known.with_move(member.id, status=MoveStatus.DONE))
            session.execute(
                sa.update(models.Member)
                .where(models.Member.id == member.id)
                .values(
                    host=member.host,
                    provider=member.provider,
                    resources=dict(member.resources),
                    domains={level: list(path) for level, path in member.domains.items()},
                    current_host=member.host,
                    lost_hosts=None,
                )
            )
            # Where the scheduler has sent it, it is.
            session.execute(sa.delete(models.Move).where(models.Move.server_id == member.server_id))
            done = _EVACUATED if _is_evacuation(known, member) else _MOVED
            rows.event(session, record.id, f"{member.name} moved", done(member=member.name))


def operation_of(record: EnsembleRecord) -> Operation:
    """The operation of a record; ValueError if nothing is under way."""
    if record.operation is None:
        raise ValueError("nothing is under way")
    return record.operation


def under_way(session: orm.Session, ensemble_id: str, operation_id: str) -> Operation | None:
    """This operation as it is now, if it is under way; whoever else writes it waits."""
    model = models.Ensemble
    session.execute(sa.update(model).where(model.id == ensemble_id).values(id=model.id))
    known = operations.under_way(session, ensemble_id)
    return known if known is not None and known.id == operation_id else None


def _give_way(session: orm.Session, ensemble_id: str) -> None:
    """Let a removal that waits for somebody wait for a repair too, if there is one."""
    known = operations.under_way(session, ensemble_id)
    if known is None:
        return
    operations.interrupt(session, known)
    names = listed([each.name for each in known.goals if each.host is None])
    rows.event(session, ensemble_id, "removal waits", _GIVES_WAY(members=names))
    session.execute(
        sa.update(models.Ensemble).where(models.Ensemble.id == ensemble_id).values(blocked=None)
    )


def _leave_out(
    session: orm.Session, operation: Operation, member: MemberRecord, *, ended: bool
) -> None:
    """Leave a host out for a while to which a member's move came to nothing: ever longer.

    A live migration that ``ended`` with its operation tells nothing of its host.
    """
    goal = operation.moves.get(member.id)
    if goal is None or goal.move is None or not goal.move.tries:
        return
    if goal.host is None or (goal.move.kind is MoveKind.LIVE_MIGRATION and ended):
        return
    known = {each.name: each for each in member.lost_hosts}
    times = known[goal.host].times if goal.host in known else 0
    pause = min(SHORTEST[goal.move.kind] * 2**times, LONGEST)
    known[goal.host] = LostHost(goal.host, times + 1, pause)
    left_out = rows.lost_hosts_row(replace(member, lost_hosts=tuple(known.values())))
    session.execute(
        sa.update(models.Member).where(models.Member.id == member.id).values(lost_hosts=left_out)
    )


def _is_evacuation(operation: Operation, member: MemberRecord) -> bool:
    goal = operation.moves.get(member.id)
    return goal is not None and goal.move is not None and goal.move.kind is MoveKind.EVACUATION
