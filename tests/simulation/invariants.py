# SPDX-License-Identifier: Apache-2.0
"""What must hold: at each step, when a schedule is at rest, and when all is deleted."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ensemble_api.planning import check
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.policies import Exclusive
from ensemble_api.planning.result import Assignment
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import Topology
from ensemble_api.records import GONE, EnsembleRecord, MemberStatus, Status
from ensemble_api.store.api import Page
from tests.fakes.placement import HOLD
from tests.simulation import seams
from tests.simulation.moves import MIGRATION
from tests.simulation.nova import Host, Server
from tests.simulation.ours import World
from tests.simulation.search_all import way_that_fits
from tests.simulation.tasks import START

REFUSED = "event.refused"
REMOVING = ("ROLLING_BACK", "DELETING", "RESERVING")
_MEMBER = """
    SELECT members.*, ensembles.status AS of_ensemble, operations.status AS of_change
    FROM members JOIN ensembles ON ensembles.id = members.ensemble_id
    LEFT JOIN operations ON operations.ensemble_id = ensembles.id
        AND operations.ended_at IS NULL AND operations.type = 'change'
    WHERE members.id = ?
"""
_OBSERVED = """
    SELECT server_id, server_status FROM members
    WHERE server_id IS NOT NULL AND server_status IS NOT NULL
"""
_ENSEMBLE_OF = "SELECT ensemble_id FROM members WHERE server_id = ?"
_UNDER_WAY = "SELECT id FROM operations WHERE ended_at IS NULL LIMIT 1"
_OWNER = "SELECT lease_owner FROM ensembles WHERE id = ?"
DECIDED = 15.0  # seconds after which something newer is decided
GUARDED = 10.0  # seconds for which a hand-over is looked at here
SETTLED = 5.0  # seconds after which a server that was built, or moved, has been seen there
LEASED = ("members", "ensembles")  # tables that a worker may write with its lease alone


class Broken(AssertionError):
    """An invariant does not hold."""


class Invariants:
    """Watches a world; the first thing that does not hold ends the schedule."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.found: list[str] = []
        self._deposed = False
        self._committed = seams.second_look()
        world.asked = self.placement_asked
        world.nova.deleted_by_us = self.deleted_by_us
        world.nova.created_by_us = self.created_by_us
        world.nova.landing = self.landing
        world.nova.scheduling.placed = self.placed

    def holds(self, condition: object, what: str) -> None:
        if not condition:
            self.found.append(what)
            self.world.tasks.note(f"BROKEN: {what}")

    # At each step.

    def _member(self, member_id: str) -> Any:
        """A member, and the status of its ensemble, as they are recorded now."""
        return self._committed.execute(_MEMBER, (member_id,)).fetchone()

    def placement_asked(self, method: str, url: str, body: Any) -> None:
        """Holds are recorded before they are made, and given up with an intent alone."""
        if method == "POST" and url == "/allocations":
            for consumer, each in body.items():
                if each["allocations"]:
                    self.holds(self._member(consumer), "a hold without a saved intent")
        if method == "DELETE":
            consumer = url.rpartition("/")[2]
            known = self.world.placement.consumers_by_id.get(consumer)
            row = self._member(consumer)
            if known is not None and known.type == HOLD and row is not None:
                self._accepted_once(consumer, row, known.allocations)
                self.holds(
                    row["status"] != MemberStatus.RESERVED.value
                    or any(each.member_id == consumer for each in self.world.nova.running())
                    or row["of_ensemble"] in REMOVING
                    or row["of_change"] in ("RESERVING", "UNDOING")
                    or self._is_deposed(),  # Placement does not ask who has the lease
                    f"the hold of {row['tier']}-{row['number']} is released before its intent",
                )

    def _accepted_once(self, consumer: str, row: Any, allocations: Mapping[str, Any]) -> None:
        """What is handed over now was not promised to another ensemble too."""
        full = self.world.placement.overcommitted()
        names = {key: self.world.placement.providers[key].name for key in allocations}
        over = {key for key, name in names.items() if name in full}
        if not over or row["of_ensemble"] != "BUILDING":
            return
        others = [
            self._member(each)
            for each, found in self.world.placement.consumers_by_id.items()
            if found.type == HOLD and each != consumer and over & found.allocations.keys()
        ]
        accepted = [
            each and (each["of_ensemble"], each["status"]) == ("BUILDING", "RESERVED")
            for each in others
        ]
        self.holds(
            not others or not all(accepted),
            f"{[names[key] for key in sorted(over)]} is promised twice",
        )

    def created_by_us(self, server: Server) -> None:
        """A server is asked for as it was planned and recorded, on a host that has not failed."""
        task = self.world.tasks.current
        server.deposed = self._owner(task.about) != task.process.name
        if server.deposed:
            if self._owner(task.about) is None and self._member(server.member_id) is None:
                server.after_its_ensemble = task.process
            return  # it takes its server back when it learns of that
        row = self._member(server.member_id)
        self.holds(row, f"{server.name} is asked for without a record")
        if row is None:
            return
        self.holds(row["status"] == "BUILDING", f"{server.name} is asked for without an intent")
        self._as_promised(self.world.database.get_for_work(task.about), server)
        self.holds(
            server.host not in (json.loads(row["failed_hosts"] or "null") or ()),
            f"{server.name} is asked for on a host that failed",
        )

    def _as_promised(self, record: EnsembleRecord, server: Server) -> None:
        """With what stands where it was planned, a server that is asked for breaks no policy."""
        places = {}
        for each in record.described_members:
            there = self.world.nova.servers.get(each.server_id or "")
            if isinstance(there, Server) and (there.gone or there.at not in (None, each.host)):
                return
            places[Member(each.tier, each.index)] = each.host
        missed = self._missed(record, places)
        for number in missed:
            policy = record.ensemble.policies[number]
            if getattr(policy, "max_skew", None) is None:  # of hosts that were usable then
                what = f"{server.name} is asked for on {server.host}, which breaks {policy}"
                self.holds(False, f"{what}: {_shown(places)}")

    def deleted_by_us(self, server: Server, raised: bool) -> None:
        self.holds(server.ours, f"the tenant's own server {server.name} is deleted by us")
        if not self.world.tasks.current.process.paused_until:
            self._is_to_go(server)
        # What was decided before its process stood still may be carried out late.
        if not self.world.tasks.current.process.paused_until:
            self._nothing_locked(server)
        self.holds(not (server.locked and raised), f"the locked {server.name} is deleted by us")

    def _is_to_go(self, server: Server) -> None:
        """Of an ensemble that runs nothing goes but what a change has added or is to remove.

        And that goes only when all that it has added is there.
        """
        record = self._record_of(server)
        if record is None or not record.status.built:
            return
        mine = next(each for each in record.members if each.server_id == server.id)
        change = record.operation
        goes = change is not None and (
            mine.id in (change.wanted if change.status == "RUNNING" else change.unwanted)
        )
        self.holds(goes, f"{server.name} is deleted, which was to stay")
        if change is None or change.status != "REMOVING":
            return
        added = [each for each in record.members if each.id in change.wanted]
        self.holds(
            all(each.status is MemberStatus.ACTIVE for each in added),
            f"{server.name} is deleted before all is there that is to be added",
        )

    def _nothing_locked(self, server: Server) -> None:
        """Of an ensemble that is being removed nothing goes as long as a server is locked."""
        record = self._record_of(server)
        if record is None or record.status.value not in ("DELETING", "ROLLING_BACK"):
            return
        since = self.world.tasks.now - DECIDED
        ids = {each.server_id for each in record.members}
        for other in self.world.nova.running():
            self.holds(
                other.id not in ids
                or other.task == "deleting"
                or self.world.nova.is_silent(other)  # who could know
                or not (other.locked and other.locked_at < since),
                f"{server.name} is deleted while {other.name} is locked",
            )

    def _is_deposed(self) -> bool:
        """Whether others have the lease of whoever acts, since its process stood still."""
        task = self.world.tasks.current
        late = bool(task.about) and bool(task.process.paused_until)
        return late and self._owner(task.about) != task.process.name

    def _owner(self, ensemble_id: str) -> str | None:
        row = self._committed.execute(_OWNER, (ensemble_id,)).fetchone()
        return row[0] if row else None

    def statement(self, text: str, before: bool, count: int) -> None:
        """A worker writes of an ensemble only while it has the lease."""
        task = self.world.tasks._current
        if task is None or not task.about or not text.startswith(("UPDATE", "DELETE", "INSERT")):
            return
        if not any(text.split(" ", 3)[n] in LEASED for n in (1, 2)):
            return
        if before:
            owner = self._owner(task.about)
            self._deposed = owner is not None and owner != task.process.name
        elif self._deposed and count:
            self.holds(False, f"a deposed worker writes: {text[:60]}")

    def placed(self, server: Server, host: str, filtered: bool, since: float) -> None:
        """The filter keeps others from hosts that are handed over and from exclusive domains.

        ``since`` is when it was asked. What comes without it, or before a member is built, is not
        its to keep.
        """
        if filtered and server.status == "BUILD":
            if not server.ours:
                self._not_handed_over(server, host, since)
            self._not_exclusive(server, host, since)
        server.unfiltered = server.unfiltered or not filtered
        if server.status != "BUILD" and server.ours:
            row = self._member(server.member_id)
            built = row is not None and row["status"] == MemberStatus.ACTIVE.value
            server.unfiltered = server.unfiltered or not built

    def _not_handed_over(self, server: Server, host: str, since: float) -> None:
        """A server that others' members are about to claim for has its host for itself."""
        nova = self.world.nova
        for other in nova.running():
            if not (other.ours and other.status == "BUILD" and other.host == host):
                continue
            if other is server or other.task or other.at or other.deposed or other.half_made:
                continue
            handed = since - GUARDED < other.asked_at < since
            claimed = other.id in self.world.placement.consumers_by_id
            row = self._member(other.member_id)
            # One that Nova seemed not to take was held anew, and has no guard when it is found.
            building = row is not None and (
                (row["of_ensemble"], row["server_id"], row["tries"]) == ("BUILDING", other.id, 0)
            )
            self.holds(
                not handed or claimed or not building or nova.host(host).state != "up",
                f"{server.name} takes {host} from {other.name}, to which it is handed over",
            )

    def _not_exclusive(self, server: Server, host: str, since: float) -> None:
        """No server of another project comes to a domain that an ensemble has to itself."""
        nova = self.world.nova
        for row in self._committed.execute("SELECT id FROM ensembles WHERE exclusive").fetchall():
            record = self.world.database.get_for_work(row[0])
            if record.project_id == server.project_id or record.status is not Status.ACTIVE:
                continue
            for member in record.members:
                theirs = nova.server(member.server_id or "")
                if theirs is None or theirs.status != "ACTIVE" or theirs.at != member.location:
                    continue
                if theirs.updated.timestamp() > START.timestamp() + since - SETTLED:
                    continue
                for policy in record.ensemble.policies:
                    if (
                        isinstance(policy, Exclusive)
                        and policy.hard
                        and member.tier in policy.tiers
                    ):
                        self.holds(
                            _domain(nova.host(host), policy.level)
                            != _domain(nova.host(theirs.at), policy.level),
                            f"{server.name} of {server.project_id} is let onto {host}, which "
                            f"{record.id[:8]} has to itself",
                        )

    def look(self) -> None:
        """Now and then: nothing is taken for lost that is there."""
        for row in self._committed.execute(_OBSERVED).fetchall():
            server = self.world.nova.servers[row["server_id"]]
            told = row["server_status"]
            self.holds(told != "UNKNOWN", f"{server.name} is written down as UNKNOWN")
            self.holds(
                told != GONE or server.gone or getattr(server, "lost", False),
                f"{server.name} is thought to be gone, and is there",
            )

    def landing(self, server: Server, host: str) -> None:
        """A move that the filter let pass makes no hard policy worse, wherever others ended."""
        record = self._record_of(server)
        if record is None or server.status == "REBUILD":
            return
        places = self._places(record)
        mine = next(each for each in record.members if each.server_id == server.id)
        ours = [self.world.nova.servers.get(each.server_id or "") for each in record.members]
        described = {Member(each.tier, each.index) for each in record.described_members}
        if not described <= places.keys() or any(
            isinstance(each, Server) and each.unfiltered for each in ours
        ):
            return
        before = self._missed(record, places)
        after = self._missed(record, {**places, Member(mine.tier, mine.index): host})
        for number, amount in after.items():
            self.holds(
                amount <= before.get(number, 0),
                f"the filter lets {server.name} go to {host}, which breaks "
                f"{record.ensemble.policies[number]}: {_shown(places)}",
            )

    def refused(self, ensemble: Ensemble, snapshot: Snapshot, running: Assignment) -> None:
        """Where there was no plan there is none: a way that fits was there to be seen."""
        way = way_that_fits(ensemble, snapshot, running)
        self.holds(way is None, f"no plan was found, and this would have done: {_shown(way or {})}")

    # At rest.

    def records(self) -> list[EnsembleRecord]:
        return self.world.database.select(Page(limit=500))

    @property
    def all_settled(self) -> bool:
        """Whether no ensemble is about to be anything else."""
        found = self._committed.execute("SELECT DISTINCT status FROM ensembles").fetchall()
        return all(Status(status).settled for (status,) in found) and not (
            self._committed.execute(_UNDER_WAY).fetchall()
        )

    def at_rest(self) -> None:
        """All or none of each ensemble is there, within capacity, and it says what holds."""
        recorded: set[str] = set()
        for record in self.records():
            self.holds(record.status.settled, f"{record.id[:8]} stays {record.status}")
            recorded |= {each.server_id for each in record.members if each.server_id}
            if record.status is Status.ERROR:
                self._nothing_of(record)
                refused = record.fault is not None and record.fault.code == REFUSED
                self.holds(not refused, f"{record.id[:8]} ended with a refusal; Nova made none")
            elif record.status.settled:
                self._all_of(record)
        for server in self.world.nova.running():
            goes = server.task == "deleting"  # a late one, which the last look has found
            if server.ours and not goes and not _is_left(server):
                self.holds(
                    server.id in recorded and not server.lost,
                    f"{server.name} is nobody's: {server.id[:8]}",
                )
        self._placement()

    def _nothing_of(self, record: EnsembleRecord) -> None:
        members = {each.id for each in record.members}
        left = [each.name for each in self.world.nova.running() if each.member_id in members]
        self.holds(not left, f"{record.id[:8]} is {record.status} and has {left}")

    def _all_of(self, record: EnsembleRecord) -> None:
        whole = True
        for member in record.members:
            server = self.world.nova.servers.get(member.server_id or "")
            name = f"{record.id[:8]} {member.name}"
            if server is None or server.member_id != member.id:
                self.holds(False, f"{name} is {record.status} without a server of its own")
                continue
            if server.gone:
                self.holds(server.removed_by == "tenant", f"{name} was removed by us")
                self.holds(record.status is Status.DEGRADED, f"{name} is gone, not DEGRADED")
            elif record.status is Status.ACTIVE and server.status != "SHELVED_OFFLOADED":
                self.holds(server.status == "ACTIVE", f"{name} is {server.status}, not built")
            whole &= not server.gone
            at = None if server.gone else server.at
            self.holds(
                member.current_host == at,
                f"{name} is on {at}, and recorded on {member.current_host}",
            )
        if whole and record.status is Status.ACTIVE:
            # How even a spread can be depends on what was usable when it was planned.
            missed = {
                number: amount
                for number, amount in self._missed(record, self._places(record)).items()
                if getattr(record.ensemble.policies[number], "max_skew", None) is None
            }
            self.holds(not missed, f"{record.id[:8]} is ACTIVE and misses policies {missed}")

    def _placement(self) -> None:
        placement, nova = self.world.placement, self.world.nova
        self.holds(not placement.overcommitted(), f"over-commit on {placement.overcommitted()}")
        for consumer, each in placement.consumers_by_id.items():
            self.holds(each.type != HOLD, f"a hold is left: {consumer[:8]}")
            self.holds(each.type != MIGRATION, f"what a move left behind stays: {consumer[:8]}")
            server = nova.servers.get(consumer)
            if each.type != HOLD and server is not None and server.ours:
                self.holds(not server.gone, f"a claim of {server.name} is left, which is gone")

    def emptied(self) -> None:
        """All ensembles are deleted, and nothing of them is left."""
        self.holds(not self.records(), "an ensemble is left that was deleted")
        ours = [each for each in self.world.nova.running() if each.ours]
        left = [each.name for each in ours if not _is_left(each)]
        self.holds(not left, f"servers are left: {left}")
        self._placement()

    # Policies, by the second opinion.

    def _record_of(self, server: Server) -> EnsembleRecord | None:
        row = self._committed.execute(_ENSEMBLE_OF, (server.id,)).fetchone()
        return None if row is None else self.world.database.get_for_work(row[0])

    def _places(self, record: EnsembleRecord) -> dict[Member, str]:
        """Where Nova has the members that it has."""
        found = {}
        for each in record.members:
            server = self.world.nova.server(each.server_id or "")
            if server is not None and server.at is not None:
                found[Member(each.tier, each.index)] = server.at
        return found

    def _missed(self, record: EnsembleRecord, places: Mapping[Member, str]) -> dict[int, int]:
        """By how much each hard policy is missed, however many hosts are thought to be usable."""
        if not places:
            return {}
        found: list[dict[int, int]] = []
        for up in (True, False):
            snapshot = self.snapshot(all_usable=up)
            missed = check.shortfalls(record.ensemble, snapshot, places, hard=True)
            found.append({each.policy: each.amount for each in missed if each.policy is not None})
        both = found[0].keys() & found[1].keys()
        return {number: min(each[number] for each in found) for number in sorted(both)}

    def snapshot(self, *, all_usable: bool) -> Snapshot:
        hosts = self.world.nova.hosts
        topology = Topology.build(
            ("host", "rack", "zone"), {each.name: (each.rack, each.zone) for each in hosts}, "zone"
        )
        nothing = np.zeros((len(hosts), 0), dtype=np.int64)
        up = {each.name for each in hosts if all_usable or each.state == "up"}
        return Snapshot(
            topology,
            (),
            nothing,
            nothing,
            (frozenset(),) * len(hosts),
            np.array([name in up for name in topology.hosts], dtype=np.bool_),
        )


def _is_left(server: Server) -> bool:
    """Whether a process stood in a request until the ensemble was gone, and died then.

    That is known to leave a server: see doc/architecture/reliability.md.
    """
    process = server.after_its_ensemble
    return process is not None and not process.alive


def _domain(host: Host, level: str) -> str:
    return {"host": host.name, "rack": host.rack, "zone": host.zone}[level]


def _shown(places: Mapping[Member, str]) -> str:
    return " ".join(f"{each.tier}-{each.index}@{host}" for each, host in sorted(places.items()))
