# SPDX-License-Identifier: Apache-2.0
"""What is stored of capacity held for recovery: its rows outlive those of their ensembles."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api.planning.message import Sentence
from ensemble_api.records import EnsembleRecord, Status
from ensemble_api.recovery_hold import (
    Amount,
    HoldStatus,
    RecoveryHold,
    ReserveState,
    ReserveStatus,
    amount,
    is_over,
)
from ensemble_api.store import models, rows
from ensemble_api.store.database import Database, retried
from ensemble_api.store.guards import wait_for_turn
from ensemble_api.store.leases import UNSETTLED

MOST = 500  # ensembles that are looked at in one go; the next one takes those after them
_BUILT = tuple(each.value for each in Status if each.built)
_STANDING = (Status.RESERVING.value, Status.BUILDING.value, *_BUILT)
_IN_USE = tuple(each.value for each in HoldStatus if each.in_use)
_ENSEMBLE = rows.ENSEMBLES.c
_WANTING = sa.select(*_ENSEMBLE).where(_ENSEMBLE.reserve, _ENSEMBLE.status.in_(_BUILT), ~UNSETTLED)
_HOLD: Any = models.RecoveryHold.__table__.c
_CLOSED = sa.select(_HOLD.host, _HOLD.servers, _HOLD.until).where(
    _HOLD.status.in_(_IN_USE), _HOLD.until > sa.bindparam("now")
)

_HELD = Sentence("event.reserve-held", "The capacity for recovery is held.")
_TAKEN = Sentence(
    "event.reserve-in-use",
    "The capacity for recovery is there for the lost members alone, until they have other places.",
)
_NOT_HELD = Sentence(
    "event.reserve-not-held", "The capacity for recovery is not held now: %(reason)s"
)


@dataclass(frozen=True, slots=True)
class Closed:
    """A host that is closed to all but ``servers``, until its time is up."""

    host: str
    servers: frozenset[str]
    until: datetime


class RecoveryHolds:
    """Reads and writes of holds for recovery, each one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, *ensemble_ids: str) -> list[RecoveryHold]:
        """All that these ensembles have held, by host."""
        with self._database.reading() as session:
            return [
                _hold(row)
                for some in rows.portions(ensemble_ids)
                for row in _rows(session, models.RecoveryHold.ensemble_id.in_(some))
            ]

    def in_use(self) -> list[RecoveryHold]:
        """Those of all ensembles that are given back for lost members, or are about to be."""
        with self._database.reading() as session:
            return [_hold(row) for row in _rows(session, models.RecoveryHold.status.in_(_IN_USE))]

    def consumers(self) -> frozenset[str]:
        """The consumers in Placement of all that is held, or about to be."""
        with self._database.reading() as session:
            return frozenset(session.scalars(sa.select(models.RecoveryHold.id)))

    def left_over(self) -> list[RecoveryHold]:
        """What ensembles have that are gone or going, or that want none any more."""
        model, ensemble = models.RecoveryHold, models.Ensemble
        wants = sa.exists().where(
            ensemble.id == model.ensemble_id,
            sa.or_(
                # Of one with something under way it is not known yet what it will want.
                sa.and_(ensemble.status.in_(_STANDING), UNSETTLED),
                sa.and_(ensemble.status.in_(_BUILT), ensemble.reserve),
            ),
        )
        with self._database.reading() as session:
            return [_hold(row) for row in _rows(session, ~wants)]

    def wanting(self, after: str | None = None) -> list[EnsembleRecord]:
        """The ensembles that are built and want a reserve, with nothing under way, by age.

        No more than ``MOST``, those first that come after the one of that id: each has its turn.
        """
        with self._database.reading() as session:
            return rows.with_members(session, rows.from_after(session, _WANTING, after, MOST))

    def losing(self) -> list[EnsembleRecord]:
        """Those that are degraded, or for which something is in use: members may be lost."""
        model, hold = models.Ensemble, models.RecoveryHold
        in_use = sa.exists().where(hold.ensemble_id == model.id, hold.status.in_(_IN_USE))
        has = sa.exists().where(hold.ensemble_id == model.id)
        query = (
            sa.select(model)
            .where(
                model.status.in_(_BUILT),
                sa.or_(in_use, sa.and_(has, model.status == Status.DEGRADED.value)),
            )
            .order_by(model.created_at, model.id)
        )
        with self._database.reading() as session:
            return rows.with_members(session, session.scalars(query).all())

    def used(self, project_id: str, except_id: str) -> Amount:
        """What a project has held in all, without one of its ensembles."""
        with self._database.reading() as session:
            return _used(session, project_id, except_id)

    @retried
    def intend(
        self, ensemble_id: str, wanted: Sequence[RecoveryHold], *, most: Amount | None, anew: bool
    ) -> Amount | None:
        """Save what is about to be held; nothing where it is more than ``most``, less than 0 none.

        Gives what the project has beside it then, None when it was saved. With ``anew`` nothing of
        before is held.
        """
        model = models.RecoveryHold
        with self._database.writing() as session:
            if wanted and most is not None:
                wait_for_turn(session)
                used = _used(session, wanted[0].project_id, ensemble_id)
                if is_over(most, used, amount(each.resources for each in wanted)):
                    return used
            if anew:
                session.execute(sa.delete(model).where(model.ensemble_id == ensemble_id))
            known = set(
                session.scalars(sa.select(model.id).where(model.ensemble_id == ensemble_id))
            )
            session.add_all(_row(each) for each in wanted if each.id not in known)
        return None

    @retried
    def settle(self, ensemble_id: str, held: Sequence[RecoveryHold]) -> bool:
        """Save that this is held and nothing else; False when some of it is not known any more."""
        model = models.RecoveryHold
        with self._database.writing() as session:
            known = set(
                session.scalars(sa.select(model.id).where(model.ensemble_id == ensemble_id))
            )
            if not known.issuperset(each.id for each in held):
                return False
            session.execute(sa.delete(model).where(model.ensemble_id == ensemble_id))
            session.add_all(_row(replace(each, status=HoldStatus.HELD)) for each in held)
            _write_state(session, ensemble_id, ReserveState(ReserveStatus.HELD))
        return True

    @retried
    def close(self, ensemble_id: str, servers: Collection[str], seconds: float) -> None:
        """Close the hosts of all that is held to all servers but these, for so long."""
        model = models.RecoveryHold
        values = {"servers": sorted(servers), "until": rows.now() + timedelta(seconds=seconds)}
        mine = sa.update(model).where(model.ensemble_id == ensemble_id)
        given_back = HoldStatus.GIVEN_BACK.value
        with self._database.writing() as session:
            session.execute(mine.where(model.status == given_back).values(**values))
            session.execute(
                mine.where(model.status != given_back).values(
                    status=HoldStatus.CLOSED.value, **values
                )
            )
            _write_state(session, ensemble_id, ReserveState(ReserveStatus.IN_USE))

    @retried
    def save_given_back(self, ensemble_id: str) -> None:
        """Save that what was closed is not held any more."""
        model = models.RecoveryHold
        with self._database.writing() as session:
            session.execute(
                sa.update(model)
                .where(model.ensemble_id == ensemble_id, model.status == HoldStatus.CLOSED.value)
                .values(status=HoldStatus.GIVEN_BACK.value)
            )

    @retried
    def forget(self, ids: Iterable[str]) -> None:
        """Forget these holds, of which nothing is held any more."""
        with self._database.writing() as session:
            for some in rows.portions(sorted(ids)):
                session.execute(
                    sa.delete(models.RecoveryHold).where(models.RecoveryHold.id.in_(some))
                )

    @retried
    def write_state(self, ensemble_id: str, state: ReserveState | None) -> None:
        """Save how it stands with what an ensemble wants to be held, and tell what has changed."""
        with self._database.writing() as session:
            _write_state(session, ensemble_id, state)


def closed(session: orm.Session) -> list[Closed]:
    """The hosts of the cloud that are closed for lost members now."""
    found = session.execute(_CLOSED, {"now": rows.now()})
    return [Closed(row.host, frozenset(row.servers or ()), row.until) for row in found]


def _rows(session: orm.Session, where: sa.ColumnElement[bool]) -> Sequence[models.RecoveryHold]:
    model = models.RecoveryHold
    return session.scalars(sa.select(model).where(where).order_by(model.host, model.id)).all()


def _used(session: orm.Session, project_id: str, except_id: str) -> Amount:
    model = models.RecoveryHold
    query = sa.select(model.resources).where(
        model.project_id == project_id, model.ensemble_id != except_id
    )
    return amount(session.scalars(query))


def _write_state(session: orm.Session, ensemble_id: str, state: ReserveState | None) -> None:
    model = models.Ensemble
    row = session.execute(
        sa.select(model.reserve_state).where(model.id == ensemble_id).with_for_update()
    ).first()
    if row is None:
        return
    before = rows.to_reserve_state(row.reserve_state) if row.reserve_state else None
    if before == state:
        return
    values: Any = None
    if state is not None:
        reason = None if state.reason is None else state.reason.stored
        values = {"status": state.status.value, "since": rows.iso(rows.now()), "reason": reason}
    session.execute(
        sa.update(rows.ENSEMBLES).where(model.id == ensemble_id).values(reserve_state=values)
    )
    if state is None:
        return
    if state.status is ReserveStatus.NOT_HELD and state.reason is not None:
        told = _NOT_HELD(reason=state.reason)
    else:
        told = (_HELD if state.status is ReserveStatus.HELD else _TAKEN)()
    rows.event(session, ensemble_id, f"reserve {state.status.value}", told)


def _row(hold: RecoveryHold) -> models.RecoveryHold:
    return models.RecoveryHold(
        id=hold.id,
        ensemble_id=hold.ensemble_id,
        project_id=hold.project_id,
        host=hold.host,
        provider=hold.provider,
        resources=dict(hold.resources),
        status=hold.status.value,
    )


def _hold(row: models.RecoveryHold) -> RecoveryHold:
    return RecoveryHold(
        row.id,
        row.ensemble_id,
        row.project_id,
        row.host,
        row.provider,
        row.resources,
        HoldStatus(row.status),
        frozenset(row.servers or ()),
    )
