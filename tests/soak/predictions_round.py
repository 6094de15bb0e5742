# SPDX-License-Identifier: Apache-2.0
"""What came of one random drill of one random ensemble."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


@dataclasses.dataclass(frozen=True)
class Round:
    """What a failure was to do to an ensemble, and did; it hit so many ``together``.

    ``predicted`` are the members that were to be lost, ``lost`` those that Nova then showed on
    hosts that were down. ``targets`` are where the repair was to bring which member, None where
    there was to be none, and ``places`` where they are once all run again. ``seconds`` is from the
    failure to there, None for never.
    """

    COLUMNS: ClassVar[tuple[str, ...]] = (
        *("members", "failed", "ensembles hit", "lost", "as predicted", "repaired"),
        "where predicted",
    )

    number: int
    together: int
    members: int
    failed: str
    predicted: Sequence[str]
    lost: Sequence[str]
    targets: Mapping[str, str] | None
    places: Mapping[str, str]
    seconds: float | None
    body: Mapping[str, Any]
    """What was built, to do it again."""

    @property
    def agreed(self) -> bool:
        """Whether exactly those were lost that had been predicted."""
        return list(self.predicted) == list(self.lost)

    @property
    def repaired(self) -> bool:
        """Whether all that was to be repaired was."""
        return not self.targets or self.seconds is not None

    @property
    def placed(self) -> bool:
        """Whether all that was to be repaired is where it was to be."""
        return not self.targets or dict(self.places) == dict(self.targets)

    @property
    def good(self) -> bool:
        """Whether all came as predicted.

        Of several that one failure hits each was asked about alone, and the first may take a place
        that another one was to have.
        """
        return self.agreed and self.repaired and (self.placed or self.together > 1)

    def line(self) -> str:
        """The round in one line."""
        wrong = "" if self.good else f"; predicted {self.predicted}, {self.targets}: {self.body}"
        return (
            f"{self.number:3} {self.members} members, {self.failed}: lost {list(self.lost)},"
            f" {self._repaired()}{wrong}"
        )

    def row(self) -> Sequence[Any]:
        """Its cells below ``COLUMNS``."""
        where = ("yes" if self.placed else "no") if self.targets else "-"
        agreed = "yes" if self.agreed else "no"
        lost = len(self.lost)
        return self.members, self.failed, self.together, lost, agreed, self._repaired(), where

    def _repaired(self) -> str:
        if self.targets is None:
            return "no repair predicted"
        if not self.targets:
            return "-"
        return "not repaired" if self.seconds is None else f"{self.seconds:.0f} s"

    @staticmethod
    def counts(rounds: Sequence["Round"]) -> dict[str, int]:
        """The totals that matter."""
        return {
            "members lost": sum(len(each.lost) for each in rounds),
            "not as predicted": sum(not each.agreed for each in rounds),
            "repairs predicted": sum(bool(each.targets) for each in rounds),
            "not repaired": sum(not each.repaired for each in rounds),
            "hit alone": sum(each.together == 1 for each in rounds),
            "repaired elsewhere of these": sum(
                each.together == 1 and not each.placed for each in rounds
            ),
            "repaired elsewhere of the others": sum(
                each.together > 1 and not each.placed for each in rounds
            ),
        }
