# SPDX-License-Identifier: Apache-2.0
"""The command `openstack ensemble survivability`."""

import argparse
from typing import Any

from ensemble_client import words
from ensemble_client.errors import plain_words
from ensemble_client.osc.v1 import columns
from ensemble_client.osc.v1.arguments import find, positive
from ensemble_client.osc.v1.lister import ListerWithSentences


class SurvivabilityOfEnsemble(ListerWithSentences):
    """Show where the servers of an ensemble are now, how that differs, and what is left."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the arguments of survivability."""
        parser = super().get_parser(prog_name)
        parser.add_argument("ensemble", metavar="<ensemble>", help="Name or ID")
        parser.add_argument(
            "--failures",
            metavar="<count>",
            type=positive,
            default=1,
            help="Tell what the loss of any so many hosts, racks or zones at once leaves",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Look at Nova's servers."""
        manager = self.app.client_manager.ensemble.ensembles
        with plain_words():
            ensemble = manager.get(find(manager, parsed_args.ensemble).id)
            current = manager.survivability(ensemble, failures=parsed_args.failures)
        self.sentences = [
            *words.current_state_lines(current),
            *words.survival_lines(current["levels"]),
            *words.policy_lines(current),
        ]
        return columns.current_state_rows(current)
