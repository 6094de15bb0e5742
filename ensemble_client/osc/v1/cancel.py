# SPDX-License-Identifier: Apache-2.0
"""The command `openstack ensemble cancel`."""

import argparse
from typing import Any, ClassVar

from ensemble_client.errors import plain_words
from ensemble_client.osc.v1.ensemble import DeleteEnsemble
from ensemble_client.v2.errors import said
from ensemble_client.watch import Watch


class CancelEnsemble(DeleteEnsemble):
    """Cancel builds, of which nothing is left, or changes, which are undone; the rest stays."""

    verb: ClassVar[str] = "cancel"

    def confirm(self, ensemble: Any, parsed_args: argparse.Namespace) -> None:
        """Ask nothing: what a cancel removes was not there before."""

    def ask(self, manager: Any, ensemble: Any) -> Any:
        """Ask the API for the end of one build or change, which it refuses when there is none."""
        return manager.cancel(ensemble)

    def count_left(self, manager: Any, going: list[Any]) -> int:
        """Wait until builds are gone and changes are undone."""
        changes = [
            each
            for each in going
            if (getattr(each, "operation", None) or {}).get("type") == "change"
        ]
        watch = Watch(manager.get, said, self.app.stderr, sleep=type(self).pause)
        try:
            with plain_words():
                for each in changes:
                    watch.until_changed(each)
        except KeyboardInterrupt:
            self.app.stderr.write("\nNo longer waiting. The change is undone even so.\n")
            raise
        builds = [each for each in going if each not in changes]
        return super().count_left(manager, builds) if builds else 0
