# SPDX-License-Identifier: Apache-2.0
"""A service in tiers, where its members are, and what a failure takes of them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

Level = str
Placement = Mapping[str, str]
"""The host of each member, by the member's name."""


@dataclass(frozen=True, slots=True)
class Tier:
    """So many identical members, of which at least `minimum` must be left for it to serve."""

    name: str
    count: int
    minimum: int
    names: tuple[str, ...] = ()
    """Of the members, where they are not numbered from 0: some were removed by name."""

    def __post_init__(self) -> None:
        if not 1 <= self.minimum <= self.count:
            raise ValueError(
                f"tiers_kept.{self.name}: must be from 1 to {self.count}, which is how many "
                f"members {self.name} has, and is {self.minimum}"
            )
        if self.names and len(self.names) != self.count:
            raise ValueError(f"{self.name} has {self.count} members and {len(self.names)} names")

    @property
    def members(self) -> tuple[str, ...]:
        """The names of the members."""
        return self.names or tuple(f"{self.name}-{index}" for index in range(self.count))


@dataclass(frozen=True, slots=True)
class Domain:
    """What can fail at once: a host, or all hosts of a rack or zone."""

    level: Level
    name: str
    hosts: frozenset[str]

    def __str__(self) -> str:
        return self.name if self.name.startswith(self.level) else f"{self.level} {self.name}"


@dataclass(frozen=True, slots=True)
class Loss:
    """What a failure takes of a service: who is lost, and how many of each tier are left."""

    lost: tuple[str, ...]
    left: Mapping[str, int]
    broken: tuple[str, ...]
    """The tiers of which fewer than their minimum are left."""

    @property
    def kept(self) -> bool:
        """Whether the service goes on: each tier has at least its minimum left."""
        return not self.broken


@dataclass(frozen=True, slots=True)
class Service:
    """A service with its tiers, the name of each once."""

    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        names = Counter(tier.name for tier in self.tiers)
        if not names or max(names.values()) > 1:
            raise ValueError("a service needs tiers, each with a name of its own")

    @property
    def members(self) -> tuple[str, ...]:
        """All members, tier by tier."""
        return tuple(member for tier in self.tiers for member in tier.members)

    def without(self, lost: Iterable[str]) -> Loss:
        """Tell what is left when these members are lost. Raises KeyError for an unknown one."""
        gone = set(lost)
        unknown = gone - set(self.members)
        if unknown:
            raise KeyError(min(unknown))
        left = {tier.name: len(set(tier.members) - gone) for tier in self.tiers}
        broken = tuple(tier.name for tier in self.tiers if left[tier.name] < tier.minimum)
        return Loss(tuple(each for each in self.members if each in gone), left, broken)

    def failing(self, placement: Placement, domain: Domain) -> Loss:
        """Tell what the failure of a domain takes: every member on one of its hosts."""
        return self.without(name for name, host in placement.items() if host in domain.hosts)


@dataclass(frozen=True, slots=True)
class Layout:
    """The hosts of a cloud with the name of each one's domain at every level above the host."""

    levels: tuple[Level, ...]
    """Above the host, the smallest first."""
    above: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        wrong = [host for host, names in self.above.items() if len(names) != len(self.levels)]
        if wrong:
            raise ValueError(f"host {min(wrong)} has not one domain at each level")

    def domains(self, level: Level) -> tuple[Domain, ...]:
        """Give the domains of a level, by their names. Raises KeyError for an unknown level."""
        if level == "host":
            return tuple(Domain(level, host, frozenset({host})) for host in sorted(self.above))
        if level not in self.levels:
            raise KeyError(level)
        hosts: dict[str, set[str]] = {}
        for host, names in self.above.items():
            hosts.setdefault(names[self.levels.index(level)], set()).add(host)
        return tuple(Domain(level, name, frozenset(hosts[name])) for name in sorted(hosts))

    def domain(self, level: Level, name: str) -> Domain:
        """Give one domain. Raises KeyError for an unknown level, ValueError for an unknown name."""
        there = self.domains(level)
        for domain in there:
            if domain.name == name:
                return domain
        names = ", ".join(domain.name for domain in there)
        raise ValueError(f"there is no {level} {name!r}; there are {names}")

    def racks(self) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Yield the smallest domains above the host, each by all its names from the largest level

        down, with its hosts.
        """
        hosts: dict[tuple[str, ...], list[str]] = {}
        for host in sorted(self.above):
            hosts.setdefault(tuple(reversed(self.above[host])), []).append(host)
        for names in sorted(hosts):
            yield names, tuple(hosts[names])
