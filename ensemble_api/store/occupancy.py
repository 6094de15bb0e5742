# SPDX-License-Identifier: Apache-2.0
"""Which members are on which hosts, by all that is recorded."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api.operations import MOVING
from ensemble_api.records import (
    EnsembleRecord,
    MemberRecord,
    MemberStatus,
    Status,
    is_asked,
    moved,
)
from ensemble_api.standing import RUNNING
from ensemble_api.store import models, operations, rows
from ensemble_api.store.database import Database

_GOING = (Status.ROLLING_BACK.value, Status.DELETING.value)
_BUILDING = sa.select(*rows.MEMBERS.c).where(rows.MEMBERS.c.status == MemberStatus.BUILDING.value)
_MOVING = sa.select(*rows.OPERATIONS.c).where(
    rows.OPERATIONS.c.ended_at.is_(None),
    rows.OPERATIONS.c.type.in_([each.value for each in MOVING]),
)
_OF_THEIR_ENSEMBLE = rows.MEMBERS.c.ensemble_id == rows.ENSEMBLES.c.id
_HOLDING = (
    sa.select(*rows.MEMBERS.c)
    .join(rows.ENSEMBLES, _OF_THEIR_ENSEMBLE)
    .where(rows.MEMBERS.c.status != MemberStatus.DELETED.value)
    .order_by(rows.MEMBERS.c.host, rows.ENSEMBLES.c.name, rows.MEMBERS.c.position)
)
_ENSEMBLES = sa.select(*rows.ENSEMBLES.c)
_OF_PROJECT = _ENSEMBLES.where(rows.ENSEMBLES.c.project_id == sa.bindparam("project"))
_UNBUILT = (
    sa.select(*rows.MEMBERS.c)
    .join(rows.ENSEMBLES, _OF_THEIR_ENSEMBLE)
    .where(
        rows.ENSEMBLES.c.project_id == sa.bindparam("project"),
        rows.ENSEMBLES.c.status.not_in(_GOING),
        rows.MEMBERS.c.status.in_((MemberStatus.RESERVED.value, MemberStatus.BUILDING.value)),
        rows.MEMBERS.c.leaving.is_(False),
        rows.MEMBERS.c.server_id.is_(None),
    )
)


@dataclass(frozen=True, slots=True)
class NamedServers:
    """What ensembles' servers are called by: a name, a mark, and the members' names."""

    name: str
    mark: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Handover:
    """A member between its hold and its server's own claim: capacity that nothing shows.

    One that ``moves`` has a server already, whose claim is there when it has some of ``provider``.
    """

    member_id: str
    server_id: str | None
    host: str
    resources: Mapping[str, int]
    provider: str = ""
    moves: bool = False


def targets(handovers: Iterable[Handover]) -> dict[str, str]:
    """The providers of which servers that move have some once they have claimed, by server."""
    return {each.server_id: each.provider for each in handovers if each.moves and each.server_id}


@dataclass(frozen=True, slots=True)
class Occupant:
    """A member on the host where it is now, without what only planning needs."""

    ensemble_id: str
    tier: str
    index: int
    host: str
    status: MemberStatus
    server_id: str | None
    server_status: str | None = None

    @property
    def running(self) -> bool:
        """Whether its server runs, by what was last observed, or is still to be built."""
        known = self.server_status is None or self.server_status in RUNNING
        return known and self.status is not MemberStatus.ERROR

    @property
    def name(self) -> str:
        """The member's name, such as ``web-2``."""
        return f"{self.tier}-{self.index}"


class Occupancy(Database):
    """Reads over the ensembles of a project or of the whole cloud."""

    def member_ids(self) -> frozenset[str]:
        """The ids of all members, which are also their consumers in Placement."""
        with self.reading() as session:
            return frozenset(session.scalars(sa.select(models.Member.id)))

    def all_members(self, *, exclusive: bool = False) -> list[tuple[EnsembleRecord, MemberRecord]]:
        """Every member that may hold capacity, with its ensemble, by host.

        With ``exclusive``, only those of ensembles that bar others from some of their domains.
        """
        members, owners = (
            (each.where(rows.ENSEMBLES.c.exclusive) if exclusive else each)
            for each in (_HOLDING, _ENSEMBLES)
        )
        with self.reading() as session:
            return _with_owners(session, session.execute(members).all(), owners)

    def member_counts(self, project_id: str) -> dict[str, int]:
        """How many members of a project's ensembles are on each host, by host name."""
        query = (
            sa.select(rows.LOCATION, sa.func.count())
            .join(models.Ensemble, models.Member.ensemble_id == models.Ensemble.id)
            .where(
                models.Ensemble.project_id == project_id,
                models.Member.status != MemberStatus.DELETED.value,
                rows.LOCATION.is_not(None),
            )
            .group_by(rows.LOCATION)
        )
        with self.reading() as session:
            return {row[0]: row[1] for row in session.execute(query)}

    def occupants(self) -> tuple[dict[str, EnsembleRecord], list[Occupant]]:
        """Every member that is on a host, and its ensemble, without members, by id.

        Each ensemble is read once and members as plain columns, for clouds with many of both.
        """
        model = models.Member
        columns = (model.ensemble_id, model.tier, model.number, rows.LOCATION, model.status)
        query = (
            sa.select(*columns, model.server_id, model.server_status)
            .where(model.status != MemberStatus.DELETED.value, rows.LOCATION.is_not(None))
            .order_by(model.ensemble_id, model.position)
        )
        with self.reading() as session:
            found = [
                Occupant(ensemble_id, tier, number, host, MemberStatus(status), *server)
                for ensemble_id, tier, number, host, status, *server in session.execute(query)
            ]
            owners = {
                row.id: rows.to_ensemble(row, ())
                for row in session.scalars(sa.select(models.Ensemble))
            }
        # An ensemble that is created or removed in between is in one of the two alone.
        return owners, [each for each in found if each.ensemble_id in owners]

    def unbuilt_members(self, project_id: str) -> list[tuple[EnsembleRecord, MemberRecord]]:
        """A project's members of whose servers Nova knows nothing yet, with their ensembles."""
        of = {"project": project_id}
        with self.reading() as session:
            members = session.execute(_UNBUILT, of).all()
            return _with_owners(session, members, _OF_PROJECT, of) if members else []

    def server_names(self, project_id: str, except_id: str) -> list[NamedServers]:
        """The ensembles of a project, without the one of the id ``but``, and their members."""
        model = models.Ensemble
        query = (
            sa.select(model.name, model.plan, models.Member.tier, models.Member.number)
            .join(models.Member, models.Member.ensemble_id == model.id)
            .where(
                model.project_id == project_id,
                model.id != except_id,
                models.Member.status != MemberStatus.DELETED.value,
            )
        )
        found: dict[tuple[str, str], list[str]] = {}
        with self.reading() as session:
            for name, plan, tier, number in session.execute(query):
                mark = plan.get("mark", "")
                found.setdefault((name, mark), []).append(f"{tier}-{number}")
        return [NamedServers(name, mark, tuple(members)) for (name, mark), members in found.items()]

    def namesakes(self, project_id: str, name: str, except_id: str = "") -> int:
        """How many ensembles of a project have a name, without the one of the id ``but``.

        Letters with marks may be in one piece or not: databases compare them each in its own way.
        """
        model = models.Ensemble
        query = sa.select(model.name).where(model.project_id == project_id, model.id != except_id)
        with self.reading() as session:
            return [_composed(each) for each in session.scalars(query)].count(_composed(name))

    def handovers(self) -> list[Handover]:
        """The members whose hold may be gone and whose server may not have claimed yet."""
        with self.reading() as session:
            built = [
                Handover(row.id, row.server_id, row.host, row.resources, row.provider)
                for row in session.execute(_BUILDING)
            ]
            return built + _moves(session)


def _with_owners(
    session: orm.Session, members: Sequence[Any], owners: Any, of: Mapping[str, str] | None = None
) -> list[tuple[EnsembleRecord, MemberRecord]]:
    """Members, each with its ensemble, which is among ``owners`` and is read once."""
    found = {row.id: rows.to_ensemble(row, ()) for row in session.execute(owners, of)}
    # An ensemble that is created or removed in between is in one of the two alone.
    return [
        (found[each.ensemble_id], rows.to_member(each))
        for each in members
        if each.ensemble_id in found
    ]


def _moves(session: orm.Session) -> list[Handover]:
    """The members that Nova is asked to move, on the hosts where they are to be."""
    asked = {
        goal.member_id: goal
        for each in operations.readable(session.execute(_MOVING))
        for goal in each.moves.values()
        if is_asked(goal)
    }
    member = models.Member
    found = []
    for some in rows.portions(sorted(asked)):
        for row in session.scalars(sa.select(member).where(member.id.in_(some))):
            there = moved(rows.to_member(row), asked[row.id])
            found.append(
                Handover(
                    there.id,
                    there.server_id,
                    there.host,
                    there.resources,
                    there.provider,
                    moves=True,
                )
            )
    return found


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)
