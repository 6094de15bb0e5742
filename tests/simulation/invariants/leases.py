# SPDX-License-Identifier: Apache-2.0
"""A worker writes of an ensemble only while it has the lease."""

from tests.simulation.invariants.findings import Findings
from tests.simulation.invariants.recorded import Recorded
from tests.simulation.ours import World

TABLES = ("members", "ensembles")  # that a worker may write with its lease alone


class Leases:
    """Looks at each statement, before it and after it."""

    def __init__(self, world: World, findings: Findings, recorded: Recorded) -> None:
        self._tasks = world.tasks
        self._holds = findings.holds
        self._recorded = recorded
        self._deposed = False

    def statement(self, text: str, before: bool, count: int) -> None:
        """A statement is about to be carried out, or was, of so many rows."""
        task = self._tasks._current
        if task is None or not task.about or not text.startswith(("UPDATE", "DELETE", "INSERT")):
            return
        if not any(text.split(" ", 3)[n] in TABLES for n in (1, 2)):
            return
        if before:
            owner = self._recorded.owner(task.about)
            self._deposed = owner is not None and owner != task.process.name
        elif self._deposed and count:
            self._holds(False, f"a deposed worker writes: {text[:60]}")
