# SPDX-License-Identifier: Apache-2.0
"""What came of one race."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

NO_HOST = "no valid host"
TOOK = "ACTIVE"


@dataclasses.dataclass(frozen=True)
class Round:
    """One race for ``room`` ensembles, by twice as many.

    ``accepted`` were accepted at first, and ``later`` when all others were built; of both
    ``built``, ``rolled_back`` and ``unsettled`` is what came. ``others`` and ``small`` are how
    servers of others ended that had room beside no member, and that always had; ``faults`` are
    those of ensembles.
    """

    COLUMNS: ClassVar[tuple[str, ...]] = (
        *("room for", "accepted", "later", "built", "rolled back"),
        *("took a place", "found none", "small", "small without a host"),
    )

    number: int
    room: int
    accepted: int
    later: int
    built: int
    rolled_back: int
    unsettled: int
    others: Mapping[str, int]
    small: Mapping[str, int]
    overcommitted: Sequence[str]
    left: int
    seconds: int
    faults: Sequence[str]

    @property
    def good(self) -> bool:
        """Whether exactly what fits was built, and nothing is left of it."""
        failed = self.rolled_back or self.unsettled or self.overcommitted or self.left
        return self.built == self.room and not failed and not self.small.get(NO_HOST)

    def line(self) -> str:
        """The round in one line."""
        faults = "".join(f"\n      {fault}" for fault in self.faults)
        return (
            f"{self.number:3} room for {self.room}: {self.accepted} accepted, {self.later} later,"
            f" {self.built} built, {self.rolled_back} rolled back, {self.unsettled} unsettled;"
            f" others {dict(self.others)}, small {dict(self.small)};"
            f" {len(self.overcommitted)} over-committed, {self.left} left, {self.seconds} s{faults}"
        )

    def row(self) -> Sequence[Any]:
        """Its cells below ``COLUMNS``."""
        others, small = self.others, self.small
        return (
            *(self.room, self.accepted, self.later, self.built, self.rolled_back),
            *(others.get(TOOK, 0), others.get(NO_HOST, 0)),
            *(small.get(TOOK, 0), small.get(NO_HOST, 0)),
        )

    @staticmethod
    def counts(rounds: Sequence["Round"]) -> dict[str, int]:
        """The totals that matter."""
        others, small = Counter[str](), Counter[str]()
        for each in rounds:
            others.update(each.others)
            small.update(each.small)
        return {
            "room for": sum(each.room for each in rounds),
            "accepted": sum(each.accepted + each.later for each in rounds),
            "built": sum(each.built for each in rounds),
            "rolled back": sum(each.rolled_back for each in rounds),
            "servers of others that took a place": others[TOOK],
            "that found none": others[NO_HOST],
            "small servers built": small[TOOK],
            "without a host": small[NO_HOST],
            "over-committed": sum(len(each.overcommitted) for each in rounds),
            "left behind": sum(each.left for each in rounds),
        }
