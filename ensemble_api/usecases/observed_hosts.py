# SPDX-License-Identifier: Apache-2.0
"""All hosts as last observed, read again only when one of them has changed."""

from collections.abc import Sequence
from datetime import datetime

from ensemble_api.standing import CloudHosts
from ensemble_api.store.current_state import CurrentStates


class ObservedHosts:
    """The hosts with their domains at each of some levels, kept in memory."""

    def __init__(
        self, states: CurrentStates, levels: Sequence[str], zone_level: str | None
    ) -> None:
        self._states = states
        self._levels = levels
        self._zone_level = zone_level
        self._known: tuple[int, CloudHosts] | None = None

    def now(self) -> CloudHosts:
        """All hosts; none before the first look at the cloud."""
        version = self._states.hosts_version()  # first: what changes later has another one
        if self._known is None or self._known[0] != version:
            found = CloudHosts.of(self._levels, self._zone_level, self._states.hosts())
            self._known = version, found
        return self._known[1]

    def since(self) -> datetime | None:
        """When the process that observes them began to; None before the first one."""
        return self._states.observing_since()
