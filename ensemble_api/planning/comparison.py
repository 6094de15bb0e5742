# SPDX-License-Identifier: Apache-2.0
"""What failures take of an ensemble beyond what they would have taken where it was before."""

from collections.abc import Iterator
from dataclasses import dataclass

from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.result import Assignment
from ensemble_api.planning.survivability import survivability
from ensemble_api.planning.topology import FailureDomain, Topology

Placement = tuple[Assignment, Topology]


@dataclass(frozen=True, slots=True)
class Cost:
    """A tier of which the worst loss of one domain of a level leaves fewer than it did before.

    `domains` are those whose loss leaves no more than `left` of its `count` members; `before` were
    left.
    """

    level: str
    tier: str
    domains: tuple[FailureDomain, ...]
    left: int
    before: int
    count: int


def dearer(ensemble: Ensemble, before: Placement, now: Placement) -> Iterator[Cost]:
    """Give the costs of where the members are now, the largest level first.

    A level that there was not before, or is not now, cannot be compared.
    """
    then = {each.level: each.worst for each in survivability(ensemble, *before)}
    counts = {tier.name: tier.count for tier in ensemble.tiers}
    for level in reversed(survivability(ensemble, *now)):
        for tier, left in level.worst.items() if level.level in then else ():
            if left < then[level.level][tier]:
                domains = tuple(each.domain for each in level.losses if each.left[tier] == left)
                yield Cost(level.level, tier, domains, left, then[level.level][tier], counts[tier])
