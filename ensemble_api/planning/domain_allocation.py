# SPDX-License-Identifier: Apache-2.0
"""The allocation of domains to tiers that must not meet in any of them."""

import numpy as np

from ensemble_api.planning.laminar import stable_order
from ensemble_api.planning.topology import IntArray


def fair_shares(room: IntArray, counts: IntArray) -> IntArray:
    """Choose how many members each tier has in a domain at most, so that all tiers find domains.

    room [T, D] and counts [T]; as few as possible, the tier that gains most domains being raised.
    """
    able = -np.sort(-room, axis=1)
    shares = np.ones(len(counts), dtype=np.int64)

    def needed(row: int, share: int) -> int:
        reached = np.cumsum(np.minimum(able[row], share))
        return int(np.searchsorted(reached, counts[row])) + 1

    domains = int((room > 0).any(axis=0).sum())
    takes = [needed(row, 1) for row in range(len(counts))]
    while sum(takes) > domains:
        gains = [
            take - needed(row, int(shares[row]) + 1) if shares[row] < counts[row] else -1
            for row, take in enumerate(takes)
        ]
        # A tier that does not fit at all yet comes first, then the one that frees most domains.
        row = max(range(len(gains)), key=lambda r: (takes[r] > room.shape[1], gains[r], -r))
        if gains[row] < 0:
            break
        shares[row] += 1
        takes[row] = needed(row, int(shares[row]))
    return shares


def allocate(room: IntArray, counts: IntArray, part: IntArray, owner: IntArray) -> None:
    """Give each domain of a part to the tier that is shortest of room for its members there."""
    missing = counts.astype(float)
    future = room[:, part].sum(axis=1).astype(float)
    for domain in part[stable_order((room[:, part] > 0).sum(axis=0))].tolist():
        here = room[:, domain]
        winner = int(owner[domain])  # a tier that runs there stays
        if winner < 0 or not here[winner]:
            urgency = np.where(here > 0, missing / np.maximum(future, 1), -np.inf)
            winner = int(np.argmax(urgency))
        owner[domain] = winner
        missing[winner] = max(missing[winner] - here[winner], missing[winner] / 1000)
        future -= here
