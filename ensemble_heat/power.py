# SPDX-License-Identifier: Apache-2.0
"""Members' servers that are suspended, or resumed, together."""

from collections.abc import Iterable
from typing import Any

from heat.common import exception
from novaclient import exceptions as nova


class Power:
    """One action on those of some servers that are in the status before it.

    The others rest already, or were stopped by somebody, and are left alone.
    """

    def __init__(self, action: str, before: str, after: str, servers: Iterable[str]) -> None:
        self._action = action
        self._before = before
        self._after = after
        self._unasked = list(servers)
        self._asked: list[str] = []

    def is_done(self, servers: Any) -> bool:
        """Ask for what is not asked for yet, then tell whether all have become so.

        `servers` is novaclient's manager.

        :raises heat.common.exception.ResourceUnknownStatus: when a server becomes something else.
        """
        while self._unasked:
            server = _found(servers, self._unasked[0])
            if server is not None and server.status == self._before:
                getattr(servers, self._action)(server)
                self._asked.append(server.id)
            self._unasked.pop(0)
            # Each is asked for once: the next look only waits for it.
        self._asked = [each for each in self._asked if not self._became_so(servers, each)]
        return not self._asked

    def _became_so(self, servers: Any, server_id: str) -> bool:
        server = _found(servers, server_id)
        if server is None or server.status == self._after:
            return True
        if server.status != self._before:
            raise exception.ResourceUnknownStatus(
                resource_status=server.status, result=f"{server.name} was to {self._action}"
            )
        return False


def _found(servers: Any, server_id: str) -> Any | None:
    try:
        return servers.get(server_id)
    except nova.NotFound:
        return None
