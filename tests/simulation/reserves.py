# SPDX-License-Identifier: Apache-2.0
"""Whether what is held for recovery is enough: by trying all ways, and by one failure more."""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ensemble_api.cloud.reservation import RECOVERY_TYPE
from ensemble_api.planning.model import Member
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import Topology
from ensemble_api.records import EnsembleRecord, MemberRecord, Status
from ensemble_api.recovery import Mode, Recovery, Reserve
from ensemble_api.recovery_hold import Amount, RecoveryLimits, ReserveStatus
from tests.simulation.actors import Actors, context
from tests.simulation.invariants import Invariants
from tests.simulation.nova_objects import Host, Server
from tests.simulation.search_all import way_back

NO_RESERVE = "reason.no-reserve"
CLASSES = ("VCPU", "MEMORY_MB", "DISK_GB")
LEVELS = ("host", "rack", "zone")
KEPT = 130.0  # seconds, in which what is held is planned anew after a change, also in vain


class Domain(NamedTuple):
    """Hosts that fail together."""

    level: str
    name: str

    def __str__(self) -> str:
        return f"{self.level} {self.name}"


def limits(dice: random.Random) -> RecoveryLimits:
    """How much each project may have held."""
    most = dice.choice((-1, -1, 6))
    return RecoveryLimits(Amount(most, -1), guarded=True)


class Reserves:
    """Looks at a schedule that is at rest, in which ensembles have capacity held for recovery."""

    def __init__(
        self,
        actors: Actors,
        invariants: Invariants,
        in_a_task: Callable[[Callable[[], Any]], None],
        until_rest: Callable[[], None],
    ) -> None:
        self._world, self._nova = actors.world, actors.nova
        self._actors = actors
        self._random = actors.random
        self._holds = invariants.holds
        self._recorded = invariants.recorded
        self._in_a_task = in_a_task
        self._until_rest = until_rest
        self._last: object = None
        self._changed_at = 0.0
        self.seen: dict[str, int] = {}

    def kept_at(self) -> float:
        """When what is held has been planned after the last change of members or hosts."""
        now = (
            [(each.name, each.alive, each.state, each.status) for each in self._nova.hosts],
            [(each.id, each.at, each.status, each.task) for each in self._nova.running()],
            self._recorded.all_settled,
        )
        if now != self._last:
            self._last, self._changed_at = now, self._world.tasks.now
        return self._changed_at + KEPT

    def enough(self) -> None:
        """After any promised failure all that is lost finds places in what is held for it.

        Where it is said that no capacity can be held, one of them leaves somebody without a place.
        """
        every = self._recorded.all()
        exclusive = bool(self._recorded.exclusive())
        for record in every:
            wish = Recovery.of(record.body).reserve
            if not record.status.built or wish is None or record.reserve is None:
                continue
            status = record.reserve.status
            self._count(f"reserve {status.value}")
            places = self._places(record)
            if len(places) < len(record.members) or record.operation is not None:
                continue
            ways = (
                self._way(record, places, domain, alone=status is ReserveStatus.HELD)
                for domain in self._domains(wish, places)
            )
            if status is ReserveStatus.HELD:
                for domain, way in zip(self._domains(wish, places), ways, strict=True):
                    what = f"{record.id[:8]} finds no places in what it has held without {domain}"
                    self._holds(way is not False, what)
            elif status is ReserveStatus.NOT_HELD and not exclusive:
                reason = record.reserve.reason
                told = str(reason.stored) if reason else ""
                self._holds(
                    NO_RESERVE not in told or not all(ways),
                    f"{record.id[:8]} could have capacity held, and says: {reason}",
                )

    def withstand(self) -> None:
        """One more failure of a promised kind: whoever it hits is brought back."""
        whole = [each for each in self._recorded.all() if self._is_promised(each)]
        if not whole:
            return
        chosen = self._random.choice(whole)
        wish = Recovery.of(chosen.body).reserve
        assert wish is not None
        domain = self._random.choice([*self._domains(wish, self._places(chosen))])
        failed = [each for each in self._nova.hosts if _name(each, domain.level) == domain.name]
        hit = [
            each
            for each in whole
            if self._covers(each, domain) and {*self._places(each).values()} & _names(failed)
        ]
        self._count(f"promised failure of a {domain.level}")
        for host in failed:
            if host.alive:
                self._nova.fail(host, forced=self._random.random() < 0.5)
        self._until_rest()
        manual = [each for each in hit if Recovery.of(each.body).mode is not Mode.AUTO]
        for record in manual:
            alone = len(hit) == 1 and not self._shares(record, failed)
            self._bring_back(record, failed, alone=alone)
        if manual:
            self._last = None  # it has only begun
            self._until_rest()
        # Of evacuations at once Nova may send several to one host, of which the last are in ERROR:
        # they have lost nothing of what is held, and a repair gives each its own.
        if again := [each for each in manual if self._in_error(each, failed)]:
            self._count("evacuated to a full host", len(again))
            for record in again:
                self._repair(record)
            self._last = None
            self._until_rest()
        for record in hit:
            lost = [each.name for each, _ in self._left(record, failed)]
            self._count("recovered by what was held", 0 if lost else 1)
            self._holds(
                not lost, f"{record.id[:8]} had places held without {domain}, and lost {lost}"
            )

    def _bring_back(self, record: EnsembleRecord, failed: Sequence[Host], *, alone: bool) -> None:
        """By command, or by an operator who asks Nova alone; that is promised to one at a time."""
        if alone and self._random.random() < 0.5:
            self._count("evacuated by an operator")
            for host in failed:
                self._actors.around.evacuate(host)
            return
        self._repair(record)

    def _left(
        self, record: EnsembleRecord, failed: Sequence[Host]
    ) -> Iterator[tuple[MemberRecord, Server]]:
        """The members that are on failed hosts still."""
        for each in record.members:
            server = self._nova.server(each.server_id or "")
            if server is not None and server.at in _names(failed):
                yield each, server

    def _shares(self, record: EnsembleRecord, failed: Sequence[Host]) -> bool:
        """Whether one that has lost members too, of whatever level its wish is, holds beside it."""
        losing = {each.id for each in self._recorded.all() if any(self._left(each, failed))}
        hosts: dict[str, set[str]] = {}
        for row in self._recorded.recovery_holds():
            hosts.setdefault(row["ensemble_id"], set()).add(row["host"])
        mine = hosts.pop(record.id, set())
        return any(mine & theirs for key, theirs in hosts.items() if key in losing)

    def _in_error(self, record: EnsembleRecord, failed: Sequence[Host]) -> bool:
        return any(server.status == "ERROR" for _, server in self._left(record, failed))

    def _repair(self, record: EnsembleRecord) -> None:
        who = context(record.project_id)
        self._in_a_task(
            lambda: self._actors.request(
                "repair", lambda it: it.service.repair(who, it.service.get(record.id))
            )
        )

    def _is_promised(self, record: EnsembleRecord) -> bool:
        held = record.reserve is not None and record.reserve.status is ReserveStatus.HELD
        wants = Recovery.of(record.body).reserve is not None
        return (
            held
            and wants
            and record.status is Status.ACTIVE
            and record.operation is None
            and len(self._places(record)) == len(record.members)
        )

    def _covers(self, record: EnsembleRecord, domain: Domain) -> bool:
        wish = Recovery.of(record.body).reserve
        return wish is not None and LEVELS.index(domain.level) <= LEVELS.index(wish.level)

    def _places(self, record: EnsembleRecord) -> dict[Member, str]:
        """Where members are of which an evacuation can be asked for, on hosts that are up."""
        found = {}
        for each in record.members:
            server = self._nova.server(each.server_id or "")
            if server is not None and server.at and server.status in ("ACTIVE", "SHUTOFF"):
                host = self._nova.host(server.at)
                if host.alive and host.state == "up" and not server.locked:
                    found[Member(each.tier, each.index)] = server.at
        return found

    def _domains(self, wish: Reserve, places: Mapping[Member, str]) -> Iterator[Domain]:
        names = {_name(self._nova.host(host), wish.level) for host in places.values()}
        return (Domain(wish.level, name) for name in sorted(names))

    def _way(
        self,
        record: EnsembleRecord,
        places: Mapping[Member, str],
        domain: Domain,
        *,
        alone: bool,
    ) -> bool | None:
        """Whether there is a way back; None where that is not known.

        In what is held alone; else in what is free too, with all hard policies met, but for what
        was given back for the lost members of others.
        """
        placement, hosts = self._world.placement, self._nova.hosts
        topology = Topology.build(
            LEVELS, {each.name: (each.rack, each.zone) for each in hosts}, "zone"
        )
        free = np.zeros((len(hosts), len(CLASSES)), dtype=np.int64)
        rows = self._recorded.recovery_holds()
        mine = {row["id"] for row in rows if row["ensemble_id"] == record.id}
        promised = [
            (row["host"], json.loads(row["resources"]))
            for row in rows
            if row["id"] not in mine | placement.consumers_by_id.keys()
        ]
        for host in hosts:
            have = placement.providers[host.provider].inventory
            for column, name in enumerate(CLASSES):
                held = sum(
                    each.allocations.get(host.provider, {}).get(name, 0)
                    for key, each in placement.consumers_by_id.items()
                    if key in mine and each.type == RECOVERY_TYPE
                )
                room = have[name] - placement.used(host.provider, name)
                room -= sum(takes.get(name, 0) for where, takes in promised if where == host.name)
                free[topology.host_number(host.name), column] = held if alone else held + room
        usable = [
            (host := self._nova.host(name)).state == "up"
            and host.status == "enabled"
            and _name(host, domain.level) != domain.name
            for name in topology.hosts
        ]
        snapshot = Snapshot(
            topology,
            CLASSES,
            free,
            free,
            (frozenset(),) * len(hosts),
            np.array(usable, dtype=np.bool_),
        )
        lost = {}
        for each in record.members:
            member, server = Member(each.tier, each.index), self._nova.server(each.server_id or "")
            host = self._nova.host(places[member])
            if server is not None and _name(host, domain.level) == domain.name:
                lost[member] = self._nova.needs(server)
        return way_back(record.ensemble, snapshot, places, lost, strict=not alone)

    def _count(self, what: str, more: int = 1) -> None:
        self.seen[what] = self.seen.get(what, 0) + more


def _name(host: Host, level: str) -> str:
    return str({"host": host.name, "rack": host.rack, "zone": host.zone}[level])


def _names(hosts: Sequence[Host]) -> set[str]:
    return {each.name for each in hosts}
