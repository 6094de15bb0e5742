# SPDX-License-Identifier: Apache-2.0
"""What `up` shows while it works: one line per step, when it is done."""

import sys
import time

from ensemble_cloud.steps import Step


class Progress:
    """Lines on the standard output, each with the seconds since the start."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._began: dict[str, float] = {}

    @property
    def seconds(self) -> float:
        """The seconds since this was made."""
        return time.monotonic() - self._start

    def say(self, text: str) -> None:
        """Show a text, at once."""
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def note_begin(self, step: Step) -> None:
        """Remember when a step began."""
        self._began[step.name] = self.seconds

    def show_end(self, step: Step) -> None:
        """Show that a step is done, and how long it took."""
        if not step.quiet:
            took = self.seconds - self._began[step.name]
            self.say(f"[{self.seconds:4.0f} s] {step.name} ({took:.1f} s)")
