# SPDX-License-Identifier: Apache-2.0
"""The ensemble as its owner describes it: tiers of identical members, and policies over them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from ensemble_api.planning.errors import ModelError, located, require_whole
from ensemble_api.planning.message import Sentence
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.unplanned import WORDS

TIER_TWICE = Sentence("invalid.tier-twice", "must not be used twice: %(tier)s")

_TIER_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """One slot of a tier; `index` counts from 0."""

    tier: str
    index: int

    @property
    def name(self) -> str:
        """The name people read, such as `web-2`."""
        return f"{self.tier}-{self.index}"


@dataclass(frozen=True, slots=True)
class Flavor:
    """Another flavor that a tier may have, by its id; `name` is what people call it.

    The rest is what a member of that tier would need with it. `mask` names the hosts that are
    closed or offered to it in a snapshot.
    """

    id: str
    name: str
    mask: str
    resources: Mapping[str, int]
    required_traits: frozenset[str] = frozenset()
    forbidden_traits: frozenset[str] = frozenset()
    unplanned: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "resources", MappingProxyType(dict(self.resources)))


@dataclass(frozen=True, slots=True)
class Tier:
    """`count` identical members; `resources` is what each of them takes, by resource class.

    `unplanned` are the codes of what else they need of a host, which no figure of a snapshot tells:
    a host that a plan uses may refuse them (see `unplanned.py`). `flavors` are others that it might
    have, the nearest first, for what to offer when it is refused. `mask` names the hosts that are
    closed or offered to it in a snapshot, if its own name does not. `indices` are those of its
    members, where they are not 0 to `count` - 1.
    """

    name: str
    count: int
    resources: Mapping[str, int]
    required_traits: frozenset[str] = frozenset()
    forbidden_traits: frozenset[str] = frozenset()
    zone: str | None = None
    unplanned: tuple[str, ...] = ()
    flavors: tuple[Flavor, ...] = ()
    mask: str = ""
    indices: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _TIER_NAME.fullmatch(self.name):
            raise ModelError(
                "name", "must be 1 to 32 lower-case letters, digits or dashes, a letter first"
            )
        require_whole(self.count, "count", 1)
        for resource_class, amount in self.resources.items():
            require_whole(amount, f"resources.{resource_class}", 1)
        both = sorted(self.required_traits & self.forbidden_traits)
        if both:
            raise ModelError("required_traits", f"must not also be forbidden: {both[0]}")
        object.__setattr__(self, "resources", MappingProxyType(dict(self.resources)))
        object.__setattr__(self, "required_traits", frozenset(self.required_traits))
        object.__setattr__(self, "forbidden_traits", frozenset(self.forbidden_traits))
        object.__setattr__(self, "unplanned", tuple(self.unplanned))
        object.__setattr__(self, "flavors", tuple(self.flavors))
        object.__setattr__(self, "mask", self.mask or self.name)
        indices = tuple(sorted(self.indices))
        # The same tier is always written in the same way.
        object.__setattr__(self, "indices", () if indices == (*range(self.count),) else indices)
        if self.indices and (len(set(self.indices)) != self.count or self.indices[0] < 0):
            raise ModelError("indices", "must be as many whole numbers as there are members")
        for code in self.unplanned:
            if code not in WORDS:
                raise ModelError("unplanned", f"must be of {', '.join(WORDS)}: {code}")

    def with_count(self, count: int) -> "Tier":
        """Give the tier with another number of members, of any indices."""
        return replace(self, count=count, indices=())

    def with_flavor(self, flavor: Flavor) -> "Tier":
        """Give the tier with another flavor."""
        return replace(
            self,
            resources=flavor.resources,
            required_traits=flavor.required_traits,
            forbidden_traits=flavor.forbidden_traits,
            unplanned=flavor.unplanned,
            mask=flavor.mask,
        )

    @property
    def members(self) -> tuple[Member, ...]:
        """All members of this tier, in order of their index."""
        return tuple(Member(self.name, index) for index in self.indices or range(self.count))


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Tiers and policies that are planned as one whole."""

    tiers: tuple[Tier, ...]
    policies: tuple[Policy, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "tiers", tuple(self.tiers))
        object.__setattr__(self, "policies", tuple(self.policies))
        if not self.tiers:
            raise ModelError("tiers", "must have at least one tier")
        counts: dict[str, int] = {}
        for index, tier in enumerate(self.tiers):
            if tier.name in counts:
                raise ModelError(f"tiers[{index}].name", TIER_TWICE(tier=tier.name))
            counts[tier.name] = tier.count
        for index, policy in enumerate(self.policies):
            with located(f"policies[{index}]"):
                policy.require(counts)

    @property
    def members(self) -> tuple[Member, ...]:
        """Every member, tier after tier."""
        return tuple(member for tier in self.tiers for member in tier.members)

    @property
    def size(self) -> int:
        """How many members there are in all tiers."""
        return sum(tier.count for tier in self.tiers)

    def tier(self, name: str) -> Tier:
        """Give the tier of that name; KeyError when there is none."""
        for tier in self.tiers:
            if tier.name == name:
                return tier
        raise KeyError(name)
