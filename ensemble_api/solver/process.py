# SPDX-License-Identifier: Apache-2.0
"""The solver's process, which can be killed when it does not come back.

The solver looks up at its limits between its steps only, and one step can last for any time. So it
never runs in the process that serves requests. A process is started when it is first needed, by
exec and not by a fork of what may be a process of many threads; it is kept for the next task, and
ends with its parent. An alarm of its own ends it when a task takes too long, and its parent kills
it when even that does not happen.
"""

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast

from ensemble_api.planning.milp.task import Answer, Task
from ensemble_api.solver import highs

# Seconds for one task. Its effort ends after about one; this is for a solver that is stuck.
PATIENCE = 10.0
# Seconds on top of that for a process to start, and for its alarm to come first.
_GRACE = 5.0
# How many processes search at once, and how many tasks one does before it makes room for a new one.
_MOST = 2
_TASKS = 500

_CHILD = "import sys; from ensemble_api.solver.process import serve; serve(*map(int, sys.argv[1:]))"


def solve(task: Task) -> Answer:
    """Search in a process of its own; what was found so far when that does not come back.

    Then no effort is left, so that nobody tries again.
    """
    return _pool.solve(task)


def serve(tasks: int, answers: int) -> None:
    """Solve task after task until the other end is closed; this is the child's whole life."""
    source, target = Connection(tasks, writable=False), Connection(answers, readable=False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this one
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            task, patience = source.recv()
            signal.setitimer(signal.ITIMER_REAL, patience)
            answer = highs.solve(task, lambda found: target.send((False, found)))
            signal.setitimer(signal.ITIMER_REAL, 0)
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
        self.best = Answer(None, {}, False, 0)

    def ask(self, task: Task) -> Answer | None:
        """Give the answer; None when the child died or was too slow, `best` is what it had then."""
        self.done += 1
        self.best = Answer(None, {}, False, 0)
        with contextlib.suppress(EOFError, OSError):
            self.tasks.send((task, PATIENCE))
            while self.answers.poll(PATIENCE + _GRACE):
                last, found = cast("tuple[bool, Answer]", self.answers.recv())
                if last:
                    return found
                self.best = replace(found, effort=0)
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
