# SPDX-License-Identifier: Apache-2.0
"""The command `openstack ensemble drill`."""

import argparse
from pathlib import Path
from typing import Any

from osc_lib import exceptions

from ensemble_client import drill_report, words
from ensemble_client.errors import plain_words
from ensemble_client.osc.v1 import columns
from ensemble_client.osc.v1.arguments import find
from ensemble_client.osc.v1.lister import ListerWithSentences
from ensemble_client.places import Places

SMALLEST = "host"


class DrillEnsemble(ListerWithSentences):
    """Tell what failures would do to an ensemble that runs, and how it would be repaired.

    Nothing is touched. The failure that does most harm comes first.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the arguments of drill."""
        parser = super().get_parser(prog_name)
        parser.add_argument("ensemble", metavar="<ensemble>", help="Name or ID")
        failing = parser.add_mutually_exclusive_group()
        failing.add_argument(
            "--level",
            metavar="<level>",
            help=f"Let each domain of this level fail, one at a time (default: {SMALLEST})",
        )
        failing.add_argument(
            "--domain",
            metavar="<domain>",
            dest="domains",
            action="append",
            default=[],
            help='Let this domain fail, such as "rack B"; with several, all at once',
        )
        parser.add_argument(
            "--report", metavar="<file>", help="Write a report in HTML to this file as well"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Ask, say what the worst failure does, and write the report."""
        manager = self.app.client_manager.ensemble.ensembles
        with plain_words():
            ensemble = find(manager, parsed_args.ensemble)
            level = None if parsed_args.domains else parsed_args.level or SMALLEST
            domains = _references(manager, ensemble, parsed_args.domains)
            found = manager.drill(ensemble.id, level, domains)
        if parsed_args.report is not None:
            _write(parsed_args.report, drill_report.html(ensemble.name, found))
        if found["failures"]:
            self.sentences = words.failure_lines(found["failures"][0], Places(found["domains"]))
        else:
            self.sentences = ["No member runs, so no failure does anything."]
        return columns.drill_rows(found)


def _references(manager: Any, ensemble: Any, labels: list[str]) -> list[str]:
    """Give the references of domains by what people call them; CommandError for unknown ones."""
    if not labels:
        return []
    known: dict[str, str] = {}
    for each in manager.survivability(ensemble.id)["domains"]:
        for name in (each["ref"], each["label"], each.get("name")):
            known.setdefault(str(name).lower(), each["ref"])
    unknown = [each for each in labels if each.lower() not in known]
    if unknown:
        name = words.printable(ensemble.name)
        raise exceptions.CommandError(
            f"No member of the ensemble is in {words.printable(unknown[0])}; "
            f"`openstack ensemble survivability {name}` shows where they are."
        )
    return [known[each.lower()] for each in labels]


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise exceptions.CommandError(f"{path} cannot be written: {error.strerror}.") from error
