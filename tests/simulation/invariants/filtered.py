# SPDX-License-Identifier: Apache-2.0
"""What must hold of the hosts that the scheduler's filter lets servers have."""

from ensemble_api.planning.model import Member
from ensemble_api.planning.policies import Exclusive
from ensemble_api.records import MemberStatus, Status
from tests.simulation.invariants.findings import Findings
from tests.simulation.invariants.policies import Policies, shown
from tests.simulation.invariants.recorded import Recorded
from tests.simulation.nova_objects import Host, Server
from tests.simulation.ours import World
from tests.simulation.tasks import START

GUARDED = 10.0  # seconds for which a hand-over is looked at here
SETTLED = 5.0  # seconds after which a server that was built, or moved, has been seen there


class Filtered:
    """The filter keeps policies, hand-overs and domains that others have to themselves."""

    def __init__(
        self, world: World, findings: Findings, recorded: Recorded, policies: Policies
    ) -> None:
        self._world = world
        self._holds = findings.holds
        self._recorded = recorded
        self._policies = policies
        world.nova.scheduling.placed = self.placed
        world.nova.landing = self.landing

    def placed(self, server: Server, host: str, filtered: bool, since: float) -> None:
        """A server has claimed a host; ``since`` is when the filter was asked.

        What comes without it, or before a member is built, is not its to keep.
        """
        if filtered and server.status == "BUILD":
            if not server.ours:
                self._not_handed_over(server, host, since)
            self._not_exclusive(server, host, since)
        server.unfiltered = server.unfiltered or not filtered
        record = self._recorded.record_of(server)
        server.bound_by = record.ensemble.policies if record else ()
        if server.status != "BUILD" and server.ours:
            row = self._recorded.member(server.member_id)
            built = row is not None and row["status"] == MemberStatus.ACTIVE.value
            server.unfiltered = server.unfiltered or not built

    def _not_handed_over(self, server: Server, host: str, since: float) -> None:
        """A server that others' members are about to claim for has its host for itself."""
        nova = self._world.nova
        for other in nova.running():
            if not (other.ours and other.status == "BUILD" and other.host == host):
                continue
            if other is server or other.task or other.at or other.half_made:
                continue
            if other.deposed or other.late:
                continue
            handed = since - GUARDED < other.asked_at < since
            claimed = other.id in self._world.placement.consumers_by_id
            row = self._recorded.member(other.member_id)
            building = row is not None and (
                (row["of_ensemble"], row["server_id"]) == ("BUILDING", other.id)
            )
            self._holds(
                not handed or claimed or not building or nova.host(host).state != "up",
                f"{server.name} takes {host} from {other.name}, to which it is handed over",
            )

    def _not_exclusive(self, server: Server, host: str, since: float) -> None:
        """No server of another project comes to a domain that an ensemble has to itself."""
        nova = self._world.nova
        for record in self._recorded.exclusive():
            if record.project_id == server.project_id or record.status is not Status.ACTIVE:
                continue
            for member in record.described_members:  # one that is to go counts no more
                theirs = nova.server(member.server_id or "")
                if theirs is None or theirs.status != "ACTIVE" or theirs.at != member.location:
                    continue
                if theirs.updated.timestamp() > START.timestamp() + since - SETTLED:
                    continue
                for policy in record.ensemble.policies:
                    if not (isinstance(policy, Exclusive) and policy.hard):
                        continue
                    self._holds(
                        member.tier not in policy.tiers
                        or _domain(nova.host(host), policy.level)
                        != _domain(nova.host(theirs.at), policy.level),
                        f"{server.name} of {server.project_id} is let onto {host}, which "
                        f"{record.id[:8]} has to itself",
                    )

    def landing(self, server: Server, host: str) -> None:
        """A move that the filter let pass makes no hard policy worse, wherever others ended."""
        record = self._recorded.record_of(server)
        if record is None or server.status == "REBUILD" or server.comes_to:
            return  # what its host's failure has broken keeps nobody down
        places = self._policies.places(record)
        mine = next(each for each in record.members if each.server_id == server.id)
        if mine.leaving:
            return  # a change gives it up, and nothing is promised of it any more
        ours = [self._world.nova.servers.get(each.server_id or "") for each in record.members]
        described = {Member(each.tier, each.index) for each in record.described_members}
        if not described <= places.keys() or any(
            isinstance(each, Server) and each.unfiltered for each in ours
        ):
            return
        # Of others that go the same is true.
        places = {member: at for member, at in places.items() if member in described}
        before = self._policies.missed(record, places)
        after = self._policies.missed(record, {**places, Member(mine.tier, mine.index): host})
        for number, amount in after.items():
            if record.ensemble.policies[number] not in server.bound_by:
                continue  # it came by a change while Nova was moving the server
            self._holds(
                amount <= before.get(number, 0),
                f"the filter lets {server.name} go to {host}, which breaks "
                f"{record.ensemble.policies[number]}: {shown(places)}",
            )


def _domain(host: Host, level: str) -> str:
    return {"host": host.name, "rack": host.rack, "zone": host.zone}[level]
