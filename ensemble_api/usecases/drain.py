# SPDX-License-Identifier: Apache-2.0
"""Trying to drain a host: all ensembles on it one after the other, each with what is left then."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.context import Context
from ensemble_api.planning import drain
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.model import Member
from ensemble_api.planning.repair import Repair
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus
from ensemble_api.results.host_impact import DrainAttempt
from ensemble_api.solver.process import solve
from ensemble_api.usecases.capacity import FreeCapacity
from ensemble_api.usecases.member_servers import can_move
from ensemble_api.usecases.stored_requests import StoredRequests, for_owner

MOST = 25  # ensembles that are tried; each takes a plan


class Drains:
    """Tries to drain hosts, without moving or reserving anything."""

    def __init__(
        self, get: Callable[[str], EnsembleRecord], compute: Compute, free_capacity: FreeCapacity
    ) -> None:
        self._get = get
        self._compute = compute
        self._free_capacity = free_capacity

    def attempt(self, context: Context, host: str, ensembles: Iterable[str]) -> list[DrainAttempt]:
        """Try the ensembles of these ids in this order; what one takes, the next ones lack."""
        attempt = _Attempt(self._compute, self._free_capacity, context, host)
        tried: list[DrainAttempt] = []
        for number, ensemble_id in enumerate(ensembles):
            try:
                record = self._get(ensemble_id)
            except exception.NotFound:
                continue  # it went meanwhile
            alive = [
                each for each in record.described_members if each.status is not MemberStatus.DELETED
            ]
            here = tuple(each for each in alive if each.location == host)
            if number >= MOST:
                tried.append(DrainAttempt(record, here, None))
                continue
            tried.append(attempt.of(record, alive, here))
        return tried


class _Attempt:
    """One attempt to drain a host: all is planned on one look at the cloud."""

    def __init__(
        self, compute: Compute, free_capacity: FreeCapacity, context: Context, host: str
    ) -> None:
        self._requests = StoredRequests(compute)
        self._compute = compute
        self._free_capacity = free_capacity
        self._context = context
        self._host = host
        self._readings = free_capacity.readings(context)
        self._taken: list[tuple[str, Mapping[str, int]]] = []

    def of(
        self, record: EnsembleRecord, alive: Iterable[MemberRecord], here: tuple[MemberRecord, ...]
    ) -> DrainAttempt:
        """What comes of one ensemble; what it takes is taken for those after it."""
        by_member = {Member(each.tier, each.index): each for each in alive}
        acting = for_owner(self._context, record)
        request = self._requests.request(acting, record)
        free = self._free_capacity.free(acting, request, self._readings, record.id)
        snapshot = free.capacity.without_pending(self._taken).snapshot
        # One that is on no host keeps the place that was planned for it.
        running = {member: each.location or each.host for member, each in by_member.items()}

        def drained(snapshot: Snapshot) -> Repair:
            return drain.drain(request.ensemble, running, snapshot, self._host, solve=solve)

        try:
            found = drained(snapshot)
            if found.fits is False and free.most is not None:
                # Only what is being handed over may be in the way, and may be counted twice.
                possible = drained(free.most.without_pending(self._taken).snapshot)
                found = found if possible.fits is False else replace(found, fits=None)
        except (KeyError, ModelError):
            # The cloud has other hosts or levels than before.
            return DrainAttempt(record, here, None)
        self._taken += [
            (at, request.demands[member.tier].resources) for member, at in found.moves.items()
        ]
        return DrainAttempt(record, here, found, snapshot.topology, self._blocked(record, here))

    def _blocked(
        self, record: EnsembleRecord, here: tuple[MemberRecord, ...]
    ) -> tuple[MemberRecord, ...]:
        """Those that cannot be moved; while something is under way, that is not known."""
        if record.operation is not None or not here:
            return ()
        return tuple(each for each in here if each.server_id not in self._movable)

    @cached_property
    def _movable(self) -> frozenset[str]:
        """The ids of the servers on the host that Nova would move now."""
        shown = self._compute.servers_on(self._context, self._host)
        return frozenset(each["id"] for each in shown if can_move(each))
