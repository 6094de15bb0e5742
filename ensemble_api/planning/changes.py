# SPDX-License-Identifier: Apache-2.0
"""Changes of an ensemble that was refused: the smallest ones with which the whole of it has a plan.

A change is a list of edits of fields of the description, and what is tried is the ensemble with
exactly those edits, so what is offered can be applied as it stands.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, takewhile
from typing import TypeAlias

from ensemble_api.planning.bounds.counting import impossible
from ensemble_api.planning.edits import FLAVOR, ZONE, Edits, describe_edits, edited
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import legacy_text
from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.problem import Problem
from ensemble_api.planning.result import UNDECIDED, Change, Edit, Reason

# Tells whether a problem has a plan: True, False (proved), or None when it is not decided.
Oracle: TypeAlias = Callable[[Problem], bool | None]
# Gives the problem of a changed ensemble on the same cloud.
Rebuild: TypeAlias = Callable[[Ensemble], Problem]
# Finds what refuses a problem, with no changes to it yet.
Causes: TypeAlias = Callable[[Problem], Sequence[Reason]]
_Key: TypeAlias = frozenset[tuple[str, int | str | None]]
# How many tiers times hosts may be looked at; about a second.
_WORK = 2_500_000
_MOST = 5
_ROUNDS = 4
# The ways to end one reason, those that give up the least first; the first ones in combinations.
_WAYS = ("loosen", "soften", "fewer")
_SINGLE_WAYS = ("loosen", "more", "soften", "fewer", "flavor", "level", "zone")
_OF_TIERS = ("more", "fewer", "flavor", "zone")
# How many of the values of a field that counting leaves open are planned.
_TRIES = 4
# How many more members than twice as many are tried.
_FURTHER = 4


@dataclass(slots=True, eq=False)
class Changes:
    """Looks for changes of one refused ensemble, as long as there is work left for it.

    `levels` are those of the cloud, the smallest first.

    `causes` finds all that refuses a problem; `shortages` only what counting finds of one policy,
    or without one of single tiers.
    """

    ensemble: Ensemble
    oracle: Oracle
    rebuild: Rebuild
    causes: Causes
    shortages: Callable[[Problem, int | None], Sequence[Reason]]
    levels: Sequence[str]
    work: int = _WORK
    known: dict[_Key, bool] = field(default_factory=dict)
    counted: dict[_Key, bool] = field(default_factory=dict)

    def offered(self, reasons: Sequence[Reason]) -> tuple[Reason, ...]:
        """Give the reasons with their changes, the smallest first, at most five each.

        Where no edit for one reason is enough, edits for several are put together.
        """
        known = not any(reason.code in UNDECIDED for reason in reasons)
        single = [list(self._single(reason)) for reason in reasons]
        if known and not any(single):
            # None of what the reasons name is enough by itself; something else of it may be.
            single = [list(self._anywhere()) for _ in reasons[:1]] * len(reasons)
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
        key = frozenset(edits.items())
        if key not in self.counted:
            problem = self._problem(edits)
            self.counted[key] = problem is not None and not impossible(problem)
        return self.counted[key]

    def _fits(self, edits: Edits) -> bool:
        """Whether the whole ensemble is known to have a plan with the edits."""
        key = frozenset(edits.items())
        if key not in self.known:
            problem = self._problem(edits)
            self.known[key] = problem is not None and self.oracle(problem) is True
        return self.known[key]

    def _single(self, reason: Reason) -> Iterator[Edits]:
        """Give changes of one field that are enough for the whole ensemble."""
        found = (
            self._nearest_step(steps) for steps in self._steps(self.ensemble, reason, _SINGLE_WAYS)
        )
        single = list(islice((edits for edits in found if edits is not None), _MOST))
        if any(self._cuts_below(reason, edits) for edits in single):
            edits = first(smaller(self.ensemble), self._counts, self._fits)
            less = None if edits is None else self._needed_edits(edits)
            if less is not None and less not in single:
                single = [*single[: _MOST - 1], less]
        yield from single

    def _cuts_below(self, reason: Reason, edits: Edits) -> bool:
        """Whether a tier is cut below what there is room for, since others need that room."""
        if reason.policy is not None or len(reason.tiers) != 1 or not reason.supply:
            return False
        number = [tier.name for tier in self.ensemble.tiers].index(reason.tiers[0])
        count = edits.get(f"tiers[{number}].count")
        return isinstance(count, int) and count < reason.supply and len(self.ensemble.tiers) > 1

    def _anywhere(self) -> Iterator[Edits]:
        """Give such changes of any field, whether a reason names its policy or tier or not."""
        names = tuple(tier.name for tier in self.ensemble.tiers)
        hard = [index for index, policy in enumerate(self.ensemble.policies) if policy.hard]
        found: list[Edits] = []
        for way in _SINGLE_WAYS:
            # Of tiers once, of policies one after the other.
            for policy in (None,) if way in _OF_TIERS else hard:
                reason = Reason("", legacy_text(""), policy=policy, tiers=names)
                for steps in self._steps(self.ensemble, reason, (way,)):
                    edits = self._nearest_step(steps)
                    if edits is not None and edits not in found:
                        found.append(edits)
                        yield edits
                    if len(found) == _MOST:
                        return

    def _nearest_step(self, steps: Sequence[Edits]) -> Edits | None:
        """Give the nearest step that is enough for the whole ensemble; None when none is found.

        More or fewer members of a tier that a policy counts are not always easier, and neither are
        other flavors. So of those the first that counting leaves open are planned one by one.
        """
        flavors = any(field.endswith(FLAVOR) for step in steps[:1] for field in step)
        if flavors or self._uneven(steps):
            open_ones = islice((each for each in steps if self._counts(each)), _TRIES)
            edits = next((each for each in open_ones if self._fits(each)), None)
            if flavors or edits is not None:
                return edits
        return first(steps, self._counts, self._fits)

    def _uneven(self, steps: Sequence[Edits]) -> bool:
        """Whether steps change how many there are of a tier whose members a policy counts."""
        return len(steps) > 1 and any(
            f"tiers[{number}].count" in steps[0] and _is_counted(self.ensemble, tier.name)
            for number, tier in enumerate(self.ensemble.tiers)
        )

    def _steps(
        self, ensemble: Ensemble, reason: Reason, ways: Iterable[str] = _WAYS
    ) -> Iterator[Sequence[Edits]]:
        """Give, for each field that matters to a reason, its new values, the nearest first."""
        if reason.code in UNDECIDED:
            for index, policy in enumerate(ensemble.policies):
                if policy.hard:
                    yield [{f"policies[{index}].enforcement": "soft"}]
        for way in ways:
            if way in _OF_TIERS:
                for name in reason.tiers:
                    yield from _of_tier(ensemble, reason, name, way)
            elif reason.policy is not None and ensemble.policies[reason.policy].hard:
                yield from self._of_policy(ensemble, reason.policy, way)

    def _of_policy(self, ensemble: Ensemble, index: int, way: str) -> Iterator[Sequence[Edits]]:
        """Give new values for the fields of a hard policy."""
        place, policy = f"policies[{index}]", ensemble.policies[index]
        if way == "soften":
            yield [{f"{place}.enforcement": "soft"}]
        elif way == "level":
            for level in self._other_levels(policy.level):
                yield [{f"{place}.level": level}]
        else:
            count = max(ensemble.tier(name).count for name in policy.tiers)
            for name, values in policy.looser(count):
                yield [{f"{place}.{name}": value} for value in values]

    def _other_levels(self, level: str) -> list[str]:
        """Give the other levels of the cloud, the nearest first, smaller ones before larger."""
        levels = self.levels
        here = levels.index(level)
        others = (number for number in range(len(levels)) if number != here)
        return [levels[n] for n in sorted(others, key=lambda n: (abs(n - here), n))]

    def _combined(self, reasons: Sequence[Reason]) -> Iterator[Edits]:
        """Give changes of several fields, each starting with another way."""
        seen: list[Edits] = []
        for first in _WAYS:
            ways = (first, *(way for way in _WAYS if way != first), "zone")
            edits = self._edits_for_all(reasons, ways)
            if edits is not None and edits not in seen:
                seen.append(edits)
                yield edits

    def _edits_for_all(self, reasons: Sequence[Reason], ways: Sequence[str]) -> Edits | None:
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
                return self._needed_edits(edits)
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
            return first(smaller(ensemble), lambda more: self._counts(edits | more), gone) or {}
        for steps in self._steps(ensemble, reason, ways):
            found = first(steps, gone, gone)
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

    def _needed_edits(self, edits: Edits) -> Edits:
        """Leave out every edit that is not needed, the last ones first, and ease the others."""
        for left_out in reversed(list(edits)):
            rest = {name: value for name, value in edits.items() if name != left_out}
            if rest and self._fits(rest):
                edits = rest
        for name in list(edits):
            nearer = [edits | {name: value} for value in self._values_between(name, edits[name])]
            edits = first([*nearer, edits], self._counts, self._fits) or edits
        return edits

    def _values_between(self, name: str, value: int | str | None) -> list[int | str]:
        """Give the values between what is asked for now and a value, the nearest first."""
        part, _, attribute = name.partition("].")
        number = int(part.partition("[")[2])
        if attribute == "count" and isinstance(value, int):
            return list(range(self.ensemble.tiers[number].count - 1, value, -1))
        if part.startswith("policies"):
            policy = self.ensemble.policies[number]
            count = max(self.ensemble.tier(each).count for each in policy.tiers)
            for found, values in policy.looser(count):
                if found == attribute and value in values:
                    return list(takewhile(lambda each: each != value, values))
        return []

    def _concerns(self, reason: Reason, edits: Edits) -> bool:
        """Whether one of the edits is of the policy or of a tier of the reason."""
        order = [tier.name for tier in self.ensemble.tiers]
        places = [f"tiers[{order.index(name)}]." for name in reason.tiers]
        if reason.policy is not None:
            places.append(f"policies[{reason.policy}].")
        return any(field.startswith(place) for field in edits for place in places)


def first(
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


def _of_tier(ensemble: Ensemble, reason: Reason, name: str, way: str) -> Iterator[Sequence[Edits]]:
    """Give new values for the fields of a tier."""
    number = [tier.name for tier in ensemble.tiers].index(name)
    if way == "fewer":
        yield _fewer(ensemble, reason, name)
    elif way == "more" and reason.code != "no-capacity" and _is_counted(ensemble, name):
        yield _more(ensemble, name)
    elif way == "flavor" and ensemble.tiers[number].flavors:
        yield [{f"tiers[{number}].{FLAVOR}": each.id} for each in ensemble.tiers[number].flavors]
    elif way == "zone" and ensemble.tiers[number].zone is not None:
        yield [{f"tiers[{number}].{ZONE}": None}]


def _is_counted(ensemble: Ensemble, name: str) -> bool:
    """Whether a hard policy may be met with more members of a tier, and not with fewer."""
    return any(name in policy.counting for policy in ensemble.policies if policy.hard)


def _fewer(ensemble: Ensemble, reason: Reason, name: str) -> Sequence[Edits]:
    """Give smaller counts of one tier; at most what there is room for, where that is known."""
    number = [tier.name for tier in ensemble.tiers].index(name)
    count = ensemble.tiers[number].count
    most = count - 1
    if reason.supply is not None and reason.demand == count and len(reason.tiers) == 1:
        most = min(most, reason.supply)
    return [
        {f"tiers[{number}].count": less, **_meant(ensemble, {name: less})}
        for less in range(most, 0, -1)
    ]


def _meant(ensemble: Ensemble, counts: Mapping[str, int]) -> Edits:
    """Give what must be asked for less, that policies can be meant of smaller counts of tiers."""
    return {
        f"policies[{index}].{name}": value
        for index, policy in enumerate(ensemble.policies)
        for name, value in policy.within(counts).items()
    }


def _more(ensemble: Ensemble, name: str) -> Sequence[Edits]:
    """Give larger counts of one tier, which a policy may need: of two, two cannot be left."""
    number = [tier.name for tier in ensemble.tiers].index(name)
    count = ensemble.tiers[number].count
    return [{f"tiers[{number}].count": more} for more in range(count + 1, 2 * count + _FURTHER)]


def smaller(ensemble: Ensemble) -> Sequence[Edits]:
    """Give smaller counts of all tiers, each by the same part of what it has."""
    steps: list[Edits] = []
    whole = ensemble.size
    for size in range(whole - 1, len(ensemble.tiers) - 1, -1):
        counts = {tier.name: max(1, tier.count * size // whole) for tier in ensemble.tiers}
        step: Edits = {
            f"tiers[{number}].count": counts[tier.name]
            for number, tier in enumerate(ensemble.tiers)
            if counts[tier.name] < tier.count
        }
        step |= _meant(ensemble, counts)
        if step not in steps[-1:]:
            steps.append(step)
    return steps
