# SPDX-License-Identifier: Apache-2.0
"""Lists with sentences below them."""

import argparse

from osc_lib.command import command


class ListerWithSentences(command.Lister):
    """A list whose action may leave `sentences` that say what the rows mean together."""

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Put the words below the table, and beside (on standard error) any other format."""
        self.sentences: list[str] = []
        status: int = super().run(parsed_args)
        stream = self.app.stdout if parsed_args.formatter == "table" else self.app.stderr
        stream.write("".join(f"{sentence}\n" for sentence in self.sentences))
        return status
