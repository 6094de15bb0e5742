# SPDX-License-Identifier: Apache-2.0
"""Hosts that Nova may only not hear of: servers run there, though it takes them for down.

A compute service reports by Nova's message queue, conductor and database. While one of these is
away, all hosts of a cell are down for Nova, and after that they come back one after the other. An
evacuation begun then would run a server twice. A host that somebody has forced down is not in
doubt: Nova is told so of hosts that are known to be off.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta

from ensemble_api.cloud.compute import Compute
from ensemble_api.context import Context
from ensemble_api.records import ObservedHost
from ensemble_api.store.current_state import CurrentStates

GAP = timedelta(minutes=5)  # without a look, after which nothing is known any more

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
        states: CurrentStates,
        cells: Callable[[Collection[str]], _Cells],
        *,
        most: float,
        settle: timedelta,
        only_forced: bool,
    ) -> None:
        self._compute = compute
        self._states = states
        self._cells = cells
        self._most = most
        self._settle = settle
        self._only_forced = only_forced
        self._version: int | None = None
        self._hosts: list[ObservedHost] = []
        self._back: dict[str, datetime] = {}  # when it was seen to be up again
        self._looked: datetime | None = None
        self._since: datetime | None = None

    def look(self, now: datetime) -> frozenset[str]:
        """Look at all hosts, as one process does every few seconds; gives those in doubt.

        Some of them may have been forced down: see ``without_forced``.
        """
        if self._looked is None or now - self._looked > GAP:
            self._version, self._hosts, self._since = None, [], now
        self._looked = now
        version = self._states.hosts_version()
        if version != self._version:
            down = {each.name for each in self._hosts if _is_down(each)}
            self._hosts, self._version = list(self._states.hosts()), version
            self._back |= {each.name: now for each in self._hosts if each.up and each.name in down}
        self._back = {name: at for name, at in self._back.items() if now - at < self._settle}
        new = self._since is not None and now - self._since < self._settle
        return self._doubtful(self._hosts, several=new)

    def now(self) -> frozenset[str]:
        """The hosts in doubt by how many are down now, for who has not looked before."""
        return self._doubtful(self._states.hosts(), several=False)

    def without_forced(self, context: Context, doubtful: Collection[str]) -> frozenset[str]:
        """Those of these hosts that Nova was not told to be down."""
        if not doubtful:
            return frozenset()
        return frozenset(doubtful) - self._compute.forced_down(context)

    def _doubtful(self, hosts: Iterable[ObservedHost], *, several: bool) -> frozenset[str]:
        heard = [each for each in hosts if not each.silent]
        down = {each.name for each in heard if _is_down(each)}
        if self._only_forced or not down:
            return frozenset(down)
        cells = self._cells([each.name for each in heard])
        by_cell: defaultdict[str, list[str]] = defaultdict(list)
        for each in heard:
            by_cell[cells.get(each.name, "")].append(each.name)
        return frozenset(
            name
            for names in by_cell.values()
            if self._is_doubtful(names, down.intersection(names), several=several)
            for name in down.intersection(names)
        )

    def _is_doubtful(self, names: list[str], down: Collection[str], *, several: bool) -> bool:
        """Whether the hosts of a cell that are down may all run."""
        if sum(name in self._back for name in names) > 1:
            return True
        return len(down) > 1 and (several or len(down) > self._most * len(names))


def _is_down(host: ObservedHost) -> bool:
    return not host.up and not host.silent
