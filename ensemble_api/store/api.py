# SPDX-License-Identifier: Apache-2.0
"""The store: every read and write of the ensembles database, each one transaction."""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api import exception
from ensemble_api.planning.message import Message, Sentence
from ensemble_api.records import (
    EnsembleRecord,
    MemberRecord,
    MemberStatus,
    Requester,
    Status,
)
from ensemble_api.store import create_requests, models, rows
from ensemble_api.store.create_requests import RequestKey
from ensemble_api.store.database import Database, retried
from ensemble_api.store.folding import folded

_NO_MARKER = Sentence("invalid.marker", "%(marker)s is unknown")
_ASKED = Sentence("event.asked", "Nova is asked for %(member)s.")
_ASKED_AGAIN = Sentence(
    "event.asked-again", "Nova did not take %(member)s, and is asked again: %(answer)s"
)
_GOES_ON = Sentence("event.removal-goes-on", "The removal goes on.")

MAX_EVENTS = 100
UNATTENDED = timedelta(seconds=15)  # without a worker, beyond the pauses between two steps
SORT_KEYS = ("created_at", "name", "status")
SETTLED = tuple(status.value for status in Status if status.settled)


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

    def __post_init__(self) -> None:
        if self.sort_key not in SORT_KEYS:
            raise ValueError(f"sort_key: must be one of {', '.join(SORT_KEYS)}")
        if self.limit < 1:
            raise ValueError("limit: must be at least 1")


@dataclass(frozen=True, slots=True)
class NamedServers:
    """What ensembles' servers are called by: a name, a mark, and the members' names."""

    name: str
    mark: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Handover:
    """A member between its hold and its server's own claim: capacity that nothing shows."""

    member_id: str
    server_id: str | None
    host: str
    resources: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Occupant:
    """A member on the host where it is recorded, without what only planning needs."""

    ensemble_id: str
    tier: str
    index: int
    host: str
    status: MemberStatus
    server_id: str | None

    @property
    def name(self) -> str:
        """The member's name, such as ``web-2``."""
        return f"{self.tier}-{self.index}"


class Store(Database):
    """The ensembles database behind one SQLAlchemy URL."""

    # What tenants and operators see.

    def get(self, ensemble_id: str) -> EnsembleRecord:
        """One ensemble with members and its latest events, oldest first.

        :raises ensemble_api.exception.NotFound: if there is none.
        """
        with self.reading() as session:
            row = session.get(models.Ensemble, ensemble_id)
            if row is None:
                raise exception.no_ensemble(ensemble_id)
            members = session.scalars(
                sa.select(models.Member)
                .where(models.Member.ensemble_id == ensemble_id)
                .order_by(models.Member.position)
            )
            events = session.scalars(
                sa.select(models.Event)
                .where(models.Event.ensemble_id == ensemble_id)
                .order_by(models.Event.id.desc())
                .limit(MAX_EVENTS)
            )
            return replace(
                rows.to_ensemble(row, members),
                events=tuple(
                    {"at": rows.iso(event.at), "type": event.type, "message": event.message}
                    for event in reversed(list(events))
                ),
            )

    def select(self, page: Page) -> list[EnsembleRecord]:
        """One page of ensembles, with members, without events.

        :raises ensemble_api.exception.Invalid: if the marker is unknown.
        """
        model = models.Ensemble
        column: Any = getattr(model, page.sort_key)
        query = sa.select(model)
        if page.project_id is not None:
            query = query.where(model.project_id == page.project_id)
        if page.name is not None:
            query = query.where(model.folded_name.contains(folded(page.name), autoescape=True))
        if page.status is not None:
            query = query.where(model.status == page.status)
        order = [column.desc(), model.id.desc()] if page.descending else [column, model.id]
        with self.reading() as session:
            if page.marker is not None:
                at = session.get(model, page.marker)
                if at is None or page.project_id not in (None, at.project_id):
                    raise exception.Invalid(_NO_MARKER(marker=str(page.marker)), field="marker")
                here = sa.tuple_(column, model.id)
                there = sa.tuple_(getattr(at, page.sort_key), at.id)
                query = query.where(here < there if page.descending else here > there)
            found = session.scalars(query.order_by(*order).limit(page.limit)).all()
            return rows.with_members(session, found)

    def all_members(self, *, exclusive: bool = False) -> list[tuple[EnsembleRecord, MemberRecord]]:
        """Every member that may hold capacity, with its ensemble, by host.

        With ``exclusive``, only those of ensembles that bar others from some of their domains.
        """
        query = (
            sa.select(models.Ensemble, models.Member)
            .join(models.Member, models.Member.ensemble_id == models.Ensemble.id)
            .where(models.Member.status != MemberStatus.DELETED.value)
            .order_by(models.Member.host, models.Ensemble.name, models.Member.position)
        )
        if exclusive:
            query = query.where(models.Ensemble.exclusive)
        owners: dict[str, EnsembleRecord] = {}
        found = []
        with self.reading() as session:
            for row, member in session.execute(query):
                if row.id not in owners:
                    owners[row.id] = rows.to_ensemble(row, ())
                found.append((owners[row.id], rows.to_member(member)))
        return found

    def member_counts(self, project_id: str) -> dict[str, int]:
        """How many members of a project's ensembles are on each host, by host name."""
        query = (
            sa.select(models.Member.host, sa.func.count())
            .join(models.Ensemble, models.Member.ensemble_id == models.Ensemble.id)
            .where(
                models.Ensemble.project_id == project_id,
                models.Member.status != MemberStatus.DELETED.value,
            )
            .group_by(models.Member.host)
        )
        with self.reading() as session:
            return {row[0]: row[1] for row in session.execute(query)}

    def occupants(self) -> tuple[dict[str, EnsembleRecord], list[Occupant]]:
        """Every member that may hold capacity, and its ensemble, without members, by id.

        Each ensemble is read once and members as plain columns, for clouds with many of both.
        """
        model = models.Member
        columns = (model.ensemble_id, model.tier, model.number, model.host, model.status)
        query = (
            sa.select(*columns, model.server_id)
            .where(model.status != MemberStatus.DELETED.value)
            .order_by(model.ensemble_id, model.position)
        )
        with self.reading() as session:
            found = [
                Occupant(ensemble_id, tier, number, host, MemberStatus(status), server_id)
                for ensemble_id, tier, number, host, status, server_id in session.execute(query)
            ]
            owners = {
                row.id: rows.to_ensemble(row, ())
                for row in session.scalars(sa.select(models.Ensemble))
            }
        # An ensemble that is created or removed in between is in one of the two alone.
        return owners, [each for each in found if each.ensemble_id in owners]

    def unbuilt_members(self, project_id: str) -> list[tuple[EnsembleRecord, MemberRecord]]:
        """A project's members of whose servers Nova knows nothing yet, with their ensembles."""
        query = (
            sa.select(models.Ensemble, models.Member)
            .join(models.Member, models.Member.ensemble_id == models.Ensemble.id)
            .where(
                models.Ensemble.project_id == project_id,
                models.Ensemble.status.in_([Status.RESERVING.value, Status.BUILDING.value]),
                models.Member.server_id.is_(None),
            )
        )
        with self.reading() as session:
            return [
                (rows.to_ensemble(row, ()), rows.to_member(member))
                for row, member in session.execute(query)
            ]

    def server_names(self, project_id: str, but: str) -> list[NamedServers]:
        """The ensembles of a project, without the one of the id ``but``, and their members."""
        model = models.Ensemble
        query = (
            sa.select(model.name, model.plan, models.Member.tier, models.Member.number)
            .join(models.Member, models.Member.ensemble_id == model.id)
            .where(
                model.project_id == project_id,
                model.id != but,
                models.Member.status != MemberStatus.DELETED.value,
            )
        )
        found: dict[tuple[str, str], list[str]] = {}
        with self.reading() as session:
            for name, plan, tier, number in session.execute(query):
                mark = plan.get("mark", "")
                found.setdefault((name, mark), []).append(f"{tier}-{number}")
        return [NamedServers(name, mark, tuple(members)) for (name, mark), members in found.items()]

    def namesakes(self, project_id: str, name: str, but: str = "") -> int:
        """How many ensembles of a project have a name, without the one of the id ``but``.

        Letters with marks may be in one piece or not: databases compare them each in its own way.
        """
        model = models.Ensemble
        query = sa.select(model.name).where(model.project_id == project_id, model.id != but)
        with self.reading() as session:
            return [_composed(each) for each in session.scalars(query)].count(_composed(name))

    def handovers(self) -> list[Handover]:
        """The members whose hold may be gone and whose server may not have claimed yet."""
        model = models.Member
        with self.reading() as session:
            found = session.scalars(
                sa.select(model).where(model.status == MemberStatus.BUILDING.value)
            )
            return [Handover(row.id, row.server_id, row.host, row.resources) for row in found]

    # Writes of the service.

    @retried
    def create(
        self,
        record: EnsembleRecord,
        owner: str,
        seconds: float,
        request_keys: Sequence[RequestKey] = (),
    ) -> None:
        """Save the intent of ``record``, leased to ``owner`` for ``seconds``.

        :raises ensemble_api.exception.DuplicateCreate: when another create has one of them.
        """
        now = rows.now()
        with self.writing() as session:
            create_requests.add(session, request_keys, record.id)
            session.add(
                models.Ensemble(
                    id=record.id,
                    project_id=record.project_id,
                    user_id=record.user_id,
                    name=record.name,
                    folded_name=folded(record.name),
                    status=record.status.value,
                    requester=rows.from_requester(record.requester),
                    body=record.body,
                    plan=record.plan,
                    exclusive=record.exclusive,
                    created_at=now,
                    updated_at=now,
                    lease_owner=owner,
                    lease_until=now + timedelta(seconds=seconds),
                )
            )
            session.flush()
            rows.add_members(session, record)

    @retried
    def remove(self, ensemble_id: str) -> None:
        """Forget an ensemble, its members and events; unknown ids are ignored."""
        with self.writing() as session:
            for model in (models.Event, models.Member):
                session.execute(sa.delete(model).where(model.ensemble_id == ensemble_id))
            create_requests.forget_unreserved(session, ensemble_id)
            session.execute(sa.delete(models.Ensemble).where(models.Ensemble.id == ensemble_id))

    @retried
    def replan(self, record: EnsembleRecord, owner: str, seconds: float) -> None:
        """Replace the members and the plan of an ensemble that is still being reserved.

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
    ) -> bool:
        """Move an ensemble to ``status`` if it is in one of ``expected``; say whether it was.

        The change, the fault and the requester (when given) and an event land in one transaction.
        """
        model = models.Ensemble
        values: dict[str, Any] = {
            "status": status.value,
            "updated_at": rows.now(),
            "blocked": None,
        }
        if fault is not None:
            values["fault"] = fault.stored
        if requester is not None:
            values["requester"] = rows.from_requester(requester)
        with self.writing() as session:
            result: Any = session.execute(
                sa.update(model)
                .where(model.id == ensemble_id, model.status.in_([s.value for s in expected]))
                .values(**values)
            )
            if result.rowcount:
                rows.event(session, ensemble_id, status.value, message)
                if status is Status.BUILDING:
                    create_requests.set_reserved(session, ensemble_id)
                elif status is Status.ROLLING_BACK:
                    create_requests.forget_unreserved(session, ensemble_id)
            return bool(result.rowcount)

    # Writes of the worker.

    @retried
    def claim(self, ensemble_id: str, owner: str, seconds: float) -> bool:
        """Take the lease of an unsettled ensemble if it is free; say whether that worked.

        A time in which nobody worked on it is not counted as time without progress.
        """
        now, model = rows.now(), models.Ensemble
        with self.reading() as session:
            row = session.get(model, ensemble_id)
            if row is None:
                return False
            alone = now - max(row.updated_at, row.lease_until or row.updated_at)
            progress = row.updated_at + (alone if alone > UNATTENDED else timedelta())
        with self.writing() as session:
            result: Any = session.execute(
                sa.update(model)
                .where(
                    model.id == ensemble_id,
                    model.status.not_in(SETTLED),
                    sa.or_(
                        model.lease_until.is_(None),
                        model.lease_until < now,
                        model.lease_owner == owner,
                    ),
                )
                .values(
                    lease_owner=owner,
                    lease_until=now + timedelta(seconds=seconds),
                    updated_at=progress,
                )
            )
            return bool(result.rowcount)

    @retried
    def renew(self, ensemble_id: str, owner: str, seconds: float) -> bool:
        """Prolong the lease that ``owner`` has; False when it is lost."""
        now, model = rows.now(), models.Ensemble
        with self.writing() as session:
            result: Any = session.execute(
                sa.update(model)
                .where(model.id == ensemble_id, model.lease_owner == owner)
                .values(lease_until=now + timedelta(seconds=seconds))
            )
            return bool(result.rowcount)

    @retried
    def release(self, ensemble_id: str, owner: str) -> None:
        """Give the lease back, if ``owner`` has it."""
        model = models.Ensemble
        with self.writing() as session:
            session.execute(
                sa.update(model)
                .where(model.id == ensemble_id, model.lease_owner == owner)
                .values(lease_owner=None, lease_until=None)
            )

    @retried
    def release_others(self, owner: str, kept: Collection[str]) -> None:
        """Give back all leases that ``owner`` has, but those of the ensembles ``kept``."""
        model = models.Ensemble
        with self.writing() as session:
            session.execute(
                sa.update(model)
                .where(model.lease_owner == owner, model.id.not_in(kept))
                .values(lease_owner=None, lease_until=None)
            )

    def unsettled(self) -> list[str]:
        """The ids of ensembles that need a worker and have none, the oldest first."""
        model = models.Ensemble
        with self.reading() as session:
            return list(
                session.scalars(
                    sa.select(model.id)
                    .where(
                        model.status.not_in(SETTLED),
                        sa.or_(model.lease_until.is_(None), model.lease_until < rows.now()),
                    )
                    .order_by(model.updated_at)
                    .limit(100)
                )
            )

    @retried
    def update_member(
        self,
        record: EnsembleRecord,
        member: MemberRecord,
        owner: str,
        *,
        message: Message | None = None,
        **changes: Any,
    ) -> None:
        """Save ``changes`` of a member, which counts as progress of its ensemble.

        :raises ensemble_api.exception.LeaseLost: when ``owner`` has no lease any more.
        """
        with self.writing() as session:
            _update_ensemble(session, record, owner, updated_at=rows.now())
            _update_member_row(session, member, changes)
            if message:
                rows.event(
                    session, record.id, f"{member.name} {changes.get('status', '')}", message
                )

    def save_server_request(self, record: EnsembleRecord, member: MemberRecord, owner: str) -> None:
        """Save the intent to ask Nova for a member's server; only the first time is progress.

        :raises ensemble_api.exception.LeaseLost: when ``owner`` has no lease any more.
        """
        now = rows.now()
        with self.writing() as session:
            first = not member.tries
            _update_ensemble(session, record, owner, **({"updated_at": now} if first else {}))
            values: dict[str, Any] = {"status": MemberStatus.BUILDING.value}
            if member.server_id or not member.asked_at:
                # The new one may be known by its tag alone for a moment; an old one is gone.
                values |= {"asked_at": now, "server_id": None}
            if first:
                rows.event(
                    session,
                    record.id,
                    f"{member.name} BUILDING",
                    _ASKED(member=member.name),
                )
            _update_member_row(session, member, values)

    def postpone(
        self,
        record: EnsembleRecord,
        member: MemberRecord,
        owner: str,
        *,
        seconds: float,
        refusal: str,
        held: bool,
        awaited: bool,
        message: Message | None = None,
        asked: bool = True,
    ) -> None:
        """Save that Nova did not take the request for a member's server, which is no progress.

        It may be asked again in ``seconds``; ``held`` is whether the member's capacity is held
        until then, ``awaited`` whether a server may come of the request even so, ``asked`` whether
        Nova was asked at all. Without a ``message`` the refusal is told as what Nova said.

        :raises ensemble_api.exception.LeaseLost: when ``owner`` has no lease any more.
        """
        status = MemberStatus.RESERVED if held else MemberStatus.BUILDING
        with self.writing() as session:
            _update_ensemble(session, record, owner)
            _update_member_row(
                session,
                member,
                {
                    "status": status.value,
                    "tries": member.tries + asked,
                    "server_id": None,
                    "refusal": refusal,
                    "retry_at": rows.now() + timedelta(seconds=seconds),
                    **({} if awaited else {"asked_at": None}),
                },
            )
            if refusal != member.refusal:
                rows.event(
                    session,
                    record.id,
                    f"{member.name} {status.value}",
                    message or _ASKED_AGAIN(member=member.name, answer=refusal),
                )

    def set_blocked(self, record: EnsembleRecord, owner: str, message: Message | None) -> None:
        """Save what the removal of an ensemble waits for, None for nothing any more.

        :raises ensemble_api.exception.LeaseLost: when ``owner`` has no lease any more.
        """
        with self.writing() as session:
            _update_ensemble(session, record, owner, blocked=message)
            rows.event(session, record.id, record.status.value, message or _GOES_ON())


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _update_ensemble(
    session: orm.Session, record: EnsembleRecord, owner: str, **values: Any
) -> None:
    """Write ``values`` to an ensemble's row, and see in the same step that ``owner`` has its lease.

    :raises ensemble_api.exception.LeaseLost: when it has not.
    """
    result: Any = session.execute(
        sa.update(models.Ensemble)
        .where(models.Ensemble.id == record.id, models.Ensemble.lease_owner == owner)
        .values(lease_owner=owner, **values)
    )
    if not result.rowcount:
        raise exception.LeaseLost(record.id)


def _update_member_row(
    session: orm.Session, member: MemberRecord, values: Mapping[str, Any]
) -> None:
    session.execute(sa.update(models.Member).where(models.Member.id == member.id).values(**values))
