# SPDX-License-Identifier: Apache-2.0
"""Servers that Nova takes for being evacuated while nobody does that, and their way back.

Nova sends an evacuation to its target as a message. A target that fails before it has read it reads
it when it is back. By then a second evacuation has brought the server to another host, so that the
late one fails, but not before it has written down that the server is in error and being rebuilt.
From then on Nova refuses whatever is asked for the server, which runs, until its state is reset.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
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
_ENDED = (*_LANDED, _FAILED, "error")
MOST = 5  # servers that are looked at in one go: others wait for what the observer does then
LONGEST_PAUSE = 600.0  # seconds between two looks at one that somebody may be rebuilding

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
        self._turns: dict[str, _Turn] = {}  # by the ids of the servers that are seen so

    def look(self) -> frozenset[str]:
        """Set right what has been so for a while; gives the ids of the ensembles concerned."""
        now = self._clock()
        found = {
            member.server_id: (each, member.name)
            for each in self._ensembles.rebuilding()
            for member in each.record.members
            if member.server_id and member.server_status == REBUILD
        }
        first = _Turn(now + PATIENCE, PATIENCE)
        self._turns = {each: self._turns.get(each, first) for each in found}
        due = sorted((turn.at, key) for key, turn in self._turns.items() if turn.at <= now)
        changed = set()
        for _, server_id in due[:MOST]:
            ensemble, name = found[server_id]
            key, project_id = ensemble.record.id, ensemble.record.project_id
            self._turns[server_id] = self._turns[server_id].next(now)
            try:
                if self._set_right(self._acting(ensemble.requester, project_id), server_id):
                    self._store.announce([key], f"{name} corrected", _SET_RIGHT(member=name))
                    changed.add(key)
            except exception.CloudError as error:
                LOG.warning("The state of server %s is not reset: %s", server_id, error)
        return frozenset(changed)

    def _set_right(self, context: Context, server_id: str) -> bool:
        server = self._compute.server(context, server_id)
        if server is None or not _is_rebuilt_in_error(server):
            return False
        evacuations = self._compute.evacuations(context, server_id)
        down, _ = self._compute.down_and_silent(context)
        if not was_late(evacuations, server.get("OS-EXT-SRV-ATTR:host"), down):
            return False
        # Whoever rebuilds a server in error asks for it: only an evacuation is what Nova forgot.
        if self._compute.last_action(context, server_id) != "evacuate":
            return False
        LOG.warning("Server %s was left in the middle of a late evacuation: reset", server_id)
        self._compute.reset_state(context, server_id)
        return True


@dataclass(frozen=True, slots=True)
class _Turn:
    """When a server is looked at, in seconds, and how long after the last time that is."""

    at: float
    pause: float

    def next(self, now: float) -> "_Turn":
        pause = min(2 * self.pause, LONGEST_PAUSE)
        return _Turn(now + pause, pause)


def _is_rebuilt_in_error(server: Mapping[str, Any]) -> bool:
    state = server.get("OS-EXT-STS:vm_state"), server.get("OS-EXT-STS:task_state")
    return state == ("error", _TASK)


def was_late(
    evacuations: Iterable[Mapping[str, Any]], host: str | None, down: Collection[str]
) -> bool:
    """Whether one of a server's evacuations has failed that came after another had brought it.

    ``host`` is where the server is, ``evacuations`` are as Nova shows them. One that has not ended
    may be building it, unless the host that is to do so is among those that are ``down``.
    """
    landed = late = False
    for each in evacuations:
        landed |= each["status"] in _LANDED
        late |= each["status"] == _FAILED and each["dest_compute"] != host
        if each["status"] not in _ENDED and each["dest_compute"] not in down:
            return False
    return landed and late
