# SPDX-License-Identifier: Apache-2.0
"""Homes: the cells that members are in, which no server leaves, and the zones of pinned ones.

Nova refuses a live migration to another cell, or out of the zone that it keeps a server in. Members
of a tier are alike, so that of each tier and cell there have to be as many as are at home there is
all that a plan must keep to.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ensemble_api.planning.message import Sentence
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.result import Assignment, Reason
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import BoolArray, IntArray

OTHER_CELL: Final = Reason(
    "other-cell",
    Sentence(
        "reason.other-cell",
        "Members would have to be moved to another cell of the cloud, or out of the availability "
        "zone that they are pinned to, and Nova moves no server there.",
    )(),
)


@dataclass(frozen=True, slots=True, eq=False)
class Home:
    """That of a tier, by its row, at least so many members are on the hosts [H] of their home."""

    row: int
    hosts: BoolArray
    least: int

    def lacks(self, counts: IntArray) -> int:
        """Count the members of counts [T, H] that would have left it."""
        return max(0, self.least - int(counts[self.row][self.hosts].sum()))


def homes(ensemble: Ensemble, snapshot: Snapshot, running: Assignment) -> tuple[Home, ...]:
    """Give the homes of an ensemble's members; none where there is one cell and nobody is pinned.

    Who is on a host of no known cell may go anywhere, and so may who has left its zone already.
    With one that is pinned, all of its tier in that zone stay there, since they are alike.
    """
    if not running:
        return ()
    cells, hosts = snapshot.cells, snapshot.topology.hosts
    rows = {tier.name: row for row, tier in enumerate(ensemble.tiers)}
    there = Counter(
        (rows[member.tier], cells.get(host, ""), zone)
        for member, host in running.items()
        for zone in {"", _pin(snapshot, member, host)}
    )
    named = np.array([cells.get(host, "") for host in hosts])
    found = []
    for (row, cell, zone), least in sorted(there.items()):
        if cell or zone:
            inside = named == cell if cell else np.ones(len(hosts), dtype=np.bool_)
            found.append(Home(row, inside & snapshot.in_zone(zone) if zone else inside, least))
    return tuple(found)


def paired(
    waiting: Sequence[Member], hosts: Sequence[str], snapshot: Snapshot, running: Assignment
) -> Iterator[tuple[Member, str]]:
    """Give each of as many members of a tier one of the hosts, in their order, none another home.

    Raises ValueError when the hosts are not those of a plan that keeps to the homes.
    """
    left, others = list(hosts), []
    for member in waiting:
        here = running.get(member, "")
        cell, zone = snapshot.cells.get(here), _pin(snapshot, member, here)
        if cell is None and not zone:
            others.append(member)
            continue
        host = next((each for each in left if _is_home(snapshot, each, cell, zone)), None)
        if host is None:
            raise ValueError(f"{member.name} would leave its cell, or its zone")
        left.remove(host)
        yield member, host
    yield from zip(others, left, strict=True)


def _pin(snapshot: Snapshot, member: Member, here: str) -> str:
    """The zone that a member on this host does not leave, empty if it may."""
    if here not in snapshot.topology:
        return ""
    zone = _zone(snapshot, here)
    kept = any(zone == pin and each.tier == member.tier for each, pin in snapshot.pins.items())
    return zone if kept and zone else ""


def _is_home(snapshot: Snapshot, host: str, cell: str | None, zone: str) -> bool:
    if cell is not None and snapshot.cells.get(host) != cell:
        return False
    return not zone or _zone(snapshot, host) == zone


def _zone(snapshot: Snapshot, host: str) -> str | None:
    level = snapshot.topology.zone_level
    return None if level is None else snapshot.topology.domain_of(host, level).name
