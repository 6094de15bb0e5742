# SPDX-License-Identifier: Apache-2.0
"""What `up` shows while it works: one line per step, when it is done."""

import sys
import time

from ensemble_cloud.steps import Step, Watcher


class Progress:
    """Lines on the standard output, each with the seconds since the start."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._began: dict[str, float] = {}

    @property
    def seconds(self) -> float:
        """The seconds since this was made."""
        return time.monotonic() - self._start

    @property
    def watcher(self) -> Watcher:
        """What the steps report to."""
        return Watcher(self._note_begin, self._show_end)

    def say(self, text: str) -> None:
        """Show a text, at once."""
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def _note_begin(self, step: Step) -> None:
        self._began[step.name] = self.seconds

    def _show_end(self, step: Step) -> None:
        if not step.quiet:
            took = self.seconds - self._began[step.name]
            self.say(f"[{self.seconds:4.0f} s] {step.name} ({took:.1f} s)")
