# SPDX-License-Identifier: Apache-2.0
"""The truth on tiny instances: every assignment is tried, and judged by the independent checker."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from itertools import combinations, combinations_with_replacement, product
from typing import Any

from ensemble_api.planning.check import check, shortfalls
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.snapshot import Packing, Snapshot


def assignments(ensemble: Ensemble, snapshot: Snapshot) -> Iterator[dict[Member, str]]:
    """Give every assignment; members of a tier are alike, so their hosts are in order."""
    hosts = snapshot.topology.hosts
    choices = [combinations_with_replacement(hosts, tier.count) for tier in ensemble.tiers]
    for chosen in product(*choices):
        yield {
            member: host
            for tier, places in zip(ensemble.tiers, chosen, strict=True)
            for member, host in zip(tier.members, places, strict=True)
        }


def objective(
    ensemble: Ensemble,
    snapshot: Snapshot,
    assignment: Mapping[Member, str],
    existing: Mapping[Member, str] | None = None,
) -> tuple[int, ...]:
    """Give the objective's values, counted member by member."""
    missed = shortfalls(ensemble, snapshot, assignment, hard=False)
    values = [sum(violation.amount for violation in missed)]
    if existing is not None:
        before = Counter((member.tier, host) for member, host in existing.items())
        after = Counter((member.tier, host) for member, host in assignment.items())
        values.append(sum((before - after).values()))
    pairs = []
    for level in reversed(snapshot.topology.levels):
        held = Counter(
            (member.tier, snapshot.topology.domain_of(host, level))
            for member, host in assignment.items()
        )
        values.append(
            sum(
                max(amount for (name, _), amount in held.items() if name == tier.name)
                for tier in ensemble.tiers
            )
        )
        pairs.append(
            sum(
                snapshot.topology.domain_of(assignment[one], level)
                == snapshot.topology.domain_of(assignment[other], level)
                for tier in ensemble.tiers
                for one, other in combinations(tier.members, 2)
            )
        )
    values += pairs
    cost = _packing(ensemble, snapshot)
    values.append(sum(cost[host] for host in assignment.values()))
    return tuple(values)


def _packing(ensemble: Ensemble, snapshot: Snapshot) -> dict[str, int]:
    """Rate each host 0 to 20 by the share that is free, or taken, of what the tiers ask for."""
    asked = {name for tier in ensemble.tiers for name in tier.resources}
    columns = [n for n, name in enumerate(snapshot.resource_classes) if name in asked]
    cost = {}
    for row, host in enumerate(snapshot.topology.hosts):
        shares = [
            max(0, int(snapshot.free[row, column])) / int(snapshot.total[:, column].max())
            for column in columns
        ]
        free = sum(shares) / len(shares)
        cost[host] = round((free if snapshot.packing is Packing.STACK else 1 - free) * 1000) // 50
    return cost


def places(assignment: Mapping[Member, str], members: Collection[Member]) -> Counter[Any]:
    """Count these members by tier and host."""
    return Counter((each.tier, assignment[each]) for each in members)


def best(
    ensemble: Ensemble,
    snapshot: Snapshot,
    existing: Mapping[Member, str] | None = None,
    fixed: Collection[Member] = (),
) -> tuple[int, ...] | None:
    """Give the best objective of all allowed assignments; None when there is none."""
    found = None
    kept = places(existing or {}, fixed)
    for assignment in assignments(ensemble, snapshot):
        if kept - places(assignment, assignment):
            continue
        value = objective(ensemble, snapshot, assignment, existing)
        if (found is None or value < found) and not check(
            ensemble, snapshot, assignment, existing or {}
        ):
            found = value
    return found
