# SPDX-License-Identifier: Apache-2.0
"""The child processes of one embedded cloud: none outlives it, and none dies unnoticed."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TAIL_LINES = 15
_STOP_SECONDS = 10.0
# Each stands on the ones before: databases and messages, other services, Nova and the dashboard.
FOUNDATION, SERVICES, NOVA = range(3)


class ChildError(Exception):
    """A child process that failed; the text holds the end of its log."""


class Stopped(Exception):
    """Nothing more is started: the cloud is going down."""


@dataclass(slots=True)
class Child:
    """One running child."""

    name: str
    log: Path
    process: "subprocess.Popen[bytes]"
    command: tuple[str, ...]
    environment: Mapping[str, str]
    layer: int = SERVICES

    def failure(self) -> ChildError:
        """Return the error that tells of its unexpected end."""
        code = self.process.returncode
        how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        return ChildError(f"{self.name} {how}; the end of {self.log}:\n{tail(self.log)}")

    def silence(self, seconds: float) -> ChildError:
        """Return the error that tells it runs but does not answer."""
        return ChildError(
            f"{self.name} does not answer after {seconds:.0f} s; the end of {self.log}:\n"
            + tail(self.log)
        )


class Processes:
    """All children. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._children: dict[str, Child] = {}
        self._stopping = False

    def start(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str],
        *,
        layer: int = SERVICES,
    ) -> Child:
        """Start a child whose output goes to the end of its log. Raises Stopped.

        What stands on others, by their layers, ends before them.
        """
        with self._lock:
            return self._start(name, tuple(command), log, environment, layer)

    def restart(self, child: Child) -> Child:
        """Start a child that has ended once more. Raises Stopped."""
        with self._lock:
            return self._start(child.name, child.command, child.log, child.environment, child.layer)

    def stop(self, name: str) -> bool:
        """End one child and wait until it is gone; return whether it was running."""
        with self._lock:
            child = self._children.pop(name, None)
        if child is None or child.process.poll() is not None:
            return False
        _end([child])
        return True

    def run(
        self, name: str, command: Sequence[str], log: Path, environment: Mapping[str, str]
    ) -> None:
        """Run a child to its end. Raises ChildError when it fails, Stopped when we stop it."""
        child = self.start(name, command, log, environment)
        code = child.process.wait()
        with self._lock:
            if self._stopping:
                raise Stopped
            del self._children[name]
        if code:
            raise child.failure()

    def pids(self) -> dict[str, int]:
        """Return the process id of every child that runs, by name."""
        with self._lock:
            return {
                name: child.process.pid
                for name, child in self._children.items()
                if child.process.poll() is None
            }

    def dead(self) -> Child | None:
        """Return a child that ended though nobody stopped it, or None."""
        with self._lock:
            if self._stopping:
                return None
            for child in self._children.values():
                if child.process.poll() is not None:
                    return child
        return None

    def stop_all(self) -> None:
        """End all children, layer by layer from the top, and wait until all are gone."""
        with self._lock:
            self._stopping = True
            children = list(self._children.values())
        for layer in (NOVA, SERVICES, FOUNDATION):
            _end([child for child in children if child.layer == layer])

    def _start(
        self,
        name: str,
        command: tuple[str, ...],
        log: Path,
        environment: Mapping[str, str],
        layer: int,
    ) -> Child:
        if self._stopping:
            raise Stopped
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,  # its end tells the child that we are gone
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                start_new_session=True,  # Ctrl-C is for us; we stop the children in order
            )
        child = Child(name, log, process, command, environment, layer)
        self._children[name] = child
        return child


def _end(children: Sequence[Child]) -> None:
    """Ask children to end, all at once, and after a while end those that have not."""
    for child in children:
        child.process.terminate()
    deadline = time.monotonic() + _STOP_SECONDS
    for child in children:
        try:
            child.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            # With the children of its own: it leads a group of processes.
            os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()


def tail(path: Path, lines: int = _TAIL_LINES) -> str:
    """Return the last lines of a log, indented; empty when there is none."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 16384))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])
