# SPDX-License-Identifier: Apache-2.0
"""What came of one drill of one rack."""

import dataclasses
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

METHODS = ("plain", "groups", "ensemble")


@dataclasses.dataclass(frozen=True)
class Round:
    """The failure of a rack under one service that was built in three ways.

    By method: how many were ``lost``, whether the service was ``kept``, whether exactly those were
    lost that had been predicted (``agreed``), and after how many seconds all ran again
    (``healed``, None for never). ``places`` is whether the repaired members are where the
    prediction had put them.
    """

    COLUMNS: ClassVar[tuple[str, ...]] = (
        *("seed", "rack", "plain servers", "server groups", "ensemble", "healed"),
        "as predicted",
    )

    number: int
    seed: int
    rack: str
    lost: Mapping[str, int]
    kept: Mapping[str, bool]
    agreed: Mapping[str, bool]
    healed: Mapping[str, float | None]
    places: bool
    passed: bool

    @property
    def good(self) -> bool:
        """Whether the ensemble met all criteria, and every prediction came true."""
        return self.passed and self.places and all(self.agreed.values())

    def line(self) -> str:
        """The round in one line."""
        told = ", ".join(f"{method} {self._of(method)}" for method in METHODS)
        word = "PASSED" if self.good else "FAILED"
        return f"{self.number:3} seed {self.seed}, {self.rack}: {told}; {self._healed()}; {word}"

    def row(self) -> Sequence[Any]:
        """Its cells below ``COLUMNS``."""
        agreed = "yes" if all(self.agreed.values()) else "no"
        told = [self._of(method) for method in METHODS]
        return self.seed, self.rack, *told, self._healed(), agreed

    def _of(self, method: str) -> str:
        lost = self.lost[method]
        return f"{lost} lost, {'kept' if self.kept[method] else 'service lost'}" if lost else "-"

    def _healed(self) -> str:
        seconds = self.healed["ensemble"]
        if not self.lost["ensemble"]:
            return "-"
        return "not healed" if seconds is None else f"{seconds:.0f} s"

    @staticmethod
    def counts(rounds: Sequence["Round"]) -> dict[str, Any]:
        """The totals that matter."""
        healed = [
            each.healed["ensemble"]
            for each in rounds
            if each.lost["ensemble"] and each.healed["ensemble"] is not None
        ]
        found: dict[str, Any] = {
            f"service lost, {method}": sum(not each.kept[method] for each in rounds)
            for method in METHODS
        }
        found["not as predicted"] = sum(not all(each.agreed.values()) for each in rounds)
        found["healed elsewhere than predicted"] = sum(not each.places for each in rounds)
        if healed:
            found["median seconds to healed"] = round(statistics.median(healed))
            found["longest"] = round(max(healed))
        return found
