# SPDX-License-Identifier: Apache-2.0
"""Apportionment: how many of so many members each share comes to, by the largest remainders.

Each share has its part, rounded down; the members that are left over go to the shares whose parts
were cut most. Of shares that were cut alike, any may have one of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Apportionment:
    """For each name, the members that it has at least, and those that may have one more.

    `extra` is how many of the names in `open` have one more, which are more than that, or none.
    """

    least: Mapping[str, int]
    open: frozenset[str]
    extra: int

    def most(self, name: str) -> int:
        """Give the most members that a name may have; 0 for one without a share."""
        return self.least.get(name, 0) + (name in self.open)

    @property
    def largest(self) -> int:
        """The fewest members that the name with the most of them has."""
        raised = sorted(self.least[name] + 1 for name in self.open)[: self.extra]
        return max([*self.least.values(), *raised])


def apportion(count: int, shares: Mapping[str, int]) -> Apportionment:
    """Divide `count` members by shares, which are whole numbers above 0."""
    whole = sum(shares.values())
    least = {name: count * share // whole for name, share in shares.items()}
    cut = {name: count * share % whole for name, share in shares.items()}
    left = count - sum(least.values())
    if not left:
        return Apportionment(least, frozenset(), 0)
    # Whatever was cut more than the last that gets one has one for sure.
    last = sorted(cut.values(), reverse=True)[left - 1]
    sure = {name for name, each in cut.items() if each > last}
    alike = frozenset(name for name, each in cut.items() if each == last)
    left -= len(sure)
    if left == len(alike):
        sure, alike, left = sure | alike, frozenset(), 0
    return Apportionment({name: each + (name in sure) for name, each in least.items()}, alike, left)
