# SPDX-License-Identifier: Apache-2.0
"""Repairs that begin by themselves, after each look of the process that observes the cloud."""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta

from ensemble_api import exception
from ensemble_api.context import Context
from ensemble_api.losses import Cause, Loss, losses
from ensemble_api.records import EnsembleRecord
from ensemble_api.recovery import Recovery
from ensemble_api.store import repairs, rows
from ensemble_api.store.repairs import Refusals, Repairable, RepairableEnsembles
from ensemble_api.usecases.outages import Outages
from ensemble_api.usecases.rebuild import Rebuilds
from ensemble_api.usecases.repair import Repairs
from ensemble_api.usecases.repair_plans import (
    REFUSED_FOR_LONG,
    RepairPlans,
    is_refused_for_good,
    lost_since,
)

LOG = logging.getLogger(__name__)

MOST = 25  # ensembles that are planned as one group; the next look takes the others
SHORTEST_PAUSE = 5.0  # seconds until an ensemble is looked at again that could not be repaired
LONGEST_PAUSE = 120.0
# Until a member is asked for again that Nova has refused for long.
LONGEST_AFTER_REFUSALS = 3600.0
# Reasons why an ensemble is degraded that are of a promise: the others say who is lost.
_PROMISES = frozenset(("degraded.policy", "degraded.short", "degraded.none"))


class AutoRepair:
    """Begins to repair all ensembles that want it and have lost members, as one group.

    ``context`` makes one with an operator's eyes. Those for which capacity is held come first,
    then those with a broken promise, then the older ones. One that could not be repaired is looked
    at again after a pause that grows, and a member whom Nova refuses each time after a longer one.
    Nobody is brought back from a host that is in doubt.
    """

    def __init__(
        self,
        ensembles: RepairableEnsembles,
        plans: RepairPlans,
        repairs: Repairs,
        rebuilds: Rebuilds,
        outages: Outages,
        context: Callable[[], Context],
        now: Callable[[], datetime] = lambda: rows.now(),  # as it is when it is asked
    ) -> None:
        self._ensembles = ensembles
        self._plans = plans
        self._repairs = repairs
        self._rebuilds = rebuilds
        self._outages = outages
        self._context = context
        self._now = now
        self._waiting: dict[str, tuple[int, datetime]] = {}  # how often in vain, and until when
        self._after: str | None = None  # whom the last look ended with, where there are others

    def look(self) -> frozenset[str]:
        """Begin what is due; gives the ids of the ensembles that are being repaired now."""
        now = self._now()
        doubtful = self._outages.look(now)
        found = self._ensembles.degraded(self._after)
        self._after = found[-1].record.id if len(found) == repairs.MOST else None
        if self._after is None:
            ids = {each.record.id for each in found}
            self._waiting = {key: each for key, each in self._waiting.items() if key in ids}
        if not found:
            return frozenset()
        hosts = self._plans.hosts()
        doubtful = self._outages.without_forced(self._context(), doubtful)
        ready = [each for each in found if not self._waits(each, now)]
        refusals = self._ensembles.refusals([each.record.id for each in ready])
        due: list[Repairable] = []
        early: set[str] = set()  # the ids of lost members whose time has not come
        for each in ready:
            lost = [loss for loss in losses(each.record, hosts) if _counts(loss)]
            since = {loss.member.id: lost_since(loss, each.record, hosts) for loss in lost}
            delay = timedelta(seconds=Recovery.of(each.record.body).delay)
            later = {member for member, moment in since.items() if moment + delay > now}
            later |= {
                loss.member.id
                for loss in lost
                if _is_refused(each.record, loss, refusals.get(loss.member.id), now)
            }
            later |= {loss.member.id for loss in lost if loss.host in doubtful}
            early |= later
            if since.keys() - later:
                due.append(each)
        if not due:
            return frozenset()
        # They are by age. What is held for some is to be had by them, before all others.
        due.sort(key=lambda each: not _has_broken_promise(each.record))
        due.sort(key=lambda each: Recovery.of(each.record.body).reserve is None)
        due = due[:MOST]
        LOG.info("Lost members of %d ensembles are to get other places", len(due))
        begun = frozenset[str]()
        try:
            begun = self._repair(due, early)
            begun |= self._rebuild([each for each in due if each.record.id not in begun], early)
        finally:
            self._note(each.record.id for each in due if each.record.id not in begun)
            for key in begun:
                self._waiting.pop(key, None)
        return begun

    def _repair(self, group: Sequence[Repairable], early: Collection[str]) -> frozenset[str]:
        """Begin all of a group; of one that fails, each half, until who is in the way is alone.

        :raises ensemble_api.exception.Unavailable: when what all need does not answer.
        """
        asking = {each.record.id: each.requester for each in group}
        try:
            return self._repairs.repair_all(
                self._context(),
                [each.record for each in group],
                lambda record: asking[record.id],
                early=early,
            )
        except exception.Unavailable:
            raise
        except Exception:
            if len(group) == 1:
                LOG.exception("Ensemble %s cannot be repaired", group[0].record.id)
                return frozenset()
            LOG.warning("%d ensembles cannot be repaired together", len(group), exc_info=True)
        middle = len(group) // 2
        return self._repair(group[:middle], early) | self._repair(group[middle:], early)

    def _rebuild(self, left: Iterable[Repairable], early: Collection[str]) -> frozenset[str]:
        """Have those members replaced that Nova cannot bring back, where that is wanted."""
        begun = set()
        for each in left:
            try:
                lost = [
                    (loss, why)
                    for loss, why in self._plans.left(self._context(), each.record)
                    if loss.member.id not in early
                ]
                if self._rebuilds.by_itself(each.requester, each.record, lost) is not None:
                    begun.add(each.record.id)
            except exception.EnsembleError as error:
                LOG.info("Lost members of %s are not replaced: %s", each.record.id, error)
            except Exception:
                LOG.exception("Lost members of %s cannot be replaced", each.record.id)
        return frozenset(begun)

    def _waits(self, each: Repairable, now: datetime) -> bool:
        """Whether it could not be repaired lately, and is left alone for a while."""
        if each.record.id in self._waiting and self._waiting[each.record.id][1] > now:
            return True
        return each.failed_at is not None and each.failed_at + _pause(each.failures) > now

    def _note(self, ids: Iterable[str]) -> None:
        now = self._now()
        for key in ids:
            times = self._waiting.get(key, (0, now))[0] + 1
            self._waiting[key] = times, now + _pause(times)


def _pause(times: int) -> timedelta:
    return timedelta(seconds=min(SHORTEST_PAUSE * 2 ** (times - 1), LONGEST_PAUSE))


def _is_refused(
    record: EnsembleRecord, loss: Loss, refusals: Refusals | None, now: datetime
) -> bool:
    """Whether Nova would refuse a member again for all that is known, which is found out later.

    One in whose place another is to be built waits for nothing.
    """
    if refusals is not None and is_refused_for_good(record, loss, refusals):
        return False
    if refusals is None or refusals.source != loss.host or refusals.times < REFUSED_FOR_LONG:
        return False
    doubled = refusals.times - REFUSED_FOR_LONG + 1
    pause = min(LONGEST_PAUSE * 2**doubled, LONGEST_AFTER_REFUSALS)
    return refusals.at + timedelta(seconds=pause) > now


def _counts(loss: Loss) -> bool:
    """Whether a repair may begin for it by itself: a server that failed may be looked at first."""
    return loss.cause is not Cause.SERVER


def _has_broken_promise(record: EnsembleRecord) -> bool:
    return any(each.code in _PROMISES for each in record.reasons)
