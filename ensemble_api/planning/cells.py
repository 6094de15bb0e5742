# SPDX-License-Identifier: Apache-2.0
"""Cells: parts of a cloud that a server does not leave, whoever moves it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ensemble_api.planning.joint import Hit
from ensemble_api.planning.model import Member
from ensemble_api.planning.result import Assignment
from ensemble_api.planning.snapshot import Snapshot


def within_cells(hit: Hit) -> Hit:
    """Offer the lost members of a hit the hosts of their own cells alone.

    Members of one tier that are in several cells cannot be placed together: those of the cell with
    most of them come first, the others wait. Who or what is in no known cell may go anywhere.
    """
    cells, homes = hit.snapshot.cells, hit.homes
    if not (cells and homes):
        return hit
    masks = {tier.name: tier.mask for tier in hit.ensemble.tiers}
    by_mask: dict[str, Counter[str]] = {}
    for member in hit.lost:
        if (cell := _cell(member, homes, cells)) is not None:
            by_mask.setdefault(masks[member.tier], Counter())[cell] += 1
    first = {
        mask: min(found, key=lambda cell: (-found[cell], cell)) for mask, found in by_mask.items()
    }
    waiting = {
        member
        for member in hit.lost
        if _cell(member, homes, cells) not in (None, first.get(masks[member.tier]))
    }
    return replace(hit, snapshot=_offering(hit.snapshot, first), waiting=hit.waiting | waiting)


def _offering(snapshot: Snapshot, cells: Mapping[str, str]) -> Snapshot:
    hosts, offered = snapshot.topology.hosts, dict(snapshot.offered)
    for mask, cell in cells.items():
        inside = [snapshot.cells.get(host, cell) == cell for host in hosts]
        offered[mask] = offered.get(mask, np.True_) & np.array(inside, dtype=np.bool_)
    return replace(snapshot, offered=offered)


def _cell(member: Member, homes: Assignment, cells: Mapping[str, str]) -> str | None:
    home = homes.get(member)
    return None if home is None else cells.get(home)
