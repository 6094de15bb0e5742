# SPDX-License-Identifier: Apache-2.0
"""Which hosts have been up for long enough that members may be moved to them by themselves.

A host that comes and goes would have members moved to it each time it is up, and evacuated from it
each time it is not. So nobody is moved to one that is back before it has been up for a time, which
is twice as long each time it comes back.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = timedelta(hours=1)  # that a host is waited for; one that was up for so long is as new
GAP = timedelta(minutes=5)  # without a look, after which nothing is known any more


@dataclass(slots=True)
class _Host:
    """Since when a host is up, None while it is down; how often it has come back lately."""

    since: datetime | None
    returns: int = 0


class SteadyHosts:
    """Looks at the hosts that are up, now and then, and knows what it has seen itself.

    ``delay`` is for how long a host must have been up; with none, each host that is up is steady.
    A process that just begins to look has seen nothing yet, so that each host is as if it were new.
    """

    def __init__(self, delay: timedelta) -> None:
        self._delay = delay
        self._hosts: dict[str, _Host] = {}
        self._looked: datetime | None = None

    def unsteady(self, up: Collection[str], now: datetime) -> frozenset[str]:
        """Look at the hosts that are up now; gives those of them that are not steady."""
        if self._looked is None or now - self._looked > GAP:
            self._hosts = {}
        self._looked = now
        for name, host in self._hosts.items():
            if name not in up:
                host.since = None
            elif host.since is None:
                host.since, host.returns = now, host.returns + 1
            elif now - host.since >= LONGEST:
                host.returns = 0
        for name in up:
            self._hosts.setdefault(name, _Host(now))
        return frozenset(
            name
            for name, host in self._hosts.items()
            if host.since is not None and now - host.since < self._pause(host)
        )

    def _pause(self, host: _Host) -> timedelta:
        times = max(0, min(host.returns, 20) - 1)
        return min(self._delay * (1 << times), LONGEST)
