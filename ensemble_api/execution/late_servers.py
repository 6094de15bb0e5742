# SPDX-License-Identifier: Apache-2.0
"""Servers that come when nobody waits for them: of a worker that died after it lost its lease."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.session import Session
from ensemble_api.context import Context
from ensemble_api.observed import GONE
from ensemble_api.store import late_servers
from ensemble_api.store.api import Store
from ensemble_api.store.late_servers import LateServer

LOG = logging.getLogger(__name__)


class LateServers:
    """Deletes what requests for members made that were given up, and that nobody knows of.

    Nova may carry a request out after the lease of the worker that sent it is over: the next worker
    has another server built, and the ensemble may be settled by then, or gone. A worker may also
    die between Nova's answer and its record, and the tenant take our tags from the server before
    others look for it. Only the hint of its request tells such a server, and nobody can change it.
    """

    def __init__(self, store: Store, session: Session, compute: Compute) -> None:
        self._store = store
        self._session = session
        self._compute = compute

    def projects(self) -> list[str]:
        """The projects in which such servers may have come."""
        return late_servers.projects(self._store)

    def discard(self, context: Context, listed: Iterable[Mapping[str, Any]]) -> None:
        """Ask for the end of those of the servers that Nova has ``listed`` in detail.

        With the rights of who asked for what their ensemble was last about. While an operation is
        under way, its worker does that.
        """
        there = {each["id"]: each["tenant_id"] for each in listed if each["status"] != GONE}
        for server_id in late_servers.unrecorded(self._store, there):
            try:
                self._discard(context, server_id, there[server_id])
            except Exception:
                # What is wrong with one server is no reason to observe nothing else.
                LOG.exception("Whether server %s came too late is not known", server_id)

    def _discard(self, context: Context, server_id: str, project_id: str) -> None:
        hint = self._compute.hint(context, server_id)
        if not hint:
            return
        late = late_servers.late_server(self._store, project_id, hint, server_id)
        if late is not None and not late.under_way:
            self._delete(late)

    def _delete(self, late: LateServer) -> None:
        LOG.info(
            "Server %s of ensemble %s came too late, and is deleted",
            late.server_id,
            late.ensemble_id,
        )
        try:
            if late.requester is None:
                raise exception.CloudError(403, "nobody is known who may delete it")
            context = self._session.acting_for(late.requester, late.project_id, removes=True)
            self._compute.delete_server(context, late.server_id)
        except exception.CloudError as error:
            LOG.warning(
                "Server %s has to be deleted by its owner: %s", late.server_id, error.message
            )
