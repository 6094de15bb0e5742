# SPDX-License-Identifier: Apache-2.0
"""What came of one kill."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


@dataclasses.dataclass(frozen=True)
class Round:
    """One ensemble, with one kill ``delay`` seconds after its build or delete was asked for.

    ``ended`` is the status that it settled in, or "gone"; ``seconds`` is from the kill to there.
    ``left`` is what was there afterwards of servers, ports and consumers, by kind.
    """

    COLUMNS: ClassVar[tuple[str, ...]] = ("phase", "killed", "after", "ended", "seconds", "left")

    number: int
    phase: str
    victim: str
    delay: float
    ended: str
    seconds: int
    fault: str
    left: Mapping[str, Sequence[str]]

    @property
    def leaks(self) -> int:
        """How many things are left."""
        return sum(map(len, self.left.values()))

    @property
    def good(self) -> bool:
        """Whether it ended as asked or gone, with nothing left."""
        return self.ended in ("ACTIVE", "ERROR", "gone") and not self.leaks

    def line(self) -> str:
        """The round in one line."""
        told = f": {self.fault}" if self.fault else ""
        left = ", ".join(f"{len(ids)} {kind}" for kind, ids in self.left.items() if ids)
        return (
            f"{self.number:3} {self.phase:6} {self.victim} killed after {self.delay} s:"
            f" {self.ended} {self.seconds} s later, {left or 'nothing'} left{told}"
        )

    def row(self) -> Sequence[Any]:
        """Its cells below ``COLUMNS``."""
        delay = f"{self.delay} s"
        return self.phase, self.victim, delay, self.ended, self.seconds, self.leaks

    @staticmethod
    def counts(rounds: Sequence["Round"]) -> dict[str, int]:
        """The totals that matter."""
        builds = Counter(each.ended for each in rounds if each.phase == "build")
        deletes = Counter(each.ended for each in rounds if each.phase == "delete")
        return {
            "builds": builds.total(),
            "built": builds["ACTIVE"],
            "rolled back": builds["ERROR"],
            "deletes": deletes.total(),
            "gone": deletes["gone"],
            "leaks": sum(each.leaks for each in rounds),
        }
