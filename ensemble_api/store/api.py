# SPDX-License-Identifier: Apache-2.0
"""The store: ensembles as they are created, listed, moved on and removed; a transaction each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api import exception
from ensemble_api.ensemble_templates.record import Origin
from ensemble_api.operations import Requester
from ensemble_api.planning.message import Message, Sentence
from ensemble_api.records import EnsembleRecord, Status
from ensemble_api.store import create_requests, models, operations, rows, templates
from ensemble_api.store.adoption import Adoption, forget
from ensemble_api.store.changes import Changes
from ensemble_api.store.create_requests import RequestKey
from ensemble_api.store.database import retried
from ensemble_api.store.folding import folded
from ensemble_api.store.leases import Leases
from ensemble_api.store.moves import Moves
from ensemble_api.store.occupancy import Occupancy
from ensemble_api.store.progress import Progress

_NO_MARKER = Sentence("invalid.marker", "%(marker)s is unknown")

MAX_EVENTS = 100

# What a worker reads at each of its steps.
_ENSEMBLE = sa.select(*rows.ENSEMBLES.c).where(rows.ENSEMBLES.c.id == sa.bindparam("ensemble"))
_MEMBERS = (
    sa.select(*rows.MEMBERS.c)
    .where(rows.MEMBERS.c.ensemble_id == sa.bindparam("ensemble"))
    .order_by(rows.MEMBERS.c.position)
)
_UNDER_WAY = sa.select(*rows.OPERATIONS.c).where(
    rows.OPERATIONS.c.ensemble_id == sa.bindparam("ensemble"),
    rows.OPERATIONS.c.ended_at.is_(None),
)
_EVENTS = (
    sa.select(*rows.EVENTS.c)
    .where(rows.EVENTS.c.ensemble_id == sa.bindparam("ensemble"))
    .order_by(rows.EVENTS.c.id.desc())
    .limit(MAX_EVENTS)
)
SORT_KEYS = ("created_at", "name", "status")


@dataclass(frozen=True, slots=True)
class Page:
    """Which ensembles to list, in which order, from where on."""

    limit: int = 100
    marker: str | None = None
    sort_key: str = "created_at"
    descending: bool = True
    project_id: str | None = None
    name: str | None = None
    status: str | None = None
    template_id: str | None = None

    def __post_init__(self) -> None:
        if self.sort_key not in SORT_KEYS:
            raise ValueError(f"sort_key: must be one of {', '.join(SORT_KEYS)}")
        if self.limit < 1:
            raise ValueError("limit: must be at least 1")


class Store(Occupancy, Leases, Progress, Changes, Moves, Adoption):
    """The ensembles database behind one SQLAlchemy URL."""

    def get_for_work(self, ensemble_id: str) -> EnsembleRecord:
        """One ensemble with members and operation: what its next step depends on.

        :raises ensemble_api.exception.NotFound: if there is none.
        """
        with self.reading() as session:
            return _read(session, ensemble_id)

    def get(self, ensemble_id: str) -> EnsembleRecord:
        """One ensemble with members and its latest events, oldest first.

        :raises ensemble_api.exception.NotFound: if there is none.
        """
        with self.reading() as session:
            record = _read(session, ensemble_id)
            events = session.execute(_EVENTS, {"ensemble": ensemble_id}).all()
            return replace(
                record,
                observed_at=rows.observed_at(session),
                events=tuple(
                    {"at": rows.iso(event.at), "type": event.type, "message": event.message}
                    for event in reversed(events)
                ),
            )

    def select(self, page: Page) -> list[EnsembleRecord]:
        """One page of ensembles, with members, without events.

        :raises ensemble_api.exception.Invalid: if the marker is unknown.
        """
        model = rows.ENSEMBLES.c
        column: Any = model[page.sort_key]
        query = sa.select(*model)
        if page.project_id is not None:
            query = query.where(model.project_id == page.project_id)
        if page.name is not None:
            query = query.where(model.folded_name.contains(folded(page.name), autoescape=True))
        if page.status is not None:
            query = query.where(model.status == page.status)
        if page.template_id is not None:
            query = query.where(model.template_id == page.template_id)
        order = [column.desc(), model.id.desc()] if page.descending else [column, model.id]
        with self.reading() as session:
            if page.marker is not None:
                at = session.get(models.Ensemble, page.marker)
                if at is None or page.project_id not in (None, at.project_id):
                    raise exception.Invalid(_NO_MARKER(marker=str(page.marker)), field="marker")
                here = sa.tuple_(column, model.id)
                there = sa.tuple_(getattr(at, page.sort_key), at.id)
                query = query.where(here < there if page.descending else here > there)
            found = session.execute(query.order_by(*order).limit(page.limit)).all()
            seen = rows.observed_at(session)
            under_way = operations.all_under_way(session, [row.id for row in found])
            return [
                replace(each, operation=under_way.get(each.id), observed_at=seen)
                for each in rows.with_members(session, found)
            ]

    def create(
        self,
        record: EnsembleRecord,
        owner: str,
        seconds: float,
        request_keys: Sequence[RequestKey] = (),
    ) -> None:
        """Save the intent of one ensemble: see ``create_all``."""
        self.create_all([record], owner, seconds, [request_keys])

    @retried
    def create_all(
        self,
        records: Sequence[EnsembleRecord],
        owner: str,
        seconds: float,
        request_keys: Sequence[Sequence[RequestKey]],
    ) -> None:
        """Save the intents of ``records`` together, leased to ``owner`` for ``seconds``.

        Each has its own ``request_keys``, in their order.

        :raises ensemble_api.exception.DuplicateCreate: when another create has one of them.
        :raises ensemble_api.exception.Conflict: when a template that one is made from was deleted.
        """
        origins = [origin for each in records if (origin := Origin.of(each.body)) is not None]
        with self.writing() as session:
            templates.keep(session, (each.template_id for each in origins))
            for record, keys in zip(records, request_keys, strict=True):
                create_requests.add(session, keys, record.id)
                rows.add_ensemble(
                    session,
                    record,
                    lease_owner=owner,
                    lease_until=rows.now() + timedelta(seconds=seconds),
                )
                if record.operation:
                    operations.start(session, record.id, record.operation)

    @retried
    def remove(self, ensemble_id: str, owner: str | None = None) -> None:
        """Forget an ensemble, its members and events; unknown ids are ignored.

        So is one that ``owner``, if given, has no lease of any more.
        """
        model = rows.ENSEMBLES
        leased = model.c.id == ensemble_id, model.c.lease_owner == owner
        with self.writing() as session:
            if owner is not None and not _matched(
                session, sa.update(model).where(*leased).values(lease_owner=owner)
            ):
                return
            forget(session, ensemble_id)

    @retried
    def replan(self, record: EnsembleRecord, owner: str, seconds: float) -> None:
        """Replace members, plan and operation of an ensemble that is still being reserved.

        :raises ensemble_api.exception.LeaseLost: when a worker has taken it over meanwhile.
        """
        if not self.renew(record.id, owner, seconds):
            raise exception.LeaseLost(record.id)
        with self.writing() as session:
            session.execute(sa.delete(models.Member).where(models.Member.ensemble_id == record.id))
            session.execute(
                sa.update(models.Ensemble)
                .where(models.Ensemble.id == record.id)
                .values(plan=record.plan, updated_at=rows.now())
            )
            rows.add_members(session, record)
            if record.operation:
                operations.save(session, record.operation)

    @retried
    def transition(
        self,
        ensemble_id: str,
        expected: Sequence[Status],
        status: Status,
        *,
        fault: Message | None = None,
        requester: Requester | None = None,
        message: Message | None = None,
        owner: str | None = None,
    ) -> bool:
        """Move an ensemble to ``status`` if it is in one of ``expected``; say whether it was.

        With an ``owner``, only if that has its lease: others may know better what is to be done.
        The change, the fault (when given), what becomes of its operation and an event land in one
        transaction. A removal is a new operation, asked for by ``requester``.
        """
        with self.writing() as session:
            return _transition(
                session,
                ensemble_id,
                expected,
                status,
                fault=fault,
                requester=requester,
                message=message,
                owner=owner,
            )

    @retried
    def begin_building(self, messages: Mapping[str, Message]) -> bool:
        """Have these ensembles built, all of which are being reserved; say whether they were.

        ``messages`` are for their events, by their ids. If one of them is not being reserved any
        more, all stay as they are.
        """
        try:
            with self.writing() as session:
                # In one order everywhere, so that two of these never wait for each other.
                for each in sorted(messages):
                    expected, message = [Status.RESERVING], messages[each]
                    if not _transition(session, each, expected, Status.BUILDING, message=message):
                        raise _NotAll
        except _NotAll:
            return False
        return True


class _NotAll(Exception):
    """Ends a transaction of which a part cannot be, so that nothing of it is."""


def _transition(
    session: orm.Session,
    ensemble_id: str,
    expected: Sequence[Status],
    status: Status,
    *,
    fault: Message | None = None,
    requester: Requester | None = None,
    message: Message | None = None,
    owner: str | None = None,
) -> bool:
    """What ``Store.transition`` does, in the caller's transaction."""
    model = rows.ENSEMBLES
    values: dict[str, Any] = {
        "status": status.value,
        "updated_at": rows.now(),
        "blocked": None,
        "unjudged": True,
        "reasons": None,
        "degraded_at": None,
    }
    if fault is not None:
        values["fault"] = fault.stored
    where = [model.c.id == ensemble_id, model.c.status.in_([s.value for s in expected])]
    if owner is not None:
        where.append(model.c.lease_owner == owner)
    moved = _matched(session, sa.update(model).where(*where).values(**values))
    if moved:
        rows.event(session, ensemble_id, status.value, message)
        operations.follow(session, ensemble_id, status, fault=fault, requester=requester)
        if status is Status.BUILDING:
            create_requests.set_reserved(session, ensemble_id)
        elif status is Status.ROLLING_BACK:
            create_requests.forget_unreserved(session, ensemble_id)
    return moved


def _read(session: orm.Session, ensemble_id: str) -> EnsembleRecord:
    """One ensemble with members and operation.

    :raises ensemble_api.exception.NotFound: if there is none.
    """
    of = {"ensemble": ensemble_id}
    row = session.execute(_ENSEMBLE, of).first()
    if row is None:
        raise exception.no_ensemble(ensemble_id)
    record = rows.to_ensemble(row, session.execute(_MEMBERS, of))
    operation = session.execute(_UNDER_WAY, of).first()
    if operation is None:
        return record
    return replace(record, operation=operations.to_operation(operation))


def _matched(session: orm.Session, update: sa.Update) -> bool:
    """Carry an update out, and say whether there was a row for it."""
    result: Any = session.execute(update)
    return bool(result.rowcount)
