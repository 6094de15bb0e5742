# SPDX-License-Identifier: Apache-2.0
"""The command `openstack ensemble rebalance`."""

import argparse
from typing import Any

from osc_lib import exceptions

from ensemble_client import words
from ensemble_client.errors import plain_words
from ensemble_client.osc.v1 import columns
from ensemble_client.osc.v1.arguments import find
from ensemble_client.osc.v1.operation_command import OperationCommand


class RebalanceEnsemble(OperationCommand):
    """Move members to where failures take the least of an ensemble, as few as that needs."""

    fails_if = "a member has stayed where it was"
    goes_on = "The moves go on"
    failed = "Not all of {name} has moved"

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
            ensemble = self.ended(manager, ensemble)
        return columns.ensemble_fields(ensemble.to_dict())
