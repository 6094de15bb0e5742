# SPDX-License-Identifier: Apache-2.0
"""Give up an ensemble whose servers stay, as plain servers."""

import logging

from ensemble_api import advice, exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.tags import ENSEMBLE_TAG, MEMBER_TAG
from ensemble_api.context import Context
from ensemble_api.planning.message import Sentence
from ensemble_api.records import EnsembleRecord
from ensemble_api.store.api import Store

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

    def __init__(self, store: Store, compute: Compute) -> None:
        self._store = store
        self._compute = compute

    def release(self, context: Context, record: EnsembleRecord) -> EnsembleRecord:
        """Forget an ensemble in one step, and give it as it was.

        :raises ensemble_api.exception.NotFound: when it is gone by now.
        :raises ensemble_api.exception.Conflict: when something else is under way, or none is built.
        """
        # 1 Forget it. 2 Take our tags from its servers: they prove nothing, and may stay.
        if not self._store.give_back(record.id):
            now = self._store.get(record.id)
            if not now.status.built:
                raise exception.Conflict(_NOT_BUILT(status=now.status.value))
            raise exception.Conflict(_BUSY())
        try:
            self._remove_tags(context, record)
        except exception.CloudError as error:
            advice.log(LOG, f"Servers keep the tags of the ensemble {record.id}", error)
        return record

    def _remove_tags(self, context: Context, record: EnsembleRecord) -> None:
        ours = {each.server_id for each in record.members}
        tag = f"{ENSEMBLE_TAG}{record.id}"
        for server in list(self._compute.servers(context, record.project_id, tag)):
            if server["id"] not in ours:
                continue
            for each in server["tags"]:
                if each == tag or each.startswith(MEMBER_TAG):
                    self._remove_tag(context, server["id"], each)

    def _remove_tag(self, context: Context, server_id: str, tag: str) -> None:
        try:
            self._compute.remove_tag(context, server_id, tag)
        except exception.CloudError as error:
            if error.status != 409:
                raise
            LOG.info("Server %s is in a status in which it keeps the tag %s", server_id, tag)
