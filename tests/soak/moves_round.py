# SPDX-License-Identifier: Apache-2.0
"""What came of the moves of one ensemble."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Round:
    """One ensemble, and by kind of move: how many members were to be moved, and how many were.

    ``broken`` is of how many of the ``looks`` after a move a policy was broken: what is broken
    stays so until a move happens to mend it.
    """

    COLUMNS: ClassVar[tuple[str, ...]] = ("asked for", "moved", "looks", "broken", "seconds")

    number: int
    asked: Mapping[str, int]
    moved: Mapping[str, int]
    broken: Mapping[str, int]
    looks: int
    seconds: int

    @property
    def good(self) -> bool:
        """Whether no policy was broken."""
        return not sum(self.broken.values())

    def line(self) -> str:
        """The round in one line."""
        kinds = ", ".join(
            f"{kind} {self.moved.get(kind, 0)} of {count}"
            + (f" ({self.broken[kind]} broken)" if self.broken.get(kind) else "")
            for kind, count in self.asked.items()
        )
        return f"{self.number:3} moved {kinds}; {self.looks} looks, {self.seconds} s"

    def row(self) -> Sequence[Any]:
        """Its cells below ``COLUMNS``."""
        asked, moved = (sum(each.values()) for each in (self.asked, self.moved))
        return asked, moved, self.looks, sum(self.broken.values()), self.seconds

    @staticmethod
    def counts(rounds: Sequence["Round"]) -> dict[str, int]:
        """The totals that matter."""
        asked = sum((Counter(each.asked) for each in rounds), Counter[str]())
        return {
            "asked for": asked.total(),
            "moved": sum(sum(each.moved.values()) for each in rounds),
            **asked,
            "looks": sum(each.looks for each in rounds),
            "broken": sum(sum(each.broken.values()) for each in rounds),
        }
