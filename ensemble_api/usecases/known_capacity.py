# SPDX-License-Identifier: Apache-2.0
"""What each process knows of the cloud's capacity, and keeps up to date while it is asked for."""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from ensemble_api import advice
from ensemble_api.cloud.inventory import Answers, Inventory
from ensemble_api.cloud.known_providers import KnownProviders
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.context import Context
from ensemble_api.store import rows
from ensemble_api.store.api import Store
from ensemble_api.threads import SharedCall
from ensemble_api.usecases.plans_under_way import PlansUnderWay
from ensemble_api.usecases.readings import Readings, handed_over

LOG = logging.getLogger(__name__)

UNASKED = 2  # looks for nobody, after which there are no more
WHOLE = 30.0  # seconds between two looks at what was given back
LATE = 300.0  # seconds that one may come later, rather than have somebody wait for it
SPARE = 1.0  # seconds that a look may come late
FEW = 200  # hosts of a cloud that is always looked at afresh
SHARE = 4  # looks take no more than one part in so many and one of the time


@dataclass(frozen=True, slots=True)
class _Known:
    """Readings, and when they are too old to be taken, by the clock."""

    readings: Readings
    until: float


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a look has failed, and when, by the clock."""

    error: Exception
    at: float


class KnownCapacity:
    """Readings for previews, and for plans of which ``verify`` says whether they still hold.

    The first that are asked for are made at once. From then on a thread looks again each
    ``period`` seconds, or more seldom where looks take long, until two looks were
    for nobody. Each process does that for itself. ``under_way`` are the plans of this process that
    are about to be held.
    """

    def __init__(
        self,
        store: Store,
        inventory: Inventory,
        reservation: Reservation,
        providers: KnownProviders,
        context: Callable[[], Context],
        *,
        period: float,
        few: int = FEW,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.under_way = PlansUnderWay()
        self._shared_look = SharedCall(self._look_at_changes)
        self._shared_hosts = SharedCall(lambda: self._hosts_now(context()))
        self._store = store
        self._inventory = inventory
        self._reservation = reservation
        self._providers = providers
        self._context = context
        self._period = period
        self._few = few
        self._clock = clock
        self._hosts = 0
        self._looking = threading.Lock()
        self._starting = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._known: _Known | None = None
        self._failure: _Failure | None = None
        self._answers: Answers | None = None
        self._whole_after = -math.inf
        self._whole_took = 0.0
        self._asked_at = 0.0

    def start(self) -> None:
        """Begin when somebody asks."""
        self._stopping.clear()

    def stop(self) -> None:
        """End, soon."""
        self._stopping.set()

    def sized(self, hosts: int) -> None:
        """Hear how many hosts a look at the cloud has found."""
        self._hosts = hosts

    def readings(self, hosts: Answers | None = None) -> Readings | None:
        """What was last seen, of no longer ago than the time between two looks.

        ``hosts`` are taken in the place of those that were seen then. None where nothing is to be
        remembered, since the cloud is small or not known yet.

        :raises ensemble_api.exception.EnsembleError: when Nova or Placement does not answer.
        """
        if self._hosts <= self._few:
            return None
        self._asked_at = asked_at = self._clock()
        known = self._known
        if known is None or known.until < asked_at:
            with self._looking:
                known = self._known  # of who was quicker
                if known is None or known.until < asked_at:
                    failure = self._failure
                    if failure is not None and failure.at >= asked_at:
                        # Else all who wait would wait for Placement, one after the other.
                        raise failure.error.with_traceback(None)
                    known = self._look(late=LATE)
        self._go_on()
        # What was read beside looks is newer. What the table does not answer is asked each time.
        readings = known.readings
        table, answers = self._providers.table(), hosts or readings.answers
        return replace(readings, answers=replace(answers, table=table, offers={}))

    def hosts_of_now(self) -> Answers:
        """What Nova says now of hosts and aggregates; of who ask at one moment, one asks for all.

        :raises ensemble_api.exception.EnsembleError: when Nova does not answer.
        """
        return self._shared_hosts()

    def refresh(self) -> None:
        """Look at all that was taken meanwhile; of who ask at one moment, one looks for all.

        :raises ensemble_api.exception.EnsembleError: when Nova or Placement does not answer.
        """
        self._shared_look()

    def _look_at_changes(self) -> None:
        with self._looking:
            self._look(late=LATE)

    def verify(self, readings: Readings, providers: Collection[str]) -> bool:
        """Whether nothing was taken of these since; if something was, the next readings have it."""
        table = readings.answers.table
        return table is not None and self._providers.verify(table, providers)

    def held(self, taken: Mapping[str, Mapping[str, int]], at: Mapping[str, int]) -> None:
        """Hear what was held, by provider and class, planned ``at`` these generations."""
        self._providers.took(taken, at)

    def _look(self, late: float = 0.0) -> _Known:
        """Look at everything where it is time, or so many seconds ``late``; else at changes."""
        try:
            found = self._known = self._looked(late)
        except Exception as error:
            self._failure = _Failure(error, self._clock())
            raise
        self._failure = None
        return found

    def _looked(self, late: float) -> _Known:
        began = self._clock()
        at = rows.iso(rows.now())
        whole = self._whole_after + late <= began
        # Before the look: a server that has claimed by now is in what Placement says.
        handovers, claimed = handed_over(self._store, self._reservation)
        table = self._providers.look(whole=whole)
        answers = self._hosts_now(self._context())
        self._hosts = len(answers.hosts)
        readings = Readings(handovers, claimed, replace(answers, table=table), at)
        ended = self._clock()
        pause = self._pause(ended - began)
        if whole:
            self._whole_took = ended - began
            self._whole_after = ended + max(WHOLE, pause)
        # The next look may be a whole one, and nobody is to wait for that.
        longest = max(ended - began, self._whole_took)
        return _Known(readings, ended + pause + 2 * longest + SPARE)

    def _hosts_now(self, context: Context) -> Answers:
        """What Nova says; of the same hosts and aggregates with what was made of them already."""
        answers, before = self._inventory.answers(context), self._answers
        if before is not None and (before.hosts, before.aggregates) == (
            answers.hosts,
            answers.aggregates,
        ):
            return replace(before, offers={})
        self._answers = answers
        return replace(answers, offers={})

    def _pause(self, took: float) -> float:
        return max(self._period, SHARE * took)

    def _go_on(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._run, name="ensemble-capacity", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        took = 0.0
        looks: deque[float] = deque(maxlen=UNASKED)  # when the last ones began
        while not self._stopping.wait(self._pause(took)):
            if len(looks) == UNASKED and self._asked_at <= looks[0]:
                return
            began = self._clock()
            looks.append(began)
            try:
                with self._looking:
                    self._look()
            except Exception as error:  # noqa: BLE001
                # What is known is taken until it is too old; who asks then hears the reason.
                advice.log(LOG, "Capacity could not be looked at; trying again", error)
            took = self._clock() - began
