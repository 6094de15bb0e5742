# SPDX-License-Identifier: Apache-2.0
"""An update of a stack's ensemble, step by step: it is described anew, and members are replaced."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from novaclient import exceptions as nova

LOG = logging.getLogger(__name__)

_CHANGED_MEANWHILE: Final = 412


class ChangeFailed(Exception):
    """A change that was undone, or never begun; the text names the cause."""


@dataclass(slots=True)
class Change:
    """What is to be otherwise, and how far that is.

    `wanted` is the whole description, None where only members are replaced. With
    `replaces`, members whose servers are by another template than their tier is to have now are
    replaced, `at_once` of them at a time, or all.
    """

    wanted: Mapping[str, Any] | None
    replaces: bool
    at_once: int | None = None
    operation: str | None = None

    def advance(self, ensembles: Any, ensemble_id: str) -> bool:
        """Do the next step if it can be done now; give whether all is done.

        `ensembles` is the client's manager. An ensemble has one operation under way at most, so
        this waits for those of others.

        :raises ChangeFailed: when a step was accepted and has failed.
        :raises nova.ClientException: when a step was refused.
        """
        if self.operation is not None and not self._ended(ensembles, ensemble_id):
            return False
        ensemble = ensembles.get(ensemble_id)
        if not ensemble.settled or ensemble.operation is not None:
            return False
        if self.wanted is not None:
            if self._sent(ensembles, ensemble, dict(self.wanted)):
                self.wanted = None
            return False
        outdated = [each["name"] for each in ensemble.members if each["outdated"]]
        if not (self.replaces and outdated):
            return True
        self._sent(ensembles, ensemble, {}, replace=outdated[: self.at_once])
        return False

    def _ended(self, ensembles: Any, ensemble_id: str) -> bool:
        found = ensembles.operation(ensemble_id, self.operation)
        if found["ended_at"] is None:
            return False
        if found["status"] != "SUCCEEDED":
            reason = found["reason"] or {"message": found["status_label"]}
            raise ChangeFailed(f"The change of the ensemble was undone: {reason['message']}")
        self.operation = None
        return True

    def _sent(self, ensembles: Any, ensemble: Any, body: dict[str, Any], **named: Any) -> bool:
        """Ask for one change; give False when it is to be asked for again, after another look."""
        before = ensembles.operations(ensemble, limit=1)
        try:
            changed = ensembles.change(
                ensemble, {**body, "generation": ensemble.generation}, **named
            )
        except nova.ClientException as error:
            if not _is_for_later(error):
                raise
            LOG.info("Ensemble %s is changed later: %s", ensemble.id, error)
            return False
        # One that touches no server is no operation; one may also have ended by now.
        newest = [changed.operation] if changed.operation else ensembles.operations(ensemble, 1)
        if [each["id"] for each in newest] != [each["id"] for each in before]:
            self.operation = newest[0]["id"]
        return True


def _is_for_later(error: nova.ClientException) -> bool:
    """Whether something else was done with the ensemble between the look and the request."""
    details = error.details if isinstance(error.details, dict) else {}
    return error.code == _CHANGED_MEANWHILE or (error.code == 409 and "operation" in details)
