# SPDX-License-Identifier: Apache-2.0
"""What does not hold in a schedule; the first thing ends it."""

from tests.simulation.tasks import Tasks


class Findings:
    """What was found, in the order of time."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self.found: list[str] = []

    def holds(self, condition: object, what: str) -> None:
        """Note what was found where a condition does not hold."""
        if not condition:
            self.found.append(what)
            self._tasks.note(f"BROKEN: {what}")
