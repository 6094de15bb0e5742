# SPDX-License-Identifier: Apache-2.0
"""Dry runs: what would be built where, and what else is asked of it."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from ensemble_api import exception
from ensemble_api.context import Context
from ensemble_api.planning import planner, result
from ensemble_api.planning.eligibility import Eligibility, eligibility
from ensemble_api.planning.headroom import LevelRoom, Loss, demand, headroom, loss
from ensemble_api.planning.relabel import relabel
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import FailureDomain, Topology
from ensemble_api.solver.process import solve
from ensemble_api.store.api import Store
from ensemble_api.store.saved_plans import SavedPlan, SavedPlans
from ensemble_api.usecases import saved_plans
from ensemble_api.usecases.capacity import FreeCapacity
from ensemble_api.usecases.domain_labels import labels, reference
from ensemble_api.usecases.quota import Quota, Shortage
from ensemble_api.usecases.resolve import Asking, Resolver, Wanted


@dataclass(frozen=True, slots=True)
class Asked:
    """What a dry run is to tell beside the plan.

    ``open`` is whether the caller may know of all domains of the cloud, ``everywhere`` whether
    they are to be in the answer. ``to_build`` is whether the caller may build it, and so Nova is
    asked whether it would take the servers.
    """

    headroom: bool = False
    open: bool = False
    everywhere: bool = False
    fail: tuple[str, ...] = ()  # references of domains that fail at once
    to_build: bool = True


NOTHING_MORE = Asked()


@dataclass(frozen=True, slots=True)
class Everywhere:
    """The domains of the whole cloud, as far as they are shown.

    ``tiers`` are those of which a member could be there, ``held`` is how many members of the
    project's other ensembles are there, ``totals`` how many domains a level has in all.
    """

    domains: tuple[FailureDomain, ...]
    tiers: Mapping[FailureDomain, Eligibility]
    held: Mapping[FailureDomain, int]
    totals: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Planned:
    """What a dry run gives: the result, the topology, and what else was asked for.

    ``labels`` are those of the domains by reference; without them they count what is shown. By
    ``id`` the plan can be built as it is, for a while, unless it is ``over_quota``. ``unplanned``
    are codes by tier: what its members need that no plan looks at.
    """

    result: result.Plan | result.Infeasible
    topology: Topology
    rooms: tuple[LevelRoom, ...] = ()
    everywhere: Everywhere | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    at: str | None = None
    id: str | None = None
    failed: Loss | None = None
    over_quota: tuple[Shortage, ...] = ()
    unplanned: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class DryRuns:
    """Plans without reserving anything."""

    def __init__(
        self,
        resolver: Resolver,
        quota: Quota,
        free_capacity: FreeCapacity,
        store: Store,
        kept_plans: SavedPlans,
        *,
        shown_hosts: int,
    ) -> None:
        self._resolver = resolver
        self._quota = quota
        self._free_capacity = free_capacity
        self._store = store
        self._saved_plans = kept_plans
        self._shown_hosts = shown_hosts

    def plan(self, context: Context, body: Mapping[str, Any], asked: Asked) -> Planned:
        """Plan, keep the plan, and answer what is asked beside it.

        :raises ensemble_api.exception.Invalid: naming the field that is wrong.
        """
        # 1 Resolve with the tenant's rights. 2 Look at the cloud. 3 Plan.
        asking = Asking.LATELY if asked.to_build else Asking.NEVER
        wanted = self._resolver.resolve(context, body, asking=asking)
        snapshot = self._free_capacity.capacity_for(context, wanted).snapshot
        planned = planner.plan(wanted.ensemble, snapshot, solve=solve)
        found = self.tell(context, wanted, snapshot, planned, asked)
        return replace(found, over_quota=self._quota.shortages(context, wanted))

    def find(self, context: Context, wanted: Wanted, plan_id: str) -> SavedPlan | None:
        """The project's plan with this id; None when it is not kept (any more).

        :raises ensemble_api.exception.Invalid: when that plan is of other tiers or policies.
        """
        known = self._saved_plans.find(context.project_id, plan_id)
        if known is not None and known.digest != saved_plans.digest(wanted):
            raise exception.Invalid(
                "plan: is of other tiers or policies than those of the ensemble", field="plan"
            )
        return known

    def hold_to(
        self,
        context: Context,
        wanted: Wanted,
        snapshot: Snapshot,
        known: SavedPlan | None,
        asked: Asked,
    ) -> result.Plan | result.Infeasible:
        """A known plan if it may be built as it is, or a new one if that is the same.

        :raises ensemble_api.exception.PlanChanged: with another plan, which is kept, and the
            members that moved.
        """
        before = known.content if known is not None else saved_plans.NOTHING
        if known is not None and not known.expired:
            revived = saved_plans.revived(before, wanted, snapshot)
            if revived is not None:
                return revived
        planned = planner.plan(wanted.ensemble, snapshot, solve=solve)
        if isinstance(planned, result.Infeasible):
            return planned
        planned = replace(
            planned, assignment=relabel(planned.assignment, saved_plans.places(before))
        )
        moved = saved_plans.moves(before, planned.assignment, snapshot.topology)
        if not moved:
            return planned
        raise exception.PlanChanged(
            f"The plan {'does not hold' if known else 'is not kept'} any more, so nothing was "
            "built; a new one was made.",
            plan=self.tell(context, wanted, snapshot, planned, asked),
            moved=moved,
        )

    def tell(
        self,
        context: Context,
        wanted: Wanted,
        snapshot: Snapshot,
        planned: result.Plan | result.Infeasible,
        asked: Asked,
    ) -> Planned:
        """What planning gave, with what is asked beside it; a plan is kept."""
        topology = snapshot.topology
        failed = _failed(context.project_id, topology, asked.fail)
        everywhere = None
        if asked.everywhere and asked.open:
            everywhere = self._everywhere(context, wanted, snapshot, planned)
        found = Planned(
            planned,
            topology,
            everywhere=everywhere,
            labels=labels(
                context.project_id,
                labelled(topology, planned, asked),
                zone_level=topology.zone_level,
            ),
            at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            unplanned={tier.name: tier.unplanned for tier in wanted.ensemble.tiers},
        )
        if isinstance(planned, result.Infeasible):
            return found
        # Fail domains of the plan, as if it were built, and plan the members that they had anew.
        built = snapshot.carrying(demand(wanted.ensemble, planned.assignment))
        if asked.headroom:
            rooms = (
                headroom(wanted.ensemble, planned.assignment, built, level, solve=solve)
                for level in topology.levels
            )
            found = replace(found, rooms=tuple(rooms))
        if failed:
            lost = loss(wanted.ensemble, planned.assignment, built, failed, solve=solve)
            found = replace(found, failed=lost)
        plan_id = self._saved_plans.keep(
            context.project_id, saved_plans.digest(wanted), saved_plans.content(planned, topology)
        )
        return replace(found, id=plan_id)

    def _everywhere(
        self,
        context: Context,
        wanted: Wanted,
        snapshot: Snapshot,
        planned: result.Plan | result.Infeasible,
    ) -> Everywhere:
        topology = snapshot.topology
        held: Counter[FailureDomain] = Counter()
        here = set(topology.hosts)
        for host, members in self._store.held(context.project_id).items():
            for level in topology.levels if host in here else ():
                held[topology.domain_of(host, level)] += members
        lowest, *above = topology.levels
        if len(topology) <= self._shown_hosts:
            hosts = topology.domains(lowest)
        else:
            hosts = tuple(_used(topology, planned, lowest))
        return Everywhere(
            domains=(*hosts, *(each for level in above for each in topology.domains(level))),
            tiers=eligibility(wanted.ensemble, snapshot),
            held=held,
            totals={level: topology.size(level) for level in topology.levels},
        )


def _used(
    topology: Topology, planned: result.Plan | result.Infeasible, level: str
) -> dict[FailureDomain, None]:
    """The domains of a level that a plan uses, in its order."""
    if isinstance(planned, result.Infeasible):
        return {}
    return dict.fromkeys(topology.domain_of(host, level) for host in planned.assignment.values())


def labelled(
    topology: Topology, planned: result.Plan | result.Infeasible, asked: Asked
) -> list[FailureDomain]:
    """The domains that labels count: all, unless the caller may know of those in use only."""
    if asked.open:
        return [each for level in topology.levels for each in topology.domains(level)]
    return [each for level in topology.levels for each in _used(topology, planned, level)]


def _failed(
    project_id: str, topology: Topology, references: Collection[str]
) -> tuple[FailureDomain, ...]:
    """The domains with these references.

    :raises ensemble_api.exception.Invalid: when the cloud has none with one of them.
    """
    if not references:
        return ()
    known = {
        reference(project_id, domain): domain
        for level in topology.levels
        for domain in topology.domains(level)
    }
    for each in references:
        if each not in known:
            raise exception.Invalid(f"fail: there is no domain {each}", field="fail")
    return tuple(known[each] for each in references)
