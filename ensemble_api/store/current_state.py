# SPDX-License-Identifier: Apache-2.0
"""Where Nova has members and hosts now, as the one process that observes them has written."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api.observed import ObservedHost
from ensemble_api.records import EnsembleRecord, MemberStatus
from ensemble_api.store import guards, locations, models, recovery_holds, rows
from ensemble_api.store.database import Database, retried
from ensemble_api.store.exclusive import ExclusiveEnsemble, ExclusiveEnsembles
from ensemble_api.store.guards import Guard
from ensemble_api.store.locations import LocatedMember
from ensemble_api.store.recovery_holds import Closed

# Of which ensemble a server is a member, once it is built, and whether any keeps others out.
_CONCERN = sa.select(
    sa.select(rows.MEMBERS.c.ensemble_id)
    .where(
        rows.MEMBERS.c.server_id == sa.bindparam("server"),
        rows.MEMBERS.c.status == MemberStatus.ACTIVE.value,
        rows.MEMBERS.c.leaving.is_(False),
    )
    .scalar_subquery(),
    sa.exists().where(rows.ENSEMBLES.c.exclusive),
)
_OF_ENSEMBLE = rows.ENSEMBLES.c.id == sa.bindparam("ensemble")
_ENSEMBLE = sa.select(*rows.ENSEMBLES.c).where(_OF_ENSEMBLE)
_LOCK = sa.update(rows.ENSEMBLES).where(_OF_ENSEMBLE).values(id=rows.ENSEMBLES.c.id)
_REFUSED = sa.delete(rows.MOVES).where(
    rows.MOVES.c.server_id == sa.bindparam("server"),
    rows.MOVES.c.target.in_(sa.bindparam("hosts", expanding=True)),
)
_HOSTS_VERSION = sa.select(rows.OBSERVATIONS.c.hosts_version)
_HOSTS = sa.select(*rows.HOSTS.c).order_by(rows.HOSTS.c.name)


@dataclass(frozen=True, slots=True)
class LocatedEnsemble:
    """An ensemble with all its members where they are now."""

    record: EnsembleRecord
    members: tuple[LocatedMember, ...]

    def member(self, server_id: str) -> LocatedMember | None:
        """The member that has this server."""
        return next((each for each in self.members if each.server_id == server_id), None)


@dataclass(frozen=True, slots=True)
class Concern:
    """What a request for a host may have to do with ensembles.

    ``ensemble_id`` is the one whose member the server is, once it is built; ``exclusive`` are the
    ensembles that keep others out of some of their domains, ``guards`` all hosts that are closed
    for hand-overs, and ``closed`` those for lost members.
    """

    ensemble_id: str | None
    exclusive: Sequence[ExclusiveEnsemble]
    guards: Sequence[Guard]
    closed: Sequence[Closed] = ()


class CurrentStates:
    """Reads of what was observed, and writes of what the scheduler gives, a transaction each."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._exclusive = ExclusiveEnsembles()

    def concern(self, server_id: str) -> Concern:
        """What a request for a host for this server may have to do with ensembles, now."""
        with self._database.reading() as session:
            member_of, others = session.execute(_CONCERN, {"server": server_id}).one()
            return Concern(
                member_of,
                self._exclusive.read(session) if others else [],
                guards.live(session),
                recovery_holds.closed(session),
            )

    def members(self, servers: Iterable[str]) -> frozenset[str]:
        """Those of these servers that are members of ensembles, once they are built."""
        model = models.Member
        query = sa.select(model.server_id).where(
            model.server_id.in_([*servers]), model.status == MemberStatus.ACTIVE.value
        )
        with self._database.reading() as session:
            return frozenset(str(each) for each in session.scalars(query))

    def hosts_version(self) -> int:
        """A number that changes whenever a host does."""
        with self._database.reading() as session:
            return session.scalar(_HOSTS_VERSION) or 0

    def observed_at(self) -> str:
        """When Nova was last observed (ISO 8601 in UTC), empty before that."""
        with self._database.reading() as session:
            return rows.observed_at(session)

    def observing_since(self) -> datetime | None:
        """When the process that observes Nova now began to, None before the first one."""
        with self._database.reading() as session:
            return session.scalar(sa.select(models.Observation.since))

    def providers(self) -> dict[str, str]:
        """The resource providers of the hosts, by name, of which they are known."""
        model = models.Host
        query = sa.select(model.name, model.provider).where(model.provider.is_not(None))
        with self._database.reading() as session:
            return {row.name: row.provider for row in session.execute(query)}

    def hosts(self, names: Collection[str] | None = None) -> list[ObservedHost]:
        """All hosts as last observed, or those of these names."""
        with self._database.reading() as session:
            if names is None:
                return [rows.to_observed_host(row) for row in session.execute(_HOSTS)]
            return [
                rows.to_observed_host(row)
                for some in rows.portions(sorted(names))
                for row in session.execute(_HOSTS.where(rows.HOSTS.c.name.in_(some)))
            ]

    @retried
    def place(
        self,
        server_id: str,
        ensemble_id: str,
        here: str | None,
        refused: Iterable[str],
        choose: Callable[[LocatedEnsemble], str | None],
    ) -> str | None:
        """Give the host that ``choose`` finds for a member, and record it; one at a time.

        ``here`` is where its server is now, ``refused`` are hosts that did not take it. Nova names
        ``here`` among them, where the server may have come just now, unseen but for that move.
        """
        of = {"ensemble": ensemble_id}
        with self._database.writing() as session:
            # The row is locked before anything is read: another scheduler waits here.
            session.execute(_LOCK, of)
            others = sorted({*refused} - {here})
            if others:
                session.execute(_REFUSED, {"server": server_id, "hosts": others})
            row = session.execute(_ENSEMBLE, of).first()
            if row is None:
                return None
            located = _located(session, row)
            if located.member(server_id) is None:
                return None
            target = choose(located)
            if target is not None:
                session.merge(
                    models.Move(
                        server_id=server_id,
                        ensemble_id=ensemble_id,
                        source=here,
                        target=target,
                        at=rows.now(),
                    )
                )
            return target


def _located(session: orm.Session, row: Any) -> LocatedEnsemble:
    """An ensemble with its members, and the hosts that these count on."""
    members = session.execute(rows.MEMBERS_OF, {"ensembles": [row.id]}).all()
    under_way = locations.moves(session, [row.id])
    return LocatedEnsemble(
        rows.to_ensemble(row, members), tuple(locations.located(members, under_way))
    )
