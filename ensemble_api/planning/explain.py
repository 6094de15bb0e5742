# SPDX-License-Identifier: Apache-2.0
"""Why there is no plan, in plain words with figures, and without naming a host or a rack."""

from collections.abc import Callable

import numpy as np

from ensemble_api.planning.bounds import impossible
from ensemble_api.planning.constraints import Problem
from ensemble_api.planning.laminar import at_depth, reach
from ensemble_api.planning.model import Affinity, AntiAffinity, Spread, Survive
from ensemble_api.planning.result import Reason
from ensemble_api.planning.wording import describe_policy, listed

# Tells whether a problem has a plan: True, False (proved), or None when it is not decided.
Oracle = Callable[[Problem], bool | None]


def explain(problem: Problem, oracle: Oracle) -> tuple[Reason, ...]:
    """Give the causes of a refusal: shortages, or else a smallest set of policies in conflict."""
    reasons = _shortages(problem)
    if reasons:
        return reasons
    bare = problem.enforcing(())
    if oracle(bare) is False:
        return (_crowded(problem),)
    return _conflict(problem, oracle)


def undecided(problem: Problem) -> tuple[Reason, ...]:
    """Say that the search ended at its limit."""
    return (
        Reason(
            code="not-decided",
            message="No plan was found within the limit of the search, "
            "and it is not proved that there is none.",
            tiers=tuple(tier.name for tier in problem.ensemble.tiers),
            demand=problem.ensemble.size,
            suggestion="Make a policy soft, or ask for fewer members.",
        ),
    )


def _shortages(problem: Problem) -> tuple[Reason, ...]:
    """Find what one tier, or one policy alone, cannot get."""
    reasons = []
    for row, tier in enumerate(problem.ensemble.tiers):
        room = int(problem.room[row].sum())
        if not problem.eligible[row].any():
            where = f" in availability zone {tier.zone}" if tier.zone else ""
            traits = " with the required traits" if tier.required_traits else ""
            reasons.append(
                Reason(
                    code="no-eligible-host",
                    message=f"No usable host{where}{traits} can take members of {tier.name}.",
                    tiers=(tier.name,),
                    demand=tier.count,
                    supply=0,
                )
            )
        elif room < tier.count:
            reasons.append(
                Reason(
                    code="no-capacity",
                    message=f"{tier.name} has {tier.count} members, and there is free capacity "
                    f"for {room}.",
                    tiers=(tier.name,),
                    demand=tier.count,
                    supply=room,
                    suggestion=f"Ask for {room} members of {tier.name}." if room else None,
                )
            )
    if reasons:
        return tuple(reasons)
    return tuple(
        reason
        for index in problem.hard
        if impossible(problem.enforcing([index]))
        for reason in _policy_shortages(problem, index)
    )


def _policy_shortages(problem: Problem, index: int) -> list[Reason]:
    """Say what one policy that cannot be met alone needs and gets."""
    policy = problem.ensemble.policies[index]
    alone = problem.enforcing([index])
    depth = problem.depth(policy.level)
    reasons = []
    for row in problem.rows(policy.tiers):
        tier = problem.ensemble.tiers[row]
        limits = alone.limits[row].tolist()
        able = at_depth(problem.topology, alone.caps[row], limits, depth)
        domains = int((able > 0).sum())
        if isinstance(policy, Affinity):
            most = int(able.max(initial=0))
            if most >= tier.count:
                continue
            reasons.append(
                Reason(
                    code="no-single-domain",
                    message=f"All {tier.count} members of {tier.name} must be in one "
                    f"{policy.level}, and no {policy.level} has room for more than {most}.",
                    policy=index,
                    level=policy.level,
                    tiers=(tier.name,),
                    demand=tier.count,
                    supply=most,
                    suggestion=f"Make affinity of {listed(policy.tiers)} soft.",
                )
            )
        elif reach(problem.topology, alone.caps[row], limits) < tier.count:
            needed = tier.count
            if isinstance(policy, (AntiAffinity, Survive, Spread)):
                needed = -(-tier.count // max(1, limits[depth]))
            reasons.append(
                Reason(
                    code="too-few-domains",
                    message=f"{tier.name} needs at least {needed} {policy.level} domains with free "
                    f"capacity ({describe_policy(policy)}), and there are {domains}."
                    if needed > domains
                    else f"{tier.name} has {tier.count} members, and with "
                    f"{describe_policy(policy)} there is room for {int(able.sum())}.",
                    policy=index,
                    level=policy.level,
                    tiers=(tier.name,),
                    demand=needed if needed > domains else tier.count,
                    supply=domains if needed > domains else int(able.sum()),
                    suggestion=f"Make {policy.kind} of {listed(policy.tiers)} soft.",
                )
            )
    return reasons


def _crowded(problem: Problem) -> Reason:
    """Say that every tier fits alone, but not all of them together."""
    names = tuple(tier.name for tier in problem.ensemble.tiers)
    useful = np.minimum(problem.free, problem.room.T @ problem.requests).sum(axis=0)
    needed = problem.counts @ problem.requests
    short = useful < needed
    supply = None
    if short.any():
        share = float((useful[short] / needed[short]).min())
        supply = int(problem.ensemble.size * share)
    return Reason(
        code="no-capacity",
        message=f"{listed(names)} fit one by one, but there is no room for "
        f"all {problem.ensemble.size} members together.",
        tiers=names,
        demand=problem.ensemble.size,
        supply=supply,
        suggestion="Ask for fewer members, or for a smaller flavor.",
    )


def _conflict(problem: Problem, oracle: Oracle) -> tuple[Reason, ...]:
    """Leave out policy after policy; what cannot be left out is what conflicts."""
    core = list(problem.hard)
    for index in problem.hard:
        without = [other for other in core if other != index]
        if oracle(problem.enforcing(without)) is False:
            core = without
    reasons = []
    for index in core:
        policy = problem.ensemble.policies[index]
        others = [describe_policy(problem.ensemble.policies[i]) for i in core if i != index]
        against = f" together with {listed(others)}" if others else ""
        reasons.append(
            Reason(
                code="conflict",
                message=f"There is no plan with {describe_policy(policy)}{against}.",
                policy=index,
                level=policy.level,
                tiers=policy.tiers,
                demand=int(problem.counts[problem.rows(policy.tiers)].sum()),
                suggestion=f"Make {policy.kind} of {listed(policy.tiers)} soft.",
            )
        )
    return tuple(reasons)
