# SPDX-License-Identifier: Apache-2.0
"""What is left of an ensemble when failure domains are lost."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.result import Assignment
from ensemble_api.planning.topology import FailureDomain, Topology


@dataclass(frozen=True, slots=True)
class DomainLoss:
    """What the loss of one domain takes from each tier, and what it leaves (members)."""

    domain: FailureDomain
    left: Mapping[str, int]
    lost: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LevelSurvivability:
    """What any loss at one level leaves: domain by domain in use, and at worst for each tier."""

    level: str
    domains_used: int
    losses: tuple[DomainLoss, ...]
    worst: Mapping[str, int]

    @property
    def survives(self) -> bool:
        """Whether every tier keeps a member when any one domain of the level is lost."""
        return all(left > 0 for left in self.worst.values())


def survivability(
    ensemble: Ensemble, assignment: Assignment, topology: Topology, failures: int = 1
) -> tuple[LevelSurvivability, ...]:
    """Tell, for each level from the smallest up, what is left when domains are lost.

    `losses` are those of single domains; `worst` is for the loss of any `failures` domains at once,
    for each tier the worst of its own. Tiers are counted by what is placed, so a member without a
    host is no loss and is not left either. Raises KeyError for a host the topology does not know.
    """
    return tuple(
        _at_level(ensemble, assignment, topology, level, failures) for level in topology.levels
    )


def _at_level(
    ensemble: Ensemble, assignment: Assignment, topology: Topology, level: str, failures: int
) -> LevelSurvivability:
    names = tuple(tier.name for tier in ensemble.tiers)
    held: dict[FailureDomain, Counter[str]] = {}
    for member, host in assignment.items():
        held.setdefault(topology.domain_of(host, level), Counter())[member.tier] += 1
    placed = Counter(member.tier for member in assignment)
    losses = tuple(
        DomainLoss(
            domain,
            left=MappingProxyType({name: placed[name] - held[domain][name] for name in names}),
            lost=MappingProxyType({name: held[domain][name] for name in names}),
        )
        for domain in sorted(held)
    )
    worst = {}
    for name in names:
        heaviest = sorted((tiers[name] for tiers in held.values()), reverse=True)[:failures]
        worst[name] = placed[name] - sum(heaviest)
    return LevelSurvivability(level, len(held), losses, MappingProxyType(worst))
