# SPDX-License-Identifier: Apache-2.0
"""Tasks that take turns in one thread, at a virtual time, in an order that a seed decides."""

import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import greenlet

START = datetime(2026, 1, 1, tzinfo=UTC)
LATENCY = 0.02  # seconds, at most, that a request or a transaction takes


class Killed(BaseException):
    """The process is gone: nobody catches this but the task."""


class Stuck(AssertionError):
    """Something that must end did not."""


@dataclass(eq=False)
class Process:
    """What dies at once, or stands still for a while, with all its tasks."""

    name: str
    alive: bool = True
    paused_until: float = 0.0


@dataclass(eq=False)
class Task:
    """One thread of a process."""

    name: str
    process: Process
    run: Callable[[], Any]
    due: float
    about: str = ""  # the ensemble that a worker's thread has
    ready: Callable[[], bool] | None = None  # what it waits for, until it is due
    ended: bool = False
    result: Any = None
    error: BaseException | None = None
    greenlet: Any = None


@dataclass
class Tasks:
    """All tasks of a schedule, their clock and their trace."""

    seed: int
    traced: bool = False
    now: float = 0.0
    died_at: float = 0.0  # when the last process did
    steps: int = 0
    digest: int = 0
    trace: list[str] = field(default_factory=list)
    crashed: list[Task] = field(default_factory=list)  # that ended with what nobody expects
    after_step: Callable[[], None] = lambda: None
    doomed: list[Process] = field(default_factory=list)
    _tasks: list[Task] = field(default_factory=list)
    _current: Task | None = None

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.world = Process("world")
        self._root = greenlet.getcurrent()

    def moment(self) -> datetime:
        return START + timedelta(seconds=self.now)

    @property
    def current(self) -> Task:
        assert self._current is not None, "no task is running"
        return self._current

    def note(self, what: str) -> None:
        """One line of the trace."""
        name = self._current.name if self._current else "-"
        line = f"{self.steps} {self.now:.3f} {name}: {what}"
        self.digest = zlib.crc32(line.encode(), self.digest)
        if self.traced:
            self.trace.append(line)

    def start(
        self, name: str, run: Callable[[], Any], process: Process | None = None, delay: float = 0.0
    ) -> Task:
        """Begin a task, in the process of the one that begins it unless one is named."""
        if process is None:
            process = self._current.process if self._current else self.world
        if not process.alive:
            raise Killed
        task = Task(name, process, run, self.now + delay)
        if self._current is not None and process is self._current.process:
            task.about = self._current.about
        self._tasks.append(task)
        return task

    # What a task calls.

    def point(self, what: str) -> None:
        """Something that others see: they may have their turn now, and the process may be gone."""
        self.note(what)
        self.wait(None, self.random.random() * LATENCY)

    def die(self) -> None:
        """End the process of the task that calls this, with all its tasks."""
        process = self.current.process
        process.alive, self.died_at = False, self.now
        self.doomed.append(process)
        self.note("dies")
        raise Killed

    def sleep(self, seconds: float) -> None:
        self.wait(None, seconds)

    def wait(self, ready: Callable[[], bool] | None, seconds: float | None) -> bool:
        """Wait for a condition or for a time; say whether the condition holds."""
        task = self.current
        if not task.process.alive:
            raise Killed
        task.ready = ready
        task.due = float("inf") if seconds is None else self.now + seconds
        self._root.switch()
        return ready is None or ready()

    # What the runner calls.

    @property
    def all(self) -> list[Task]:
        return list(self._tasks)

    def kill(self, process: Process) -> None:
        """End a process, in the middle of whatever its tasks are about; not from within it."""
        process.alive = False
        for task in [each for each in self._tasks if each.process is process]:
            if task.greenlet is None:
                task.ended, task.error = True, Killed()
            else:
                previous, self._current = self._current, task
                task.greenlet.throw(Killed)
                self._current = previous
                assert task.ended, f"{task.name} outlived its process"
        self._tasks = [each for each in self._tasks if not each.ended]

    def run_until(self, done: Callable[[], bool], longest: float) -> bool:
        """Let tasks have their turns until ``done``, or for so long; say whether it is done."""
        end = self.now + longest
        while not done():
            if not self._turn(end):
                return done()
        return True

    def _turn(self, end: float) -> bool:
        able, wake = self._next()
        if wake > self.now:
            if wake > end:
                self.now = max(self.now, end)
                return False
            self.now = wake
        task = able[0] if len(able) == 1 else self.random.choice(able)
        self._resume(task)
        return True

    def _next(self) -> tuple[list[Task], float]:
        """The tasks that can go on first, and when; what they wait for does not come by itself."""
        now, wake, able = self.now, float("inf"), []
        for task in self._tasks:
            due, paused = task.due, task.process.paused_until
            if due > now and (ready := task.ready) is not None and ready():
                due = now
            if paused > due:  # as max() would say, which takes longer
                due = paused
            if due < now:
                due = now
            if due < wake:
                wake, able = due, [task]
            elif due == wake:
                able.append(task)
        return able, wake

    def _resume(self, task: Task) -> None:
        self.steps += 1
        self._current = task
        if task.greenlet is None:
            task.greenlet = greenlet.greenlet(lambda: self._run(task), parent=self._root)
        task.greenlet.switch()
        self._current = None
        if task.ended and task in self._tasks:
            self._tasks.remove(task)
        while self.doomed:
            self.kill(self.doomed.pop())
        self.after_step()

    def _run(self, task: Task) -> None:
        try:
            task.result = task.run()
        except Killed as error:
            task.error = error
        except Exception as error:  # noqa: BLE001
            task.error = error
            self.crashed.append(task)
        task.ended = True
