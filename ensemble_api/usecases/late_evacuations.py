# SPDX-License-Identifier: Apache-2.0
"""Servers that Nova takes for being evacuated while nobody does that, and their way back.

Nova sends an evacuation to its target as a message. A target that fails before it has read it reads
it when it is back. By then a second evacuation has brought the server to another host, so that the
late one fails, but not before it has written down that the server is in error and being rebuilt.
From then on Nova refuses whatever is asked for the server, which runs, until its state is reset.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.context import Context
from ensemble_api.execution.evacuation import PATIENCE
from ensemble_api.operations import Requester
from ensemble_api.planning.message import Sentence
from ensemble_api.store.api import Store
from ensemble_api.store.repairs import RepairableEnsembles

LOG = logging.getLogger(__name__)

REBUILD = "REBUILD"  # the status of a server that Nova rebuilds, here or on another host
_TASK = "rebuilding"
_LANDED = ("done", "completed")  # the statuses of an evacuation that brought the server somewhere
_FAILED = "failed"

_SET_RIGHT = Sentence(
    "event.late-evacuation",
    "A host that is back has tried to bring the server of %(member)s back, which runs on another "
    "one. What Nova had noted of that is corrected.",
)


class LateEvacuations:
    """Resets the state of members' servers that a late evacuation has left in the middle.

    ``acting`` gives the context of whoever asked for something last, with the operator's role that
    Nova's policy asks for here; ``clock`` gives seconds.
    """

    def __init__(
        self,
        ensembles: RepairableEnsembles,
        store: Store,
        compute: Compute,
        acting: Callable[[Requester, str], Context],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ensembles = ensembles
        self._store = store
        self._compute = compute
        self._acting = acting
        self._clock = clock
        self._since: dict[str, float] = {}  # when a server was first seen so, by its id

    def look(self) -> frozenset[str]:
        """Set right what has been so for a while; gives the ids of the ensembles concerned."""
        now = self._clock()
        found = {
            member.server_id: (each, member.name)
            for each in self._ensembles.rebuilding()
            for member in each.record.members
            if member.server_id and member.server_status == REBUILD
        }
        self._since = {each: self._since.get(each, now) for each in found}
        changed = set()
        for server_id, (ensemble, name) in found.items():
            if now - self._since[server_id] < PATIENCE:
                continue
            key, project_id = ensemble.record.id, ensemble.record.project_id
            try:
                if self._set_right(self._acting(ensemble.requester, project_id), server_id):
                    self._store.announce([key], f"{name} corrected", _SET_RIGHT(member=name))
                    changed.add(key)
            except exception.CloudError as error:
                LOG.warning("The state of server %s is not reset: %s", server_id, error)
        return frozenset(changed)

    def _set_right(self, context: Context, server_id: str) -> bool:
        server = self._compute.server(context, server_id)
        if server is None or not is_left_behind(
            server, self._compute.evacuations(context, server_id)
        ):
            return False
        # Whoever rebuilds a server in error asks for it: only an evacuation is what Nova forgot.
        if self._compute.last_action(context, server_id) != "evacuate":
            return False
        LOG.warning("Server %s was left in the middle of a late evacuation: reset", server_id)
        self._compute.reset_state(context, server_id)
        return True


def is_left_behind(server: Mapping[str, Any], evacuations: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a late evacuation to elsewhere has failed of a server that another one has brought.

    ``server`` and ``evacuations`` are as Nova shows them.
    """
    host = server.get("OS-EXT-SRV-ATTR:host")
    state = server.get("OS-EXT-STS:vm_state"), server.get("OS-EXT-STS:task_state")
    if state != ("error", _TASK):
        return False
    statuses = {each["status"] for each in evacuations}
    landed = any(each["status"] in _LANDED and each["dest_compute"] == host for each in evacuations)
    late = any(each["status"] == _FAILED and each["dest_compute"] != host for each in evacuations)
    return landed and late and statuses <= {*_LANDED, _FAILED, "error"}
