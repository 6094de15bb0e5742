# SPDX-License-Identifier: Apache-2.0
"""Homes: the cells that members are in, which no server leaves, whoever moves it.

Nova refuses a live migration to another cell. Members of a tier are alike, so that of each tier and
cell there have to be as many as are at home there is all that a plan must keep to.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ensemble_api.planning.message import Sentence
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.result import Assignment, Reason
from ensemble_api.planning.topology import BoolArray, IntArray, Topology

OTHER_CELL: Final = Reason(
    "other-cell",
    Sentence(
        "reason.other-cell",
        "Members would have to be moved to another cell of the cloud, and Nova moves no server "
        "there.",
    )(),
)


@dataclass(frozen=True, slots=True, eq=False)
class Home:
    """That of a tier, by its row, at least so many members are on the hosts [H] of a cell."""

    row: int
    hosts: BoolArray
    least: int

    def lacks(self, counts: IntArray) -> int:
        """Count the members of counts [T, H] that would have left it."""
        return max(0, self.least - int(counts[self.row][self.hosts].sum()))


def homes(
    ensemble: Ensemble, topology: Topology, cells: Mapping[str, str], running: Assignment
) -> tuple[Home, ...]:
    """Give the homes of an ensemble's members, with `cells` by host; none where there is one cell.

    Who is on a host of no known cell may go anywhere.
    """
    if not cells:
        return ()
    rows = {tier.name: row for row, tier in enumerate(ensemble.tiers)}
    there = Counter(
        (rows[member.tier], cells[host]) for member, host in running.items() if host in cells
    )
    named = np.array([cells.get(host, "") for host in topology.hosts])
    return tuple(Home(row, named == cell, least) for (row, cell), least in sorted(there.items()))


def paired(
    waiting: Sequence[Member],
    hosts: Sequence[str],
    cells: Mapping[str, str],
    running: Assignment,
) -> Iterator[tuple[Member, str]]:
    """Give each of as many members of a tier one of the hosts, in their order, none another cell.

    Raises ValueError when the hosts are not those of a plan that keeps to the homes.
    """
    left, others = list(hosts), []
    for member in waiting:
        cell = cells.get(running.get(member, ""))
        if cell is None:
            others.append(member)
            continue
        host = next((each for each in left if cells.get(each) == cell), None)
        if host is None:
            raise ValueError(f"{member.name} would leave its cell")
        left.remove(host)
        yield member, host
    yield from zip(others, left, strict=True)
