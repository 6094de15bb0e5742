# SPDX-License-Identifier: Apache-2.0
"""Repairs that begin by themselves, after each look of the process that observes the cloud."""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from ensemble_api import exception
from ensemble_api.context import Context
from ensemble_api.losses import Cause, Loss, losses
from ensemble_api.records import EnsembleRecord, ObservedHost
from ensemble_api.recovery import Mode, Recovery
from ensemble_api.standing import CloudHosts
from ensemble_api.store import rows
from ensemble_api.store.repairs import Repairable, RepairableEnsembles
from ensemble_api.usecases.rebuild import Rebuilds
from ensemble_api.usecases.repair import Repairs
from ensemble_api.usecases.repair_plans import RepairPlans

LOG = logging.getLogger(__name__)

SHORTEST_PAUSE = 5.0  # seconds until an ensemble is looked at again that could not be repaired
LONGEST_PAUSE = 120.0
# Reasons why an ensemble is degraded that are of a promise: the others say who is lost.
_PROMISES = frozenset(("degraded.policy", "degraded.short", "degraded.none"))


class AutoRepair:
    """Begins to repair all ensembles that want it and have lost members, as one group.

    ``context`` makes one with an operator's eyes. Those with a broken promise come first, then the
    older ones. One that could not be repaired is looked at again after a pause that grows.
    """

    def __init__(
        self,
        ensembles: RepairableEnsembles,
        plans: RepairPlans,
        repairs: Repairs,
        rebuilds: Rebuilds,
        context: Callable[[], Context],
        now: Callable[[], datetime] = rows.now,
    ) -> None:
        self._ensembles = ensembles
        self._plans = plans
        self._repairs = repairs
        self._rebuilds = rebuilds
        self._context = context
        self._now = now
        self._waiting: dict[str, tuple[int, datetime]] = {}  # how often in vain, and until when

    def look(self) -> frozenset[str]:
        """Begin what is due; gives the ids of the ensembles that are being repaired now."""
        found = [each for each in self._ensembles.degraded() if _is_auto(each.record)]
        ids = {each.record.id for each in found}
        self._waiting = {key: each for key, each in self._waiting.items() if key in ids}
        if not found:
            return frozenset()
        observed = {each.name: each for each in self._plans.observed()}
        hosts = self._plans.hosts()
        due = [each for each in found if self._is_due(each, hosts, observed)]
        if not due:
            return frozenset()
        due.sort(key=lambda each: not _has_broken_promise(each.record))  # they are by age
        asking = {each.record.id: each.requester for each in due}
        records = [each.record for each in due]
        LOG.info("Lost members of %d ensembles are to get other places", len(due))
        begun = frozenset[str]()
        try:
            begun = self._repairs.repair_all(
                self._context(), records, lambda record: asking[record.id]
            )
            begun |= self._rebuild([each for each in due if each.record.id not in begun])
        finally:
            self._note(record.id for record in records if record.id not in begun)
            for key in begun:
                self._waiting.pop(key, None)
        return begun

    def _rebuild(self, left: Iterable[Repairable]) -> frozenset[str]:
        """Have those members replaced that Nova cannot bring back, where that is wanted."""
        begun = set()
        for each in left:
            lost = self._plans.left(self._context(), each.record)
            try:
                if self._rebuilds.by_itself(each.requester, each.record, lost) is not None:
                    begun.add(each.record.id)
            except exception.EnsembleError as error:
                LOG.info("Lost members of %s are not replaced: %s", each.record.id, error)
        return frozenset(begun)

    def _is_due(
        self, each: Repairable, hosts: CloudHosts, observed: Mapping[str, ObservedHost]
    ) -> bool:
        """Whether members are lost for as long as the ensemble wants, and it does not wait."""
        now = self._now()
        if each.record.id in self._waiting and self._waiting[each.record.id][1] > now:
            return False
        if each.failed_at and each.failed_at + _pause(each.failures) > now:
            return False
        delay = timedelta(seconds=Recovery.of(each.record.body).delay)
        lost = [loss for loss in losses(each.record, hosts) if loss.cause is not Cause.SERVER]
        return any(_lost_since(loss, each.record, observed) + delay <= now for loss in lost)

    def _note(self, ids: Iterable[str]) -> None:
        now = self._now()
        for key in ids:
            times = self._waiting.get(key, (0, now))[0] + 1
            self._waiting[key] = times, now + _pause(times)


def _pause(times: int) -> timedelta:
    return timedelta(seconds=min(SHORTEST_PAUSE * 2 ** (times - 1), LONGEST_PAUSE))


def _is_auto(record: EnsembleRecord) -> bool:
    return Recovery.of(record.body).mode is Mode.AUTO


def _has_broken_promise(record: EnsembleRecord) -> bool:
    return any(each.code in _PROMISES for each in record.reasons)


def _lost_since(
    loss: Loss, record: EnsembleRecord, observed: Mapping[str, ObservedHost]
) -> datetime:
    """Since when its host is down; of one that nobody has dated, since its ensemble is degraded."""
    host = observed.get(loss.host or "")
    since = (host.down_since if host else "") or record.degraded_at or record.updated_at
    return datetime.fromisoformat(since)
