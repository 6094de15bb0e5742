# SPDX-License-Identifier: Apache-2.0
"""Servers that come when nobody waits for them: of a worker that died after it lost its lease."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.session import Session
from ensemble_api.cloud.tags import tagged_member
from ensemble_api.context import Context
from ensemble_api.store.api import Store
from ensemble_api.store.late_servers import unrecorded
from ensemble_api.store.operations import Operations

LOG = logging.getLogger(__name__)


class LateServers:
    """Deletes what requests for members made that were given up, and that nobody knows of.

    Nova may carry a request out after the lease of the worker that sent it is over: the next worker
    has another server built, and the ensemble may have settled by then. What such a server says of
    itself in tags anybody can write; the hint of its request is what it is told by.
    """

    def __init__(self, store: Store, session: Session, compute: Compute) -> None:
        self._store = store
        self._session = session
        self._compute = compute

    def discard(self, context: Context, listed: Iterable[Mapping[str, Any]]) -> None:
        """Ask for the end of those of the servers that Nova has ``listed`` in detail.

        With the rights of who asked for what their ensemble was last about. While an operation is
        under way, its worker does that.
        """
        tagged = {
            each["id"]: (member_id, each["tenant_id"])
            for each in listed
            if (member_id := tagged_member(each)) and not each.get("OS-EXT-STS:task_state")
        }
        for late in unrecorded(self._store, tagged):
            if self._compute.hint(context, late.server_id) in late.hints:
                self._delete(late.ensemble_id, late.project_id, late.server_id)

    def _delete(self, ensemble_id: str, project_id: str, server_id: str) -> None:
        LOG.info("Server %s of ensemble %s came too late, and is deleted", server_id, ensemble_id)
        last = Operations(self._store).select(ensemble_id, 1)
        try:
            if not last:
                raise exception.CloudError(403, "nobody is known who may delete it")
            context = self._session.acting_for(last[0].requester, project_id)
            self._compute.delete_server(context, server_id)
        except exception.CloudError as error:
            LOG.warning("Server %s has to be deleted by its owner: %s", server_id, error.message)
