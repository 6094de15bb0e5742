# SPDX-License-Identifier: Apache-2.0
"""The command `openstack ensemble repair`."""

import argparse
from typing import Any

from ensemble_client import words
from ensemble_client.errors import plain_words
from ensemble_client.osc.v1 import columns
from ensemble_client.osc.v1.arguments import find
from ensemble_client.osc.v1.operation_command import OperationCommand


class RepairEnsemble(OperationCommand):
    """Give members whose hosts have failed other places, as many as can be had."""

    fails_if = "a member is left without a place"
    goes_on = "The repair goes on"
    failed = "{name} is not repaired"

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
            repaired = self.ended(manager, repaired)
        return columns.ensemble_fields(repaired.to_dict())
