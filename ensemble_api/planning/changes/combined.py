# SPDX-License-Identifier: Apache-2.0
"""Changes of several fields that together are enough for the whole ensemble."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ensemble_api.planning.changes.reduction import needed_edits
from ensemble_api.planning.changes.trials import Trials, first
from ensemble_api.planning.changes.values import is_flavor, new_values, smaller_counts
from ensemble_api.planning.edits import FLAVOR, Edits, edited
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.problem import Problem
from ensemble_api.planning.result import Reason

# Finds what refuses a problem, with no changes to it yet.
Causes: TypeAlias = Callable[[Problem], Sequence[Reason]]
# Finds what counting finds of one policy, or without one of single tiers.
Shortages: TypeAlias = Callable[[Problem, int | None], Sequence[Reason]]
_ROUNDS = 4
# Each combination starts with another one of them.
_WAYS = ("relax", "soften", "fewer")


@dataclass(frozen=True, slots=True)
class CombinedChanges:
    """Puts edits against several reasons together; `levels` are the cloud's, the smallest first."""

    trials: Trials
    causes: Causes
    shortages: Shortages
    levels: Sequence[str]

    def against(self, reasons: Sequence[Reason]) -> Iterator[Edits]:
        """Give changes against all of the reasons, each starting with another way."""
        seen: list[Edits] = []
        for start in _WAYS:
            ways = (start, *(way for way in _WAYS if way != start), "zone", "flavor")
            edits = self._edits_for_all(reasons, ways)
            if edits is not None and edits not in seen:
                seen.append(edits)
                yield edits
        edits = self._same_flavor(reasons)
        if edits is not None and edits not in seen:
            yield edits

    def _same_flavor(self, reasons: Sequence[Reason]) -> Edits | None:
        """Give one other flavor for all tiers that lack hosts or capacity; None if none does."""
        tiers = self.trials.ensemble.tiers
        named = {name for reason in reasons if reason.policy is None for name in reason.tiers}
        rows = [row for row, tier in enumerate(tiers) if tier.name in named]
        if len(rows) < 2:
            return None
        ids = [[flavor.id for flavor in tiers[row].flavors] for row in rows]
        for each in ids[0]:
            edits: Edits = {f"tiers[{row}].{FLAVOR}": each for row in rows}
            shared = all(each in others for others in ids)
            if shared and self.trials.possible(edits) and self.trials.fits(edits):
                return needed_edits(self.trials, edits)
        return None

    def _edits_for_all(self, reasons: Sequence[Reason], ways: Sequence[str]) -> Edits | None:
        """Take away reason after reason, also those that come up then, until there is a plan."""
        edits: Edits = {}
        for _ in range(_ROUNDS):
            before = dict(edits)
            # One edit ends a conflict; the others of its policies may stay as they are.
            for reason in reasons[:1] if reasons[0].code == "conflict" else reasons:
                edits |= self._against_one(reason, reasons, edits, ways)
            if edits == before:
                edits |= self._all_soft(edits)
            if edits == before:
                return None
            problem = self.trials.problem(edits)
            if problem is None:
                return None
            if self.trials.fits(edits):
                return needed_edits(self.trials, edits)
            reasons = self.causes(problem)
            if not reasons:
                return None
        return None

    def _against_one(
        self, reason: Reason, reasons: Sequence[Reason], edits: Edits, ways: Sequence[str]
    ) -> Edits:
        """Give an edit that takes one of the reasons away, whatever else there is; or nothing."""

        def gone(more: Edits) -> bool:
            problem = self.trials.problem(edits | more)
            return problem is not None and self._gone(problem, reason, reasons)

        def possible(more: Edits) -> bool:
            return self.trials.possible(edits | more)

        try:
            ensemble = edited(self.trials.ensemble, edits)
        except ModelError:
            return {}
        if reason.policy is None and len(reason.tiers) > 1:
            return first(smaller_counts(ensemble), possible, gone) or {}
        for steps in new_values(ensemble, reason, self.levels, ways):
            if is_flavor(steps):  # the next one may be the harder one
                found = next((each for each in steps if gone(each)), None)
            else:
                found = first(steps, gone, gone)
            if found is not None:
                return found
        return {}

    def _gone(self, problem: Problem, reason: Reason, reasons: Sequence[Reason]) -> bool:
        """Whether a problem no longer has one of the reasons that it had.

        That some members of a tier fit is another reason than that none does.
        """
        if reason.policy is None and len(reason.tiers) > 1:
            return self.trials.oracle(problem.enforcing(())) is True
        if reason.code == "conflict":
            core = {other.policy for other in reasons}
            rest = [index for index in problem.hard if index in core]
            return self.trials.oracle(problem.enforcing(rest)) is True
        return not any(
            (other.code, other.policy) == (reason.code, reason.policy)
            and set(other.tiers) & set(reason.tiers)
            and not (reason.policy is None and reason.supply == 0 and other.supply)
            for other in self.shortages(problem, reason.policy)
        )

    def _all_soft(self, edits: Edits) -> Edits:
        """Make all policies soft."""
        ensemble = edited(self.trials.ensemble, edits)
        return {
            f"policies[{index}].enforcement": "soft"
            for index, policy in enumerate(ensemble.policies)
            if policy.hard
        }
