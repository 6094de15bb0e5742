# SPDX-License-Identifier: Apache-2.0
"""What is stored of ensembles that may be repaired, spread anew, or moved off a host."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api.observed import GONE
from ensemble_api.operations import (
    MoveKind,
    MoveStatus,
    OperationStatus,
    OperationType,
    Requester,
)
from ensemble_api.records import EnsembleRecord, MemberStatus, Status
from ensemble_api.store import models, operations, rows
from ensemble_api.store.database import Database
from ensemble_api.store.leases import UNSETTLED, WAITING

MOST = 500  # ensembles that are looked at in one go; the next one takes those after them
MOST_REPAIRS = 500  # that are looked at for whom Nova refused
MOST_FAILURES = 20  # repairs that failed one after the other, and are counted
_MOVING = (OperationType.REPAIR, OperationType.MOVE, OperationType.DRAIN)
_IN_VAIN = (OperationStatus.FAILED, OperationStatus.CANCELLED)

_OPERATION = rows.OPERATIONS.c
_NEWEST = sa.func.row_number().over(
    partition_by=_OPERATION.ensemble_id,
    order_by=(_OPERATION.started_at.desc(), _OPERATION.id.desc()),
)
_NUMBERED = (
    sa.select(_OPERATION.id, _NEWEST.label("place"))
    .where(_OPERATION.ensemble_id.in_(sa.bindparam("ensembles", expanding=True)))
    .subquery()
)
_LATEST = (
    sa.select(
        _OPERATION.ensemble_id,
        _OPERATION.requester,
        _OPERATION.type,
        _OPERATION.status,
        _OPERATION.ended_at,
    )
    .join(_NUMBERED, _NUMBERED.c.id == _OPERATION.id)
    .where(_NUMBERED.c.place <= MOST_FAILURES)
    .order_by(_NUMBERED.c.place)
)


@dataclass(frozen=True, slots=True)
class Repairable:
    """An ensemble that is built, with nothing under way but perhaps a removal that waits.

    ``requester`` is who asked for something last, ``failures`` how many repairs, or moves, in a row
    have failed or were cancelled, and ``failed_at`` when the last one of these ended, None without
    one. ``ended_at`` is when the last repair or move ended, if nothing was done after it.
    """

    record: EnsembleRecord
    requester: Requester
    failures: int = 0
    failed_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refusals:
    """That Nova refused to bring a member back whose server is on ``source``: how often in a row.

    ``at`` is when the last repair ended with that, ``answer`` what Nova said then; ``lasting`` are
    how many of these times, the last ones, it was for what the server has, which does not pass.
    """

    source: str
    times: int
    at: datetime
    answer: str = ""
    lasting: int = 0


class RepairableEnsembles:
    """Reads the ensembles that may have lost members, the oldest first, no more than ``MOST``.

    ``after`` is the id of the ensemble that the last look ended with: those after it come first,
    then the others, so that of however many each has its turn.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def degraded(self, after: str | None = None) -> list[Repairable]:
        """Those that want to be repaired by themselves, with a member that a repair may be for.

        They are DEGRADED, as they become as soon as a loss was observed. A server that failed on a
        host that is up is no reason.
        """
        member, host = models.Member, models.Host
        down = sa.select(host.name).where(host.up.is_(False), host.silent.is_(False))
        lost = sa.exists().where(
            member.ensemble_id == models.Ensemble.id,
            member.status == MemberStatus.ACTIVE.value,
            member.leaving.is_(False),
            sa.or_(member.server_status == GONE, rows.LOCATION.in_(down)),
        )
        wants = sa.and_(models.Ensemble.auto_repair.is_(True), lost)
        free = sa.or_(~UNSETTLED, WAITING)
        return self._find(wants, [Status.DEGRADED], OperationType.REPAIR, after, free)

    def built(self, after: str | None = None) -> list[Repairable]:
        """Those that are built and want to be rebalanced by themselves.

        ``failures`` are of moves.
        """
        wants = models.Ensemble.auto_rebalance.is_(True)
        return self._find(wants, [each for each in Status if each.built], OperationType.MOVE, after)

    def rebuilding(self) -> list[Repairable]:
        """Those that are built, with a member that Nova rebuilds on a host that is up."""
        member, host = models.Member, models.Host
        up = sa.select(host.name).where(host.up.is_(True))
        here = sa.exists().where(
            member.ensemble_id == models.Ensemble.id,
            member.status == MemberStatus.ACTIVE.value,
            member.server_status == "REBUILD",
            rows.LOCATION.in_(up),
        )
        return self._find(here, [each for each in Status if each.built], OperationType.REPAIR, None)

    def on(self, hosts: Collection[str], after: str | None = None) -> list[Repairable]:
        """Those that are built and have members on these hosts.

        ``failures`` are of moves away from hosts that were to be maintained.
        """
        here = sa.exists().where(
            models.Member.ensemble_id == models.Ensemble.id,
            models.Member.status != MemberStatus.DELETED.value,
            rows.LOCATION.in_(hosts),
        )
        built = [each for each in Status if each.built]
        return self._find(here, built, OperationType.DRAIN, after)

    def leaving(self, hosts: Collection[str], longest: timedelta | None = None) -> list[str]:
        """The ids of the ensembles of which members are just leaving these hosts in a drain.

        Not those for which Nova was asked for nothing for longer than ``longest``.
        """
        since = "" if longest is None else rows.iso(rows.now() - longest)
        model = models.Operation
        under_way = sa.select(model).where(
            model.type == OperationType.DRAIN.value, model.ended_at.is_(None)
        )
        with self._database.reading() as session:
            found = {
                row.ensemble_id: operation
                for row in session.scalars(under_way)
                for operation in operations.readable([row])
            }
        return [
            ensemble_id
            for ensemble_id, operation in found.items()
            if any(each.move and each.move.source in hosts for each in operation.goals)
            and operation.asked_last >= since
        ]

    def refusals(self, ensemble_ids: Collection[str]) -> dict[str, Refusals]:
        """The members, by their ids, that Nova refused to bring back in their last repairs.

        Of long ago nothing is known.
        """
        model = models.Operation
        query = (
            sa.select(model)
            .where(
                model.ensemble_id.in_(ensemble_ids),
                model.type == OperationType.REPAIR.value,
                model.ended_at.is_not(None),
            )
            .order_by(model.started_at.desc(), model.id.desc())
            .limit(MOST_REPAIRS)
        )
        found: dict[str, Refusals] = {}
        others: set[str] = set()  # of which something else came before
        with self._database.reading() as session:
            for row in session.scalars(query):
                for member_id, goal in operations.moves_of(row):
                    move, known = goal.move, found.get(member_id)
                    if move is None or move.kind is not MoveKind.EVACUATION or member_id in others:
                        continue
                    same = known is None or known.source == move.source
                    if move.status is not MoveStatus.GIVEN_UP or not move.refusal or not same:
                        others.add(member_id)
                    elif known is not None:
                        still = move.lasting and known.lasting == known.times
                        found[member_id] = replace(
                            known, times=known.times + 1, lasting=known.lasting + still
                        )
                    elif row.ended_at is not None:
                        found[member_id] = Refusals(
                            move.source, 1, row.ended_at, move.refusal, int(move.lasting)
                        )
        return found

    def _find(
        self,
        wants: sa.ColumnElement[bool],
        statuses: Iterable[Status],
        counted: OperationType,
        after: str | None,
        free: sa.ColumnElement[bool] = ~UNSETTLED,
    ) -> list[Repairable]:
        model = rows.ENSEMBLES.c
        among = model.status.in_([each.value for each in statuses])
        query = sa.select(*model).where(wants, among, free, model.unjudged.is_(False))
        with self._database.reading() as session:
            records = rows.with_members(session, rows.from_after(session, query, after, MOST))
            latest = _latest(session, [each.id for each in records])
        return [_repairable(each, latest.get(each.id, ()), counted) for each in records]


def _repairable(
    record: EnsembleRecord, latest: Sequence[Any], counted: OperationType
) -> Repairable:
    """An ensemble, by its latest operations, the newest first."""
    asked = latest[0].requester if latest else None
    failures = 0
    for each in latest:
        if each.type != counted or each.status not in _IN_VAIN:
            break
        failures += 1
    requester = operations.to_requester(asked) if asked else Requester(record.user_id)
    return Repairable(
        record,
        replace(requester, request_id=""),  # which did not ask for what is done now
        failures,
        latest[0].ended_at if failures else None,
        latest[0].ended_at if latest and latest[0].type in _MOVING else None,
    )


def _latest(session: orm.Session, ids: Sequence[str]) -> dict[str, list[Any]]:
    """The latest operations of these ensembles, the newest first."""
    found: dict[str, list[Any]] = {}
    for row in session.execute(_LATEST, {"ensembles": ids}) if ids else ():
        found.setdefault(row.ensemble_id, []).append(row)
    return found
