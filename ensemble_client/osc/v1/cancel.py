# SPDX-License-Identifier: Apache-2.0
"""The command `openstack ensemble cancel`."""

from typing import Any, ClassVar

from ensemble_client.osc.v1.ensemble import DeleteEnsemble


class CancelEnsemble(DeleteEnsemble):
    """Cancel the builds of ensembles, of which nothing is left; one that is built stays."""

    verb: ClassVar[str] = "cancel"

    def ask(self, manager: Any, ensemble: Any) -> None:
        """Ask the API for the end of one build, which it refuses when there is none."""
        manager.cancel(ensemble)
