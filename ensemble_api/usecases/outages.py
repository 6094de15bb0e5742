# SPDX-License-Identifier: Apache-2.0
"""Hosts that Nova may only not hear of: servers run there, though it takes them for down.

A compute service reports by Nova's message queue, conductor and database. While one of these is
away, all hosts of a cell are down for Nova, and after that they come back one after the other. An
evacuation begun then would run a server twice. A host that somebody has forced down is not in
doubt: Nova is told so of hosts that are known to be off.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from ensemble_api.cloud.compute import Compute
from ensemble_api.context import Context
from ensemble_api.standing import CloudHosts
from ensemble_api.store.observations import GAP
from ensemble_api.usecases.observed_hosts import ObservedHosts

_Cells = Mapping[str, str]


class Outages:
    """Tells which hosts are in doubt: down for Nova, but perhaps not off.

    They are if more than the share ``most`` of their cell's hosts are down; for ``settle`` after
    two of their cell have come back; and for as long once a process has begun to look, if several
    are down. With ``only_forced``, each is that was not forced down. ``cells`` gives the cell of
    each of some hosts, none where there is one alone.
    """

    def __init__(
        self,
        compute: Compute,
        hosts: ObservedHosts,
        cells: Callable[[Collection[str]], _Cells],
        *,
        most: float,
        settle: timedelta,
        only_forced: bool,
    ) -> None:
        self._compute = compute
        self._hosts = hosts
        self._cells = cells
        self._most = most
        self._settle = settle
        self._only_forced = only_forced
        self._down: frozenset[str] = frozenset()  # at the last look
        self._back: dict[str, datetime] = {}  # when it was seen to be up again
        self._looked: datetime | None = None
        self._since: datetime | None = None

    def look(self, now: datetime) -> frozenset[str]:
        """Look at all hosts, as one process does every few seconds; gives those in doubt.

        Some of them may have been forced down: see ``without_forced``.
        """
        if self._looked is None or now - self._looked > GAP:
            self._down, self._since = frozenset(), now
        hosts, self._looked = self._hosts.now(), now
        self._back |= dict.fromkeys(self._down & hosts.up, now)
        self._down = _down(hosts)
        self._back = {name: at for name, at in self._back.items() if now - at < self._settle}
        new = self._since is not None and now - self._since < self._settle
        return self._doubtful(hosts, self._back, several=new)

    def now(self, now: datetime) -> frozenset[str]:
        """The same by what is stored, for who has not looked before, as one that is asked."""
        hosts, since = self._hosts.now(), self._hosts.since()
        earliest = now - self._settle
        back = {name for name, at in hosts.back.items() if datetime.fromisoformat(at) > earliest}
        return self._doubtful(hosts, back, several=since is not None and since > earliest)

    def lasting(self) -> frozenset[str]:
        """Those that are in doubt for as long as so many are down, however much time passes."""
        return self._doubtful(self._hosts.now(), (), several=False)

    def without_forced(self, context: Context, doubtful: Collection[str]) -> frozenset[str]:
        """Those of these hosts that Nova was not told to be down."""
        if not doubtful:
            return frozenset()
        return frozenset(doubtful) - self._compute.forced_down(context)

    def _doubtful(
        self, hosts: CloudHosts, back: Collection[str], *, several: bool
    ) -> frozenset[str]:
        down = _down(hosts)
        if self._only_forced or not down:
            return down
        heard = [name for name in hosts.topology.hosts if name not in hosts.silent]
        cells = self._cells(heard)
        by_cell: defaultdict[str, list[str]] = defaultdict(list)
        for name in heard:
            by_cell[cells.get(name, "")].append(name)
        return frozenset(
            name
            for names in by_cell.values()
            if self._is_doubtful(names, down.intersection(names), back, several=several)
            for name in down.intersection(names)
        )

    def _is_doubtful(
        self, names: list[str], down: Collection[str], back: Collection[str], *, several: bool
    ) -> bool:
        """Whether the hosts of a cell that are down may all run, by which are ``back`` lately."""
        if sum(name in back for name in names) > 1:
            return True
        return len(down) > 1 and (several or len(down) > self._most * len(names))


def _down(hosts: CloudHosts) -> frozenset[str]:
    return frozenset(hosts.down) - hosts.silent
