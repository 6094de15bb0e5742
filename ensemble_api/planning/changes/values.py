# SPDX-License-Identifier: Apache-2.0
"""New values for the fields of a description, each field's the nearest first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

from ensemble_api.planning.edits import FLAVOR, ZONE, Edits
from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.result import UNDECIDED, Reason

# The ways to end one reason, those that give up the least first.
WAYS = ("relax", "more", "soften", "fewer", "flavor", "level", "zone")
# Those of them that are ways of a tier, and not of a policy.
OF_TIERS = ("more", "fewer", "flavor", "zone")
# How many more members than twice as many are tried.
_FURTHER = 4


def new_values(
    ensemble: Ensemble, reason: Reason, levels: Sequence[str], ways: Iterable[str] = WAYS
) -> Iterator[Sequence[Edits]]:
    """Give, for each field that matters to a reason, edits with its new values.

    `levels` are those of the cloud, the smallest first.
    """
    if reason.code in UNDECIDED:
        for index, policy in enumerate(ensemble.policies):
            if policy.hard:
                yield [{f"policies[{index}].enforcement": "soft"}]
    for way in ways:
        if way in OF_TIERS:
            for name in reason.tiers:
                yield from _of_tier(ensemble, reason, name, way)
        elif reason.policy is not None and ensemble.policies[reason.policy].hard:
            yield from _of_policy(ensemble, reason.policy, way, levels)


def _of_policy(
    ensemble: Ensemble, index: int, way: str, levels: Sequence[str]
) -> Iterator[Sequence[Edits]]:
    """Give new values for the fields of a hard policy."""
    place, policy = f"policies[{index}]", ensemble.policies[index]
    if way == "soften":
        yield [{f"{place}.enforcement": "soft"}]
    elif way == "level":
        for level in _other_levels(policy.level, levels):
            yield [{f"{place}.level": level}]
    elif way == "relax":
        count = max(ensemble.tier(name).count for name in policy.tiers)
        for name, values in policy.relaxations(count):
            yield [{f"{place}.{name}": value} for value in values]


def _other_levels(level: str, levels: Sequence[str]) -> list[str]:
    """Give the other levels of the cloud, the nearest first, smaller ones before larger."""
    here = levels.index(level)
    others = (number for number in range(len(levels)) if number != here)
    return [levels[n] for n in sorted(others, key=lambda n: (abs(n - here), n))]


def _of_tier(ensemble: Ensemble, reason: Reason, name: str, way: str) -> Iterator[Sequence[Edits]]:
    """Give new values for the fields of a tier."""
    number = [tier.name for tier in ensemble.tiers].index(name)
    if way == "fewer":
        yield _fewer(ensemble, reason, name)
    elif way == "more" and reason.code != "no-capacity" and is_counted(ensemble, name):
        yield _more(ensemble, name)
    elif way == "flavor" and ensemble.tiers[number].flavors:
        yield [{f"tiers[{number}].{FLAVOR}": each.id} for each in ensemble.tiers[number].flavors]
    elif way == "zone" and ensemble.tiers[number].zone is not None:
        yield [{f"tiers[{number}].{ZONE}": None}]


def is_counted(ensemble: Ensemble, name: str) -> bool:
    """Whether a hard policy may be met with more members of a tier, and not with fewer."""
    return any(name in policy.counting for policy in ensemble.policies if policy.hard)


def is_flavor(steps: Sequence[Edits]) -> bool:
    """Whether steps change a flavor; of these the further one need not be the easier one."""
    return any(field.endswith(FLAVOR) for step in steps for field in step)


def _fewer(ensemble: Ensemble, reason: Reason, name: str) -> Sequence[Edits]:
    """Give smaller counts of one tier; at most what there is room for, where that is known."""
    number = [tier.name for tier in ensemble.tiers].index(name)
    count = ensemble.tiers[number].count
    most = count - 1
    if reason.supply is not None and reason.demand == count and len(reason.tiers) == 1:
        most = min(most, reason.supply)
    return [
        {f"tiers[{number}].count": less, **_with_counts(ensemble, {name: less})}
        for less in range(most, 0, -1)
    ]


def _with_counts(ensemble: Ensemble, counts: Mapping[str, int]) -> Edits:
    """Give what policies may ask for at most, with those smaller counts of tiers."""
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


def smaller_counts(ensemble: Ensemble) -> Sequence[Edits]:
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
        step |= _with_counts(ensemble, counts)
        if step not in steps[-1:]:
            steps.append(step)
    return steps


def values_between(ensemble: Ensemble, name: str, value: int | str | None) -> list[int | str]:
    """Give the values of a field between what is asked for now and a value, the nearest first."""
    part, _, attribute = name.partition("].")
    number = int(part.partition("[")[2])
    if attribute == "count" and isinstance(value, int):
        return list(range(ensemble.tiers[number].count - 1, value, -1))
    if part.startswith("policies"):
        policy = ensemble.policies[number]
        count = max(ensemble.tier(each).count for each in policy.tiers)
        for found, values in policy.relaxations(count):
            if found == attribute and value in values:
                return list(takewhile(lambda each: each != value, values))
    return []
