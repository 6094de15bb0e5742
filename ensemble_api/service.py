# SPDX-License-Identifier: Apache-2.0
"""All use cases of one cloud, put together; each is a module of ``usecases``."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from ensemble_api import exception, limits
from ensemble_api.capabilities import Capabilities
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.inventory import Inventory
from ensemble_api.cloud.networks import Networks
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.cloud.session import observing
from ensemble_api.cloud.stacks import Stacks
from ensemble_api.cloud.volumes import Volumes
from ensemble_api.context import Context
from ensemble_api.operations import Operation, Requester
from ensemble_api.records import EnsembleRecord
from ensemble_api.recovery_hold import NO_RECOVERY, Holder, RecoveryLimits
from ensemble_api.results.adoption import AdoptionPreview
from ensemble_api.results.current_state import CurrentState
from ensemble_api.results.drill import DrillResult
from ensemble_api.results.dry_run import DryRun
from ensemble_api.results.headroom import Headroom
from ensemble_api.results.host_impact import DrainAttempt, HostImpacts
from ensemble_api.results.maintenance import MaintainedDomain
from ensemble_api.results.repair import RepairPreview
from ensemble_api.rights import CurrentRights
from ensemble_api.standing import MembersNow
from ensemble_api.store.api import Page, Store
from ensemble_api.store.built import BuiltEnsembles
from ensemble_api.store.create_requests import CreateRequests
from ensemble_api.store.current_state import CurrentStates
from ensemble_api.store.operations import Operations
from ensemble_api.store.recovery_holds import RecoveryHolds
from ensemble_api.store.repairs import RepairableEnsembles
from ensemble_api.store.saved_plans import SavedPlans, remembered
from ensemble_api.usecases.adopt import Adopt, AdoptionRequest
from ensemble_api.usecases.adoption_moves import AdoptionMoves
from ensemble_api.usecases.auto_drain import AutoDrain
from ensemble_api.usecases.auto_rebalance import AutoRebalance
from ensemble_api.usecases.auto_repair import AutoRepair
from ensemble_api.usecases.auto_reserve import AutoReserve
from ensemble_api.usecases.capacity import FreeCapacity
from ensemble_api.usecases.change import Change, ChangePreview
from ensemble_api.usecases.change_request import ChangeRequest
from ensemble_api.usecases.create import Create
from ensemble_api.usecases.current_state import StoredStates
from ensemble_api.usecases.delete import Delete
from ensemble_api.usecases.drain import Drains
from ensemble_api.usecases.drill import DrillRequest, Drills
from ensemble_api.usecases.exclusivity import Exclusivity
from ensemble_api.usecases.flavors import OtherFlavors
from ensemble_api.usecases.headroom import Headrooms, HeadroomSearch
from ensemble_api.usecases.holds import Holds
from ensemble_api.usecases.host_drains import HostDrains
from ensemble_api.usecases.host_impact import Search
from ensemble_api.usecases.hosts import Hosts
from ensemble_api.usecases.idempotency import CreateRequest, Idempotency
from ensemble_api.usecases.late_evacuations import LateEvacuations
from ensemble_api.usecases.maintenance import DomainSearch, Maintenance
from ensemble_api.usecases.member_moves import MemberMoves
from ensemble_api.usecases.new_volumes import NewVolumes
from ensemble_api.usecases.observed_hosts import ObservedHosts
from ensemble_api.usecases.outages import Outages
from ensemble_api.usecases.plan import DEFAULT_OPTIONS, DryRuns, PlanOptions
from ensemble_api.usecases.quota import Quota
from ensemble_api.usecases.rebalance import RebalancePreview, Rebalances
from ensemble_api.usecases.rebuild import Rebuilds
from ensemble_api.usecases.recovery_capacity import RecoveryCapacity
from ensemble_api.usecases.release import Release
from ensemble_api.usecases.repair import Repairs
from ensemble_api.usecases.repair_plans import RepairPlans
from ensemble_api.usecases.replacement import Replacement
from ensemble_api.usecases.reserve import Reserve
from ensemble_api.usecases.resolve import Resolver

__all__ = [
    "AdoptionRequest",
    "ChangeRequest",
    "CreateRequest",
    "DomainSearch",
    "DrillRequest",
    "HeadroomSearch",
    "Page",
    "PlanOptions",
    "Search",
    "Service",
]


class Service:
    """The ensembles of one cloud.

    ``owner`` has the leases of creates under way, ``worker`` those of the ensembles that are built.
    """

    def __init__(
        self,
        store: Store,
        compute: Compute,
        networks: Networks,
        volumes: Volumes,
        inventory: Inventory,
        reservation: Reservation,
        stacks: Stacks,
        *,
        owner: str,
        worker: str,
        max_members: int,
        attempts: int,
        wake: Callable[[], None],
        current_rights: Callable[[Requester, str], CurrentRights],
        operating: Callable[[], Context] = observing,
        acting_for: Callable[..., Context],
        holder: Callable[[], Holder],
        recovery_limits: RecoveryLimits = NO_RECOVERY,
        check_rights: Callable[[], None] = lambda: None,
        sleep: Callable[[float], None] = time.sleep,
        plan_lifetime: float = 900,
        shown_hosts: int = 1000,
        scheduler_hints: Collection[str] = (),
        max_body: int = limits.BODY,
        acts_by_itself: bool = True,
        unheard_for: float = 30.0,
        rebalance_delay: float = 0.0,
        most_hosts_down: float = 1.0,
        settle: float = 0.0,
        only_forced: bool = False,
    ) -> None:
        self._store = store
        self._inventory = inventory
        self._max_members = max_members
        self._plan_lifetime = plan_lifetime
        self._scheduler_hints = tuple(scheduler_hints)
        self._check_rights = check_rights
        self.max_body = min(max_body, limits.BODY)
        self.acts_by_itself = acts_by_itself
        self.recovery_limits = recovery_limits
        exclusivity = Exclusivity(compute, store)
        resolver = Resolver(
            compute,
            networks,
            volumes,
            inventory.levels,
            max_members,
            zone_level=inventory.zone_level,
            placed=inventory.placed,
            selectors=inventory.selectors,
            zones=inventory.zones,
            scheduler_hints=scheduler_hints,
        )
        quota = Quota(compute, networks, volumes, store)
        free_capacity = FreeCapacity(
            store,
            inventory,
            reservation,
            exclusivity,
            OtherFlavors(compute, networks, volumes, inventory.placed),
            sleep,
        )
        holds = Holds(store, reservation, exclusivity)
        stored_holds = RecoveryHolds(store)
        recovery = RecoveryCapacity(stored_holds, holds, most=recovery_limits.most, holder=holder)
        saved_plans = SavedPlans(store, plan_lifetime)
        known_for = remembered(timedelta(seconds=plan_lifetime))
        self._dry_runs = DryRuns(
            resolver, quota, free_capacity, store, saved_plans, recovery, shown_hosts=shown_hosts
        )
        self._once = Idempotency(store, CreateRequests(store, known_for), sleep)
        new_volumes = NewVolumes(store, volumes, owner=owner, sleep=sleep)
        reserve = Reserve(
            store,
            free_capacity,
            holds,
            new_volumes,
            recovery,
            owner=owner,
            attempts=attempts,
            sleep=sleep,
        )
        self._create = Create(
            store,
            resolver,
            quota,
            self._dry_runs,
            self._once,
            reserve,
            wake=wake,
            check_rights=check_rights,
            current_rights=current_rights,
        )
        self._change = Change(
            store,
            compute,
            resolver,
            quota,
            free_capacity,
            holds,
            new_volumes,
            saved_plans,
            recovery,
            owner=owner,
            attempts=attempts,
            wake=wake,
            check_rights=check_rights,
            current_rights=current_rights,
            sleep=sleep,
        )
        self.replacement = Replacement(
            store,
            compute,
            free_capacity,
            holds,
            reservation,
            owner=worker,
            attempts=attempts,
            sleep=sleep,
        )
        self._delete = Delete(store, recovery, wake)
        self._adopt = Adopt(
            store,
            compute,
            inventory,
            exclusivity,
            AdoptionMoves(free_capacity),
            stacks,
            saved_plans,
            max_members=max_members,
        )
        self._release = Release(store, compute, recovery)
        self._operations = Operations(store)
        states = CurrentStates(store)
        hosts = ObservedHosts(states, inventory.levels, inventory.zone_level)
        self._stored_states = StoredStates(states, hosts, inventory, exclusivity)
        self._drills = Drills(compute, free_capacity, self._stored_states)
        repair_plans = RepairPlans(
            compute,
            free_capacity,
            states,
            hosts,
            RepairableEnsembles(store).refusals,
            unheard_for=unheard_for,
            sleep=sleep,
        )
        outages = Outages(
            compute,
            hosts,
            inventory.cells,
            most=most_hosts_down,
            settle=timedelta(seconds=settle),
            only_forced=only_forced,
        )
        self._headrooms = Headrooms(BuiltEnsembles(store), repair_plans, inventory.levels)
        rebuilds = Rebuilds(self._change, acting_for, store.announce)
        self._repairs = Repairs(
            store,
            repair_plans,
            holds,
            self._stored_states,
            rebuilds,
            recovery,
            outages,
            owner=owner,
            attempts=attempts,
            wake=wake,
            sleep=sleep,
        )
        self.auto_reserve = AutoReserve(stored_holds, recovery, repair_plans, operating)
        self.auto_repair = AutoRepair(
            RepairableEnsembles(store), repair_plans, self._repairs, rebuilds, outages, operating
        )
        self.late_evacuations = LateEvacuations(
            RepairableEnsembles(store), store, compute, partial(acting_for, moves=True)
        )
        member_moves = MemberMoves(
            store, holds, owner=owner, attempts=attempts, wake=wake, sleep=sleep
        )
        self._rebalances = Rebalances(
            compute,
            free_capacity,
            repair_plans,
            saved_plans,
            member_moves,
            check_rights=check_rights,
            sleep=sleep,
        )
        self.auto_rebalance = AutoRebalance(
            RepairableEnsembles(store),
            repair_plans,
            self._rebalances,
            operating,
            timedelta(seconds=rebalance_delay),
        )
        host_drains = HostDrains(compute)
        self.auto_drain = AutoDrain(
            RepairableEnsembles(store),
            repair_plans,
            host_drains,
            compute,
            free_capacity,
            member_moves,
            operating,
            check_rights=check_rights,
        )
        self._hosts = Hosts(store, states, inventory)
        self._maintenance = Maintenance(
            store,
            self._hosts,
            Drains(store.get, compute, free_capacity, repair_plans),
            host_drains,
            RepairableEnsembles(store),
            inventory.levels,
        )

    def capabilities(self, context: Context) -> Capabilities:
        """What this installation can do."""
        try:
            self._check_rights()
            can_build = True
        except exception.Unavailable:
            can_build = False
        return Capabilities(
            self._max_members,
            self.max_body,
            int(self._plan_lifetime),
            self.levels,
            self.zone_level,
            can_build,
            self.recovery_limits.allow,
            self._scheduler_hints,
            self._inventory.selectors(context.elevated()),
        )

    @property
    def levels(self) -> tuple[str, ...]:
        """The failure domain levels of this cloud, smallest first."""
        return self._inventory.levels

    @property
    def zone_level(self) -> str | None:
        """The name of the level whose domains are Nova's availability zones, if there is one."""
        return self._inventory.zone_level

    def plan(
        self, context: Context, body: Mapping[str, Any], options: PlanOptions = DEFAULT_OPTIONS
    ) -> DryRun:
        """See ``usecases/plan``."""
        return self._dry_runs.plan(context, body, options)

    def namesakes(self, record: EnsembleRecord) -> int:
        """How many other ensembles of the project have the name of this one."""
        return self._store.namesakes(record.project_id, record.name, record.id)

    def create(
        self,
        context: Context,
        body: Mapping[str, Any],
        plan_id: str | None = None,
        options: PlanOptions = DEFAULT_OPTIONS,
        key: str | None = None,
    ) -> EnsembleRecord:
        """See ``usecases/create``."""
        return self._create.create(context, body, plan_id, options, key)

    def stored_answer(self, request: CreateRequest) -> Mapping[str, Any] | None:
        """See ``usecases/idempotency``."""
        return self._once.stored_answer(request)

    def store_answer(self, request: CreateRequest, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """See ``usecases/idempotency``."""
        return self._once.store_answer(request, answer)

    def select(self, page: Page) -> list[EnsembleRecord]:
        """One page of ensembles, with members, without events."""
        return self._store.select(page)

    def get(self, ensemble_id: str) -> EnsembleRecord:
        """One ensemble with members and its latest events.

        :raises ensemble_api.exception.NotFound: if there is none.
        """
        return self._store.get(ensemble_id)

    def members_now(self, records: Iterable[EnsembleRecord]) -> dict[str, MembersNow]:
        """See ``usecases/current_state``."""
        return self._stored_states.members_now(records)

    def survivability(
        self, context: Context, record: EnsembleRecord, *, whole: bool
    ) -> CurrentState:
        """See ``usecases/current_state``."""
        return self._stored_states.current_state(context, record, whole=whole)

    def drill(
        self, context: Context, record: EnsembleRecord, asked: DrillRequest, *, whole: bool
    ) -> DrillResult:
        """See ``usecases/drill``."""
        return self._drills.drill(context, record, asked, whole=whole)

    def preview_repair(
        self, context: Context, record: EnsembleRecord, *, whole: bool
    ) -> RepairPreview:
        """See ``usecases/repair``."""
        return self._repairs.preview(context, record, whole=whole)

    def repair(self, context: Context, record: EnsembleRecord) -> EnsembleRecord:
        """See ``usecases/repair``."""
        return self._repairs.repair(context, record)

    def preview_rebalance(self, context: Context, record: EnsembleRecord) -> RebalancePreview:
        """See ``usecases/rebalance``."""
        return self._rebalances.preview(context, record)

    def rebalance(
        self, context: Context, record: EnsembleRecord, plan_id: str | None = None
    ) -> EnsembleRecord:
        """See ``usecases/rebalance``."""
        return self._rebalances.rebalance(context, record, plan_id)

    def operations(
        self, record: EnsembleRecord, limit: int, marker: str | None = None
    ) -> list[Operation]:
        """One page of an ensemble's operations, the newest first.

        :raises ensemble_api.exception.Invalid: if the marker is unknown.
        """
        return self._operations.select(record.id, limit, marker)

    def operation(self, record: EnsembleRecord, operation_id: str) -> Operation:
        """One operation of an ensemble.

        :raises ensemble_api.exception.NotFound: if it has none of this id.
        """
        return self._operations.get(record.id, operation_id)

    def preview_change(
        self, context: Context, record: EnsembleRecord, asked: ChangeRequest
    ) -> ChangePreview:
        """See ``usecases/change``."""
        return self._change.preview(context, record, asked)

    def change(
        self, context: Context, record: EnsembleRecord, asked: ChangeRequest
    ) -> EnsembleRecord:
        """See ``usecases/change``."""
        return self._change.change(context, record, asked)

    def preview_adoption(
        self, context: Context, asked: AdoptionRequest, *, whole: bool
    ) -> AdoptionPreview:
        """See ``usecases/adopt``."""
        return self._adopt.preview(context, asked, whole=whole)

    def adopt(self, context: Context, asked: AdoptionRequest, *, whole: bool) -> EnsembleRecord:
        """See ``usecases/adopt``."""
        return self._adopt.adopt(context, asked, whole=whole)

    def release(self, context: Context, ensemble_id: str) -> EnsembleRecord:
        """See ``usecases/release``."""
        return self._release.release(context, self._store.get(ensemble_id))

    def delete(self, context: Context, ensemble_id: str) -> EnsembleRecord:
        """See ``usecases/delete``."""
        return self._delete.delete(context, ensemble_id)

    def cancel(self, context: Context, ensemble_id: str) -> EnsembleRecord:
        """See ``usecases/delete``."""
        return self._delete.cancel(context, ensemble_id)

    def headroom(self, context: Context, search: HeadroomSearch) -> Headroom:
        """See ``usecases/headroom``."""
        return self._headrooms.find(context, search)

    def hosts(self, context: Context, search: Search) -> HostImpacts:
        """See ``usecases/hosts``."""
        return self._hosts.index(context, search)

    def host(
        self, context: Context, name: str, *, drain: bool = False
    ) -> tuple[HostImpacts, tuple[DrainAttempt, ...] | None]:
        """See ``usecases/maintenance``."""
        return self._maintenance.host(context, name, drain=drain)

    def domain(self, context: Context, asked: DomainSearch, *, check: bool) -> MaintainedDomain:
        """See ``usecases/maintenance``."""
        return self._maintenance.show(context, asked, check=check)

    def maintain(self, context: Context, asked: DomainSearch, action: str) -> None:
        """Drain a domain, or cancel that, as ``action`` says: see ``usecases/maintenance``."""
        begin = self._maintenance.drain if action == "drain" else self._maintenance.cancel
        begin(context, asked)
