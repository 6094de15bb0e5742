# SPDX-License-Identifier: Apache-2.0
"""Measures which failures would leave members without places, for the metrics of that."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

from ensemble_api import advice, metrics
from ensemble_api.context import Context
from ensemble_api.store.metrics import StoredMetrics
from ensemble_api.usecases.headroom import Headrooms, HeadroomSearch

LOG = logging.getLogger(__name__)

_FITS = {True: "yes", False: "no", None: "undecided"}


class MeasuredHeadroom:
    """Works out the headroom of each of ``levels`` every ``period`` seconds, and stores the counts.

    ``context`` makes one with an operator's eyes.
    """

    def __init__(
        self,
        headrooms: Headrooms,
        stored: StoredMetrics,
        levels: Sequence[str],
        context: Callable[[], Context],
        period: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._headrooms = headrooms
        self._stored = stored
        self._levels = levels
        self._context = context
        self._period = period
        self._clock = clock
        self._next = 0.0
        self._thread: threading.Thread | None = None

    def look(self) -> None:
        """Measure if it is time, in a thread, since nobody who observes may wait for so long."""
        now = self._clock()
        if now < self._next or (self._thread is not None and self._thread.is_alive()):
            return
        self._next = now + self._period
        self._thread = threading.Thread(
            target=self._measure_all, name="ensemble-headroom", daemon=True
        )
        self._thread.start()

    def measure(self, level: str) -> None:
        """Measure one level now, and store what was found."""
        found = self._headrooms.find(self._context(), HeadroomSearch(level, limit=1))
        domains = Counter(_FITS[each.fits] for each in found.every)
        counts = {
            metrics.HEADROOM_DOMAINS.key(level, fits): float(domains[fits])
            for fits in _FITS.values()
        }
        counts[metrics.HEADROOM_ENSEMBLES.key(level)] = float(found.without)
        self._stored.replace(metrics.MEASURED, level, counts)

    def _measure_all(self) -> None:
        try:
            for level in self._levels:
                self.measure(level)
        except Exception as error:  # noqa: BLE001
            advice.log(LOG, "Headroom could not be measured; trying again", error)
