# SPDX-License-Identifier: Apache-2.0
"""What must hold when we ask Nova for a server or for its end, and of what we say of servers."""

import json

from ensemble_api.observed import GONE
from ensemble_api.planning.model import Member
from ensemble_api.records import EnsembleRecord, MemberStatus
from tests.simulation.invariants.findings import Findings
from tests.simulation.invariants.policies import Policies, shown
from tests.simulation.invariants.recorded import Recorded
from tests.simulation.nova_objects import Server, parts_of
from tests.simulation.ours import World
from tests.simulation.tasks import LATENCY

DECIDED = 15.0  # seconds after which something newer is decided


class Servers:
    """Servers come and go as it was recorded before, and nothing is lost that is there."""

    def __init__(
        self, world: World, findings: Findings, recorded: Recorded, policies: Policies
    ) -> None:
        self._world = world
        self._holds = findings.holds
        self._recorded = recorded
        self._policies = policies
        world.nova.created_by_us = self.created_by_us
        world.nova.deleted_by_us = self.deleted_by_us

    def created_by_us(self, server: Server) -> None:
        """A server is asked for as it was planned and recorded, on a host that has not failed."""
        task = self._world.tasks.current
        server.deposed = self._recorded.owner(task.about) != task.process.name
        server.late = task.process.paused_until > self._world.tasks.now - LATENCY
        if server.deposed:
            return  # which others find, or nobody has
        row = self._recorded.member(server.member_id)
        self._holds(row, f"{server.name} is asked for without a record")
        if row is None:
            return
        self._holds(row["status"] == "BUILDING", f"{server.name} is asked for without an intent")
        record = self._recorded.ensemble(task.about)
        self._as_described(record, server)
        self._as_promised(record, server)
        self._holds(
            server.host not in (json.loads(row["failed_hosts"] or "null") or ()),
            f"{server.name} is asked for on a host that failed",
        )

    def _as_described(self, record: EnsembleRecord, server: Server) -> None:
        """By the template of its tier as it is now, with its own parts."""
        member = next(each for each in record.members if each.id == server.member_id)
        if member.leaving:
            return  # the change that has added it was cancelled just now
        template = record.template(member)
        self._holds(
            (server.request["flavorRef"], parts_of(server.request))
            == (template["flavor"], {*template.get("ports", ()), *template.get("volumes", ())}),
            f"{server.name} is asked for otherwise than its tier is described",
        )

    def _as_promised(self, record: EnsembleRecord, server: Server) -> None:
        """With what stands where it is to be, a server that is asked for breaks no policy.

        A change moves others once all that it adds is there.
        """
        places = {}
        moves = record.operation.moves if record.operation else {}
        for each in record.described_members:
            there = self._world.nova.servers.get(each.server_id or "")
            if isinstance(there, Server) and (there.gone or there.at not in (None, each.host)):
                return
            goal = moves.get(each.id)
            places[Member(each.tier, each.index)] = (goal.host if goal else None) or each.host
        for number in self._policies.lasting(record, places):
            policy = record.ensemble.policies[number]
            what = f"{server.name} is asked for on {server.host}, which breaks {policy}"
            self._holds(False, f"{what}: {shown(places)}")

    def deleted_by_us(self, server: Server, raised: bool) -> None:
        """We ask for a server's end, ``raised`` with an operator's rights."""
        self._holds(server.ours, f"the tenant's own server {server.name} is deleted by us")
        self._holds(not server.kept, f"{server.name} was released, and is deleted by us")
        # What was decided before its process stood still may be carried out late.
        if not self._world.tasks.current.process.paused_until:
            self._is_to_go(server)
            self._nothing_locked(server)
        self._holds(not (server.locked and raised), f"the locked {server.name} is deleted by us")

    def _is_to_go(self, server: Server) -> None:
        """Of an ensemble that runs nothing goes but what a change has added or is to remove.

        And that goes only when all that it has added is there.
        """
        record = self._recorded.record_of(server)
        if record is None or not record.status.built:
            return
        mine = next(each for each in record.members if each.server_id == server.id)
        change = record.operation
        goes = change is not None and (
            mine.id in (change.wanted if change.status == "RUNNING" else change.unwanted)
        )
        self._holds(goes, f"{server.name} is deleted, which was to stay")
        if change is None or change.status != "REMOVING":
            return
        added = [each for each in record.members if each.id in change.wanted]
        self._holds(
            all(each.status is MemberStatus.ACTIVE for each in added),
            f"{server.name} is deleted before all is there that is to be added",
        )

    def _nothing_locked(self, server: Server) -> None:
        """Of an ensemble that is being removed nothing goes as long as a server is locked."""
        record = self._recorded.record_of(server)
        if record is None or record.status.value not in ("DELETING", "ROLLING_BACK"):
            return
        since = self._world.tasks.now - DECIDED
        ids = {each.server_id for each in record.members}
        for other in self._world.nova.running():
            self._holds(
                other.id not in ids
                or other.task == "deleting"
                or self._world.nova.is_silent(other)  # who could know
                or not (other.locked and other.locked_at < since),
                f"{server.name} is deleted while {other.name} is locked",
            )

    def look(self) -> None:
        """Now and then: nothing is taken for lost that is there."""
        for row in self._recorded.observed():
            server = self._world.nova.servers[row["server_id"]]
            told = row["server_status"]
            self._holds(told != "UNKNOWN", f"{server.name} is written down as UNKNOWN")
            self._holds(
                told != GONE or server.gone or getattr(server, "lost", False),
                f"{server.name} is thought to be gone, and is there",
            )
