# SPDX-License-Identifier: Apache-2.0
"""Dry runs: what would be built where, and what else the caller wants to know of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ensemble_api import exception
from ensemble_api.cloud.capacity import Capacity
from ensemble_api.context import Context
from ensemble_api.planning import result
from ensemble_api.planning.comparison import WorstLossChange, worst_loss_changes
from ensemble_api.planning.eligibility import eligibility
from ensemble_api.planning.headroom import demand, headroom, loss
from ensemble_api.planning.message import Sentence
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.relabel import relabel
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import FailureDomain, Topology
from ensemble_api.recovery_hold import RecoveryHold
from ensemble_api.results.dry_run import AllDomains, DryRun, JointDryRun, Move
from ensemble_api.solver.process import solve
from ensemble_api.store import rows
from ensemble_api.store.api import Store
from ensemble_api.store.saved_plans import SavedPlan, SavedPlans
from ensemble_api.usecases import saved_plans
from ensemble_api.usecases.capacity import FreeCapacity
from ensemble_api.usecases.joint_request import JointRequest, resolve_all
from ensemble_api.usecases.quota import Quota
from ensemble_api.usecases.recovery_capacity import RecoveryCapacity
from ensemble_api.usecases.references import referenced
from ensemble_api.usecases.resolve import NovaCheck, ResolvedRequest, Resolver
from ensemble_api.views import stored_plans
from ensemble_api.views.domain_labels import labels
from ensemble_api.views.stored_plans import StoredPlan

_OTHER_PLAN = Sentence(
    "invalid.other-plan", "is of other tiers or policies than those of the ensemble"
)
_DOES_NOT_HOLD = Sentence(
    "conflict.plan-does-not-hold",
    "The plan does not hold any more, so nothing was built; a new one was made.",
)
_NOT_KEPT = Sentence(
    "conflict.plan-not-kept",
    "The plan is not kept any more, so nothing was built; a new one was made.",
)
_NO_LABELS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What a caller wants of a dry run beside the plan.

    ``may_see_all_domains`` is whether the caller may know of all domains of the cloud,
    ``all_domains`` whether they are to be in the answer. ``to_build`` is whether the caller may
    build it, and so Nova is asked whether it would take the servers.
    """

    headroom: bool = False
    may_see_all_domains: bool = False
    all_domains: bool = False
    fail: tuple[str, ...] = ()  # references of domains that fail at once
    to_build: bool = True


DEFAULT_OPTIONS = PlanOptions()


class DryRuns:
    """Plans without reserving anything."""

    def __init__(
        self,
        resolver: Resolver,
        quota: Quota,
        free_capacity: FreeCapacity,
        store: Store,
        saved_plan_store: SavedPlans,
        recovery: RecoveryCapacity,
        *,
        shown_hosts: int,
    ) -> None:
        self._resolver = resolver
        self._quota = quota
        self._free_capacity = free_capacity
        self._store = store
        self._saved_plans = saved_plan_store
        self._recovery = recovery
        self._shown_hosts = shown_hosts

    def plan(self, context: Context, body: Mapping[str, Any], options: PlanOptions) -> DryRun:
        """Plan, save the plan, and add what the options ask for.

        :raises ensemble_api.exception.Invalid: naming the field that is wrong.
        """
        return self.plan_all(context, [body], options).whole

    def plan_all(
        self, context: Context, bodies: Sequence[Mapping[str, Any]], options: PlanOptions
    ) -> JointDryRun:
        """Plan ensembles as one, save that plan, and add what the options ask for.

        :raises ensemble_api.exception.Invalid: naming the field that is wrong.
        """
        # 1 Resolve with the tenant's rights. 2 Look at the cloud. 3 Plan.
        nova_check = NovaCheck.UNLESS_RECENT if options.to_build else NovaCheck.NEVER
        request = resolve_all(self._resolver, context, bodies, nova_check)
        outcome, spare, capacity = self._planned(context, request)
        snapshot = capacity.snapshot
        found = self.complete(context, request.whole, snapshot, outcome, options)
        shortages = self._quota.shortages(context, request.whole)
        more = self._recovery.shortages(context.project_id, spare)
        found = replace(found, over_quota=(*shortages, *more), seen_at=capacity.seen_at)
        return self._joint(context, request, snapshot, found)

    def _planned(
        self, context: Context, request: JointRequest, *, known: bool = True
    ) -> tuple[result.Plan | result.Infeasible, Sequence[RecoveryHold], Capacity]:
        """A plan and what is held for recovery beside it; ``known`` as in ``FreeCapacity.plan``."""
        whole = request.whole
        outcome, capacity = self._free_capacity.plan(
            context,
            whole,
            lambda snapshot: request.several.plan(snapshot, solve=solve),
            known=known,
            changes=len(request.parts) == 1,
        )
        if isinstance(outcome, result.Infeasible):
            return request.told(outcome), (), capacity
        # 4 Plan what is to be held for recovery beside it.
        try:
            new = [""] * len(request.parts)
            outcome, spare = self._recovery.beside(context, new, request, outcome, capacity)
        except exception.InfeasibleEnsemble as refused:
            if known:  # on which nothing is refused
                return self._planned(context, request, known=False)
            reasons = tuple(refused.facts["reasons"])
            return result.Infeasible(reasons, proved=False), (), capacity
        return outcome, [hold for each in spare for hold in each], capacity

    def _joint(
        self, context: Context, request: JointRequest, snapshot: Snapshot, found: DryRun
    ) -> JointDryRun:
        """A dry run of the whole with that of each ensemble, where there is a plan."""
        if len(request.parts) == 1:
            return JointDryRun(found, (found,))
        if isinstance(found.result, result.Infeasible):
            return JointDryRun(found)
        plans = request.separated(found.result, snapshot)
        return JointDryRun(
            found,
            tuple(
                replace(self._told(context, each, own, found), seen_at=found.seen_at)
                for each, own in zip(request.parts, plans, strict=True)
            ),
        )

    def _told(
        self,
        context: Context,
        request: ResolvedRequest,
        outcome: result.Plan | result.Infeasible,
        found: DryRun,
    ) -> DryRun:
        """What is told of any dry run, with the time, topology and labels of one that was found."""
        name = request.body["name"]
        return DryRun(
            outcome,
            found.topology,
            all_domains=found.all_domains,
            labels=found.labels,
            at=found.at,
            unplanned={tier.name: tier.unplanned for tier in request.ensemble.tiers},
            policies=request.ensemble.policies,
            name=name,
            namesakes=self._store.namesakes(context.project_id, name),
        )

    def find(self, context: Context, request: ResolvedRequest, plan_id: str) -> SavedPlan | None:
        """The project's plan with this id; None when it is not kept (any more).

        :raises ensemble_api.exception.Invalid: when that plan is of other tiers or policies.
        """
        known = self._saved_plans.find(context.project_id, plan_id)
        if known is not None and known.digest != saved_plans.digest(request):
            raise exception.Invalid(_OTHER_PLAN(), field="plan")
        return known

    def confirm(
        self,
        context: Context,
        joint: JointRequest,
        snapshot: Snapshot,
        known: SavedPlan | None,
        options: PlanOptions,
    ) -> result.Plan | result.Infeasible:
        """The saved plan if it may be built as it is, or a new one if that is the same.

        :raises ensemble_api.exception.PlanChanged: with another plan, which is saved, and the
            members that moved, and what failures leave by it; of each of several ensembles too.
        """
        request = joint.whole
        before = StoredPlan() if known is None else stored_plans.read(known.content)
        if known is not None and not known.expired:
            restored = saved_plans.restore(before, request, snapshot)
            if restored is not None:
                return restored
        outcome = joint.several.plan(snapshot, solve=solve)
        if isinstance(outcome, result.Infeasible):
            return outcome
        topology = snapshot.topology
        outcome = replace(outcome, assignment=relabel(outcome.assignment, before.assignment))
        moved = saved_plans.moves(before, outcome.assignment, topology)
        if not moved:
            return outcome
        found = self.complete(context, request, snapshot, outcome, options, before.labels)
        places = outcome.assignment
        raise exception.PlanChanged(
            _DOES_NOT_HOLD() if known else _NOT_KEPT(),
            plan=found,
            moved=moved,
            worst=_worst(request.ensemble, before, places, topology) if known else None,
            parts=self._changed_parts(context, joint, snapshot, found, moved),
        )

    def _changed_parts(
        self,
        context: Context,
        joint: JointRequest,
        snapshot: Snapshot,
        found: DryRun,
        moved: Iterable[Move],
    ) -> list[tuple[DryRun, list[Move]]]:
        """Of each of several ensembles its new plan, and its members that moved."""
        own: list[list[Move]] = [[] for _ in joint.parts]
        for each in moved:
            number, tier = joint.several.names[each.member.tier]
            own[number].append(replace(each, member=Member(tier, each.member.index)))
        parts = self._joint(context, joint, snapshot, found).parts
        return list(zip(parts, own, strict=True))

    def complete(
        self,
        context: Context,
        request: ResolvedRequest,
        snapshot: Snapshot,
        outcome: result.Plan | result.Infeasible,
        options: PlanOptions,
        known_labels: Mapping[str, str] = _NO_LABELS,
    ) -> DryRun:
        """Add what the options ask for to what planning gave; a plan is saved.

        ``known_labels`` are what the caller knows domains by already.
        """
        topology = snapshot.topology
        failed = referenced(context.project_id, topology, options.fail, field="fail")
        all_domains = None
        if options.all_domains and options.may_see_all_domains:
            all_domains = self._all_domains(context, request, snapshot, outcome)
        shown = labels(
            context.project_id,
            labelled_domains(topology, outcome, options),
            known_labels,
            zone_level=topology.zone_level,
        )
        at = rows.iso(rows.now())
        looked = DryRun(outcome, topology, all_domains=all_domains, labels=shown, at=at)
        found = self._told(context, request, outcome, looked)
        if isinstance(outcome, result.Infeasible):
            return found
        # Fail domains of the plan, as if it were built, and plan the members that they had anew.
        built = snapshot.carrying(demand(request.ensemble, outcome.assignment))
        if options.headroom:
            rooms = (
                headroom(request.ensemble, outcome.assignment, built, level, solve=solve)
                for level in topology.levels
            )
            found = replace(found, rooms=tuple(rooms))
        if failed:
            lost = loss(request.ensemble, outcome.assignment, built, failed, solve=solve)
            found = replace(found, failed=lost)
        plan_id = self._saved_plans.keep(
            context.project_id,
            saved_plans.digest(request),
            stored_plans.written(outcome, topology, context.project_id, found.labels),
        )
        return replace(found, id=plan_id)

    def _all_domains(
        self,
        context: Context,
        request: ResolvedRequest,
        snapshot: Snapshot,
        outcome: result.Plan | result.Infeasible,
    ) -> AllDomains:
        topology = snapshot.topology
        held: Counter[FailureDomain] = Counter()
        here = set(topology.hosts)
        for host, members in self._store.member_counts(context.project_id).items():
            for level in topology.levels if host in here else ():
                held[topology.domain_of(host, level)] += members
        lowest, *above = topology.levels
        if len(topology) <= self._shown_hosts:
            hosts = topology.domains(lowest)
        else:
            hosts = tuple(_used_domains(topology, outcome, lowest))
        return AllDomains(
            domains=(*hosts, *(each for level in above for each in topology.domains(level))),
            tiers=eligibility(request.ensemble, snapshot),
            held=held,
            totals={level: topology.size(level) for level in topology.levels},
        )


def _worst(
    ensemble: Ensemble, before: StoredPlan, now: result.Assignment, topology: Topology
) -> tuple[WorstLossChange, ...]:
    """What failures leave that is not what they would have left before."""
    there = before.assignment, before.topology
    return tuple(worst_loss_changes(ensemble, there, (now, topology)))


def _used_domains(
    topology: Topology, outcome: result.Plan | result.Infeasible, level: str
) -> dict[FailureDomain, None]:
    """The domains of a level that a plan uses, in its order."""
    if isinstance(outcome, result.Infeasible):
        return {}
    return dict.fromkeys(topology.domain_of(host, level) for host in outcome.assignment.values())


def labelled_domains(
    topology: Topology, outcome: result.Plan | result.Infeasible, options: PlanOptions
) -> list[FailureDomain]:
    """The domains that labels count: all, unless the caller may know of those in use only."""
    if options.may_see_all_domains:
        return [each for level in topology.levels for each in topology.domains(level)]
    return [each for level in topology.levels for each in _used_domains(topology, outcome, level)]
