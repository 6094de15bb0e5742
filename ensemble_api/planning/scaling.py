# SPDX-License-Identifier: Apache-2.0
"""Scaling: who is added to an ensemble that runs, who leaves it, and who has to be moved.

What leaves does so after what is added is there. Its room is not counted as free, and what was
promised is never short of servers on the way.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import count as counting
from typing import TypeAlias

import numpy as np

from ensemble_api.planning.check import check, shortfalls
from ensemble_api.planning.completion import closed_to_more, complete
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.mending import mend
from ensemble_api.planning.message import Sentence
from ensemble_api.planning.milp.task import Solve
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.moving import Move, is_beside, move, moves, safe_order
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.problem import Problem, build
from ensemble_api.planning.result import Assignment, Infeasible, Objective, Plan
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import IntArray

_TOO_FEW = Sentence(
    "invalid.too-few-to-remove",
    "%(count)s member of %(tier)s can be removed, which is not enough: the others stay.",
    "%(count)s members of %(tier)s can be removed, which is not enough: the others stay.",
)
_TOO_MANY = Sentence(
    "invalid.too-many-to-remove",
    "names more members of %(tier)s than are to be removed: %(count)s",
)

_LAST = Sentence(
    "invalid.last-to-remove",
    "names the last member of %(tier)s, which goes with its tier: leave that out of the tiers",
)

_NOBODY: Assignment = {}

# How good a choice is, the smaller the better: by how much hard policies are broken, then the
# stages of the objective.
_Value: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Scaled:
    """An ensemble after a change: its plan, who comes, who goes, and who moves, in that order."""

    plan: Plan
    added: tuple[Member, ...]
    removed: tuple[Member, ...]
    moved: tuple[Move, ...] = ()


def scale(
    ensemble: Ensemble,
    running: Assignment,
    snapshot: Snapshot,
    *,
    solve: Solve | None,
    leaving: Collection[Member] = (),
    replaced: Collection[Member] = (),
    staying: Collection[Member] = (),
    fixed: Collection[Member] = (),
    promised: Collection[Policy] = (),
    mending: bool = False,
) -> Scaled | Infeasible:
    """Plan an ensemble whose members `running` are there already, on the hosts given.

    Each tier gets as many members as `ensemble` says; members of tiers that it lacks leave. Those
    of `leaving` are removed first, `replaced` being those of them in whose place another member is
    added, and those of `staying` never; who else leaves is chosen so that
    what is left does best by the policies and by the objectives. New members have the lowest
    indices that are free. Only where there is no other plan others are moved, as few as can be, and
    none of `fixed`; `promised` are the policies of before. With `mending` they are moved for soft
    policies too. What runs must be part of what `snapshot.free` lacks.

    :raises ensemble_api.planning.errors.ModelError: when too many are named, when too many are to
        stay, or for a policy at a level that the cloud lacks.
    :raises KeyError: for a host that the cloud does not have.
    """
    counts = {tier.name: tier.count for tier in ensemble.tiers}
    kept = {
        member: host
        for member, host in running.items()
        if member.tier in counts and member not in leaving
    }
    _check_named(ensemble, running, [each for each in leaving if each not in replaced])
    kept = _chosen(ensemble, kept, snapshot, staying)
    tiers = tuple(_with_members(tier, kept, running) for tier in ensemble.tiers)
    scaled = replace(ensemble, tiers=tiers)
    moved = mend if mending else move
    planned = None if mending else complete(scaled, kept, snapshot, (), solve=solve)
    if isinstance(planned, Plan):
        return _scaled(planned, kept, running)
    found = moved(scaled, kept, snapshot, solve=solve, fixed=fixed, promised=promised)
    if isinstance(found, Infeasible):
        return found
    return _scaled(found[0], kept, running, found[1])


def stay(ensemble: Ensemble, running: Assignment, snapshot: Snapshot) -> Scaled:
    """Give an ensemble as it runs, with all that it misses; nobody comes, goes or moves.

    :raises KeyError: for a host that the cloud does not have.
    """
    tiers = tuple(_with_members(tier, running, running) for tier in ensemble.tiers)
    same = replace(ensemble, tiers=tiers)
    missed = [
        each for hard in (True, False) for each in shortfalls(same, snapshot, running, hard=hard)
    ]
    return Scaled(Plan(same, running, (), tuple(missed)), (), ())


def restore(
    ensemble: Ensemble,
    running: Assignment,
    snapshot: Snapshot,
    assignment: Assignment,
    objectives: tuple[Objective, ...],
    sources: Assignment = _NOBODY,
    promised: Collection[Policy] = (),
) -> Scaled | None:
    """Give what was planned before, if it can still be had; None when it cannot.

    `assignment` are all members that are to be there in the end, and `objectives` what was said of
    it. Those of them that run must be where they were then: on `sources` if they are to move.
    """
    kept = {member: host for member, host in running.items() if member in assignment}
    hosts = set(snapshot.topology.hosts)
    if any(sources.get(member, assignment[member]) != host for member, host in kept.items()):
        return None
    if not hosts.issuperset(assignment.values()):
        return None
    tiers = [
        replace(tier, indices=tuple(m.index for m in assignment if m.tier == tier.name))
        for tier in ensemble.tiers
        if sum(m.tier == tier.name for m in assignment) == tier.count
    ]
    if len(tiers) < len(ensemble.tiers):
        return None
    scaled = replace(ensemble, tiers=tuple(tiers))
    less = closed_to_more(snapshot, scaled, kept, ())
    if check(scaled, less, assignment, kept):
        return None
    plan = Plan(scaled, assignment, objectives, shortfalls(scaled, less, assignment, hard=False))
    order = safe_order(plan, kept, less, moves(kept, assignment), promised)
    if order is None or not is_beside(plan, kept, snapshot):
        return None
    return _scaled(plan, kept, running, order)


def _scaled(
    plan: Plan, kept: Assignment, running: Assignment, moved: tuple[Move, ...] = ()
) -> Scaled:
    return Scaled(
        plan,
        moved=moved,
        added=tuple(member for member in plan.ensemble.members if member not in kept),
        removed=tuple(sorted(member for member in running if member not in kept)),
    )


def _check_named(ensemble: Ensemble, running: Assignment, leaving: Collection[Member]) -> None:
    """Refuse that more of a tier are named than leave it."""
    for tier in ensemble.tiers:
        there = sum(member.tier == tier.name for member in running)
        named = sum(member.tier == tier.name for member in leaving)
        if named > max(0, there - tier.count):
            if there == named:
                raise ModelError("remove", _LAST(tier=tier.name))
            raise ModelError("remove", _TOO_MANY(tier=tier.name, count=named))


def _with_members(tier: Tier, kept: Assignment, running: Assignment) -> Tier:
    """Give a tier with its members that are kept, and with new ones of indices that are free."""
    indices = [member.index for member in kept if member.tier == tier.name]
    used = {member.index for member in running if member.tier == tier.name}
    free = (index for index in counting() if index not in used)
    indices += [next(free) for _ in range(tier.count - len(indices))]
    return replace(tier, indices=tuple(indices))


def _chosen(
    ensemble: Ensemble, kept: dict[Member, str], snapshot: Snapshot, staying: Collection[Member]
) -> dict[Member, str]:
    """Give those who stay where tiers shrink: one by one, who is missed least leaves."""
    surplus = {
        tier.name: sum(member.tier == tier.name for member in kept) - tier.count
        for tier in ensemble.tiers
    }
    if max(surplus.values()) <= 0:
        return kept
    problem = build(ensemble, snapshot)
    hosts = {host: problem.topology.host_number(host) for host in set(kept.values())}
    left = dict(kept)
    counts = np.zeros((len(ensemble.tiers), len(problem.topology)), dtype=np.int64)
    rows = {tier.name: row for row, tier in enumerate(ensemble.tiers)}
    for member, host in left.items():
        counts[rows[member.tier], hosts[host]] += 1
    for tier in ensemble.tiers:
        for _ in range(surplus[tier.name]):
            free = _removable(left, tier.name, staying)
            if not free:
                most = sum(m.tier == tier.name and m not in staying for m in kept)
                raise ModelError("tiers", _TOO_FEW(tier=tier.name, count=most))
            row = rows[tier.name]
            host = min(free, key=lambda each: _without(problem, counts, row, hosts[each]))
            counts[row, hosts[host]] -= 1
            del left[free[host]]
    return left


def _removable(
    left: Mapping[Member, str], tier: str, staying: Collection[Member]
) -> dict[str, Member]:
    """Give by host the last member of a tier there that may leave."""
    return {
        host: member
        for member, host in sorted(left.items())
        if member.tier == tier and member not in staying
    }


def _without(problem: Problem, counts: IntArray, row: int, host: int) -> _Value:
    """Give how good it is when a member of a tier leaves a host."""
    counts[row, host] -= 1
    try:
        broken = sum(policy.shortfall(problem, counts) for policy in problem.policies(problem.hard))
        return (broken, *problem.objective(counts))
    finally:
        counts[row, host] += 1
