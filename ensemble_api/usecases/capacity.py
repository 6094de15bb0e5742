# SPDX-License-Identifier: Apache-2.0
"""The capacity that is free for one request."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from ensemble_api import exception
from ensemble_api.cloud.capacity import Capacity
from ensemble_api.cloud.freed_capacity import freed
from ensemble_api.cloud.inventory import Inventory
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.context import Context
from ensemble_api.planning import planner, result
from ensemble_api.planning.message import Sentence
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.recovery_hold import HoldStatus
from ensemble_api.shares import by_provider
from ensemble_api.solver.process import solve
from ensemble_api.store import rows
from ensemble_api.store.api import Store
from ensemble_api.store.recovery_holds import RecoveryHolds
from ensemble_api.usecases.exclusivity import Exclusivity
from ensemble_api.usecases.flavors import OtherFlavors
from ensemble_api.usecases.known_capacity import KnownCapacity
from ensemble_api.usecases.plans_under_way import Taken
from ensemble_api.usecases.readings import Readings, handed_over
from ensemble_api.usecases.resolve import ResolvedRequest

MUCH = 2  # plans in vain, after which all that was taken is looked at
LOOKS = 4  # at a cloud in which only a build beside it is in the way
PAUSE = 0.3  # seconds between two of them; a hand-over takes about one

TRY_AGAIN = Sentence("suggestion.try-again", "Try again in a moment.")
_BUILD_UNDER_WAY = result.Reason(
    "build-under-way",
    Sentence(
        "reason.build-under-way",
        "It may fit even so: other ensembles are being built, and what they need may have been "
        "counted twice.",
    )(),
    suggestion=TRY_AGAIN(),
)

_SHARED = Sentence(
    "reason.shared-storage",
    "Hosts were left out on which %(tier)s could only have disk of shared storage: Nova takes none "
    "of that for a server whose host is named.",
)
_ON_A_VOLUME = Sentence(
    "suggestion.on-a-volume", "Boot from volumes, with a flavor that asks for no local disk."
)
_APART = Sentence(
    "reason.devices-of-several",
    "More may fit than is counted: members take devices of a host in different ways.",
)

MakePlan: TypeAlias = Callable[[Snapshot], result.Plan | result.Infeasible]


@dataclass(frozen=True, slots=True)
class Free:
    """What is free for sure, and ``most``: what is free at most; None where that is the same.

    Between the two is what is just being handed over from holds to servers: Placement shows it
    neither as held nor as used for a moment, and which moment that is nobody can tell.
    """

    capacity: Capacity
    most: Capacity | None


class MeasurePlan(Protocol):
    """Who is told how long each plan took."""

    def __call__(self, seconds: float, *, found: bool) -> None:
        """One took so long, and there was one or not."""


class FreeCapacity:
    """Looks at capacity as a tenant's new ensemble may use it."""

    def __init__(
        self,
        store: Store,
        inventory: Inventory,
        reservation: Reservation,
        exclusivity: Exclusivity,
        other_flavors: OtherFlavors,
        sleep: Callable[[float], None] = time.sleep,
        measure: MeasurePlan = lambda *_, **__: None,
        known: KnownCapacity | None = None,
    ) -> None:
        self._known = known
        self._measure = measure
        self._other_flavors = other_flavors
        self._store = store
        self._inventory = inventory
        self._reservation = reservation
        self._exclusivity = exclusivity
        self._recovery = RecoveryHolds(store)
        self._sleep = sleep

    def plan(
        self,
        context: Context,
        request: ResolvedRequest,
        plan: MakePlan,
        *,
        own: Collection[str] = (),
        to_reserve: bool = False,
        known: bool = True,
        changes: bool = True,
    ) -> tuple[result.Plan | result.Infeasible, Capacity]:
        """What ``plan`` makes of what is free, and that.

        ``known`` is whether that may be what was known already. With that nothing is refused, and
        when it is ``to_reserve``, nothing was taken of the planned hosts since it was read.
        ``plan`` need not look for changes: a refusal gets those here, other flavors included. It
        looks again when only what is being handed over is in the way. When that does not help,
        nothing is proved. ``own`` and ``to_reserve`` are those of ``free`` and ``readings``.
        Without ``changes`` the reasons of a refusal stay as ``plan`` gives them.

        :raises ensemble_api.exception.PlanChanged: when ``plan`` does.
        """
        if known and self._known is not None:
            found = self._plan_on(self._known, context, request, plan, own, to_reserve)
            if found is not None:
                return found
        for number in range(1, LOOKS + 1):
            last = number == LOOKS
            readings = self.readings(context, to_reserve=to_reserve)
            free = self.free(context, request, readings, own)
            try:
                planned = self._measured(plan, free.capacity.snapshot)
            except exception.PlanChanged:
                if free.most is None or last:
                    raise
            else:
                if isinstance(planned, result.Plan) or free.most is None:
                    break
                if isinstance(possible := self._possible(request, free.most), result.Infeasible):
                    planned = replace(planned, proved=planned.proved and possible.proved)
                    break
                if last:
                    planned = self._with_changes(
                        context, request, readings, planned, free, own, changes=changes
                    )
                    planned = result.Infeasible((*planned.reasons, _BUILD_UNDER_WAY), proved=False)
                    return _with_omissions(planned, free.capacity), free.capacity
            self._sleep(PAUSE)
        if isinstance(planned, result.Infeasible):
            planned = self._with_changes(
                context, request, readings, planned, free, own, changes=changes
            )
            planned = _with_omissions(planned, free.capacity)
        return planned, free.capacity

    def _plan_on(
        self,
        known: KnownCapacity,
        context: Context,
        request: ResolvedRequest,
        plan: MakePlan,
        own: Collection[str],
        to_reserve: bool,
    ) -> tuple[result.Plan, Capacity] | None:
        """A plan on what is known; None where a fresh look has to say what there is."""
        if not to_reserve:
            last = known.readings()
            return None if last is None else self._feasible(context, request, plan, last, own)
        for number in range(LOOKS):
            if known.readings() is None:
                return None
            if number == MUCH:  # others take so much that hosts by themselves say too little
                known.refresh()
            # Which hosts are down and where they are shows in no generation.
            hosts = known.hosts_of_now()
            with known.under_way.turn():
                readings = known.readings(hosts)
                if readings is None:
                    return None
                others = known.under_way.taken()
                found = self._feasible(context, request, plan, readings, own, others)
                if found is None:
                    return None
                planned, capacity = found
                known.under_way.add(planned, _taken(request, planned, capacity))
            counts = False
            try:
                providers = {capacity.providers[host] for host in planned.assignment.values()}
                table = readings.answers.table
                counts = table is None or known.verify(readings, providers)
                if counts:
                    return planned, replace(capacity, generations=table.read_at if table else {})
            finally:
                if not counts:
                    known.under_way.remove(planned)
        return None

    def _feasible(
        self,
        context: Context,
        request: ResolvedRequest,
        plan: MakePlan,
        readings: Readings,
        own: Collection[str],
        others: Sequence[Taken] = (),
    ) -> tuple[result.Plan, Capacity] | None:
        """A plan beside what ``others`` are about to take, if there is one."""
        capacity = self.free(context, request, readings, own).capacity.without_pending(others)
        try:
            planned = self._measured(plan, capacity.snapshot)
        except exception.PlanChanged:
            return None
        return None if isinstance(planned, result.Infeasible) else (planned, capacity)

    @contextmanager
    def holding(
        self, request: ResolvedRequest, planned: result.Plan, capacity: Capacity
    ) -> Iterator[None]:
        """Count what was planned ``to_reserve`` as held once this ends well."""
        if self._known is None:
            yield
            return
        try:
            yield
            taken: dict[str, Counter[str]] = {}
            for host, resources in _taken(request, planned, capacity):
                for provider, amounts in by_provider(capacity.providers[host], resources).items():
                    taken.setdefault(provider, Counter()).update(amounts)
            self._known.held(taken, capacity.generations)
        finally:
            self._known.under_way.remove(planned)

    def _measured(self, plan: MakePlan, snapshot: Snapshot) -> result.Plan | result.Infeasible:
        began = time.perf_counter()
        planned = plan(snapshot)
        found = isinstance(planned, result.Plan)
        self._measure(time.perf_counter() - began, found=found)
        return planned

    def _with_changes(
        self,
        context: Context,
        request: ResolvedRequest,
        readings: Readings,
        refused: result.Infeasible,
        free: Free,
        own: Collection[str],
        *,
        changes: bool,
    ) -> result.Infeasible:
        """The refusal with what would fit, also with other flavors that the tenant may use."""
        if not changes:
            return refused
        wider = self._other_flavors.added(context, request)
        more = self.free(context, wider, readings, own).capacity.snapshot
        for ensemble, snapshot in (
            (wider.ensemble, more),
            (request.ensemble, free.capacity.snapshot),  # what was free is not any more, or more
        ):
            found = planner.plan(ensemble, snapshot, solve=solve)
            if isinstance(found, result.Infeasible):
                return replace(refused, reasons=found.reasons)
        return refused

    @staticmethod
    def _possible(request: ResolvedRequest, most: Capacity) -> result.Plan | result.Infeasible:
        return planner.plan(request.ensemble, most.snapshot, solve=solve, changes=False)

    def readings(self, context: Context, *, to_reserve: bool = False) -> Readings:
        """Ask what does not depend on whose ensemble is looked for.

        ``to_reserve`` is whether the capacity is to be reserved after it.
        """
        seen_at = rows.iso(rows.now())
        handovers, claimed = handed_over(self._store, self._reservation)
        answers = self._inventory.answers(context, with_generations=to_reserve)
        if self._known is not None:
            self._known.sized(len(answers.hosts))
        return Readings(handovers, claimed, answers, seen_at)

    def free(
        self,
        context: Context,
        request: ResolvedRequest,
        readings: Readings,
        own: Collection[str] = (),
        recovering: Collection[str] = (),
    ) -> Free:
        """The cloud's capacity with and without what is being handed over.

        What was held for recovery and is given back for lost members is free for theirs alone: in
        plans for all the ensembles that are ``recovering``.

        Hand-overs are read on both sides of the look, and all count but those whose server had
        claimed before. One that claims during the look counts twice in what is free for sure.
        ``own`` are the ids of ensembles that are not looked at: those that are planned.
        """
        capacity = self._inventory.capacity(context, request.demands, readings.answers)
        capacity = replace(capacity, seen_at=readings.seen_at)
        if request.pins and self._inventory.zone_level is not None:
            pinned = replace(capacity.snapshot, pins=request.pins)
            capacity = replace(capacity, snapshot=pinned)
        capacity = self._exclusivity.apply(context, request.ensemble, capacity, own)
        # It is recorded before it is given back, and so known whenever it shows as free.
        capacity = capacity.without_pending(
            (each.host, each.resources)
            for each in self._recovery.in_use()
            if each.ensemble_id not in recovering
        )
        handovers = (*readings.handovers, *self._store.handovers())
        pending = {
            each.member_id: each for each in handovers if each.member_id not in readings.claimed
        }
        if not pending:
            return Free(capacity, None)
        remaining = capacity.without_pending(
            (each.host, each.resources) for each in pending.values()
        )
        return Free(remaining, capacity)

    def with_own(self, capacity: Capacity, ensemble_id: str) -> Capacity:
        """The same with what an ensemble has held for recovery as if it were free."""
        held = [each for each in self._recovery.of(ensemble_id) if each.status is HoldStatus.HELD]
        held = [each for each in held if each.host in capacity.snapshot.topology]
        if not held:
            return capacity
        usages = self._reservation.usages(each.provider for each in held)
        return freed(capacity, held, usages)


def _taken(request: ResolvedRequest, planned: result.Plan, capacity: Capacity) -> list[Taken]:
    """What each member takes of its host."""
    apart = capacity.after(Counter())  # what is recorded of them is taken once more
    return [
        (host, apart.take(host, request.demands[member.tier]))
        for member, host in sorted(planned.assignment.items())
    ]


def _with_omissions(refused: result.Infeasible, capacity: Capacity) -> result.Infeasible:
    """The refusal with what was not counted, or counted with caution."""
    reasons = [
        result.Reason(
            "shared-storage", _SHARED(tier=tier), tiers=(tier,), suggestion=_ON_A_VOLUME()
        )
        for tier in capacity.sharing
    ]
    if capacity.uncertain:
        reasons.append(result.Reason("devices-of-several", _APART()))
    proved = refused.proved and not capacity.uncertain
    return replace(refused, reasons=(*refused.reasons, *reasons), proved=proved)
