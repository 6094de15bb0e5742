# SPDX-License-Identifier: Apache-2.0
"""Between rows of the database and records of the domain."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api import codec
from ensemble_api.ensemble_templates.record import Origin
from ensemble_api.observed import ObservedHost
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Message, legacy_text
from ensemble_api.planning.model import Ensemble
from ensemble_api.records import EnsembleRecord, LostHost, MemberRecord, MemberStatus, Status
from ensemble_api.recovery import Mode, Recovery
from ensemble_api.recovery_hold import ReserveState, ReserveStatus
from ensemble_api.store import models
from ensemble_api.store.folding import folded

LOG = logging.getLogger(__name__)

MANY = 500  # ids in one statement

# What is read or written by the tables themselves takes no way through the ORM, which is longer:
# also a single attribute of a model in a condition leads there.
ENSEMBLES: Any = models.Ensemble.__table__
MEMBERS: Any = models.Member.__table__
EVENTS: Any = models.Event.__table__
OPERATIONS: Any = models.Operation.__table__
MOVES: Any = models.Move.__table__
HOSTS: Any = models.Host.__table__
OBSERVATIONS: Any = models.Observation.__table__

# The host that a member counts on, as `MemberRecord.location` has it.
LOCATION = sa.case(
    (models.Member.server_status.is_(None), models.Member.host), else_=models.Member.current_host
)

_EVENT = sa.insert(EVENTS)
_OBSERVED_AT = sa.select(OBSERVATIONS.c.observed_at)
MEMBERS_OF = (
    sa.select(*MEMBERS.c)
    .where(MEMBERS.c.ensemble_id.in_(sa.bindparam("ensembles", expanding=True)))
    .order_by(MEMBERS.c.position)
)


def observed_at(session: orm.Session) -> str:
    """When Nova was last looked at; empty before."""
    moment = session.scalar(_OBSERVED_AT)
    return iso(moment) if moment else ""


def portions(items: Sequence[str]) -> Iterable[Sequence[str]]:
    """Cut what is to be looked for into as much as one statement may name."""
    return (items[at : at + MANY] for at in range(0, len(items), MANY))


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """A moment as records and callers have it."""
    return f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def event(session: orm.Session, ensemble_id: str, kind: str, message: Message | None) -> None:
    """Add an event to an ensemble; without a message its type says all."""
    session.execute(
        _EVENT,
        {
            "ensemble_id": ensemble_id,
            "at": now(),
            "type": kind[:32].strip(),
            "message": message or legacy_text(""),
        },
    )


def add_ensemble(session: orm.Session, record: EnsembleRecord, **more: Any) -> None:
    """Add a new ensemble with its members; ``more`` are columns that a record does not tell."""
    moment = now()
    session.add(
        models.Ensemble(
            id=record.id,
            project_id=record.project_id,
            user_id=record.user_id,
            name=record.name,
            folded_name=folded(record.name),
            status=record.status.value,
            body=record.body,
            plan=record.plan,
            exclusive=record.exclusive,
            **by_itself(record.body),
            template_id=origin.template_id if (origin := Origin.of(record.body)) else None,
            created_at=moment,
            updated_at=moment,
            **more,
        )
    )
    session.flush()
    add_members(session, record)


def by_itself(body: Mapping[str, Any]) -> dict[str, bool]:
    """The columns that say what an ensemble of this description wants to be done by itself."""
    wish = Recovery.of(body)
    return {
        "auto_repair": wish.mode is Mode.AUTO,
        "auto_rebalance": wish.rebalance is Mode.AUTO,
        "reserve": wish.reserve is not None,
    }


def add_members(session: orm.Session, record: EnsembleRecord, start: int = 0) -> None:
    """Add all members of a record, in their order, the first one at a position."""
    session.add_all(
        models.Member(
            id=member.id,
            ensemble_id=record.id,
            position=position,
            tier=member.tier,
            number=member.index,
            host=member.host,
            provider=member.provider,
            resources=dict(member.resources),
            domains={level: list(path) for level, path in member.domains.items()},
            status=member.status.value,
            tries=0,
            leaving=member.leaving,
            template=member.template or None,
            server_id=member.server_id,
            current_host=member.current_host,
            server_status=member.server_status or None,
            addresses=[list(each) for each in member.addresses] or None,
        )
        for position, member in enumerate(record.members, start)
    )


def with_members(session: orm.Session, rows: Sequence[Any]) -> list[EnsembleRecord]:
    """The records of these rows, with their members, which are read in one go."""
    members: dict[str, list[Any]] = {row.id: [] for row in rows}
    for member in session.execute(MEMBERS_OF, {"ensembles": [*members]}):
        members[member.ensemble_id].append(member)
    return [to_ensemble(row, members[row.id]) for row in rows]


def from_after(session: orm.Session, query: Any, after: str | None, most: int) -> list[Any]:
    """The first rows of ensembles after that one by age, then those up to it; so many at most."""
    model = ENSEMBLES.c
    ordered = query.order_by(model.created_at, model.id)
    at = session.scalar(sa.select(model.created_at).where(model.id == after)) if after else None
    if at is None:
        return [*session.execute(ordered.limit(most))]
    later = sa.or_(model.created_at > at, sa.and_(model.created_at == at, model.id > after))
    found = [*session.execute(ordered.where(later).limit(most))]
    if len(found) < most:
        found += session.execute(ordered.where(~later).limit(most - len(found)))
    return found


def to_ensemble(row: Any, members: Iterable[Any]) -> EnsembleRecord:
    """The record of a row, with these members and without events.

    Of the ORM or not: rows that are only read are read faster without it.
    """
    records = tuple(to_member(each) for each in members)
    staying = [each for each in records if not each.leaving]
    resources = {each.tier: each.resources for each in staying}
    indices = {
        tier: tuple(each.index for each in staying if each.tier == tier) for tier in resources
    }
    return EnsembleRecord(
        id=row.id,
        project_id=row.project_id,
        user_id=row.user_id,
        name=row.name,
        status=Status(row.status),
        body=row.body,
        plan=row.plan,
        ensemble=described(row, resources, indices),
        members=records,
        fault=None if row.fault is None else Message.read(row.fault),
        blocked=row.blocked,
        reasons=tuple(Message.read(each) for each in row.reasons or ()),
        degraded_at=iso(row.degraded_at) if row.degraded_at else "",
        created_at=iso(row.created_at),
        updated_at=iso(row.updated_at),
        idle=(now() - row.updated_at).total_seconds(),
        generation=row.generation,
        reserve=to_reserve_state(row.reserve_state) if row.reserve_state else None,
    )


def to_reserve_state(stored: Mapping[str, Any]) -> ReserveState:
    """How it stands with the capacity that is held for recovery, as it is stored."""
    reason = stored["reason"]
    read = None if reason is None else Message.read(reason)
    return ReserveState(ReserveStatus(stored["status"]), stored["since"], read)


def described(
    row: Any,
    resources: Mapping[str, Mapping[str, int]],
    indices: codec.Indices,
) -> Ensemble:
    """The ensemble that a row describes, with the resources and indices of its members by tier.

    Policies that cannot be read, such as those of another release, are not looked at: one row must
    not keep the others from being listed, planned around and deleted.
    """
    try:
        return codec.stored_ensemble(row.body, resources, indices)
    except (ModelError, TypeError) as error:
        LOG.warning("The policies of ensemble %s cannot be read: %s", row.id, error)
        return codec.stored_ensemble({**row.body, "policies": []}, resources, indices)


def to_observed_host(row: Any) -> ObservedHost:
    """The host of a row."""
    return ObservedHost(
        row.name,
        tuple(row.above),
        row.up,
        row.silent,
        row.disabled,
        {key: tuple(values) for key, values in (row.selectors or {}).items()},
        iso(row.down_since) if row.down_since else "",
        iso(row.back_at) if row.back_at else "",
        row.provider or "",
    )


def to_member(row: Any) -> MemberRecord:
    """The record of a row."""
    return MemberRecord(
        id=row.id,
        tier=row.tier,
        index=row.number,
        host=row.host,
        provider=row.provider,
        resources=row.resources,
        domains={level: tuple(path) for level, path in row.domains.items()},
        status=MemberStatus(row.status),
        server_id=row.server_id,
        asked_at=iso(row.asked_at) if row.asked_at else "",
        tries=row.tries,
        refusal=row.refusal or "",
        current_host=row.current_host,
        server_status=row.server_status or "",
        failed_hosts=tuple(row.failed_hosts or ()),
        lost_hosts=tuple(
            LostHost(name, times, _left(datetime.fromisoformat(until)))
            for name, times, until in row.lost_hosts or ()
        ),
        discarded_servers=tuple(row.discarded_servers or ()),
        volume_id=row.volume_id,
        owns_volume=row.owns_volume,
        hints=tuple(row.hints or ()),
        addresses=tuple((network, address) for network, address in row.addresses or ()),
        leaving=row.leaving,
        template=row.template or "",
        server_flavor=row.server_flavor or "",
        pinned_zone=row.pinned_zone or "",
        signal_awaited=row.signal_awaited,
        pause=_left(row.retry_at) if row.retry_at else 0.0,
    )


def lost_hosts_row(member: MemberRecord) -> list[list[Any]]:
    """What is stored of the hosts that were full for a member; ``to_member`` reads it."""
    moment = now()
    return [
        [each.name, each.times, (moment + timedelta(seconds=each.pause)).isoformat()]
        for each in member.lost_hosts
    ]


def _left(until: datetime) -> float:
    """The seconds until a moment, 0 when it is over."""
    return max(0.0, (until - now()).total_seconds())
