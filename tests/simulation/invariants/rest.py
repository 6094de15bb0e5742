# SPDX-License-Identifier: Apache-2.0
"""What must hold when a schedule is at rest, and when all its ensembles are deleted."""

from ensemble_api.records import EnsembleRecord, Status
from tests.fakes.placement import HOLD
from tests.simulation.invariants.findings import Findings
from tests.simulation.invariants.policies import Policies
from tests.simulation.invariants.recorded import Recorded
from tests.simulation.moves import MIGRATION
from tests.simulation.nova_objects import Server
from tests.simulation.ours import World

REFUSED = "event.refused"


class Rest:
    """Of each ensemble all or nothing is there, and nothing is nobody's."""

    def __init__(
        self, world: World, findings: Findings, recorded: Recorded, policies: Policies
    ) -> None:
        self._world = world
        self._holds = findings.holds
        self._recorded = recorded
        self._policies = policies

    def at_rest(self) -> None:
        """All or none of each ensemble is there, within capacity, and it says what holds."""
        servers: set[str] = set()
        for record in self._recorded.all():
            self._holds(record.status.settled, f"{record.id[:8]} stays {record.status}")
            servers |= {each.server_id for each in record.members if each.server_id}
            if record.status is Status.ERROR:
                self._nothing_of(record)
                refused = record.fault is not None and record.fault.code == REFUSED
                made = any(each.id in self._world.nova.refused for each in record.members)
                self._holds(
                    made or not refused, f"{record.id[:8]} ended with a refusal; Nova made none"
                )
            elif record.status.settled:
                self._all_of(record)
        for server in self._world.nova.running():
            if server.ours and not server.kept:
                self._holds(
                    server.id in servers and not server.lost,
                    f"{server.name} is nobody's: {server.id[:8]}",
                )
        self._placement()

    def emptied(self) -> None:
        """All ensembles are deleted, and nothing of them is left."""
        self._holds(not self._recorded.all(), "an ensemble is left that was deleted")
        left = [each.name for each in self._world.nova.running() if each.ours and not each.kept]
        self._holds(not left, f"servers are left: {left}")
        self._placement()

    def _nothing_of(self, record: EnsembleRecord) -> None:
        members = {each.id for each in record.members}
        left = [each.name for each in self._world.nova.running() if each.member_id in members]
        self._holds(not left, f"{record.id[:8]} is {record.status} and has {left}")

    def _all_of(self, record: EnsembleRecord) -> None:
        whole = True
        for member in record.members:
            server = self._world.nova.servers.get(member.server_id or "")
            name = f"{record.id[:8]} {member.name}"
            if not isinstance(server, Server) or server.member_id != member.id:
                self._holds(False, f"{name} is {record.status} without a server of its own")
                continue
            if server.gone:
                self._holds(server.removed_by == "tenant", f"{name} was removed by us")
                self._holds(record.status is Status.DEGRADED, f"{name} is gone, not DEGRADED")
            elif record.status is Status.ACTIVE and server.status != "SHELVED_OFFLOADED":
                built = server.status == "ACTIVE" or server.stopped or self._is_left(server)
                self._holds(built, f"{name} is {server.status}, not built")
            if not server.gone:
                # Nova starts what it evacuates in error, and a lock keeps us from stopping it.
                self._holds(
                    not server.stopped or server.status != "ACTIVE" or server.locked_at,
                    f"{name} was stopped by its tenant, and runs",
                )
            whole &= not server.gone
            at = None if server.gone else server.at
            self._holds(
                member.current_host == at,
                f"{name} is on {at}, and recorded on {member.current_host}",
            )
        if whole and record.status is Status.ACTIVE:
            missed = self._policies.lasting(record, self._policies.places(record))
            self._holds(not missed, f"{record.id[:8]} is ACTIVE and misses policies {missed}")

    def _is_left(self, server: Server) -> bool:
        """Whether Nova has left a server to a host that is off, while its own host is back."""
        if server.task != "rebuilding" or not server.evacuating_to or server.comes_to:
            return False
        nova = self._world.nova
        return not nova.host(server.evacuating_to).alive and nova.host(server.at or "").alive

    def _is_cut_off(self, server: Server) -> bool:
        """Whether a server's delete has died with its host, in the middle of a move.

        Nova resumes the delete when the host is back, and until then gives nothing back of either.
        """
        return server.task == "deleting" and not self._world.nova.host(server.at or "").alive

    def _placement(self) -> None:
        placement, nova = self._world.placement, self._world.nova
        self._holds(not placement.overcommitted(), f"over-commit on {placement.overcommitted()}")
        cut_off = {each.migration for each in nova.running() if self._is_cut_off(each)}
        for consumer, each in placement.consumers_by_id.items():
            self._holds(each.type != HOLD, f"a hold is left: {consumer[:8]}")
            self._holds(
                each.type != MIGRATION or consumer in cut_off,
                f"what a move left behind stays: {consumer[:8]}",
            )
            server = nova.servers.get(consumer)
            if each.type != HOLD and server is not None and server.ours:
                self._holds(not server.gone, f"a claim of {server.name} is left, which is gone")
