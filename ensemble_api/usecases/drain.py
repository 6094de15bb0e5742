# SPDX-License-Identifier: Apache-2.0
"""Trying to drain hosts: all ensembles on them one after the other, each with what is left then."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ensemble_api import exception
from ensemble_api.cloud.capacity import Capacity
from ensemble_api.cloud.compute import Compute
from ensemble_api.context import Context
from ensemble_api.planning.emptying import empty, leaving
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Message, Sentence
from ensemble_api.planning.model import Member
from ensemble_api.planning.moving import Moved
from ensemble_api.planning.result import UNDECIDED, Infeasible
from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus, places
from ensemble_api.results.host_impact import DrainAttempt
from ensemble_api.solver.process import solve
from ensemble_api.usecases.capacity import FreeCapacity
from ensemble_api.usecases.member_servers import MemberServers, can_move
from ensemble_api.usecases.repair_plans import RepairPlans
from ensemble_api.usecases.resolve import ResolvedRequest
from ensemble_api.usecases.stored_requests import StoredRequests, for_owner

MOST = 25  # ensembles that are tried; each takes a plan

_LOCKED = Sentence(
    "drain.locked",
    "%(member)s cannot be moved: its server is locked. Unlock it, or ask its project to.",
)
_STATUS = Sentence(
    "drain.status",
    "%(member)s cannot be moved: its server is %(status)s, and only one that is ACTIVE moves by "
    "live migration. Start it, or migrate it cold.",
)
_BUSY = Sentence(
    "drain.busy",
    "%(member)s cannot be moved now: something is under way with its server. That comes to its "
    "end.",
)
_UNKNOWN = Sentence(
    "drain.unknown", "%(member)s cannot be moved: Nova shows no server of it on the host."
)
_BUSY_ENSEMBLE = Sentence(
    "drain.waits", "It waits until what is under way with the ensemble has come to its end."
)
_LOST = Sentence(
    "drain.waits-for-repair",
    "It waits until its lost member is repaired.",
    "It waits until its %(count)s lost members are repaired.",
)


class Drains:
    """Tries to drain hosts, without moving or reserving anything: as the moves are planned then."""

    def __init__(
        self,
        get: Callable[[str], EnsembleRecord],
        compute: Compute,
        free_capacity: FreeCapacity,
        repair_plans: RepairPlans,
    ) -> None:
        self._get = get
        self._compute = compute
        self._free_capacity = free_capacity
        self._repair_plans = repair_plans

    def attempt(
        self, context: Context, hosts: Collection[str], ensembles: Iterable[str]
    ) -> list[DrainAttempt]:
        """Try the ensembles of these ids in this order; what one takes, the next ones lack."""
        attempt = _Attempt(
            self._compute, self._free_capacity, self._repair_plans, context, frozenset(hosts)
        )
        tried: list[DrainAttempt] = []
        for number, ensemble_id in enumerate(ensembles):
            try:
                record = self._get(ensemble_id)
            except exception.NotFound:
                continue  # it went meanwhile
            if not attempt.concerns(record):
                continue  # its last member there went meanwhile
            tried.append(attempt.of(record) if number < MOST else attempt.without(record))
        return tried


class _Attempt:
    """One attempt to drain hosts: all is planned on one look at the cloud."""

    def __init__(
        self,
        compute: Compute,
        free_capacity: FreeCapacity,
        repair_plans: RepairPlans,
        context: Context,
        hosts: frozenset[str],
    ) -> None:
        self._requests = StoredRequests(compute)
        self._compute = compute
        self._servers = MemberServers(compute)
        self._free_capacity = free_capacity
        self._repair_plans = repair_plans
        self._context = context
        self._hosts = hosts
        self._readings = free_capacity.readings(context)
        self._taken: list[tuple[str, Mapping[str, int]]] = []
        self._shown: dict[str, Mapping[str, Mapping[str, Any]]] = {}

    def concerns(self, record: EnsembleRecord) -> bool:
        """Whether an ensemble has somebody there."""
        return bool(self._here(record))

    def without(self, record: EnsembleRecord) -> DrainAttempt:
        """An ensemble that is not tried, for there are too many."""
        return DrainAttempt(record, self._here(record))

    def of(self, record: EnsembleRecord) -> DrainAttempt:
        """What comes of one ensemble; what it takes is taken for those after it."""
        here = self._here(record)
        # While something is under way, it is not known what can be moved after it.
        blocked = () if record.operation is not None else tuple(self._blocked(here))
        attempt = DrainAttempt(record, here, blocked=blocked, waits=self._waits(record))
        acting = for_owner(self._context, record)
        kept = {each.id for each, _ in blocked}
        moving = {Member(each.tier, each.index) for each in here if each.id not in kept}
        request = self._requests.request(acting, record, moving)
        free = self._free_capacity.free(acting, request, self._readings, {record.id})
        topology = free.capacity.snapshot.topology
        try:
            found = self._planned(record, request, free.capacity, blocked)
            if isinstance(found, Infeasible) and free.most is not None:
                # Only what is being handed over may be in the way, and may be counted twice.
                possible = self._planned(record, request, free.most, blocked)
                if not isinstance(possible, Infeasible):
                    return replace(attempt, topology=topology, tried=True)
        except (KeyError, ModelError):
            # The cloud has other hosts or levels than before.
            return attempt
        attempt = replace(attempt, topology=topology, tried=True)
        if isinstance(found, Infeasible):
            open_ = any(each.code in UNDECIDED for each in found.reasons)
            return replace(attempt, fits=None if open_ else False, reasons=found.reasons)
        self._taken += [(each.target, request.demand(each.member).resources) for each in found[1]]
        return replace(attempt, fits=True, moves=found[1])

    def _planned(
        self,
        record: EnsembleRecord,
        request: ResolvedRequest,
        capacity: Capacity,
        blocked: Iterable[tuple[MemberRecord, Message]],
    ) -> Moved | Infeasible:
        """The moves of all that can leave, or where they would go if none can."""
        ensemble = request.ensemble
        running = places(_alive(record))
        free = capacity.without_pending(self._taken).snapshot
        snapshot = self._repair_plans.without_failed(free, ensemble, running)

        def emptied(fixed: Collection[Member]) -> Moved | Infeasible:
            fixed = fixed if leaving(running, self._hosts, fixed) else ()
            return empty(ensemble, running, snapshot, self._hosts, solve=solve, fixed=fixed)

        stuck = {Member(each.tier, each.index) for each, _ in blocked}
        found = emptied(stuck)
        if isinstance(found, Infeasible) or all(each.source in self._hosts for each in found[1]):
            return found
        # Members elsewhere have to move as well, which few drains need: can they?
        acting = for_owner(self._context, record)
        others = self._servers.unmovable(acting, record) | self._requests.resized(acting, record)
        return emptied(stuck | {each for each in others if running.get(each) not in self._hosts})

    def _waits(self, record: EnsembleRecord) -> Message | None:
        """Why nobody of an ensemble is moved before something else has ended."""
        if record.operation is not None:
            return _BUSY_ENSEMBLE()
        lost = self._repair_plans.lost(record)
        return _LOST(count=len(lost)) if lost else None

    def _here(self, record: EnsembleRecord) -> tuple[MemberRecord, ...]:
        return tuple(each for each in _alive(record) if each.location in self._hosts)

    def _blocked(self, here: Iterable[MemberRecord]) -> Iterator[tuple[MemberRecord, Message]]:
        """Those that cannot be moved as they are now, and what would let them."""
        for each in here:
            server = self._on(each.location or "").get(each.server_id or "")
            if server is None:
                yield each, _UNKNOWN(member=each.name)
            elif can_move(server):
                continue
            elif server["locked"]:
                yield each, _LOCKED(member=each.name)
            elif server["OS-EXT-STS:task_state"] is not None:
                yield each, _BUSY(member=each.name)
            else:
                yield each, _STATUS(member=each.name, status=server["status"])

    def _on(self, host: str) -> Mapping[str, Mapping[str, Any]]:
        """The servers on a host by id, as Nova has them now."""
        if host not in self._shown:
            shown = self._compute.servers_on(self._context, host)
            self._shown[host] = {each["id"]: each for each in shown}
        return self._shown[host]


def _alive(record: EnsembleRecord) -> list[MemberRecord]:
    return [each for each in record.described_members if each.status is not MemberStatus.DELETED]
