# SPDX-License-Identifier: Apache-2.0
"""Give up an ensemble whose servers stay, as plain servers."""

import logging

from ensemble_api import advice, exception
from ensemble_api.cloud import marks
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.tags import ENSEMBLE_TAG, MEMBER_TAG
from ensemble_api.context import Context
from ensemble_api.planning.message import Sentence
from ensemble_api.records import EnsembleRecord
from ensemble_api.store.api import Store
from ensemble_api.usecases.recovery_capacity import RecoveryCapacity

LOG = logging.getLogger(__name__)

_NOT_BUILT = Sentence(
    "conflict.nothing-to-release",
    "Only an ensemble that is built can be released; this one is %(status)s.",
)
_BUSY = Sentence(
    "conflict.release-busy", "Something else is done with the ensemble now; wait for it."
)


class Release:
    """Forgets ensembles; what is left of them at their servers is taken away after that."""

    def __init__(self, store: Store, compute: Compute, recovery: RecoveryCapacity) -> None:
        self._store = store
        self._recovery = recovery
        self._compute = compute

    def release(self, context: Context, record: EnsembleRecord) -> EnsembleRecord:
        """Forget an ensemble in one step, and give it as it was.

        :raises ensemble_api.exception.NotFound: when it is gone by now.
        :raises ensemble_api.exception.Conflict: when something else is under way, or none is built.
        """
        # 1 Forget it. 2 Take our tags, and what guests were told, from its servers: these prove
        # nothing, and may stay.
        told = self._store.told(record.id)
        if not self._store.give_back(record.id):
            now = self._store.get(record.id)
            if not now.status.built:
                raise exception.Conflict(_NOT_BUILT(status=now.status.value))
            raise exception.Conflict(_BUSY())
        self._recovery.give_back(record.id)
        try:
            self._remove_tags(context, record)
            for server_id, items in told.items():
                marks.remove_told(self._compute, context, server_id, items)
        except exception.CloudError as error:
            advice.log(LOG, f"Servers keep the marks of the ensemble {record.id}", error)
        return record

    def _remove_tags(self, context: Context, record: EnsembleRecord) -> None:
        ours = {each.server_id for each in record.members}
        tag = f"{ENSEMBLE_TAG}{record.id}"
        for server in list(self._compute.servers(context, record.project_id, tag)):
            if server["id"] in ours:
                own = [e for e in server["tags"] if e == tag or e.startswith(MEMBER_TAG)]
                marks.remove_tags(self._compute, context, server["id"], own)
