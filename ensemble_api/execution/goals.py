# SPDX-License-Identifier: Apache-2.0
"""What is done and saved when an operation has reached its goals, or those that come first."""

import logging

from ensemble_api import exception
from ensemble_api.cloud import marks
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.tags import ENSEMBLE_TAG, MEMBER_TAG
from ensemble_api.context import Context
from ensemble_api.execution.actions import Advance, Finish
from ensemble_api.execution.root_volumes import RootVolumes
from ensemble_api.operations import OperationStatus
from ensemble_api.planning.message import Sentence
from ensemble_api.records import EnsembleRecord, Status
from ensemble_api.store.api import Store

LOG = logging.getLogger(__name__)

_BUILT = Sentence("event.built", "All members are ACTIVE.")
_NOTHING_LEFT = Sentence("event.nothing-left", "Nothing is left.")


class Goals:
    """Ends operations, or takes them on to what comes next; ``owner`` has their lease."""

    def __init__(
        self, store: Store, compute: Compute, root_volumes: RootVolumes, *, owner: str
    ) -> None:
        self._store = store
        self._compute = compute
        self._root_volumes = root_volumes
        self._owner = owner

    def reached(self, context: Context, ensemble: EnsembleRecord, action: Advance | Finish) -> None:
        """Save that what was to be there is, or that what was to go has gone.

        :raises ensemble_api.exception.LeaseLost: when ``owner`` has no lease any more.
        """
        if ensemble.building:
            self._root_volumes.hand_over(context, ensemble)
        if isinstance(action, Finish):
            self._finish(ensemble, action.status)
            return
        self._unmark_released(context, ensemble)
        self._store.advance_change(ensemble, self._owner)

    def _finish(self, ensemble: EnsembleRecord, status: Status | None) -> None:
        if status is None:
            self._store.remove(ensemble.id, self._owner)
            return
        message = (_BUILT if status is Status.ACTIVE else _NOTHING_LEFT)()
        self._store.transition(
            ensemble.id, [ensemble.status], status, message=message, owner=self._owner
        )

    def _unmark_released(self, context: Context, ensemble: EnsembleRecord) -> None:
        """Before members are let go, their servers lose our tags and what guests were told."""
        operation = ensemble.operation
        if operation is None or operation.status is not OperationStatus.REMOVING:
            return
        leaving = [
            each for each in ensemble.members if each.id in operation.released and each.server_id
        ]
        told = self._store.told(ensemble.id) if leaving else {}
        for member in leaving:
            tags = (f"{ENSEMBLE_TAG}{ensemble.id}", f"{MEMBER_TAG}{member.id}")
            server_id = str(member.server_id)
            try:
                marks.remove_tags(self._compute, context, server_id, tags)
                marks.remove_told(self._compute, context, server_id, told.get(server_id, {}))
            except exception.CloudError as error:
                LOG.info("Server %s keeps marks of ours, which say nothing: %s", server_id, error)
