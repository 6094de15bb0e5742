# SPDX-License-Identifier: Apache-2.0
"""The use cases, each as its numbered steps."""

import logging
import random
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ensemble_api import advice, exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.inventory import Capacity, Inventory
from ensemble_api.cloud.networks import Networks
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.cloud.volumes import Volumes
from ensemble_api.planning import check, planner, result
from ensemble_api.planning.topology import Topology
from ensemble_api.records import EnsembleRecord, MemberRecord, Requester, Status
from ensemble_api.solver.process import solve
from ensemble_api.store.api import Page, Store
from ensemble_api.store.create_requests import CreateRequests, Mark
from ensemble_api.store.saved_plans import KeptPlans, remembered
from ensemble_api.usecases.capacity import Look
from ensemble_api.usecases.current_state import Observer, Truth
from ensemble_api.usecases.domain_labels import labels, reference
from ensemble_api.usecases.drain import Drains, Tried
from ensemble_api.usecases.exclusivity import Neighbours
from ensemble_api.usecases.host_impact import HostImpacts, Search, host_impacts
from ensemble_api.usecases.idempotency import Asking, Once
from ensemble_api.usecases.plan import NOTHING_MORE, Asked, DryRuns, Planned, labelled
from ensemble_api.usecases.quota import Quota
from ensemble_api.usecases.resolve import Resolver, Wanted

__all__ = ["Asked", "Asking", "Page", "Planned", "Search", "Service"]

LOG = logging.getLogger(__name__)

_CONTENDED = result.Reason(
    "no-capacity",
    "Others keep taking the capacity that it needs.",
    suggestion="Try again in a moment.",
)
_NOT_BUILDING = {
    Status.ACTIVE: "all its members are built. To remove the ensemble, delete it.",
    Status.ERROR: "it failed, and nothing is left but its record. To remove that, delete it.",
    Status.ROLLING_BACK: "it failed, and what there was is being removed already.",
    Status.DELETING: "the ensemble is being removed already.",
}
RESERVE_SECONDS = 60  # the lease of a create while it plans and reserves


class Service:
    """The ensembles of one cloud."""

    def __init__(
        self,
        store: Store,
        compute: Compute,
        networks: Networks,
        volumes: Volumes,
        inventory: Inventory,
        reservation: Reservation,
        *,
        owner: str,
        max_members: int,
        attempts: int,
        wake: Callable[[], None],
        check_rights: Callable[[], None] = lambda: None,
        sleep: Callable[[float], None] = time.sleep,
        plan_lifetime: float = 900,
        shown_hosts: int = 1000,
    ) -> None:
        self._store = store
        self._neighbours = Neighbours(compute, store)
        self._resolver = Resolver(compute, networks, volumes, inventory.levels, max_members)
        self._quota = Quota(compute, networks, store)
        self._look = Look(store, inventory, reservation, self._neighbours)
        self._dry_runs = DryRuns(
            self._resolver,
            self._quota,
            self._look,
            store,
            KeptPlans(store, plan_lifetime),
            shown_hosts=shown_hosts,
        )
        known_for = remembered(timedelta(seconds=plan_lifetime))
        self._once = Once(store, CreateRequests(store, known_for), sleep)
        self._observer = Observer(compute, inventory, self._neighbours)
        self._drains = Drains(store.get, compute, self._look)
        self._inventory = inventory
        self._reservation = reservation
        self._owner = owner
        self._attempts = attempts
        self._wake = wake
        self._check_rights = check_rights
        self._sleep = sleep

    def plan(self, context: Any, body: Mapping[str, Any], asked: Asked = NOTHING_MORE) -> Planned:
        """Plan without reserving anything.

        :raises ensemble_api.exception.Invalid: naming the field that is wrong.
        """
        return self._dry_runs.plan(context, body, asked)

    def create(
        self,
        context: Any,
        body: Mapping[str, Any],
        plan_id: str | None = None,
        asked: Asked = NOTHING_MORE,
        key: str | None = None,
    ) -> EnsembleRecord:
        """Plan all members, hold all capacity at once, and leave the building to the worker.

        With ``plan_id`` that plan is built, if it still holds. ``asked`` is what to tell beside
        another plan where it does not. A second call with the same plan or with the same ``key``
        gives the ensemble of the first, also of one that is under way in another process.

        :raises ensemble_api.exception.AlreadyBuilt: when that is another or deleted.
        :raises ensemble_api.exception.InProgress: when the first call takes too long.
        :raises ensemble_api.exception.KeyReused: when the key is another request's.
        :raises ensemble_api.exception.Invalid: naming the field that is wrong.
        :raises ensemble_api.exception.OverQuota: when the project's quota is too small.
        :raises ensemble_api.exception.InfeasibleEnsemble: with reasons; nothing is left then.
        :raises ensemble_api.exception.PlanChanged: with another plan; nothing is left then.
        """
        asking = Asking.of(context, body, plan_id, key)
        while True:
            first = self._once.first(asking)
            if first is not None:
                return first
            try:
                return self._create(context, body, plan_id, asked, asking.marks)
            except exception.AskedTwice:
                LOG.info("The same create is under way elsewhere")
            except (
                exception.OverQuota,
                exception.InfeasibleEnsemble,
                exception.PlanChanged,
            ):
                # What is missing may be just what the same create has taken meanwhile.
                if not self._once.known(asking):
                    raise

    def _create(
        self,
        context: Any,
        body: Mapping[str, Any],
        plan_id: str | None,
        asked: Asked,
        marks: Sequence[Mark],
    ) -> EnsembleRecord:
        # 1 Resolve with the tenant's rights, and look at the quota for the whole.
        self._check_rights()
        wanted = self._resolver.resolve(context, body)
        known = self._dry_runs.find(context, wanted, plan_id) if plan_id else None
        for shortage in self._quota.shortages(context, wanted):
            raise exception.OverQuota(shortage.message, **shortage.facts)
        record: EnsembleRecord | None = None
        try:
            for attempt in range(self._attempts):
                # 2 Plan on a fresh look at the cloud.
                capacity = self._look.at_capacity(
                    context, wanted, but=record.id if record else None, to_reserve=True
                )
                snapshot = capacity.snapshot
                planned = (
                    planner.plan(wanted.ensemble, snapshot, solve=solve)
                    if plan_id is None
                    else self._dry_runs.hold_to(context, wanted, snapshot, known, asked)
                )
                if isinstance(planned, result.Infeasible):
                    raise _refusal(planned)
                # 3 Save the intent.
                fresh = _record(context, wanted, planned, capacity, asked)
                if record is None:
                    record = fresh
                    self._store.create(record, self._owner, RESERVE_SECONDS, marks)
                else:
                    record = replace(fresh, id=record.id)
                    self._store.replan(record, self._owner, RESERVE_SECONDS)
                # 4 Hold every member's capacity in one request, or none.
                try:
                    self._hold(context, wanted, planned, capacity, record)
                except exception.CapacityTaken:
                    LOG.info("Others took capacity planned for %s, attempt %d", record.id, attempt)
                    self._sleep(random.uniform(0.05, 0.3) * (attempt + 1))  # noqa: S311
                    continue
                # 5 Hand over to the worker.
                message = f"Capacity for {len(record.members)} members is reserved."
                if not self._store.transition(
                    record.id, [Status.RESERVING], Status.BUILDING, message=message
                ):
                    # What there is goes, whoever else has held or removed something meanwhile.
                    raise self._overtaken(record.id)
                break
            else:
                raise _refusal(result.Infeasible((_CONTENDED,), proved=False))
        except exception.AskedTwice:
            raise  # before anything was saved
        except Exception:
            # Nothing was promised yet, so nothing may be left, whatever went wrong.
            if record is not None:
                self._forget(record)
            raise
        self._store.release(record.id, self._owner)
        self._wake()
        return self._store.get(record.id)

    def told(self, asking: Asking) -> Mapping[str, Any] | None:
        """What a create with this key was answered before, if anything.

        :raises ensemble_api.exception.KeyReused: when the key is another request's.
        """
        return self._once.told(asking)

    def keep(self, asking: Asking, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """Keep the answer of a create for those who ask with the same key; give what is kept."""
        return self._once.keep(asking, answer)

    def select(self, page: Page) -> list[EnsembleRecord]:
        """One page of ensembles."""
        return self._store.select(page)

    def get(self, ensemble_id: str) -> EnsembleRecord:
        """One ensemble.

        :raises ensemble_api.exception.NotFound: if there is none.
        """
        return self._store.get(ensemble_id)

    def survivability(self, context: Any, record: EnsembleRecord, *, whole: bool) -> Truth:
        """Where Nova has an ensemble's servers now, and what that breaks."""
        return self._observer.look(context, record, whole=whole)

    def delete(self, context: Any, ensemble_id: str) -> EnsembleRecord:
        """Start to remove everything of an ensemble; deleting twice is fine.

        :raises ensemble_api.exception.NotFound: if there is none.
        :raises ensemble_api.exception.Conflict: while its capacity is being reserved.
        """
        # 1 Change the goal. 2 Wake the worker, which removes all and then the record.
        requester = _requester(context)
        expected = [Status.BUILDING, Status.ACTIVE, Status.ROLLING_BACK, Status.ERROR]
        if self._store.get(ensemble_id).requester != requester:
            expected.append(Status.DELETING)  # to go on with the rights of this one
        self._store.transition(
            ensemble_id,
            expected,
            Status.DELETING,
            requester=requester,
            message="Servers, capacity and ports are being removed.",
        )
        ensemble = self._store.get(ensemble_id)
        if ensemble.status is not Status.DELETING:
            raise exception.Conflict(
                f"Ensemble {ensemble_id} is {ensemble.status}; try again in a moment."
            )
        self._wake()
        return ensemble

    def cancel(self, context: Any, ensemble_id: str) -> EnsembleRecord:
        """Stop a build and start to remove everything of it, unless it has ended by now.

        :raises ensemble_api.exception.NotFound: if there is none.
        :raises ensemble_api.exception.Conflict: when nothing is being built.
        """
        # 1 Change the goal, in the one statement that a build's end would make vain. 2 Wake the
        # worker, which removes all and then the record; while the capacity is being reserved,
        # the one who reserves it does.
        cancelled = self._store.transition(
            ensemble_id,
            [Status.RESERVING, Status.BUILDING],
            Status.DELETING,
            requester=_requester(context),
            message="The build was cancelled; servers, capacity and ports are being removed.",
        )
        ensemble = self._store.get(ensemble_id)
        if not cancelled:
            raise exception.Conflict(
                f"There is no build to cancel: {_NOT_BUILDING[ensemble.status]}",
                status=ensemble.status.value,
            )
        self._wake()
        return ensemble

    def hosts(self, context: Any, search: Search) -> HostImpacts:
        """Every host, what is on it and what its failure breaks; one page of those searched for.

        :raises ensemble_api.exception.Invalid: if the marker is no host.
        """
        # 1 Look at the hosts as they are now. 2 Read who is recorded to be on them. 3 Judge.
        hosts = self._inventory.hosts(context)
        owners, occupants = self._store.occupants()
        return host_impacts(hosts, self.levels, owners, occupants, search)

    def host(
        self, context: Any, name: str, *, drain: bool = False
    ) -> tuple[HostImpacts, tuple[Tried, ...] | None]:
        """The impact of one host; with ``drain``, also whether its members fit elsewhere.

        :raises ensemble_api.exception.NotFound: if there is no such host.
        """
        # 1 Find the host among all, since what else is down counts. 2 Try its ensembles.
        found = self.hosts(context, Search())
        rows = [row for row in found.hosts if row.host.name == name]
        if not rows:
            raise exception.NotFound(f"There is no host {name}.")
        here = {each.ensemble_id for each in rows[0].occupants}
        broken = tuple(each for each in found.broken if each[0].id in here)
        one = replace(found, page=tuple(rows), found=1, first=1, broken=broken)
        if not drain:
            return one, None
        worst = [owner.id for owner, _ in rows[0].breaks]
        others = [each.ensemble_id for each in rows[0].occupants]
        ids = dict.fromkeys((*worst, *others))
        return one, tuple(self._drains.attempt(context, name, ids))

    @property
    def levels(self) -> tuple[str, ...]:
        """The failure domain levels of this cloud, smallest first."""
        return self._inventory.levels

    def _overtaken(self, ensemble_id: str) -> exception.EnsembleError:
        """Why an ensemble is not being reserved any more, though its creator lives."""
        try:
            status = self._store.get(ensemble_id).status
        except exception.NotFound:
            status = Status.DELETING  # a worker was quicker
        if status is Status.DELETING:
            return exception.Conflict("It was cancelled before anything was built.")
        # A worker found us too slow and rolled back, perhaps before we held anything.
        return exception.Unavailable("Reserving took too long; try again later.")

    def _forget(self, record: EnsembleRecord) -> None:
        try:
            self._give_back(record)
            self._store.remove(record.id)
        except Exception as error:  # noqa: BLE001
            # The worker takes it over when the lease ends, and finds it interrupted.
            advice.log(LOG, f"Ensemble {record.id} could not be undone; the worker will", error)

    def _hold(
        self,
        context: Any,
        wanted: Wanted,
        planned: result.Plan,
        capacity: Capacity,
        record: EnsembleRecord,
    ) -> None:
        """Hold the capacity, and see whether an ensemble that came meanwhile bars us, or we it."""
        self._reservation.hold(
            record.project_id, record.user_id, record.members, capacity.generations
        )
        now = self._neighbours.mark(context, wanted.ensemble, capacity, record.id)
        if check.check(wanted.ensemble, now.snapshot, planned.assignment):
            self._give_back(record)
            raise exception.CapacityTaken

    def _give_back(self, record: EnsembleRecord) -> None:
        self._reservation.release_all(
            record.project_id, record.user_id, (member.id for member in record.members)
        )


def _refusal(infeasible: result.Infeasible) -> exception.InfeasibleEnsemble:
    words = " ".join(reason.message for reason in infeasible.reasons)
    return exception.InfeasibleEnsemble(
        f"The ensemble does not fit: {words}",
        reasons=list(infeasible.reasons),
        proved=infeasible.proved,
    )


def _requester(context: Any) -> Requester:
    """Who asks, as the worker has to act for them later."""
    return Requester(context.user_id, tuple(sorted(set(context.roles))))


def _record(
    context: Any, wanted: Wanted, planned: result.Plan, capacity: Capacity, asked: Asked
) -> EnsembleRecord:
    topology = capacity.snapshot.topology
    members = tuple(
        MemberRecord(
            id=str(uuid.uuid4()),
            tier=member.tier,
            index=member.index,
            host=planned.assignment[member],
            provider=capacity.providers[planned.assignment[member]],
            resources=capacity.held(
                planned.assignment[member], wanted.demands[member.tier].resources
            ),
            domains={
                level: topology.domain_of(planned.assignment[member], level).path
                for level in topology.levels
            },
        )
        for member in wanted.ensemble.members
    )
    return EnsembleRecord(
        id=str(uuid.uuid4()),
        project_id=context.project_id,
        user_id=context.user_id,
        name=wanted.body["name"],
        status=Status.RESERVING,
        requester=_requester(context),
        body=wanted.body,
        plan=_summary(context, wanted, planned, topology, asked),
        members=members,
    )


def _summary(
    context: Any, wanted: Wanted, planned: result.Plan, topology: Topology, asked: Asked
) -> dict[str, Any]:
    """What stays true of a plan after it, JSON-ready: its objectives and soft violations.

    Also the labels that its domains had, and the traits that each tier asked for.
    """
    known = labels(context.project_id, labelled(topology, planned, asked))
    used = {
        reference(context.project_id, topology.domain_of(host, level))
        for host in set(planned.assignment.values())
        for level in topology.levels
    }
    return {
        "objectives": [
            {"name": each.name, "value": each.value, "bound": each.bound, "proved": each.proved}
            | ({} if each.stopped is None else {"stopped": each.stopped})
            for each in planned.objectives
        ],
        "violations": [
            {"policy": each.policy, "level": each.level, "message": each.message}
            for each in planned.violations
        ],
        "labels": {ref: label for ref, label in known.items() if ref in used},
        "traits": {
            name: {"required": sorted(each.required), "forbidden": sorted(each.forbidden)}
            for name, each in wanted.demands.items()
        },
    }
