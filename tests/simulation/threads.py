# SPDX-License-Identifier: Apache-2.0
"""In the place of the module ``threading``, for the modules of ours that start threads."""

from collections.abc import Callable, Sequence
from typing import Any

from tests.simulation.tasks import Task, Tasks


class Threads:
    """``Thread``, ``Event`` and ``Lock`` whose waiting lets other tasks have their turn."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks

    def Event(self) -> "_Event":
        return _Event(self._tasks)

    def Lock(self) -> "_Lock":
        return _Lock(self._tasks)

    def Thread(
        self, target: Callable[..., Any], name: str, daemon: bool, args: Sequence[Any] = ()
    ) -> "_Thread":
        assert daemon, "a thread of ours must not keep a process from ending"
        return _Thread(self._tasks, target, name, args)


class _Thread:
    def __init__(
        self, tasks: Tasks, target: Callable[..., Any], name: str, args: Sequence[Any]
    ) -> None:
        self._tasks, self._target, self._name, self._args = tasks, target, name, args
        self._task: Task | None = None

    def start(self) -> None:
        process = self._tasks.current.process
        name = f"{process.name} {self._name.removeprefix('ensemble-')}"
        self._task = self._tasks.start(name, lambda: self._target(*self._args))
        if self._name == "ensemble-worker":
            self._task.about = self._args[0]

    def join(self) -> None:
        task = self._task
        assert task is not None
        self._tasks.wait(lambda: task.ended, None)


class _Event:
    def __init__(self, tasks: Tasks) -> None:
        self._tasks, self._set = tasks, False

    def set(self) -> None:
        self._set = True

    def clear(self) -> None:
        self._set = False

    def is_set(self) -> bool:
        return self._set

    def wait(self, timeout: float | None = None) -> bool:
        return self._set or self._tasks.wait(self.is_set, timeout)


class _Lock:
    def __init__(self, tasks: Tasks) -> None:
        self._tasks, self._taken = tasks, False

    def __enter__(self) -> None:
        if self._taken:
            self._tasks.wait(lambda: not self._taken, None)
        self._taken = True

    def __exit__(self, *_: object) -> None:
        self._taken = False
