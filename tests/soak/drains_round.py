# SPDX-License-Identifier: Apache-2.0
"""What came of the drain of one rack."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Round:
    """One drain of a rack of so many ``hosts``, with ``members`` of ``ensembles`` on them.

    An outside observer has looked ``looks`` times, with a ``gap`` of so many seconds at most:
    ``breaches`` are of looks at which a tier had fewer members available than promised, ``least``
    how many more than promised there were at the worst moment, ``within`` who went from one host of
    the rack to another. ``stayed`` members had not left in the end; ``wrong`` is what else should
    not be.
    """

    COLUMNS: ClassVar[tuple[str, ...]] = (
        *("rack", "hosts", "ensembles", "members moved", "seconds", "looks", "longest gap"),
        *("breaches", "least to spare", "moved within the rack", "stayed", "wrong"),
    )

    number: int
    rack: str
    hosts: int
    ensembles: int
    members: int
    seconds: float
    looks: int
    gap: float
    least: int
    breaches: Sequence[str]
    within: Sequence[str]
    stayed: int
    wrong: Sequence[str]

    @property
    def good(self) -> bool:
        """Whether all left, and every promise was kept on the way."""
        return not (self.breaches or self.within or self.stayed or self.wrong)

    def line(self) -> str:
        """The round in one line."""
        told = "".join(f"\n      {each}" for each in (*self.breaches, *self.within, *self.wrong))
        return (
            f"{self.number:3} {self.rack}: {self.members} members of {self.ensembles} ensembles,"
            f" {self.stayed} stayed, {self.seconds} s; {self.looks} looks, {self.gap} s apart at"
            f" most, {len(self.breaches)} breaches, {self.least} to spare at least{told}"
        )

    def row(self) -> Sequence[Any]:
        """Its cells below ``COLUMNS``."""
        return (
            *(self.rack, self.hosts, self.ensembles, self.members - self.stayed, self.seconds),
            *(self.looks, f"{self.gap} s", len(self.breaches), self.least, len(self.within)),
            *(self.stayed, "; ".join(self.wrong) or "nothing"),
        )

    @staticmethod
    def counts(rounds: Sequence["Round"]) -> dict[str, Any]:
        """The totals that matter."""
        moved = sum(each.members - each.stayed for each in rounds)
        each_took = sorted(
            each.seconds / (each.members - each.stayed)
            for each in rounds
            if each.members > each.stayed
        )
        return {
            "members moved": moved,
            "looks": sum(each.looks for each in rounds),
            "breaches": sum(len(each.breaches) for each in rounds),
            "moved within the rack": sum(len(each.within) for each in rounds),
            "stayed": sum(each.stayed for each in rounds),
            "wrong": sum(len(each.wrong) for each in rounds),
            "seconds a member, median": round(statistics.median(each_took), 1)
            if each_took
            else "none",
        }
