# SPDX-License-Identifier: Apache-2.0
"""Certificates by counting: what no plan can be better than, without any search."""

import numpy as np

from ensemble_api.planning.constraints import Problem, together
from ensemble_api.planning.laminar import (
    at_depth,
    fill,
    least_losses,
    level_off,
    reach,
    stable_order,
)
from ensemble_api.planning.model import Affinity, AntiAffinity, Near, Policy, Spread, Survive
from ensemble_api.planning.separation import least_apart
from ensemble_api.planning.topology import IntArray


def domains_needed(problem: Problem, row: int, depth: int) -> int:
    """Bound from below how many domains at a depth the tier is in; more than there are: no room."""
    limits = problem.limits[row].tolist()
    if together(problem, row) is not None and (together(problem, row) or 0) <= depth:
        return 1
    able = np.sort(at_depth(problem.topology, problem.caps[row], limits, depth))[::-1]
    return int(np.searchsorted(np.cumsum(able), problem.counts[row])) + 1


def impossible(problem: Problem) -> bool:
    """Whether counting alone proves that there is no plan."""
    topology = problem.topology
    for row, count in enumerate(problem.counts.tolist()):
        limits = problem.limits[row].tolist()
        if reach(topology, problem.caps[row], limits, together(problem, row)) < count:
            return True
    for policy in problem.policies(problem.hard):
        if _too_close(problem, policy) or any(
            kept < wanted for _, kept, wanted in shortages(problem, policy)
        ):
            return True
    # All tiers share the hosts: no more of a resource can be used than any host can give.
    useful = np.minimum(problem.free, problem.caps.T @ problem.requests)
    return bool((useful.sum(axis=0) < problem.counts @ problem.requests).any())


def shortages(problem: Problem, policy: Policy) -> list[tuple[int, int, int]]:
    """Give, for each tier of some policies, its row, the most there can be, and what is wanted.

    Survive counts members that are left, and spread the domains that are used.
    """
    found = []
    depth = problem.depth(policy.level)
    for row in problem.rows(policy.tiers):
        count = int(problem.counts[row])
        able = at_depth(problem.topology, problem.caps[row], problem.limits[row].tolist(), depth)
        if isinstance(policy, Survive):
            shares = np.sort(level_off(able, count, np.arange(len(able))))[::-1]
            left = int(shares[policy.failures :].sum())
            found.append((row, left, policy.needed(count)))
        elif isinstance(policy, Spread) and policy.min_domains is not None:
            found.append((row, min(count, int((able > 0).sum())), policy.min_domains))
    return found


def _too_close(problem: Problem, policy: Policy) -> bool:
    """Whether tiers that must not meet need more domains than there are for them."""
    if not isinstance(policy, AntiAffinity) or len(policy.tiers) < 2:
        return False
    rows, depth = problem.rows(policy.tiers), problem.depth(policy.level)
    if any(
        isinstance(other, Affinity)
        and problem.depth(other.level) <= depth
        and len(set(other.tiers) & set(policy.tiers)) > 1
        for other in problem.policies(problem.hard)
    ):
        return True
    marks = [problem.marks(problem.caps[row] > 0, policy.level) for row in rows]
    needed = sum(domains_needed(problem, row, depth) for row in rows)
    return needed > int(np.any(marks, axis=0).sum())


def least_moves(problem: Problem) -> int:
    """Bound the moves from below: existing members that cannot all stay where they are."""
    if problem.existing is None:
        return 0
    moves = 0
    for row, running in enumerate(problem.existing):
        stay = reach(
            problem.topology,
            np.minimum(running, problem.caps[row]),
            problem.limits[row].tolist(),
            together(problem, row),
        )
        moves += int(running.sum()) - stay
    return moves


def least_missed(problem: Problem) -> int:
    """Bound from below what the soft policies miss in sum, each looked at by itself."""
    return sum(_least_missed(problem, policy) for policy in problem.policies(problem.soft))


def _least_missed(problem: Problem, policy: Policy) -> int:
    rows, depth = problem.rows(policy.tiers), problem.depth(policy.level)
    match policy:
        case AntiAffinity() if len(rows) == 1:
            count = int(problem.counts[rows[0]])
            joined = together(problem, rows[0])
            if joined is not None and joined <= depth:
                return max(0, count - policy.max_per_domain)
            limits = problem.limits[rows[0]].tolist()
            able = at_depth(problem.topology, problem.caps[rows[0]], limits, depth)
            return max(0, count - int(np.minimum(able, policy.max_per_domain).sum()))
        case AntiAffinity():
            # Every domain may hold one tier for nothing, and each further one counts.
            marks = [problem.marks(problem.caps[row] > 0, policy.level) for row in rows]
            needed = sum(domains_needed(problem, row, depth) for row in rows)
            return max(0, needed - int(np.any(marks, axis=0).sum()))
        case Affinity():
            return max(domains_needed(problem, row, depth) for row in rows) - 1
        case Survive() | Spread():
            return sum(max(0, wanted - most) for _, most, wanted in shortages(problem, policy))
        case _:
            return 0


def lower_bounds(problem: Problem, values: tuple[int, ...]) -> tuple[int, ...]:
    """Give, for each objective stage, a value that no plan goes below.

    A stage's bound holds among the plans that have `values` in all earlier stages. `values` must be
    those of a plan, so the problem is feasible.
    """
    topology = problem.topology
    known = [least_missed(problem)]
    if problem.existing is not None:
        known.append(least_moves(problem))
    limits: list[list[int]] = problem.limits.tolist()
    for depth in reversed(range(len(topology.levels))):
        least = _least_each(problem, limits, depth)
        groups = least_apart(problem, limits, depth, least, values[len(known)])
        bound = sum(least) + sum(extra for _, extra in groups)
        # Of what the plan loses more than the bound, any one tier may have all.
        spare = max(0, values[len(known)] - bound)
        for row, own in enumerate(least):
            shared = next((extra for rows, extra in groups if row in rows), 0)
            limits[row][depth] = min(limits[row][depth], own + shared + spare)
        known.append(bound)
    known.append(_least_packing(problem, limits))
    return tuple(known)


def _least_each(problem: Problem, limits: list[list[int]], depth: int) -> list[int]:
    """Bound each tier's worst loss by one domain at a depth, the limits being given."""
    least = []
    for row, count in enumerate(problem.counts.tolist()):
        caps, joined = problem.caps[row], together(problem, row)
        losses = least_losses(problem.topology, caps, limits[row], count, joined, depths=(depth,))
        own = 0 if losses is None else losses[depth]
        for policy in problem.policies(problem.hard):
            if isinstance(policy, Near) and problem.depth(policy.level) == depth:
                beside = problem.rows([policy.to])[0]
                if row in problem.rows(policy.tiers):
                    # It is in no more domains than the other tier has members.
                    able = at_depth(problem.topology, caps, limits[row], depth)
                    own = _least_within(able, count, int(problem.counts[beside]), own)
        least.append(own)
    return least


def _least_within(able: IntArray, count: int, domains: int, low: int) -> int:
    """Give the least worst loss, from `low` up, of `count` members in so many domains at most."""
    best = np.sort(able)[::-1][:domains]
    high = count
    while low < high:
        middle = (low + high) // 2
        if int(np.minimum(best, middle).sum()) >= count:
            high = middle
        else:
            low = middle + 1
    return low


def _least_packing(problem: Problem, limits: list[list[int]]) -> int:
    order = stable_order(problem.cost)
    total = 0
    for row, count in enumerate(problem.counts.tolist()):
        placed = fill(problem.topology, problem.caps[row], limits[row], count, order)
        if placed is not None:
            total += int(placed @ problem.cost)
    return total
