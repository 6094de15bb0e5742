# SPDX-License-Identifier: Apache-2.0
"""Where failures leave other members of an ensemble than they would have left before."""

from collections.abc import Iterator
from dataclasses import dataclass

from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.result import Assignment
from ensemble_api.planning.survivability import survivability
from ensemble_api.planning.topology import FailureDomain, Topology

Placement = tuple[Assignment, Topology]


@dataclass(frozen=True, slots=True)
class WorstLossChange:
    """A tier of which the worst loss of one domain of a level leaves more or fewer than before.

    `domains` are those whose loss leaves no more than `left` of its `count` members; `before` were
    left.
    """

    level: str
    tier: str
    domains: tuple[FailureDomain, ...]
    left: int
    before: int
    count: int

    @property
    def worse(self) -> bool:
        """Whether fewer are left."""
        return self.left < self.before


def worst_loss_changes(
    ensemble: Ensemble, before: Placement, now: Placement
) -> Iterator[WorstLossChange]:
    """Compare what the worst losses leave, the largest level first.

    A level that there was not before, or is not now, cannot be compared.
    """
    then = {each.level: each.worst for each in survivability(ensemble, *before)}
    counts = {tier.name: tier.count for tier in ensemble.tiers}
    for level in reversed(survivability(ensemble, *now)):
        for tier, left in level.worst.items() if level.level in then else ():
            if left != then[level.level][tier]:
                domains = tuple(each.domain for each in level.losses if each.left[tier] == left)
                yield WorstLossChange(
                    level.level, tier, domains, left, then[level.level][tier], counts[tier]
                )
