# SPDX-License-Identifier: Apache-2.0
"""The truth on tiny instances: every assignment is tried, and judged by the independent checker."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations_with_replacement, product

from ensemble_api.planning.check import check, shortfalls
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.snapshot import Snapshot


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
    cost = dict(zip(snapshot.topology.hosts, snapshot.fullness_cost().tolist(), strict=True))
    values.append(sum(cost[host] for host in assignment.values()))
    return tuple(values)


def best(
    ensemble: Ensemble, snapshot: Snapshot, existing: Mapping[Member, str] | None = None
) -> tuple[int, ...] | None:
    """Give the best objective of all allowed assignments; None when there is none."""
    found = None
    for assignment in assignments(ensemble, snapshot):
        value = objective(ensemble, snapshot, assignment, existing)
        if (found is None or value < found) and not check(
            ensemble, snapshot, assignment, existing or {}
        ):
            found = value
    return found
