# SPDX-License-Identifier: Apache-2.0
"""What came of the failure of one host or rack."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Round:
    """One failure of ``what``, and what became of the members of all ensembles.

    ``hit`` members were on it. ``broken`` promises were to hold and did not; ``lost`` members have
    no server that runs in the end. ``repaired`` is the seconds from when the API told of the
    failure until all members ran on hosts that are up, ``told`` those from the failure until it
    told; ``restored`` those from the return of the hosts until everything promised held again.
    ``wrong`` is what should not be: doubles, leaks, over-commitment, what did not come to its end.
    For ``promised`` of those hit capacity was held, of which ``unmet`` found no place.
    """

    COLUMNS: ClassVar[tuple[str, ...]] = (
        *("failed", "forced down", "members hit", "promises broken", "lost"),
        *("capacity held for", "of these without a place"),
        *("told after", "repaired after", "restored after", "wrong"),
    )

    number: int
    what: str
    forced: bool
    hit: int
    broken: int
    lost: int
    told: float
    repaired: float
    restored: float
    wrong: Sequence[str]
    promised: int = 0
    unmet: int = 0

    @property
    def good(self) -> bool:
        """Whether every promise was kept and all is whole again."""
        return not (self.broken or self.lost or self.unmet or self.wrong)

    def line(self) -> str:
        """The round in one line."""
        wrong = "".join(f"\n      {each}" for each in self.wrong)
        return (
            f"{self.number:3} {self.what}{' (forced)' if self.forced else ''}: {self.hit} hit,"
            f" {self.broken} promises broken, {self.lost} lost,"
            f" {self.unmet} of {self.promised} held without a place;"
            f" told after {self.told} s, repaired {self.repaired} s,"
            f" restored {self.restored} s{wrong}"
        )

    def row(self) -> Sequence[Any]:
        """Its cells below ``COLUMNS``."""
        return (
            *(self.what, "yes" if self.forced else "no", self.hit, self.broken, self.lost),
            *(self.promised, self.unmet),
            *(self.told, self.repaired, self.restored, "; ".join(self.wrong) or "nothing"),
        )

    @staticmethod
    def counts(rounds: Sequence["Round"]) -> dict[str, Any]:
        """The totals that matter."""
        repaired = sorted(each.repaired for each in rounds if each.hit)
        return {
            "members hit": sum(each.hit for each in rounds),
            "promises broken": sum(each.broken for each in rounds),
            "lost": sum(each.lost for each in rounds),
            "lost with capacity held for them": sum(each.promised for each in rounds),
            "of these without a place": sum(each.unmet for each in rounds),
            "wrong": sum(len(each.wrong) for each in rounds),
            "seconds until repaired, median": statistics.median(repaired) if repaired else "none",
            "95 of 100": repaired[int(0.95 * (len(repaired) - 1))] if repaired else "none",
        }
