# SPDX-License-Identifier: Apache-2.0
"""The command `openstack ensemble repair`."""

import argparse
import time
from collections.abc import Callable
from typing import Any, ClassVar

from osc_lib import exceptions
from osc_lib.command import command

from ensemble_client import words
from ensemble_client.errors import plain_words
from ensemble_client.osc.command_line import command_line
from ensemble_client.osc.v1 import columns
from ensemble_client.osc.v1.arguments import find
from ensemble_client.osc.watch import Watch


class RepairEnsemble(command.ShowOne):
    """Give members whose hosts have failed other places, as many as can be had."""

    pause: ClassVar[Callable[[float], None]] = staticmethod(time.sleep)

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the arguments of repair."""
        parser = super().get_parser(prog_name)
        parser.add_argument("ensemble", metavar="<ensemble>", help="Name or ID")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would come of it")
        parser.add_argument(
            "--wait",
            action="store_true",
            help="Wait until it is done; the exit code is 1 if a member is left without a place",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Say who is lost and where each would go, and repair."""
        manager = self.app.client_manager.ensemble.ensembles
        with plain_words():
            ensemble = manager.get(find(manager, parsed_args.ensemble).id)
            found = manager.preview_repair(ensemble)
        for line in words.repair_lines(found):
            self.app.stderr.write(f"{line}\n")
        if parsed_args.dry_run:
            self.app.stderr.write("Nothing was changed.\n")
            return columns.ensemble_fields(ensemble.to_dict())
        with plain_words():
            repaired = manager.repair(ensemble)
        if parsed_args.wait:
            repaired = self._done(manager, repaired)
        return columns.ensemble_fields(repaired.to_dict())

    def _done(self, manager: Any, ensemble: Any) -> Any:
        operation = ensemble.operation
        try:
            watch = Watch(manager.get, self.app.stderr, sleep=type(self).pause)
            with plain_words():
                ensemble = watch.until_changed(ensemble)
                ended = operation and manager.operation(ensemble, operation["id"])
        except KeyboardInterrupt:
            show = command_line(self.app, "show", ensemble.id)
            self.app.stderr.write(f"\nNo longer waiting. The repair goes on; see: {show}\n")
            raise
        if ended and ended["status"] != "SUCCEEDED":
            reason = (ended["reason"] or {}).get("message") or "It was cancelled."
            raise exceptions.CommandError(
                f"{words.printable(ensemble.name)} is not repaired: {words.printable(reason)}"
            )
        return ensemble
