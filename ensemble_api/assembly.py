# SPDX-License-Identifier: Apache-2.0
"""All use cases of one cloud, put together; each is a module of ``usecases``."""

import time
from collections.abc import Callable, Collection
from datetime import timedelta
from functools import partial

from ensemble_api import limits
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.inventory import Inventory
from ensemble_api.cloud.networks import Networks
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.cloud.session import observing
from ensemble_api.cloud.stacks import Stacks
from ensemble_api.cloud.volumes import Volumes
from ensemble_api.context import Context
from ensemble_api.operations import Requester
from ensemble_api.recovery_hold import NO_RECOVERY, Holder, RecoveryLimits
from ensemble_api.rights import CurrentRights
from ensemble_api.store.api import Store
from ensemble_api.store.built import BuiltEnsembles
from ensemble_api.store.create_requests import CreateRequests
from ensemble_api.store.current_state import CurrentStates
from ensemble_api.store.operations import Operations
from ensemble_api.store.recovery_holds import RecoveryHolds
from ensemble_api.store.repairs import RepairableEnsembles
from ensemble_api.store.saved_plans import SavedPlans, remembered
from ensemble_api.store.templates import EnsembleTemplates
from ensemble_api.usecases.adopt import Adopt
from ensemble_api.usecases.adoption_moves import AdoptionMoves
from ensemble_api.usecases.auto_drain import AutoDrain
from ensemble_api.usecases.auto_rebalance import AutoRebalance
from ensemble_api.usecases.auto_repair import AutoRepair
from ensemble_api.usecases.auto_reserve import AutoReserve
from ensemble_api.usecases.capacity import FreeCapacity, MeasurePlan
from ensemble_api.usecases.change import Change
from ensemble_api.usecases.create import Create
from ensemble_api.usecases.current_state import StoredStates
from ensemble_api.usecases.delete import Delete
from ensemble_api.usecases.drain import Drains
from ensemble_api.usecases.drill import Drills
from ensemble_api.usecases.exclusivity import Exclusivity
from ensemble_api.usecases.flavors import OtherFlavors
from ensemble_api.usecases.headroom import Headrooms
from ensemble_api.usecases.holds import Holds
from ensemble_api.usecases.host_drains import HostDrains
from ensemble_api.usecases.hosts import Hosts
from ensemble_api.usecases.idempotency import Idempotency
from ensemble_api.usecases.known_capacity import KnownCapacity
from ensemble_api.usecases.late_evacuations import LateEvacuations
from ensemble_api.usecases.maintenance import Maintenance
from ensemble_api.usecases.member_moves import MemberMoves
from ensemble_api.usecases.new_volumes import NewVolumes
from ensemble_api.usecases.observed_hosts import ObservedHosts
from ensemble_api.usecases.outages import Outages
from ensemble_api.usecases.plan import DryRuns
from ensemble_api.usecases.quota import Quota
from ensemble_api.usecases.rebalance import Rebalances
from ensemble_api.usecases.rebuild import Rebuilds
from ensemble_api.usecases.recovery_capacity import RecoveryCapacity
from ensemble_api.usecases.release import Release
from ensemble_api.usecases.repair import Repairs
from ensemble_api.usecases.repair_plans import RepairPlans
from ensemble_api.usecases.replacement import Replacement
from ensemble_api.usecases.reserve import Reserve
from ensemble_api.usecases.resolve import Resolver
from ensemble_api.usecases.templates import Templates


class Assembly:
    """The use cases of one cloud, with what they share.

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
        measure_plan: MeasurePlan = lambda *_, **__: None,
        refused: Callable[[int], None] = lambda _: None,
        known_capacity: KnownCapacity | None = None,
        mount: str = "nova-api",
        outlives_tokens: bool = True,
        longest_gate: int = 0,
    ) -> None:
        self._store = store
        self._inventory = inventory
        self._max_members = max_members
        self._plan_lifetime = plan_lifetime
        self._scheduler_hints = tuple(scheduler_hints)
        self._check_rights = check_rights
        self.max_body = min(max_body, limits.BODY)
        self.acts_by_itself = acts_by_itself
        self.refused = refused  # who is told the status of each request that is
        self.recovery_limits = recovery_limits
        self._mount = mount
        self._outlives_tokens = outlives_tokens
        self._takes_signals = bool(longest_gate)
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
            longest_gate=longest_gate,
        )
        quota = Quota(compute, networks, volumes, store)
        free_capacity = FreeCapacity(
            store,
            inventory,
            reservation,
            exclusivity,
            OtherFlavors(compute, networks, volumes, inventory.placed),
            sleep,
            measure_plan,
            known_capacity,
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
        self.templates = Templates(EnsembleTemplates(store), compute)
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
            unheard=partial(compute.unheard, seconds=unheard_for, cells=inventory.cells),
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
        self.headrooms = Headrooms(BuiltEnsembles(store), repair_plans, inventory.levels)
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
            RepairableEnsembles(store), store, compute, partial(acting_for, evacuates=True)
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
