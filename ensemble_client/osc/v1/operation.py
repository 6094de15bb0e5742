# SPDX-License-Identifier: Apache-2.0
"""The commands `openstack ensemble operation ...`."""

import argparse
from typing import Any

from osc_lib.command import command

from ensemble_client.errors import plain_words
from ensemble_client.osc.v1 import columns
from ensemble_client.osc.v1.arguments import find, positive


class ListOperation(command.Lister):
    """List what was done with an ensemble and what is under way, the newest first."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the arguments of the list."""
        parser = super().get_parser(prog_name)
        parser.add_argument("ensemble", metavar="<ensemble>", help="Name or ID")
        parser.add_argument(
            "--limit", metavar="<count>", type=positive, help="Show so many at most; else all"
        )
        parser.add_argument(
            "--marker", metavar="<id>", help="Show those after this operation, which are older"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """List one ensemble's operations."""
        manager = self.app.client_manager.ensemble.ensembles
        with plain_words():
            ensemble = find(manager, parsed_args.ensemble)
            found = manager.operations(ensemble.id, parsed_args.limit, parsed_args.marker)
        return columns.operation_rows(found)


class ShowOperation(command.ShowOne):
    """Show one operation of an ensemble, with where each member is to be."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the arguments of show."""
        parser = super().get_parser(prog_name)
        parser.add_argument("ensemble", metavar="<ensemble>", help="Name or ID")
        parser.add_argument("operation", metavar="<operation>", help="ID")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Fetch one operation."""
        manager = self.app.client_manager.ensemble.ensembles
        with plain_words():
            ensemble = find(manager, parsed_args.ensemble)
            found = manager.operation(ensemble.id, parsed_args.operation)
        return columns.operation_fields(found)
