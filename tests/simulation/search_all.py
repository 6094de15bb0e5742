# SPDX-License-Identifier: Apache-2.0
"""Whether members fit into a small cloud, by trying all ways: what a refusal is held against.

It shares nothing with the planner. What a policy means is left to ``planning/check``, which shares
nothing with it either; here only ways are left out that cannot meet a policy about one tier.
"""

from collections.abc import Iterator
from itertools import combinations_with_replacement, product
from typing import Any

import numpy as np

from ensemble_api.planning.check import check
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import AntiAffinity, Spread, Survive
from ensemble_api.planning.result import Assignment
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import IntArray

MOST_WAYS = 5_000  # of all tiers together that are looked at
MOST_CHECKS = 400


def way_that_fits(ensemble: Ensemble, snapshot: Snapshot, running: Assignment) -> Assignment | None:
    """Hosts for all members, those that run staying; None where there are none, as far as is known.

    ``running`` are counted as used in what is free.
    """
    by_tier = [_ways(tier, ensemble, snapshot, running) for tier in ensemble.tiers]
    if np.prod([len(each) for each in by_tier], dtype=np.float64) > MOST_WAYS:
        return None
    free = np.maximum(snapshot.free, 0)
    for checked, counts in enumerate(_together(ensemble, snapshot, by_tier, running, free)):
        if checked == MOST_CHECKS:
            return None
        assignment = _named(ensemble, snapshot, counts, running)
        if not check(ensemble, snapshot, assignment, running):
            return assignment
    return None


def _needs(tier: Tier, snapshot: Snapshot) -> IntArray:
    return np.array([tier.resources.get(each, 0) for each in snapshot.resource_classes])


def _staying(tier: Tier, snapshot: Snapshot, running: Assignment) -> IntArray:
    counts = np.zeros(len(snapshot.topology), dtype=np.int64)
    for member, host in running.items():
        if member in tier.members:
            counts[snapshot.topology.host_number(host)] += 1
    return counts


def _ways(
    tier: Tier, ensemble: Ensemble, snapshot: Snapshot, running: Assignment
) -> list[IntArray]:
    """How many members of a tier each host may have, in all ways that it may hold of itself."""
    staying = _staying(tier, snapshot, running)
    offered = snapshot.offered.get(tier.mask, np.ones(len(staying), dtype=np.bool_))
    hosts = np.flatnonzero(snapshot.eligible(tier) & offered).tolist()
    free, needs = np.maximum(snapshot.free, 0), _needs(tier, snapshot)
    found = []
    for chosen in combinations_with_replacement(hosts, tier.count - int(staying.sum())):
        added = np.bincount(chosen, minlength=len(staying)) if chosen else 0 * staying
        if (added[:, None] * needs <= free).all() and _meets(
            tier, ensemble, snapshot, staying + added
        ):
            found.append(staying + added)
    return found


def _meets(tier: Tier, ensemble: Ensemble, snapshot: Snapshot, counts: IntArray) -> bool:
    """Whether a tier's own counts leave it possible that the policies about it alone are met."""
    for policy in ensemble.policies:
        if not policy.hard or policy.tiers != (tier.name,):
            continue
        held: Any = np.bincount(snapshot.topology.index(policy.level), weights=counts)
        match policy:
            case AntiAffinity() if held.max() > policy.max_per_domain:
                return False
            case Spread(min_domains=int(least)) if (held > 0).sum() < least:
                return False
            case Survive(failures=1, min_available=int(least)) if tier.count - held.max() < least:
                return False
    return True


def _together(
    ensemble: Ensemble,
    snapshot: Snapshot,
    by_tier: list[list[IntArray]],
    running: Assignment,
    free: IntArray,
) -> Iterator[IntArray]:
    needs = np.array([_needs(tier, snapshot) for tier in ensemble.tiers])
    staying = np.array([_staying(tier, snapshot, running) for tier in ensemble.tiers])
    for ways in product(*by_tier):
        counts = np.array(ways)
        if ((counts - staying).T @ needs <= free).all():
            yield counts


def _named(
    ensemble: Ensemble, snapshot: Snapshot, counts: IntArray, running: Assignment
) -> dict[Member, str]:
    assignment = dict(running)
    for row, tier in enumerate(ensemble.tiers):
        left = counts[row] - _staying(tier, snapshot, running)
        places = [
            host for host, n in zip(snapshot.topology.hosts, left, strict=True) for _ in range(n)
        ]
        waiting = [member for member in tier.members if member not in running]
        assignment |= dict(zip(waiting, places, strict=True))
    return assignment
