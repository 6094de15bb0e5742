# SPDX-License-Identifier: Apache-2.0
"""Which servers' metadata are to be told anew where the server is, and what they were told."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from ensemble_api.operations import Requester
from ensemble_api.planning.message import Sentence
from ensemble_api.planning.topology import FailureDomain
from ensemble_api.records import MemberStatus
from ensemble_api.standing import CloudHosts
from ensemble_api.store import models, operations, rows
from ensemble_api.store.database import Database, retried
from ensemble_api.store.standings import Levels

_LEFT = Sentence(
    "event.metadata-left",
    "%(keys)s in the metadata of the server of %(member)s was changed by somebody else, and is "
    "left as it is.",
)


@dataclass(frozen=True, slots=True)
class UntoldMember:
    """A member whose server has moved: ``told`` is what its metadata were told before.

    ``told`` has None for a key that is the tenant's by now; ``domains`` are those of its host.
    """

    id: str
    name: str
    ensemble_id: str
    project_id: str
    user_id: str
    server_id: str
    host: str
    told: Mapping[str, str | None]
    domains: tuple[FailureDomain, ...]


class ToldDomains:
    """Reads and writes of what guests are told, each one transaction."""

    def __init__(self, database: Database, levels: Levels) -> None:
        self._database = database
        self._levels = levels

    def untold(self, most: int, without: Collection[str]) -> list[UntoldMember]:
        """Up to ``most`` members that are to be told, but for the servers ``without``."""
        member = models.Member
        query = (
            sa.select(member, models.Ensemble.project_id, models.Ensemble.user_id)
            .join(models.Ensemble, member.ensemble_id == models.Ensemble.id)
            .where(
                member.untold,
                member.status == MemberStatus.ACTIVE.value,
                member.current_host.is_not(None),
            )
            .order_by(member.id)
        )
        with self._database.reading() as session:
            found = [
                (row, project, user)
                for row, project, user in session.execute(query)
                if row.server_id is not None and row.server_id not in without
            ][:most]
            if not found:
                return []
            observed = [
                rows.to_observed_host(row) for row in session.scalars(sa.select(models.Host))
            ]
        topology = CloudHosts.of(self._levels.names, self._levels.zone, observed).topology
        return [
            UntoldMember(
                row.id,
                f"{row.tier}-{row.number}",
                row.ensemble_id,
                project,
                user,
                str(row.server_id),
                str(row.current_host),
                row.told,
                tuple(topology.domain_of(row.current_host, each) for each in topology.levels),
            )
            for row, project, user in found
            if row.current_host and row.current_host in topology  # which was perhaps not seen yet
        ]

    def requester(self, member: UntoldMember) -> Requester:
        """Who asked for what was last done with a member's ensemble, or made it if that is past."""
        with self._database.reading() as session:
            stored = operations.last_requester(session, member.ensemble_id)
            asked = operations.to_requester(stored) if stored else Requester(member.user_id)
            return replace(asked, request_id="")  # by which nobody asked for this

    @retried
    def save(
        self, member: UntoldMember, told: Mapping[str, str | None], left: Collection[str]
    ) -> None:
        """Save what a server's metadata say now, and tell of keys that are ``left`` to others.

        A server that has moved on is to be told again.
        """
        model = models.Member
        with self._database.writing() as session:
            row = session.get(model, member.id)
            if row is None or row.server_id != member.server_id:
                return
            row.told = dict(told)
            row.untold = row.current_host != member.host
            if left:
                message = _LEFT(keys=", ".join(sorted(left)), member=member.name)
                rows.event(session, member.ensemble_id, f"{member.name} metadata", message)
