# SPDX-License-Identifier: Apache-2.0
"""What is left of an ensemble when failure domains are lost."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from ensemble_api.planning.message import Message, Sentence, listed
from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.policies import Survive
from ensemble_api.planning.result import Assignment
from ensemble_api.planning.topology import FailureDomain, Topology
from ensemble_api.planning.wording import after_loss, left_of

_WORKS = Sentence("survival.works", "The ensemble works %(after_loss)s.")
_DEGRADED = Sentence(
    "survival.degraded",
    "The ensemble is degraded %(after_loss)s: fewer of %(short)s are left than needed.",
)
_DOWN = Sentence(
    "survival.down", "The ensemble is down %(after_loss)s: nothing of %(ends)s is left."
)
_DOWN_AND_SHORT = Sentence(
    "survival.down-and-short",
    "The ensemble is down %(after_loss)s: nothing of %(ends)s is left, and fewer of %(short)s "
    "than needed.",
)
_LEFT = Sentence("survival.left", "At worst, %(left)s are left %(after_loss)s.")
_KEPT = Sentence(
    "survival.kept",
    "%(left)s of %(tier)s would be left, and %(count)s is needed.",
    "%(left)s of %(tier)s would be left, and %(count)s are needed.",
)


class State(StrEnum):
    """What a failure leaves of an ensemble, in one word, the worst first."""

    DOWN = "down"  # a tier that needs members has none left
    DEGRADED = "degraded"  # a tier has fewer left than its declared minimum
    WORKS = "works"  # every tier has its declared minimum

    @property
    def label(self) -> Message:
        """Say the word."""
        return _LABELS[self]()


_LABELS = {
    State.DOWN: Sentence("state.down", "down"),
    State.DEGRADED: Sentence("state.degraded", "degraded"),
    State.WORKS: Sentence("state.works", "works"),
}


def minima(ensemble: Ensemble) -> Mapping[str, int]:
    """Give the members that each tier needs: the most that a `survive` policy asks for, or one.

    A minimum is one of the tier, whatever level it is declared for: two voters of three are needed
    after the loss of a zone too, though they are promised after the loss of a host only.
    """
    found: dict[str, int] = {}
    for policy in ensemble.policies:
        if isinstance(policy, Survive):
            for name in policy.tiers:
                needed = policy.needed(ensemble.tier(name).count)
                found[name] = max(found.get(name, 0), needed)
    return MappingProxyType({tier.name: found.get(tier.name, 1) for tier in ensemble.tiers})


def state_of(left: Mapping[str, int], needed: Mapping[str, int]) -> State:
    """Judge what is left of each tier by its minimum."""
    if any(least and not left[tier] for tier, least in needed.items()):
        return State.DOWN
    if any(left[tier] < least for tier, least in needed.items()):
        return State.DEGRADED
    return State.WORKS


@dataclass(frozen=True, slots=True)
class DomainLoss:
    """What the loss of one domain takes from each tier, and what it leaves (members)."""

    domain: FailureDomain
    left: Mapping[str, int]
    lost: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LevelSurvivability:
    """What losses at one level leave: domain by domain in use, and at worst for each tier.

    `held` are the members of each tier in the domains in use, the fullest domain first; `minima`
    the members that each tier needs.
    """

    level: str
    losses: tuple[DomainLoss, ...]
    held: Mapping[str, tuple[int, ...]]
    minima: Mapping[str, int]

    @property
    def domains_used(self) -> int:
        """How many domains of the level hold members."""
        return len(self.losses)

    @property
    def worst(self) -> Mapping[str, int]:
        """What the loss of any one domain leaves of each tier at worst."""
        return self.after(1)

    def after(self, failures: int) -> Mapping[str, int]:
        """Give what the loss of any `failures` domains at once leaves of each tier at worst.

        Each tier has a worst case of its own: no single failure need be the worst of all tiers.
        """
        return {tier: sum(counts[failures:]) for tier, counts in self.held.items()}

    def state(self, failures: int = 1) -> State:
        """Say in one word what the loss of any `failures` domains leaves at worst."""
        return state_of(self.after(failures), self.minima)

    def ends(self, failures: int = 1) -> tuple[str, ...]:
        """Give the tiers that need members and of which some `failures` losses leave none."""
        left = self.after(failures)
        return tuple(tier for tier, needed in self.minima.items() if needed and not left[tier])

    def short(self, failures: int = 1) -> tuple[str, ...]:
        """Give the tiers of which they leave some, and fewer than the tier needs."""
        left = self.after(failures)
        return tuple(tier for tier, needed in self.minima.items() if 0 < left[tier] < needed)

    def verdict(self, failures: int = 1) -> Message:
        """Say what the loss of any `failures` domains leaves the ensemble as, and why."""
        ends, short = self.ends(failures), self.short(failures)
        when = after_loss(failures, self.level)
        if ends and short:
            return _DOWN_AND_SHORT(after_loss=when, ends=listed(ends), short=listed(short))
        if ends:
            return _DOWN(after_loss=when, ends=listed(ends))
        return _DEGRADED(after_loss=when, short=listed(short)) if short else _WORKS(after_loss=when)

    def left(self, counts: Mapping[str, int], failures: int = 1) -> Message:
        """Say what the loss of any `failures` domains leaves of so many members, at worst."""
        left = [left_of(left, counts[tier], tier) for tier, left in self.after(failures).items()]
        return _LEFT(left=listed(left), after_loss=after_loss(failures, self.level))


@dataclass(frozen=True, slots=True)
class Kept:
    """How many members of a tier a `survive` policy needs, and how many are left at worst."""

    tier: str
    left: int
    needed: int

    @property
    def message(self) -> Message:
        """Say both figures."""
        return _KEPT(left=self.left, tier=self.tier, count=self.needed)


@dataclass(frozen=True, slots=True)
class Promise:
    """A `survive` policy, by its number, and what becomes of it as the members are placed."""

    policy: int
    level: str
    failures: int
    tiers: tuple[Kept, ...]

    @property
    def holds(self) -> bool:
        """Whether every tier of the policy keeps what it needs."""
        return all(each.left >= each.needed for each in self.tiers)


def survivability(
    ensemble: Ensemble, assignment: Assignment, topology: Topology
) -> tuple[LevelSurvivability, ...]:
    """Tell, for each level from the smallest up, what is left when domains are lost.

    Tiers are counted by what is placed, so a member without a host is no loss and is not left
    either. Raises KeyError for a host the topology does not know.
    """
    return tuple(_at_level(ensemble, assignment, topology, level) for level in topology.levels)


def promises(ensemble: Ensemble, assignment: Assignment, topology: Topology) -> tuple[Promise, ...]:
    """Tell of each `survive` policy, hard or soft, whether it holds as the members are placed.

    A share of a tier is one of its count, so members without a host count as lost already. Raises
    KeyError for a host the topology does not know, ValueError for an unknown level.
    """
    found = []
    for number, policy in enumerate(ensemble.policies):
        if isinstance(policy, Survive):
            left = _at_level(ensemble, assignment, topology, policy.level).after(policy.failures)
            kept = tuple(
                Kept(name, left[name], policy.needed(ensemble.tier(name).count))
                for name in policy.tiers
            )
            found.append(Promise(number, policy.level, policy.failures, kept))
    return tuple(found)


def promises_with(ensemble: Ensemble, left: Mapping[str, int]) -> tuple[Promise, ...]:
    """Tell of each `survive` policy whether it is kept with so many members left of each tier."""
    return tuple(
        Promise(
            number,
            policy.level,
            policy.failures,
            tuple(
                Kept(name, left[name], policy.needed(ensemble.tier(name).count))
                for name in policy.tiers
            ),
        )
        for number, policy in enumerate(ensemble.policies)
        if isinstance(policy, Survive)
    )


def _at_level(
    ensemble: Ensemble, assignment: Assignment, topology: Topology, level: str
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
    fullest = {
        name: tuple(sorted((tiers[name] for tiers in held.values()), reverse=True))
        for name in names
    }
    return LevelSurvivability(level, losses, MappingProxyType(fullest), minima(ensemble))
