# SPDX-License-Identifier: Apache-2.0
"""Cells, and zones of pinned members: parts of a cloud that a server does not leave."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np

from ensemble_api.planning.joint import Hit
from ensemble_api.planning.snapshot import Snapshot

_Part: TypeAlias = tuple[str, str]
"""A cell and a zone, each empty where it is any."""
_ANY: Final[_Part] = ("", "")


def within_cells(hit: Hit) -> Hit:
    """Offer the lost members of a hit the hosts of their own cells alone, and of zones of theirs.

    Members of one tier that are in several cells cannot be placed together: those of the cell with
    most of them come first, the others wait. Those that are pinned to a zone count as in a cell.
    Who or what is in no known cell may go anywhere.
    """
    cells, pins = hit.snapshot.cells, hit.snapshot.pins
    if not (cells and hit.homes) and not pins:
        return hit
    masks = {tier.name: tier.mask for tier in hit.ensemble.tiers}
    parts = {
        member: (cells.get(hit.homes.get(member, ""), ""), pins.get(member, ""))
        for member in hit.lost
    }
    by_mask: dict[str, Counter[_Part]] = {}
    for member, part in parts.items():
        if part != _ANY:
            by_mask.setdefault(masks[member.tier], Counter())[part] += 1
    first = {
        mask: min(found, key=lambda part: (-found[part], part)) for mask, found in by_mask.items()
    }
    waiting = {
        member
        for member, part in parts.items()
        if part not in (_ANY, first.get(masks[member.tier]))
    }
    return replace(hit, snapshot=_offering(hit.snapshot, first), waiting=hit.waiting | waiting)


def _offering(snapshot: Snapshot, parts: Mapping[str, _Part]) -> Snapshot:
    hosts, offered = snapshot.topology.hosts, dict(snapshot.offered)
    for mask, (cell, zone) in parts.items():
        inside = [not cell or snapshot.cells.get(host, cell) == cell for host in hosts]
        offered[mask] = offered.get(mask, np.True_) & np.array(inside, dtype=np.bool_)
        if zone:
            offered[mask] = offered[mask] & snapshot.in_zone(zone)
    return replace(snapshot, offered=offered)
