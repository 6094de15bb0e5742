# SPDX-License-Identifier: Apache-2.0
"""Whether an ensemble has a plan with edits, as long as there is work left to find that out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ensemble_api.planning.bounds.counting import impossible
from ensemble_api.planning.edits import Edits, edited
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.problem import Problem

# Tells whether a problem has a plan: True, False (proved), or None when it is not decided.
Oracle: TypeAlias = Callable[[Problem], bool | None]
# Gives the problem of a changed ensemble on the same cloud.
Rebuild: TypeAlias = Callable[[Ensemble], Problem]
_Key: TypeAlias = frozenset[tuple[str, int | str | None]]
# How many tiers times hosts may be looked at; about a second.
_WORK = 2_500_000


@dataclass(slots=True, eq=False)
class Trials:
    """Tries edits of one ensemble, each of them once."""

    ensemble: Ensemble
    oracle: Oracle
    rebuild: Rebuild
    work: int = _WORK
    known: dict[_Key, bool] = field(default_factory=dict)
    counted: dict[_Key, bool] = field(default_factory=dict)

    def problem(self, edits: Edits) -> Problem | None:
        """Give the problem with the edits; None when there is none, or no work left for it."""
        if self.work <= 0:
            return None
        try:
            problem = self.rebuild(edited(self.ensemble, edits))
        except ModelError:  # they contradict what a policy promises
            return None
        self.work -= len(problem.counts) * (100 + len(problem.topology))
        return problem

    def possible(self, edits: Edits) -> bool:
        """Whether counting alone leaves it open that there is a plan with the edits."""
        key = frozenset(edits.items())
        if key not in self.counted:
            problem = self.problem(edits)
            self.counted[key] = problem is not None and not impossible(problem)
        return self.counted[key]

    def fits(self, edits: Edits) -> bool:
        """Whether the whole ensemble is known to have a plan with the edits."""
        key = frozenset(edits.items())
        if key not in self.known:
            problem = self.problem(edits)
            self.known[key] = problem is not None and self.oracle(problem) is True
        return self.known[key]

    def first_fitting(self, steps: Sequence[Edits]) -> Edits | None:
        """Give the nearest step that fits, those after it being easier; None when none fits."""
        return first(steps, self.possible, self.fits)


def first(
    steps: Sequence[Edits], possible: Callable[[Edits], bool], fits: Callable[[Edits], bool]
) -> Edits | None:
    """Give the nearest step that fits, those after it being easier; None when none fits.

    Whether a step is `possible` at all is cheap to tell.
    """
    if not steps or not possible(steps[-1]):
        return None
    low = _bisect(steps, 0, possible)
    if fits(steps[low]):
        return steps[low]
    if low == len(steps) - 1 or not fits(steps[-1]):
        return None
    return steps[_bisect(steps, low + 1, fits)]


def _bisect(steps: Sequence[Edits], low: int, good: Callable[[Edits], bool]) -> int:
    """Give the first of the steps from `low` on that is good; the last one is."""
    high = len(steps) - 1
    while low < high:
        middle = (low + high) // 2
        if good(steps[middle]):
            high = middle
        else:
            low = middle + 1
    return low
