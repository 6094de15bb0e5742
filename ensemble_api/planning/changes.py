# SPDX-License-Identifier: Apache-2.0
"""Changes of an ensemble that was refused: the smallest ones with which the whole of it has a plan.

A change is a list of edits of fields of the description, and what is tried is the ensemble with
exactly those edits, so what is offered can be applied as it stands.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ensemble_api.planning.bounds.counting import impossible
from ensemble_api.planning.edits import Edits, describe_edits, edited
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.problem import Problem
from ensemble_api.planning.result import UNDECIDED, Change, Edit, Reason

# Tells whether a problem has a plan: True, False (proved), or None when it is not decided.
Oracle: TypeAlias = Callable[[Problem], bool | None]
# Gives the problem of a changed ensemble on the same cloud.
Rebuild: TypeAlias = Callable[[Ensemble], Problem]
# Finds what refuses a problem, with no changes to it yet.
Causes: TypeAlias = Callable[[Problem], Sequence[Reason]]
# How many tiers times hosts may be looked at; about a second.
_WORK = 2_500_000
_MOST = 3
_ROUNDS = 4
_WAYS = ("loosen", "soften", "fewer")


@dataclass(slots=True, eq=False)
class Changes:
    """Looks for changes of one refused ensemble, as long as there is work left for it.

    `causes` finds all that refuses a problem; `shortages` only what counting finds of one policy,
    or without one of single tiers.
    """

    ensemble: Ensemble
    oracle: Oracle
    rebuild: Rebuild
    causes: Causes
    shortages: Callable[[Problem, int | None], Sequence[Reason]]
    work: int = _WORK
    known: dict[frozenset[tuple[str, int | str]], bool] = field(default_factory=dict)

    def offered(self, reasons: Sequence[Reason]) -> tuple[Reason, ...]:
        """Give the reasons with their changes, the smallest first, at most three each.

        Where no edit for one reason is enough, edits for several are put together.
        """
        known = not any(reason.code in UNDECIDED for reason in reasons)
        single = [list(self._single(reason)) for reason in reasons]
        both = list(self._combined(reasons)) if known and not all(single) else []
        given = []
        for reason, own in zip(reasons, single, strict=True):
            concerned = [edits for edits in both if self._concerns(reason, edits)]
            found = own or concerned or both or [edits for each in single for edits in each[:1]]
            changes = tuple(
                Change(
                    describe_edits(self.ensemble, edits),
                    tuple(Edit(name, value) for name, value in edits.items()),
                )
                for edits in sorted(found, key=len)[:_MOST]
            )
            given.append(
                replace(reason, changes=changes, suggestion=changes[0].message if changes else None)
            )
        return tuple(given)

    def _problem(self, edits: Edits) -> Problem | None:
        """Give the problem with the edits; None when there is none, or no work left for it."""
        if self.work <= 0:
            return None
        try:
            problem = self.rebuild(edited(self.ensemble, edits))
        except ModelError:  # they contradict what a policy promises
            return None
        self.work -= len(problem.counts) * (100 + len(problem.topology))
        return problem

    def _counts(self, edits: Edits) -> bool:
        """Whether counting alone leaves it open that there is a plan with the edits."""
        problem = self._problem(edits)
        return problem is not None and not impossible(problem)

    def _fits(self, edits: Edits) -> bool:
        """Whether the whole ensemble is known to have a plan with the edits."""
        key = frozenset(edits.items())
        if key not in self.known:
            problem = self._problem(edits)
            self.known[key] = problem is not None and self.oracle(problem) is True
        return self.known[key]

    def _single(self, reason: Reason) -> Iterator[Edits]:
        """Give changes of one field that are enough for the whole ensemble."""
        found = 0
        for steps in self._steps(self.ensemble, reason):
            edits = _first(steps, self._counts, self._fits)
            if edits is not None:
                yield edits
                found += 1
            if found == _MOST:
                return

    def _steps(
        self, ensemble: Ensemble, reason: Reason, ways: Iterable[str] = _WAYS
    ) -> Iterator[Sequence[Edits]]:
        """Give, for each field that matters to a reason, its new values, the nearest first."""
        if reason.code in UNDECIDED:
            for index, policy in enumerate(ensemble.policies):
                if policy.hard:
                    yield [{f"policies[{index}].enforcement": "soft"}]
        for way in ways:
            if way == "fewer":
                for name in reason.tiers:
                    yield _fewer(ensemble, reason, name)
            elif reason.policy is not None and ensemble.policies[reason.policy].hard:
                place = f"policies[{reason.policy}]"
                policy = ensemble.policies[reason.policy]
                if way == "soften":
                    yield [{f"{place}.enforcement": "soft"}]
                else:
                    count = max(ensemble.tier(name).count for name in policy.tiers)
                    for name, values in policy.looser(count):
                        yield [{f"{place}.{name}": value} for value in values]

    def _combined(self, reasons: Sequence[Reason]) -> Iterator[Edits]:
        """Give changes of several fields, each starting with another way."""
        seen: list[Edits] = []
        for first in _WAYS:
            ways = (first, *(way for way in _WAYS if way != first))
            edits = self._together(reasons, ways)
            if edits is not None and edits not in seen:
                seen.append(edits)
                yield edits

    def _together(self, reasons: Sequence[Reason], ways: Sequence[str]) -> Edits | None:
        """Take away reason after reason, also those that come up then, until there is a plan."""
        edits: Edits = {}
        for _ in range(_ROUNDS):
            before = dict(edits)
            # One edit ends a conflict; the others of its policies may stay as they are.
            for reason in reasons[:1] if reasons[0].code == "conflict" else reasons:
                edits |= self._against(reason, reasons, edits, ways)
            if edits == before:
                edits |= self._everywhere(edits)
            if edits == before:
                return None
            problem = self._problem(edits)
            if problem is None:
                return None
            if self._fits(edits):
                return self._lessened(edits)
            reasons = self.causes(problem)
            if not reasons:
                return None
        return None

    def _against(
        self, reason: Reason, reasons: Sequence[Reason], edits: Edits, ways: Sequence[str]
    ) -> Edits:
        """Give an edit that takes one of the reasons away, whatever else there is; or nothing."""

        def gone(more: Edits) -> bool:
            problem = self._problem(edits | more)
            return problem is not None and self._gone(problem, reason, reasons)

        try:
            ensemble = edited(self.ensemble, edits)
        except ModelError:
            return {}
        if reason.policy is None and len(reason.tiers) > 1:
            return _first(_smaller(ensemble), self._counts, gone) or {}
        for steps in self._steps(ensemble, reason, ways):
            found = _first(steps, gone, gone)
            if found is not None:
                return found
        return {}

    def _gone(self, problem: Problem, reason: Reason, reasons: Sequence[Reason]) -> bool:
        """Whether a problem no longer has one of the reasons that it had."""
        if reason.policy is None and len(reason.tiers) > 1:
            return self.oracle(problem.enforcing(())) is True
        if reason.code == "conflict":
            core = {other.policy for other in reasons}
            rest = [index for index in problem.hard if index in core]
            return self.oracle(problem.enforcing(rest)) is True
        return not any(
            (other.code, other.policy) == (reason.code, reason.policy)
            and set(other.tiers) & set(reason.tiers)
            for other in self.shortages(problem, reason.policy)
        )

    def _everywhere(self, edits: Edits) -> Edits:
        """Make all policies soft."""
        ensemble = edited(self.ensemble, edits)
        return {
            f"policies[{index}].enforcement": "soft"
            for index, policy in enumerate(ensemble.policies)
            if policy.hard
        }

    def _lessened(self, edits: Edits) -> Edits:
        """Leave out every edit that is not needed, the last ones first."""
        for left_out in reversed(list(edits)):
            rest = {name: value for name, value in edits.items() if name != left_out}
            if rest and self._fits(rest):
                edits = rest
        return edits

    def _concerns(self, reason: Reason, edits: Edits) -> bool:
        """Whether one of the edits is of the policy or of a tier of the reason."""
        order = [tier.name for tier in self.ensemble.tiers]
        places = [f"tiers[{order.index(name)}]." for name in reason.tiers]
        if reason.policy is not None:
            places.append(f"policies[{reason.policy}].")
        return any(field.startswith(place) for field in edits for place in places)


def _first(
    steps: Sequence[Edits], open_: Callable[[Edits], bool], fits: Callable[[Edits], bool]
) -> Edits | None:
    """Give the nearest step that fits, those after it being easier; None when none fits.

    Whether a step is `open_` at all is cheap to tell.
    """
    if not steps or not open_(steps[-1]):
        return None
    low = _bisect(steps, 0, open_)
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


def _fewer(ensemble: Ensemble, reason: Reason, name: str) -> Sequence[Edits]:
    """Give smaller counts of one tier; at most what there is room for, where that is known."""
    number = [tier.name for tier in ensemble.tiers].index(name)
    count = ensemble.tiers[number].count
    most = count - 1
    if reason.supply is not None and reason.demand == count and len(reason.tiers) == 1:
        most = min(most, reason.supply)
    return [{f"tiers[{number}].count": less} for less in range(most, 0, -1)]


def _smaller(ensemble: Ensemble) -> Sequence[Edits]:
    """Give smaller counts of all tiers, each by the same part of what it has."""
    steps: list[Edits] = []
    for size in range(ensemble.size - 1, len(ensemble.tiers) - 1, -1):
        counts = [max(1, tier.count * size // ensemble.size) for tier in ensemble.tiers]
        step: Edits = {
            f"tiers[{number}].count": count
            for number, (tier, count) in enumerate(zip(ensemble.tiers, counts, strict=True))
            if count < tier.count
        }
        if step not in steps[-1:]:
            steps.append(step)
    return steps
