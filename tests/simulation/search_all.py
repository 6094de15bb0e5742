# SPDX-License-Identifier: Apache-2.0
"""Whether members fit into a small cloud, by trying all ways: what a refusal is held against.

It shares nothing with the planner. What a policy means is left to ``planning/check``, which shares
nothing with it either; here only ways are left out that cannot meet a policy about one tier.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations_with_replacement, product
from typing import Any

import numpy as np

from ensemble_api.planning.check import check, shortfalls
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import AntiAffinity, Spread, Survive
from ensemble_api.planning.policy import Policy
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


def way_back(
    ensemble: Ensemble,
    snapshot: Snapshot,
    places: Assignment,
    lost: Mapping[Member, Mapping[str, int]],
    *,
    strict: bool,
) -> bool | None:
    """Whether these members find other hosts in what is free while all others stay in theirs.

    ``lost`` says what each takes: a server may be of another flavor than its tier is by now.
    None where there are too many ways to look at all. All hard policies hold then, if it is
    ``strict``; else what a failure breaks by itself may be broken, and nothing gets worse but that.
    """
    staying = {member: host for member, host in places.items() if member not in lost}
    binding = [each for each in ensemble.policies if strict or not _broken_by_loss(each)]
    judged = replace(ensemble, policies=tuple(binding))
    before = {} if strict else _missed(judged, snapshot, staying)
    needs = {
        member: np.array([takes.get(each, 0) for each in snapshot.resource_classes])
        for member, takes in lost.items()
    }
    found = _ways_back(snapshot, [(each, needs[each]) for each in sorted(lost)], 0)
    for number, way in enumerate(found):
        if number == MOST_WAYS:
            return None
        after = _missed(judged, snapshot, {**staying, **way})
        if all(amount <= before.get(policy, 0) for policy, amount in after.items()):
            return True
    return False


def _ways_back(
    snapshot: Snapshot, lost: Sequence[tuple[Member, IntArray]], least: int
) -> Iterator[dict[Member, str]]:
    """Give hosts to members in all ways; of those that are alike, in one order."""
    if not lost:
        yield {}
        return
    (member, needs), *others = lost
    for row in range(least, len(snapshot.topology)):
        free = np.array(snapshot.free)
        if not snapshot.usable[row] or (free[row] < needs).any():
            continue
        free[row] -= needs
        same = bool(others) and others[0][0].tier == member.tier
        same = same and (others[0][1] == needs).all()
        left = replace(snapshot, free=free)
        for way in _ways_back(left, others, row if same else 0):
            yield {member: snapshot.topology.hosts[row], **way}


def _broken_by_loss(policy: Policy) -> bool:
    """Whether a failure breaks a policy by itself, so that it keeps nobody down."""
    return isinstance(policy, Survive) or (isinstance(policy, Spread) and policy.max_skew is None)


def _missed(ensemble: Ensemble, snapshot: Snapshot, places: Assignment) -> dict[int, int]:
    missed = shortfalls(ensemble, snapshot, places, hard=True)
    return {each.policy: each.amount for each in missed if each.policy is not None}


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
