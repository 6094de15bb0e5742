# SPDX-License-Identifier: Apache-2.0
"""The ensemble as its owner describes it: tiers of identical members, and policies over them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, TypeAlias

_TIER_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_PERCENT = re.compile(r"(\d{1,3})%")


class ModelError(ValueError):
    """A value of the description that cannot be meant: which field, and what it must be."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason

    def under(self, place: str) -> "ModelError":
        """Give the same error for a field that lies inside `place`, such as `tiers[0]`."""
        return ModelError(f"{place}.{self.field}", self.reason)


@contextmanager
def located(place: str) -> Iterator[None]:
    """Put `place` in front of the field of every ModelError raised inside the block."""
    try:
        yield
    except ModelError as error:
        raise error.under(place) from error


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """One slot of a tier; `index` counts from 0."""

    tier: str
    index: int

    @property
    def name(self) -> str:
        """The name people read, such as `web-2`."""
        return f"{self.tier}-{self.index}"


def _whole(value: object, name: str, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ModelError(name, f"must be a whole number of at least {least}")


@dataclass(frozen=True, slots=True)
class Tier:
    """`count` identical members; `resources` is what each of them takes, by resource class."""

    name: str
    count: int
    resources: Mapping[str, int]
    required_traits: frozenset[str] = frozenset()
    forbidden_traits: frozenset[str] = frozenset()
    zone: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _TIER_NAME.fullmatch(self.name):
            raise ModelError(
                "name", "must be 1 to 32 lower-case letters, digits or dashes, a letter first"
            )
        _whole(self.count, "count", 1)
        for resource_class, amount in self.resources.items():
            _whole(amount, f"resources.{resource_class}", 1)
        both = sorted(self.required_traits & self.forbidden_traits)
        if both:
            raise ModelError("required_traits", f"must not also be forbidden: {both[0]}")
        object.__setattr__(self, "resources", MappingProxyType(dict(self.resources)))
        object.__setattr__(self, "required_traits", frozenset(self.required_traits))
        object.__setattr__(self, "forbidden_traits", frozenset(self.forbidden_traits))

    @property
    def members(self) -> tuple[Member, ...]:
        """All members of this tier, in order of their index."""
        return tuple(Member(self.name, index) for index in range(self.count))


@dataclass(frozen=True, slots=True)
class _OverTiers:
    """What every policy has: the level of its failure domains and the tiers it speaks of."""

    level: str
    tiers: tuple[str, ...]
    hard: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.level, str) or not self.level:
            raise ModelError("level", "must be the name of a failure domain level")
        object.__setattr__(self, "tiers", tuple(self.tiers))
        if not self.tiers:
            raise ModelError("tiers", "must name at least one tier")
        if len(set(self.tiers)) != len(self.tiers):
            raise ModelError("tiers", "must not name a tier twice")


@dataclass(frozen=True, slots=True)
class Affinity(_OverTiers):
    """All members of the tiers are in one domain of the level."""

    kind: ClassVar[str] = "affinity"


@dataclass(frozen=True, slots=True)
class AntiAffinity(_OverTiers):
    """One tier: at most `max_per_domain` members a domain; several: no domain holds two tiers."""

    max_per_domain: int = 1
    kind: ClassVar[str] = "anti-affinity"

    def __post_init__(self) -> None:
        _OverTiers.__post_init__(self)
        _whole(self.max_per_domain, "max_per_domain", 1)
        if len(self.tiers) > 1 and self.max_per_domain != 1:
            raise ModelError("max_per_domain", "must be 1 when the policy names several tiers")


@dataclass(frozen=True, slots=True)
class Spread(_OverTiers):
    """Each tier is spread over its eligible domains: by at most `max_skew`, over `min_domains`."""

    max_skew: int | None = None
    min_domains: int | None = None
    kind: ClassVar[str] = "spread"

    def __post_init__(self) -> None:
        _OverTiers.__post_init__(self)
        if self.max_skew is None and self.min_domains is None:
            raise ModelError("max_skew", "must be given when min_domains is not")
        if self.max_skew is not None:
            _whole(self.max_skew, "max_skew", 1)
        if self.min_domains is not None:
            _whole(self.min_domains, "min_domains", 1)


@dataclass(frozen=True, slots=True)
class Near(_OverTiers):
    """Every domain that holds a member of one of the tiers holds a member of tier `to` as well."""

    to: str = ""
    kind: ClassVar[str] = "near"

    def __post_init__(self) -> None:
        _OverTiers.__post_init__(self)
        if not self.to or self.to in self.tiers:
            raise ModelError("to", "must name a tier that is not among the policy's own tiers")


@dataclass(frozen=True, slots=True)
class Survive(_OverTiers):
    """After the loss of any `failures` domains each tier keeps `min_available` ('50%' too)."""

    min_available: int | str = 1
    failures: int = 1
    kind: ClassVar[str] = "survive"

    def __post_init__(self) -> None:
        _OverTiers.__post_init__(self)
        _whole(self.failures, "failures", 1)
        if isinstance(self.min_available, str):
            percent = _PERCENT.fullmatch(self.min_available)
            if percent is None or int(percent[1]) > 100:
                raise ModelError("min_available", "must be a count or a percentage up to 100%")
        else:
            _whole(self.min_available, "min_available", 0)

    def needed(self, count: int) -> int:
        """How many of `count` members must be left; a percentage is rounded up."""
        if isinstance(self.min_available, str):
            return -(-count * int(self.min_available[:-1]) // 100)
        return self.min_available


@dataclass(frozen=True, slots=True)
class Exclusive(_OverTiers):
    """A domain with members of the tiers holds no server of another ensemble or project."""

    other: str = "project"
    kind: ClassVar[str] = "exclusive"

    def __post_init__(self) -> None:
        _OverTiers.__post_init__(self)
        if self.other not in ("ensemble", "project"):
            raise ModelError("other", "must be ensemble or project")


Policy: TypeAlias = Affinity | AntiAffinity | Spread | Near | Survive | Exclusive


def _check_policy(policy: Policy, tiers: Mapping[str, Tier]) -> None:
    named: Iterable[tuple[str, str]] = [
        (f"tiers[{index}]", name) for index, name in enumerate(policy.tiers)
    ]
    if isinstance(policy, Near):
        named = [*named, ("to", policy.to)]
    for place, name in named:
        if name not in tiers:
            raise ModelError(place, f"must name a tier of the ensemble, not {name!r}")
    if isinstance(policy, Survive):
        for name in policy.tiers:
            if policy.needed(tiers[name].count) > tiers[name].count:
                raise ModelError(
                    "min_available", f"must be at most {tiers[name].count}, the count of {name}"
                )


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
        by_name: dict[str, Tier] = {}
        for index, tier in enumerate(self.tiers):
            if tier.name in by_name:
                raise ModelError(f"tiers[{index}].name", f"must not be used twice: {tier.name}")
            by_name[tier.name] = tier
        for index, policy in enumerate(self.policies):
            with located(f"policies[{index}]"):
                _check_policy(policy, by_name)

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
