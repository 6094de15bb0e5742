# SPDX-License-Identifier: Apache-2.0
"""The solver's process, which can be killed when it does not come back.

The solver looks up at its limits between its steps only, and one step can last for any time. So it
never runs in the process that serves requests. A process is started when it is first needed, by
exec and not by a fork of what may be a process of many threads; it is kept for the next task, and
ends with its parent.

Its work limit ends a task, within seconds. What is here is for a solver that hangs: an alarm of its
own ends it after so much processor time, which a loaded machine does not use up, and its parent
kills it when even that does not happen. The answer then says that the solver was given up.
"""

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast

from ensemble_api.planning.milp.task import Answer, Task
from ensemble_api.solver import highs

# Processor seconds for one task. Its effort ends after about two; this is for a solver that hangs.
PATIENCE = 60.0
# Seconds by the clock after which a process is killed that does not even use the processor.
_LONGEST = 300.0
# How many processes search at once, and how many tasks one does before it makes room for a new one.
_MOST = 2
_TASKS = 500

_CHILD = "import sys; from ensemble_api.solver.process import serve; serve(*map(int, sys.argv[1:]))"


def solve(task: Task) -> Answer:
    """Search in a process of its own; what was found so far when that does not come back.

    Then the answer says after how many seconds it was stopped, and no effort is left, so that
    nobody tries again.
    """
    return _pool.solve(task)


def serve(tasks: int, answers: int) -> None:
    """Solve task after task until the other end is closed; this is the child's whole life."""
    source, target = Connection(tasks, writable=False), Connection(answers, readable=False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this one
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGPROF])
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            task, patience = source.recv()
            signal.setitimer(signal.ITIMER_PROF, patience)
            answer = highs.solve(task, lambda found: target.send((False, found)))
            signal.setitimer(signal.ITIMER_PROF, 0)
            target.send((True, answer))


def _interpreter() -> str | None:
    """Find this Python; servers that embed one give their own program as sys.executable."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = shutil.which(version)
    for path in (
        Path(sys.executable or "."),
        *(Path(prefix, "bin", version) for prefix in (sys.prefix, sys.base_prefix)),
        Path(found or "."),
    ):
        if path.name.startswith("python") and os.access(path, os.X_OK):
            return str(path)
    return None


class _Process:
    """One child and the pipes to it."""

    def __init__(self, interpreter: str) -> None:
        (tasks, self.tasks), (self.answers, answers) = Pipe(duplex=False), Pipe(duplex=False)
        theirs = (tasks.fileno(), answers.fileno())
        with tasks, answers:
            self.child = subprocess.Popen(  # noqa: S603 - this Python with a program of ours
                [interpreter, "-P", "-c", _CHILD, *map(str, theirs)],
                env=os.environ
                | {
                    "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path),
                    "OMP_NUM_THREADS": "1",
                    "OPENBLAS_NUM_THREADS": "1",
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=theirs,
            )
        self.done = 0
        self.best = Answer(None, {}, False, 0)  # the last that was told of the task under way

    def ask(self, task: Task) -> Answer | None:
        """Give the answer; None when the child died or hangs, `best` is what it had then."""
        self.done += 1
        self.best = Answer(None, {}, False, 0)
        start = time.monotonic()
        with contextlib.suppress(EOFError, OSError):
            self.tasks.send((task, PATIENCE))
            while self.answers.poll(max(0.0, start + _LONGEST - time.monotonic())):
                last, found = cast("tuple[bool, Answer]", self.answers.recv())
                if last:
                    return found
                self.best = found
        waited = max(1, round(time.monotonic() - start))
        self.best = replace(self.best, effort=0, stopped=waited)
        return None

    def close(self) -> None:
        """Close our ends of the pipes."""
        self.tasks.close()
        self.answers.close()

    def end(self) -> None:
        """Kill the child, whatever it is doing."""
        self.close()
        self.child.kill()
        self.child.wait()

    def disown(self) -> None:
        """Forget a child of the process before a fork: it is not ours to end or to wait for."""
        self.close()
        self.child.returncode = 0


class _Pool:
    """The children of this process, for any number of threads."""

    def __init__(self) -> None:
        self.turns = threading.BoundedSemaphore(_MOST)
        self.lock = threading.Lock()
        self.idle: list[_Process] = []
        self.all: set[_Process] = set()

    def solve(self, task: Task) -> Answer:
        """Have a child solve a task; without a Python to start one, do it here."""
        interpreter = _interpreter()
        if interpreter is None:
            return highs.solve(task)
        with self.turns:
            process = self._take(interpreter)
            answer = None
            try:
                answer = process.ask(task)
            finally:
                if answer is None or process.done >= _TASKS:
                    self._drop(process)
                else:
                    with self.lock:
                        self.idle.append(process)
            return process.best if answer is None else answer

    def _take(self, interpreter: str) -> _Process:
        """Give a child that is alive and has nothing to do."""
        while True:
            with self.lock:
                if not self.idle:
                    break
                process = self.idle.pop()
            if process.child.poll() is None:
                return process
            self._drop(process)
        process = _Process(interpreter)
        with self.lock:
            self.all.add(process)
        return process

    def _drop(self, process: _Process) -> None:
        with self.lock:
            self.all.discard(process)
        process.end()

    def end(self) -> None:
        """End all children."""
        with self.lock:
            processes = list(self.all)
            self.idle.clear()
            self.all.clear()
        for process in processes:
            process.end()


_pool = _Pool()


def _start_anew() -> None:
    """Give a forked process children of its own, and locks that nobody holds."""
    global _pool
    for process in _pool.all:
        process.disown()
    _pool = _Pool()


os.register_at_fork(after_in_child=_start_anew)
atexit.register(lambda: _pool.end())
