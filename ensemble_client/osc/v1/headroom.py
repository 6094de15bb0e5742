# SPDX-License-Identifier: Apache-2.0
"""The command `openstack ensemble headroom`, for administrators."""

import argparse
from typing import Any

from ensemble_client import words
from ensemble_client.errors import plain_words
from ensemble_client.osc.v1 import columns
from ensemble_client.osc.v1.arguments import positive
from ensemble_client.osc.v1.lister import ListerWithSentences

LARGEST = 1000  # domains in one page, by the API's own limit


class ShowHeadroom(ListerWithSentences):
    """Tell which failures would leave members without places, worst first (administrators)."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the level, and the size of the list."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--level",
            metavar="<level>",
            help="Fail each domain of this level, such as rack; host if not given",
        )
        parser.add_argument(
            "--limit", metavar="<count>", type=positive, help="Show at most this many domains"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """List the domains, page after page."""
        manager = self.app.client_manager.ensemble.ensembles
        rooms: list[Any] = []
        page: dict[str, Any] = {}
        marker = None
        with plain_words():
            while parsed_args.limit is None or len(rooms) < parsed_args.limit:
                left = LARGEST if parsed_args.limit is None else parsed_args.limit - len(rooms)
                limit = min(left, LARGEST)
                page = manager.headroom(parsed_args.level, limit=limit, marker=marker)
                rooms += page["headroom"]
                marker = page["next_marker"]
                if not page["headroom"] or marker is None:
                    break
        self.sentences = words.cloud_headroom_lines(page)
        return columns.headroom_rows(rooms)
