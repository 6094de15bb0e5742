# SPDX-License-Identifier: Apache-2.0
"""Give lost members other places: planned as one group, held in one step, left to the worker."""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from ensemble_api import exception
from ensemble_api.context import Context
from ensemble_api.losses import Cause
from ensemble_api.operations import Requester
from ensemble_api.planning import result
from ensemble_api.planning.message import Message, Sentence, following
from ensemble_api.planning.model import Member
from ensemble_api.records import EnsembleRecord
from ensemble_api.results.repair import RepairPreview
from ensemble_api.store import rows
from ensemble_api.store.api import Store
from ensemble_api.usecases.change_request import BUSY
from ensemble_api.usecases.current_state import StoredStates
from ensemble_api.usecases.holds import Holds, pause
from ensemble_api.usecases.intent import next_attempt
from ensemble_api.usecases.outages import Outages
from ensemble_api.usecases.rebuild import Rebuilds
from ensemble_api.usecases.recovery_capacity import RecoveryCapacity
from ensemble_api.usecases.repair_intent import (
    RUNNING,
    STOPPED,
    RepairIntent,
    repair_intent,
    repair_labels,
)
from ensemble_api.usecases.repair_plans import PlannedRepair, RepairPlans
from ensemble_api.usecases.requesters import requester
from ensemble_api.usecases.reserve import RESERVE_SECONDS, contended, refusal

LOG = logging.getLogger(__name__)

_NOT_BUILT = Sentence(
    "conflict.nothing-to-repair-yet",
    "Only an ensemble that is built can be repaired; this is %(status)s.",
)
_NOTHING_LOST = Sentence(
    "conflict.nothing-lost", "No member is lost, so there is nothing to repair."
)
_NO_PLACE_HELPS = Sentence(
    "conflict.not-repairable", "No lost member can be brought back on another host: %(reasons)s"
)
_OTHER_CLOUD = Sentence(
    "conflict.cloud-changed",
    "The cloud has other hosts or levels than when the ensemble was last observed; try again in a "
    "moment.",
)
_RESERVED = Sentence(
    "event.repair-reserved",
    "Capacity for %(count)s lost member is held on another host.",
    "Capacity for %(count)s lost members is held on other hosts.",
)
_NOT_ALL = Sentence(
    "event.repair-not-all",
    "%(count)s lost member has no other place now.",
    "%(count)s lost members have no other places now.",
)
_IN_DOUBT = Sentence(
    "conflict.repair-in-doubt",
    "Nova may only not hear of the hosts of these servers, which would then run twice: an operator "
    "has to see that the hosts are off, and force their compute services down.",
)
_COMING_BACK = Sentence(
    "conflict.repair-while-hosts-return",
    "Nova did not hear of several hosts, which may just be coming back with their servers. Try "
    "again in a minute or two, or have an operator see that the hosts are off, and force their "
    "compute services down.",
)
_WAS_CANCELLED = Sentence("conflict.repair-cancelled", "The repair was cancelled meanwhile.")


class Repairs:
    """Previews and starts repairs; the worker carries them out."""

    def __init__(
        self,
        store: Store,
        plans: RepairPlans,
        holds: Holds,
        states: StoredStates,
        rebuilds: Rebuilds,
        recovery: RecoveryCapacity,
        outages: Outages,
        *,
        owner: str,
        attempts: int,
        wake: Callable[[], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._plans = plans
        self._holds = holds
        self._states = states
        self._rebuilds = rebuilds
        self._recovery = recovery
        self._outages = outages
        self._owner = owner
        self._attempts = attempts
        self._wake = wake
        self._sleep = sleep

    def preview(self, context: Context, record: EnsembleRecord, *, whole: bool) -> RepairPreview:
        """Tell who is lost and which places a repair would find, without touching anything.

        ``whole`` is that of ``StoredStates.current_state``.

        :raises ensemble_api.exception.Conflict: when nothing is built, nothing is lost, or it is in
            doubt whether the hosts of all that are lost have failed.
        """
        planned = self._planned(context, record, self._doubtful(context, record))
        state = self._states.current_state(context, record, whole=whole)
        return RepairPreview(
            record,
            planned.capacity.snapshot.topology,
            tuple(Member(each.member.tier, each.member.index) for each in planned.lost),
            tuple((loss.member.name, reason) for loss, reason in planned.left),
            planned.repair,
            {**state.labels, **repair_labels(planned, whole=whole)},
            state.at,
        )

    def repair(self, context: Context, record: EnsembleRecord) -> EnsembleRecord:
        """Hold places for lost members, as many as can be had, and leave the rest to the worker.

        Where Nova can bring none back, those are replaced whose tiers want that.

        :raises ensemble_api.exception.Conflict: when something is under way, nothing is lost, or
            it is in doubt whether the hosts of all that are lost have failed.
        :raises ensemble_api.exception.InfeasibleEnsemble: when there is no place for any.
        """
        if record.operation is not None and not record.removal_waits:
            raise exception.Conflict(BUSY(), operation=record.operation.id)
        early = self._doubtful(context, record)
        # Who observes the cloud does the same, perhaps in a moment.
        doubtful = {each.server_id for each in record.members if each.id in early}
        self._recovery.use(record, self._plans.revivable(context, record) - doubtful)
        planned = self._planned(context, record, early)
        if not planned.moves:
            left = [
                (loss, why)
                for loss, why in self._plans.left(context, record)
                if loss.member.id not in early
            ]
            if (begun := self._rebuilds.by_command(context, record, left)) is not None:
                return begun
            if len(planned.left) == len(planned.lost):
                told = following([reason for _, reason in planned.left])
                raise exception.Conflict(_NO_PLACE_HELPS(reasons=told))
            reasons = planned.repair.reasons or contended().reasons
            raise refusal(result.Infeasible(reasons, proved=planned.repair.fits is False))
        asking = requester(context)
        if record.id not in self.repair_all(context, [record], lambda _: asking, early=early):
            now = self._store.get(record.id)
            if now.operation is not None:
                raise exception.Conflict(BUSY(), operation=now.operation.id)
            raise refusal(contended())
        return self._store.get(record.id)

    def _doubtful(self, context: Context, record: EnsembleRecord) -> frozenset[str]:
        """The ids of lost members whose servers may run on the hosts that Nova takes for down.

        Raises Conflict where nobody else is lost.
        """
        doubtful = self._outages.without_forced(context, self._outages.now(rows.now()))
        lost = self._plans.lost(record) if doubtful else ()
        early = [each for each in lost if each.cause is Cause.HOST and each.host in doubtful]
        hosts = {each.host for each in early}
        if hosts and len(early) == len(lost):
            lasts = hosts <= self._outages.lasting()
            raise exception.Conflict((_IN_DOUBT if lasts else _COMING_BACK)())
        return frozenset(each.member.id for each in early)

    def repair_all(
        self,
        context: Context,
        records: Sequence[EnsembleRecord],
        asking: Callable[[EnsembleRecord], Requester],
        *,
        early: Collection[str] = (),
    ) -> frozenset[str]:
        """Begin to repair these ensembles as one group, the first ones with precedence.

        Gives the ids of those that are under way: not of those without a place for any lost
        member, nor of those with something else under way. ``asking`` says in whose name; members
        of the ids ``early`` are left for later.
        """
        saved: dict[str, RepairIntent] = {}
        done: set[str] = set()
        running: set[str] = set()
        try:
            for attempt in range(self._attempts):
                # 1 Plan all on a fresh look. 2 Save the intents. 3 Hold all in one request.
                left = [each for each in records if each.id not in done]
                found = self._plans.find(context, left, to_reserve=True, early=early)
                stopped = self._stopped_before(found)
                fresh = [
                    repair_intent(context, each, asking(each.record), stopped)
                    for each in found
                    if each.moves
                ]
                saved = self._save(saved, fresh)
                # Others may take one of many places each time: then each gets its own, in order.
                held = self._hold(context, saved, apart=2 * attempt >= self._attempts > 1)
                # 4 Hand over to the worker.
                saved = {key: each for key, each in saved.items() if key not in held}
                done |= held.keys()
                running |= self._run(held)
                if not saved:
                    return frozenset(running)
                LOG.info("Others took capacity planned for a repair, attempt %d", attempt)
                self._sleep(pause(attempt))
        except Exception:
            self._drop(saved.values())
            if not running:
                raise
            LOG.exception("%d ensembles of a group are not repaired", len(saved))
            return frozenset(running)
        self._drop(saved.values())
        return frozenset(running)

    def _hold(
        self, context: Context, saved: Mapping[str, RepairIntent], *, apart: bool
    ) -> dict[str, RepairIntent]:
        """Hold what these take: all in one request, or each ``apart``; gives those that have it."""
        groups = [{key: each} for key, each in saved.items()] if apart else [dict(saved)]
        held: dict[str, RepairIntent] = {}
        for group in filter(None, groups):
            try:
                self._holds.hold_moves(context, [each.moving for each in group.values()])
            except exception.CapacityTaken:
                continue
            held |= group
        return held

    def _planned(
        self, context: Context, record: EnsembleRecord, early: Collection[str]
    ) -> PlannedRepair:
        if not record.status.built:
            raise exception.Conflict(_NOT_BUILT(status=record.status.value))
        if not self._plans.lost(record):
            raise exception.Conflict(_NOTHING_LOST())
        found = self._plans.find(context, [record], early=early)
        if not found:
            raise exception.Conflict(_OTHER_CLOUD())
        return found[0]

    def _stopped_before(self, found: Sequence[PlannedRepair]) -> frozenset[tuple[str, str]]:
        """Who was stopped before an evacuation that failed, after which Nova shows ERROR."""
        failed = {
            each.record.id
            for each in found
            if any(loss.status not in (STOPPED, RUNNING) for loss in each.lost)
        }
        return self._store.stopped_before(failed) if failed else frozenset()

    def _save(
        self, saved: Mapping[str, RepairIntent], fresh: Sequence[RepairIntent]
    ) -> dict[str, RepairIntent]:
        """Save the intents of an attempt in the place of those of the one before it."""
        wanted = {each.record.id: each for each in fresh}
        self._drop([each for key, each in saved.items() if key not in wanted])
        kept: dict[str, RepairIntent] = {}
        for key, before in saved.items():
            if key not in wanted:
                continue
            again = replace(wanted[key], record=next_attempt(before.record, wanted[key].record))
            try:
                self._store.replan_change(again.record, self._owner, RESERVE_SECONDS)
            except exception.LeaseLost:
                continue  # a worker found us too slow, and ends it
            kept[key] = again
        new = [each for key, each in wanted.items() if key not in saved]
        if new and not saved:
            records = [each.record for each in new]
            begun = self._store.begin_moves(records, self._owner, RESERVE_SECONDS)
            kept |= {each.record.id: each for each in new if each.record.id in begun}
        return kept

    def _run(self, saved: Mapping[str, RepairIntent]) -> frozenset[str]:
        running: set[str] = set()
        if not saved:
            return frozenset()
        for key, each in saved.items():
            try:
                if self._store.run_change(each.record, _told(each.planned)):
                    running.add(key)
                else:
                    # It was cancelled, or a worker found us too slow: it ends with nothing held.
                    self._holds.give_back_moves([each.moving])
                self._store.release(key, self._owner)
            except Exception:
                # Whether it runs is not known, so its holds stay: the worker sees to both.
                LOG.exception("The repair of ensemble %s is left to the worker", key)
        self._wake()
        return frozenset(running)

    def _drop(self, intents: Iterable[RepairIntent]) -> None:
        for each in intents:
            self._holds.drop(each.moving, self._owner)


def _told(planned: PlannedRepair) -> Message:
    """What is told of a repair: how many members have other places, and how many have none."""
    count = len(planned.moves)
    without = len(planned.lost) - count
    told = _RESERVED(count=count)
    return following([told, _NOT_ALL(count=without)]) if without else told
