# SPDX-License-Identifier: Apache-2.0
"""Change an ensemble that runs: its counts, tiers, policies and words, with a preview first."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ensemble_api import exception
from ensemble_api.cloud.capacity import Capacity
from ensemble_api.cloud.compute import Compute
from ensemble_api.context import Context
from ensemble_api.operations import Requester
from ensemble_api.planning import result
from ensemble_api.planning.message import Sentence
from ensemble_api.planning.model import Member
from ensemble_api.planning.moving import Move
from ensemble_api.planning.scaling import Scaled
from ensemble_api.records import EnsembleRecord, MemberRecord
from ensemble_api.recovery import Recovery
from ensemble_api.recovery_hold import RecoveryHold
from ensemble_api.results.dry_run import DryRun
from ensemble_api.rights import CurrentRights
from ensemble_api.store import rows
from ensemble_api.store.api import Store
from ensemble_api.store.saved_plans import SavedPlans
from ensemble_api.usecases.capacity import FreeCapacity
from ensemble_api.usecases.change_intent import (
    added_members,
    changed_record,
    growth,
    held_members,
)
from ensemble_api.usecases.change_plan import ChangePlans, outdated
from ensemble_api.usecases.change_request import (
    BUSY,
    ChangeRequest,
    check,
    touches_no_member,
)
from ensemble_api.usecases.holds import Holds, pause
from ensemble_api.usecases.intent import next_attempt, plan_summary
from ensemble_api.usecases.new_volumes import NewVolumes
from ensemble_api.usecases.quota import Quota
from ensemble_api.usecases.recovery_capacity import RecoveryCapacity
from ensemble_api.usecases.requesters import lasting_requester
from ensemble_api.usecases.reserve import RESERVE_SECONDS, contended, refusal
from ensemble_api.usecases.resolve import NovaCheck, ResolvedRequest, Resolver
from ensemble_api.views import stored_plans

LOG = logging.getLogger(__name__)

_RESERVED = Sentence(
    "event.change-reserved",
    "Capacity for %(count)s new member is reserved.",
    "Capacity for %(count)s new members is reserved.",
)
_WAS_CANCELLED = Sentence("conflict.change-cancelled", "The change was cancelled meanwhile.")


@dataclass(frozen=True, slots=True)
class ChangePreview:
    """What would come of a change: the plan, and who comes and goes; nobody where it fails.

    Of those who go, the servers of ``removed`` are deleted, and those of ``released`` stay.
    ``moved`` are in the order in which they move, ``outdated`` those whose servers are by another
    template than their tier is to have.
    """

    dry_run: DryRun
    added: tuple[Member, ...] = ()
    removed: tuple[Member, ...] = ()
    released: tuple[Member, ...] = ()
    moved: tuple[Move, ...] = ()
    outdated: tuple[Member, ...] = ()


class Change:
    """Previews and starts changes; the worker carries them out."""

    def __init__(
        self,
        store: Store,
        compute: Compute,
        resolver: Resolver,
        quota: Quota,
        free_capacity: FreeCapacity,
        holds: Holds,
        new_volumes: NewVolumes,
        saved_plans: SavedPlans,
        recovery: RecoveryCapacity,
        *,
        owner: str,
        attempts: int,
        wake: Callable[[], None],
        check_rights: Callable[[], None],
        current_rights: Callable[[Requester, str], CurrentRights],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._plans = ChangePlans(compute, resolver, free_capacity, saved_plans, sleep=sleep)
        self._quota = quota
        self._free_capacity = free_capacity
        self._recovery = recovery
        self._holds = holds
        self._new_volumes = new_volumes
        self._saved_plans = saved_plans
        self._owner = owner
        self._attempts = attempts
        self._wake = wake
        self._check_rights = check_rights
        self._current_rights = current_rights
        self._sleep = sleep

    def preview(
        self, context: Context, record: EnsembleRecord, asked: ChangeRequest
    ) -> ChangePreview:
        """Plan a change without touching anything; the plan is kept for a while.

        :raises ensemble_api.exception.EnsembleError: as ``change`` does, but for what does not fit.
        """
        check(record, asked)
        request = self._plans.resolve(context, record, asked, NovaCheck.UNLESS_RECENT)
        found, capacity = self._plans.find(context, request, record, asked)
        spare: Sequence[RecoveryHold] = ()
        if isinstance(found, Scaled):
            try:
                spare = self._spare(context, request, record, asked, found, capacity)
            except exception.InfeasibleEnsemble as refused:
                found = result.Infeasible(tuple(refused.facts["reasons"]), proved=False)
        topology = capacity.snapshot.topology
        outcome = found if isinstance(found, result.Infeasible) else found.plan
        dry_run = DryRun(
            outcome,
            topology,
            at=rows.iso(rows.now()),
            unplanned={tier.name: tier.unplanned for tier in request.ensemble.tiers},
            policies=request.ensemble.policies,
            name=request.body["name"],
            namesakes=self._store.namesakes(record.project_id, request.body["name"], record.id),
        )
        if isinstance(found, result.Infeasible):
            return ChangePreview(dry_run)
        labels = plan_summary(record, request, found.plan, capacity)["labels"]
        sources = [[each.member.tier, each.member.index, each.source] for each in found.moved]
        content = {
            **stored_plans.written(found.plan, topology, record.project_id, labels),
            "moves": sources,
        }
        plan_id = self._saved_plans.keep(record.project_id, asked.digest(record), content)
        more = growth(request, found)
        shortages = self._quota.shortages(context, more) if more else ()
        held = self._recovery.shortages(record.project_id, spare, record.id)
        dry_run = replace(
            dry_run,
            id=plan_id,
            labels={**record.plan.get("labels", {}), **labels},
            over_quota=(*shortages, *held),
            left=tuple(each.source for each in found.moved),
        )
        released = tuple(each for each in found.removed if each.name in asked.release)
        removed = tuple(each for each in found.removed if each not in released)
        return ChangePreview(
            dry_run, found.added, removed, released, found.moved, outdated(record, asked, found)
        )

    def change(
        self, context: Context, record: EnsembleRecord, asked: ChangeRequest
    ) -> EnsembleRecord:
        """Hold the capacity of what is added, and leave the rest to the worker.

        :raises ensemble_api.exception.Conflict: when something else is under way, or nothing runs.
        :raises ensemble_api.exception.PreconditionFailed: when it was changed meanwhile.
        :raises ensemble_api.exception.Invalid: naming the field that is wrong.
        :raises ensemble_api.exception.OverQuota: when the project's quota is too small.
        :raises ensemble_api.exception.InfeasibleEnsemble: with reasons; nothing is changed then.
        """
        # 1 Look at what is asked for, with the tenant's rights.
        check(record, asked)
        self._check_rights()
        if touches_no_member(record, asked):
            return self._describe(context, record, asked)
        asking = lasting_requester(context, self._current_rights)
        request = self._plans.resolve(context, record, asked, NovaCheck.ALWAYS)
        # 2 Plan, save the intent, and hold what is added, as often as it takes.
        changed = self._reserve(context, asking, request, record, asked)
        # 3 Wake the worker, which builds and then removes.
        self._store.release(changed.id, self._owner)
        self._wake()
        return self._store.get(changed.id)

    def _describe(
        self, context: Context, record: EnsembleRecord, asked: ChangeRequest
    ) -> EnsembleRecord:
        if _wants_another_reserve(record, asked):
            request = self._plans.resolve(context, record, asked, NovaCheck.UNLESS_RECENT)
            found, capacity = self._plans.find(context, request, record, asked)
            if isinstance(found, result.Infeasible):
                raise refusal(found)
            self._check_reserve(context, request, record, asked, found, capacity)
        described = replace(record, name=asked.body["name"], body=asked.body)
        if not self._store.describe(described, asked.generation):
            raise self._overtaken(record.id, asked)
        return self._store.get(record.id)

    def _reserve(
        self,
        context: Context,
        asking: Requester,
        request: ResolvedRequest,
        record: EnsembleRecord,
        asked: ChangeRequest,
    ) -> EnsembleRecord:
        saved: EnsembleRecord | None = None
        try:
            for attempt in range(self._attempts):
                found, capacity = self._plans.find(context, request, record, asked, to_reserve=True)
                if isinstance(found, result.Infeasible):
                    raise refusal(found)
                self._check_reserve(context, request, record, asked, found, capacity)
                if (more := growth(request, found)) is not None and saved is None:
                    for shortage in self._quota.shortages(context, more):
                        raise exception.OverQuota(shortage.message, **shortage.facts)
                fresh = changed_record(self._store, asking, record, asked, request, found, capacity)
                if saved is None:
                    if not self._store.begin_change(
                        fresh, asked.generation, self._owner, RESERVE_SECONDS
                    ):
                        raise self._overtaken(record.id, asked)
                    saved = fresh
                else:
                    saved = next_attempt(saved, fresh)
                    self._store.replan_change(saved, self._owner, RESERVE_SECONDS)
                added = added_members(saved)
                try:
                    self._hold(context, request, found, capacity, saved, held_members(saved))
                except exception.CapacityTaken:
                    LOG.info("Others took capacity planned for %s, attempt %d", saved.id, attempt)
                    self._sleep(pause(attempt))
                    continue
                self._new_volumes.make(context, saved, added)
                if not self._store.run_change(saved, _RESERVED(count=len(added))):
                    raise exception.Conflict(_WAS_CANCELLED())
                return saved
            raise refusal(contended())
        except Exception:
            if saved is not None:
                self._undo(context, saved)
            raise

    def _check_reserve(
        self,
        context: Context,
        request: ResolvedRequest,
        record: EnsembleRecord,
        asked: ChangeRequest,
        found: Scaled,
        capacity: Capacity,
    ) -> None:
        """Refuse what leaves no capacity to be held for recovery, or for which there is no limit.

        It is held after the change by who observes the cloud.
        """
        spare = self._spare(context, request, record, asked, found, capacity)
        for shortage in self._recovery.shortages(record.project_id, spare, record.id):
            raise exception.OverQuota(shortage.message, **shortage.facts)

    def _spare(
        self,
        context: Context,
        request: ResolvedRequest,
        record: EnsembleRecord,
        asked: ChangeRequest,
        found: Scaled,
        capacity: Capacity,
    ) -> Sequence[RecoveryHold]:
        """What is to be held after a change, as far as that can be a reason to refuse it.

        Without more members and another wish it is none: that it cannot be held now would keep lost
        members from being replaced, or some from being removed.
        """
        more = len(found.added) > len(found.removed)
        if not (more or _wants_another_reserve(record, asked)):
            return ()
        wanted = replace(request, ensemble=found.plan.ensemble)
        own = self._free_capacity.with_own(capacity, record.id)
        planned = found.plan.assignment
        return self._recovery.of_plan(context, record.id, wanted, planned, own, _running(found))

    def _hold(
        self,
        context: Context,
        request: ResolvedRequest,
        found: Scaled,
        capacity: Capacity,
        record: EnsembleRecord,
        members: Sequence[MemberRecord],
    ) -> None:
        if not members:
            return
        self._holds.hold(
            context,
            replace(request, ensemble=found.plan.ensemble),
            found.plan,
            capacity,
            record,
            members,
            running=_running(found),
        )

    def _undo(self, context: Context, record: EnsembleRecord) -> None:
        """Let nothing of a change be left that was not accepted; else the worker undoes it."""
        try:
            self._new_volumes.remove(context, record, added_members(record))
            self._holds.give_back(record, held_members(record))
            self._store.drop_change(record)
            self._store.release(record.id, self._owner)
        except Exception:
            LOG.exception(
                "The change of ensemble %s could not be undone; the worker will", record.id
            )

    def _overtaken(self, ensemble_id: str, asked: ChangeRequest) -> exception.EnsembleError:
        """Why a change was not accepted that seemed to be possible a moment ago."""
        try:
            check(self._store.get(ensemble_id), asked)
        except exception.EnsembleError as error:
            return error
        return exception.Conflict(BUSY())


def _running(found: Scaled) -> result.Assignment:
    """Those that stay, where they are before anything moves."""
    running = {
        member: host for member, host in found.plan.assignment.items() if member not in found.added
    }
    return running | {each.member: each.source for each in found.moved}


def _wants_another_reserve(record: EnsembleRecord, asked: ChangeRequest) -> bool:
    wanted = Recovery.of(asked.body).reserve
    return wanted is not None and wanted != Recovery.of(record.body).reserve
