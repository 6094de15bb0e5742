# SPDX-License-Identifier: Apache-2.0
"""Why there is no plan, in plain words with figures, and without naming a host or a rack."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from ensemble_api.planning.changes.offer import with_changes
from ensemble_api.planning.changes.trials import Oracle, Rebuild, Trials
from ensemble_api.planning.edits import edited
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.homes import OTHER_CELL
from ensemble_api.planning.message import Message, Sentence, listed
from ensemble_api.planning.model import Tier
from ensemble_api.planning.problem import Problem
from ensemble_api.planning.result import NO_ANSWER, NOT_DECIDED, Reason
from ensemble_api.planning.unplanned import MORE_HOSTS
from ensemble_api.planning.wording import members, quoted

_NOT_DECIDED = Sentence(
    "reason.not-decided",
    "No plan was found within the limit of the search, and it is not proved that there is none.",
)
_GIVEN_UP = Sentence(
    "reason.no-answer",
    "The search for a plan was stopped: no answer of the solver in %(seconds)s s, and it is not "
    "proved that there is none.",
)
_NO_HOST = Sentence("reason.no-host", "No usable host can take members of %(tier)s.")
_NO_HOST_IN_ZONE = Sentence(
    "reason.no-host-in-zone",
    "No usable host in availability zone %(zone)s can take members of %(tier)s.",
)
_NO_HOST_WITH_TRAITS = Sentence(
    "reason.no-host-with-traits",
    "No usable host with the required traits can take members of %(tier)s.",
)
_NO_HOST_IN_ZONE_WITH_TRAITS = Sentence(
    "reason.no-host-in-zone-with-traits",
    "No usable host in availability zone %(zone)s with the required traits can take members of "
    "%(tier)s.",
)
_NONE_FITS = Sentence("reason.none-fits", "None of the %(members)s of %(tier)s fit.")
_TOO_FEW_FIT = Sentence(
    "reason.too-few-fit",
    "%(count)s of the %(members)s of %(tier)s fit.",
    "%(count)s of the %(members)s of %(tier)s fit.",
)
_NONE_FITS_WHERE_LOOKED = Sentence(
    "reason.none-fits-where-looked",
    "None of the %(members)s of %(tier)s fit on the hosts that the plan looks at.",
)
_TOO_FEW_FIT_WHERE_LOOKED = Sentence(
    "reason.too-few-fit-where-looked",
    "%(count)s of the %(members)s of %(tier)s fit on the hosts that the plan looks at.",
    "%(count)s of the %(members)s of %(tier)s fit on the hosts that the plan looks at.",
)
_CROWDED = Sentence(
    "reason.crowded",
    "The free capacity is too small, or too scattered, for all %(size)s members of %(tiers)s "
    "together.",
)
_CONFLICT = Sentence("reason.conflict", "“%(policy)s” cannot be met together with %(others)s.")
_SOME_FIT = Sentence(
    "reason.some-fit",
    "“%(policy)s” cannot be met with the free capacity: %(count)s of the %(members)s fits.",
    "“%(policy)s” cannot be met with the free capacity: %(count)s of the %(members)s fit.",
)
CANNOT_BE_MET = Sentence(
    "reason.conflict-with-capacity", "“%(policy)s” cannot be met with the free capacity."
)

_FEW = 20  # that many smaller counts are tried one after the other, of more by halves


def explain(problem: Problem, oracle: Oracle, rebuild: Rebuild | None = None) -> tuple[Reason, ...]:
    """Give the causes of a refusal: shortages, or else a smallest set of policies in conflict.

    With `rebuild`, each has the smallest changes with which the whole ensemble has a plan, as far
    as any is found.
    """
    causes = _causes(problem, oracle, rebuild)
    return tuple(causes) if rebuild is None else _with_changes(problem, causes, oracle, rebuild)


def _with_changes(
    problem: Problem, reasons: Sequence[Reason], oracle: Oracle, rebuild: Rebuild
) -> tuple[Reason, ...]:
    trials = Trials(problem.ensemble, oracle, rebuild)
    causes = partial(_causes, oracle=oracle, rebuild=rebuild)
    return with_changes(reasons, trials, causes, _shortages_of, problem.topology.levels)


def _causes(problem: Problem, oracle: Oracle, rebuild: Rebuild | None) -> list[Reason]:
    """Find what refuses a problem that has no plan."""
    if problem.homes and oracle(replace(problem, homes=())):
        return [OTHER_CELL]
    reasons = _shortages(problem)
    if reasons and rebuild is not None:
        reasons += _beyond(problem, reasons, rebuild)
    if not reasons and oracle(problem.enforcing(())) is False:
        reasons = [_crowded(problem)]
    return reasons or _conflict(problem, oracle, rebuild)


def _shortages(problem: Problem) -> list[Reason]:
    """Find what one tier lacks, or else what one policy does; counting is enough for that."""
    return list(_tier_shortages(problem)) or [
        reason for index in problem.hard for reason in _policy_shortages(problem, index)
    ]


def _beyond(problem: Problem, short: list[Reason], rebuild: Rebuild) -> Iterator[Reason]:
    """Find the policies that lack something even for as many members as there is capacity for.

    Without them, what fits by the capacity alone would seem to be what could be had.
    """
    fitting = {
        reason.tiers[0]: reason.supply
        for reason in short
        if reason.policy is None and reason.supply
    }
    if not fitting:
        return
    tiers = tuple(
        tier.with_count(fitting.get(tier.name, tier.count)) for tier in problem.ensemble.tiers
    )
    try:
        fewer = rebuild(replace(problem.ensemble, tiers=tiers))
    except ModelError:  # a policy that needs more members than that
        return
    for index in problem.hard:
        lasting = {(each.code, each.tiers) for each in _policy_shortages(fewer, index)}
        for reason in _policy_shortages(problem, index):
            said = fitting.get(reason.tiers[0])
            if said not in (None, reason.supply) and (reason.code, reason.tiers) in lasting:
                yield reason


def _shortages_of(problem: Problem, policy: int | None) -> list[Reason]:
    """Find what one policy lacks, or without a policy what single tiers lack."""
    if policy is None:
        return list(_tier_shortages(problem))
    return list(_policy_shortages(problem, policy)) if policy in problem.hard else []


def undecided(
    problem: Problem,
    oracle: Oracle,
    rebuild: Rebuild | None = None,
    stopped: int | None = None,
) -> tuple[Reason, ...]:
    """Say that the search ended at its limit, and with which changes there would be a plan.

    `stopped` are the seconds after which the solver was given up, when that is why it ended.
    """
    reason = Reason(
        code=NOT_DECIDED if stopped is None else NO_ANSWER,
        message=_NOT_DECIDED() if stopped is None else _GIVEN_UP(seconds=stopped),
        tiers=tuple(tier.name for tier in problem.ensemble.tiers),
        demand=problem.ensemble.size,
    )
    return (reason,) if rebuild is None else _with_changes(problem, [reason], oracle, rebuild)


def _tier_shortages(problem: Problem) -> Iterator[Reason]:
    """Find the tiers that cannot get hosts or capacity, whatever the policies."""
    for row, tier in enumerate(problem.ensemble.tiers):
        room = int(problem.fits[row].sum())
        if not problem.suited[row].any():
            yield _of_tier("no-eligible-host", _no_host(tier), tier, 0)
        elif room < tier.count:
            sentence = _TOO_FEW_FIT if room else _NONE_FITS
            if MORE_HOSTS.intersection(tier.unplanned):
                sentence = _TOO_FEW_FIT_WHERE_LOOKED if room else _NONE_FITS_WHERE_LOOKED
            message = sentence(count=room, members=members(tier.count), tier=quoted(tier.name))
            yield _of_tier("no-capacity", message, tier, room)


def _no_host(tier: Tier) -> Message:
    """Say what the hosts lack, by what the tier asks of them."""
    if tier.zone is None:
        return (_NO_HOST_WITH_TRAITS if tier.required_traits else _NO_HOST)(tier=quoted(tier.name))
    sentence = _NO_HOST_IN_ZONE_WITH_TRAITS if tier.required_traits else _NO_HOST_IN_ZONE
    return sentence(tier=quoted(tier.name), zone=tier.zone)


def _of_tier(code: str, message: Message, tier: Tier, supply: int) -> Reason:
    return Reason(code, message, tiers=(tier.name,), demand=tier.count, supply=supply)


def _policy_shortages(problem: Problem, index: int) -> Iterator[Reason]:
    """Say what one policy that cannot be met even alone needs, and what there is."""
    policy = problem.ensemble.policies[index]
    for shortage in policy.shortages(problem.enforcing([index])):
        yield Reason(
            code=shortage.code,
            message=shortage.message,
            policy=index,
            described=policy.describe(),
            level=policy.level,
            tiers=tuple(problem.ensemble.tiers[row].name for row in shortage.rows),
            demand=shortage.demand,
            supply=shortage.supply,
        )


def _crowded(problem: Problem) -> Reason:
    """Say that every tier fits alone, but not all of them together.

    How many do fit is not told: there are more ways to cut several tiers than can be tried.
    """
    names = tuple(tier.name for tier in problem.ensemble.tiers)
    size = problem.ensemble.size
    message = _CROWDED(size=size, tiers=listed([quoted(name) for name in names]))
    return Reason("no-capacity", message, tiers=names, demand=size)


def _conflict(problem: Problem, oracle: Oracle, rebuild: Rebuild | None) -> list[Reason]:
    """Leave out policy after policy; what cannot be left out is what conflicts."""
    core = list(problem.hard)
    for index in problem.hard:
        without = [other for other in core if other != index]
        if oracle(problem.enforcing(without)) is False:
            core = without
    if len(core) == 1:
        alone = list(_policy_shortages(problem, core[0]))
        if alone:
            return alone
    reasons = []
    for index in core:
        policy = problem.ensemble.policies[index]
        others = [quoted(problem.ensemble.policies[i].describe()) for i in core if i != index]
        demand = int(problem.counts[problem.rows(policy.tiers)].sum())
        supply = None
        if not others and rebuild is not None:
            supply = _fitting(problem, index, oracle, rebuild)
        described = policy.describe()
        if others:
            message = _CONFLICT(policy=described, others=listed(others))
        elif supply is None:
            message = CANNOT_BE_MET(policy=described)
        else:
            message = _SOME_FIT(policy=described, members=members(demand), count=supply)
        reasons.append(
            Reason(
                code="conflict",
                message=message,
                policy=index,
                described=described,
                level=policy.level,
                tiers=policy.tiers,
                demand=demand,
                supply=supply,
            )
        )
    return reasons


def _fitting(problem: Problem, index: int, oracle: Oracle, rebuild: Rebuild) -> int | None:
    """Count the members of one policy's only tier that do fit with it, beside all others.

    None where that is not known exactly: of several tiers, and where the search ends at its limit.
    """
    ensemble = problem.ensemble
    if len(ensemble.policies[index].tiers) > 1:
        return None
    [row] = problem.rows(ensemble.policies[index].tiers)
    known: dict[int, bool | None] = {}

    def fits(count: int) -> bool | None:
        if count not in known:
            try:
                changed = rebuild(edited(ensemble, {f"tiers[{row}].count": count}))
            except ModelError:
                known[count] = False
            else:
                known[count] = oracle(changed.enforcing([index]))
        return known[count]

    counts = range(ensemble.tiers[row].count - 1, 0, -1)
    if len(counts) <= _FEW:
        found = next((count for count in counts if fits(count) is not False), 0)
    elif ensemble.policies[index].counting:
        return None  # fewer may be harder, so halves would not find the most
    else:
        low, high = 0, ensemble.tiers[row].count
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if fits(middle) is False else (middle, high)
        found = low
    return found if found and fits(found) else None
