# SPDX-License-Identifier: Apache-2.0
"""Steps that need each other, run at the same time where they can."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, after the steps it needs.

    A busy step keeps a processor busy from beginning to end, so only a few of them run at a time.
    """

    name: str
    action: Callable[[], None]
    needs: tuple[str, ...] = ()
    busy: bool = False
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who is told when a step begins and ends."""

    began: Callable[[Step], None]
    ended: Callable[[Step], None]


def run(steps: Sequence[Step], watcher: Watcher, *, busy_at_once: int) -> None:
    """Run all steps; raise the first error once those that were running have ended.

    Steps that are ready begin in the order given.
    """
    names = {step.name for step in steps}
    for step in steps:
        missing = set(step.needs) - names
        if missing:
            raise ValueError(f"step {step.name!r} needs unknown {sorted(missing)}")
    _Run(steps, watcher, busy_at_once).to_the_end()


class _Run:
    def __init__(self, steps: Sequence[Step], watcher: Watcher, busy_at_once: int) -> None:
        self._waiting = list(steps)
        self._done: set[str] = set()
        self._watcher = watcher
        self._busy_left = busy_at_once
        self._running: dict[Future[None], Step] = {}
        self._telling = threading.Lock()

    def to_the_end(self) -> None:
        error: BaseException | None = None
        with ThreadPoolExecutor(max(1, len(self._waiting))) as pool:
            while self._running or (self._waiting and error is None):
                if error is None:
                    self._begin_ready(pool)
                if not self._running:
                    raise ValueError(f"steps need each other: {[s.name for s in self._waiting]}")
                ended, _ = wait(self._running, return_when=FIRST_COMPLETED)
                for future in ended:
                    error = self._collect(future) or error
        if error is not None:
            raise error

    def _begin_ready(self, pool: ThreadPoolExecutor) -> None:
        for step in list(self._waiting):
            if not self._done.issuperset(step.needs) or (step.busy and not self._busy_left):
                continue
            self._waiting.remove(step)
            self._busy_left -= step.busy
            self._running[pool.submit(self._perform, step)] = step

    def _collect(self, future: "Future[None]") -> BaseException | None:
        step = self._running.pop(future)
        self._busy_left += step.busy
        self._done.add(step.name)
        return future.exception()

    def _perform(self, step: Step) -> None:
        with self._telling:
            self._watcher.began(step)
        step.action()
        with self._telling:
            self._watcher.ended(step)
