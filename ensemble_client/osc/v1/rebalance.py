# SPDX-License-Identifier: Apache-2.0
"""The command `openstack ensemble rebalance`."""

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


class RebalanceEnsemble(command.ShowOne):
    """Move members to where failures take the least of an ensemble, as few as that needs."""

    pause: ClassVar[Callable[[float], None]] = staticmethod(time.sleep)

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the arguments of rebalance."""
        parser = super().get_parser(prog_name)
        parser.add_argument("ensemble", metavar="<ensemble>", help="Name or ID")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would come of it")
        parser.add_argument(
            "--wait",
            action="store_true",
            help="Wait until it is done; the exit code is 1 if a member has stayed where it was",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Say who moves and what failures take then, and move them as was said."""
        manager = self.app.client_manager.ensemble.ensembles
        with plain_words():
            ensemble = manager.get(find(manager, parsed_args.ensemble).id)
            found = manager.preview_rebalance(ensemble)
        if not found["plan"]["feasible"]:
            raise exceptions.CommandError(words.refusal_text(ensemble.name, found["plan"]))
        lines = [
            words.printable(found["message"]),
            *words.move_lines(found["moved"], found["plan"]["domains"]),
            *words.survival_lines(found["plan"]["survivability"]),
        ]
        self.app.stderr.write("".join(f"{line}\n" for line in lines))
        if parsed_args.dry_run or not found["moved"]:
            self.app.stderr.write("Nothing was changed.\n")
            return columns.ensemble_fields(ensemble.to_dict())
        with plain_words():
            ensemble = manager.rebalance(ensemble, plan=found["plan"]["id"])
        if parsed_args.wait:
            ensemble = self._done(manager, ensemble)
        return columns.ensemble_fields(ensemble.to_dict())

    def _done(self, manager: Any, ensemble: Any) -> Any:
        operation = ensemble.operation
        try:
            watch = Watch(manager.get, self.app.stderr, sleep=type(self).pause)
            with plain_words():
                ensemble = watch.until_changed(ensemble)
                ended = operation and manager.operation(ensemble, operation["id"])
        except KeyboardInterrupt:
            show = command_line(self.app, "show", ensemble.id)
            self.app.stderr.write(f"\nNo longer waiting. The moves go on; see: {show}\n")
            raise
        if ended and ended["status"] != "SUCCEEDED":
            reason = (ended["reason"] or {}).get("message") or "It was cancelled."
            raise exceptions.CommandError(
                f"Not all of {words.printable(ensemble.name)} has moved: {words.printable(reason)}"
            )
        return ensemble
