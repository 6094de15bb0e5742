# SPDX-License-Identifier: Apache-2.0
"""What the commands share that begin an operation of an ensemble, and may wait for its end."""

import argparse
import time
from collections.abc import Callable
from typing import Any, ClassVar

from osc_lib import exceptions
from osc_lib.command import command

from ensemble_client import words
from ensemble_client.errors import plain_words
from ensemble_client.osc.command_line import command_line
from ensemble_client.v2.errors import said
from ensemble_client.watch import Watch


class OperationCommand(command.ShowOne):
    """A command that tells what would come of an operation of an ensemble, and begins it."""

    pause: ClassVar[Callable[[float], None]] = staticmethod(time.sleep)
    fails_if: ClassVar[str]  # when the exit code is 1
    goes_on: ClassVar[str]  # what is said to somebody who does not wait any longer
    failed: ClassVar[str]  # what is said of the ensemble {name} when it comes to nothing

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the ensemble, and whether to begin and to wait."""
        parser = super().get_parser(prog_name)
        parser.add_argument("ensemble", metavar="<ensemble>", help="Name or ID")
        self.add_members(parser)
        parser.add_argument("--dry-run", action="store_true", help="Only say what would come of it")
        parser.add_argument(
            "--wait",
            action="store_true",
            help=f"Wait until it is done; the exit code is 1 if {self.fails_if}",
        )
        return parser

    def add_members(self, parser: argparse.ArgumentParser) -> None:
        """Add the arguments that name members, where there are such."""

    def ended(self, manager: Any, ensemble: Any) -> Any:
        """Wait until the operation has ended, and give the ensemble as it is then.

        :raises osc_lib.exceptions.CommandError: when the operation came to nothing.
        """
        operation = ensemble.operation
        try:
            watch = Watch(manager.get, said, self.app.stderr, sleep=type(self).pause)
            with plain_words():
                ensemble = watch.until_changed(ensemble)
                ended = operation and manager.operation(ensemble, operation["id"])
        except KeyboardInterrupt:
            show = command_line(self.app, "show", ensemble.id)
            self.app.stderr.write(f"\nNo longer waiting. {self.goes_on}; see: {show}\n")
            raise
        if ended and ended["status"] != "SUCCEEDED":
            reason = (ended["reason"] or {}).get("message") or "It was cancelled."
            told = self.failed.format(name=words.printable(ensemble.name))
            raise exceptions.CommandError(f"{told}: {words.printable(reason)}")
        return ensemble
