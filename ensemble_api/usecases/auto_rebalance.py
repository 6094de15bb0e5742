# SPDX-License-Identifier: Apache-2.0
"""Moves to the best spread that begin by themselves, where ensembles want that."""

import logging
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta

from ensemble_api import exception
from ensemble_api.context import Context
from ensemble_api.losses import losses
from ensemble_api.store import rows
from ensemble_api.store.repairs import Repairable, RepairableEnsembles
from ensemble_api.usecases.rebalance import Rebalances
from ensemble_api.usecases.repair_plans import RepairPlans, situation
from ensemble_api.usecases.steady_hosts import SteadyHosts

LOG = logging.getLogger(__name__)

PERIOD = timedelta(seconds=30)  # between two looks at all ensembles
MOST = 3  # ensembles that are planned in one look, which holds up who observes the cloud
AGAIN = timedelta(minutes=10)  # until one is planned again of which nothing has changed
SHORTEST_PAUSE = 60.0  # seconds after moves that failed, or were cancelled
LONGEST_PAUSE = 3600.0


class AutoRebalance:
    """Begins to move members of one ensemble after the other to where failures take the least.

    ``context`` makes one with an operator's eyes. An ensemble is planned again when its members or
    the hosts that are up have changed since it was planned last, or after a while. What is more
    than one look may plan is left to the next. Nobody is moved to a host that has not been up for
    ``delay``, nor of an ensemble whose last operation ended within it, nor for a while to a host to
    which a member could not be moved.
    """

    def __init__(
        self,
        ensembles: RepairableEnsembles,
        plans: RepairPlans,
        rebalances: Rebalances,
        context: Callable[[], Context],
        delay: timedelta,
        now: Callable[[], datetime] = lambda: rows.now(),  # as it is when it is asked
    ) -> None:
        self._ensembles = ensembles
        self._plans = plans
        self._rebalances = rebalances
        self._context = context
        self._delay = delay
        self._steady = SteadyHosts(delay)
        self._now = now
        self._next: datetime | None = None
        self._planned: dict[str, tuple[Hashable, datetime]] = {}  # as it was, and when
        self._after: str | None = None  # whom the last look ended with

    def look(self) -> str | None:
        """Begin what is due of one ensemble; gives its id, None when nobody is to move."""
        now = self._now()
        if self._next is not None and now < self._next:
            return None
        self._next = now + PERIOD
        found = self._ensembles.built(self._after)
        self._planned = {key: each for key, each in self._planned.items() if each[1] + AGAIN > now}
        if not found:
            return None
        hosts, left = self._plans.hosts(), MOST
        unsteady = self._steady.unsteady(hosts.up, now)
        for each in found:
            record = each.record
            closed = unsteady | record.closed_hosts(record.ensemble.members)
            state = situation(record, hosts), closed
            before, self._after = self._after, record.id
            if self._waits(each, state, now) or losses(record, hosts):
                continue
            if not left:
                self._next, self._after = now, before
                return None
            left -= 1
            self._planned[record.id] = state, now
            try:
                self._rebalances.rebalance(
                    self._context(), record, asking=each.requester, closed=closed
                )
            except (exception.Conflict, exception.InfeasibleEnsemble) as error:
                LOG.debug("Nobody of ensemble %s is moved: %s", record.id, error)
                continue
            except Exception:  # of one ensemble no other has to wait
                LOG.exception("Ensemble %s cannot be rebalanced", record.id)
                continue
            LOG.info("Members of ensemble %s move to where it is spread best", record.id)
            return record.id
        return None

    def _waits(self, each: Repairable, state: Hashable, now: datetime) -> bool:
        """Whether nothing has changed since it was planned, or something has ended lately."""
        if each.ended_at is not None and each.ended_at + self._delay > now:
            return True
        if each.failed_at is not None:
            pause = min(SHORTEST_PAUSE * 2 ** (each.failures - 1), LONGEST_PAUSE)
            if each.failed_at + timedelta(seconds=pause) > now:
                return True
        before, at = self._planned.get(each.record.id, (None, now))
        return before == state and at + AGAIN > now
