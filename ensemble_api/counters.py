# SPDX-License-Identifier: Apache-2.0
"""Counts what this process does, and adds it to what all have counted every few seconds."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from ensemble_api import advice, metrics, occurrences
from ensemble_api.metrics import Key, label
from ensemble_api.occurrences import WORDS, Occurrence
from ensemble_api.operations import Operation

LOG = logging.getLogger(__name__)

PERIOD = 5.0  # seconds between two writes, and so what a process that is killed does not count
GRACE = 2.0  # seconds that a process which ends gives its last write


class Counters:
    """Adds up in memory; ``save`` adds a sum to what is stored, or adds nothing and raises.

    So nobody who works on an ensemble, or plans one, waits for a row that all write.
    """

    def __init__(self, save: Callable[[Mapping[Key, float]], None], period: float = PERIOD) -> None:
        self._save = save
        self._period = period
        self._lock = threading.Lock()
        self._counted: Counter[Key] = Counter()  # and amounts of seconds
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Save from now on, in a thread."""
        self._thread = threading.Thread(target=self._run, name="ensemble-counters", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Save what is left, within ``GRACE`` seconds, and no more."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(GRACE)

    def add(self, amounts: Mapping[Key, float]) -> None:
        """Count these."""
        with self._lock:
            for key, amount in amounts.items():
                self._counted[key] += amount  # type: ignore[assignment]

    def plan(self, seconds: float, *, found: bool) -> None:
        """Count a plan that took so long, or what took so long and gave none."""
        self.add(metrics.plan_samples(seconds, found=found))

    def refusal(self, status: int) -> None:
        """Count a request that was answered with an HTTP status."""
        self.add({metrics.refusal(status): 1})

    def hear(self, told: Sequence[Occurrence]) -> None:
        """Count what was committed."""
        for each in told:
            if each.event == occurrences.PROMISE_LOST:
                self.add({metrics.PROMISES.key("lost"): 1})
            elif each.event == occurrences.PROMISE_REGAINED:
                self.add({metrics.PROMISES.key("regained"): 1})
            elif (operation := each.operation) is not None and operation.status.ended:
                # Of one that ends as it begins, two things are told.
                started = each.event == occurrences.started(operation)
                self.add({} if started else _of_operation(operation))

    def flush(self) -> None:
        """Save what was counted; what cannot be saved is kept for the next time."""
        with self._lock:
            counted, self._counted = self._counted, Counter()
        if not counted:
            return
        try:
            self._save(counted)
        except Exception as error:  # noqa: BLE001
            self.add(counted)
            advice.log(LOG, "What was counted cannot be saved; trying again", error)

    def _run(self) -> None:
        while not self._stopping.wait(self._period):
            self.flush()
        self.flush()


def _of_operation(operation: Operation) -> Mapping[Key, float]:
    """What an operation that has ended adds."""
    word = WORDS[operation.type]
    found: Counter[Key] = Counter()
    found[metrics.OPERATIONS.key(word, label(operation.status))] += 1
    if operation.attempts > 1:
        found[metrics.REPLANS.key(word)] += operation.attempts - 1
    for goal in operation.moves.values():
        if goal.move is not None and goal.move.status.ended:
            found[metrics.MOVES.key(label(goal.move.kind), label(goal.move.status))] += 1
    return found
