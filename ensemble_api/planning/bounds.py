# SPDX-License-Identifier: Apache-2.0
"""Certificates by counting: what no plan can be better than, without any search."""

import numpy as np

from ensemble_api.planning.constraints import Problem
from ensemble_api.planning.laminar import at_depth, fill, least_losses, reach
from ensemble_api.planning.model import Affinity, AntiAffinity, Policy
from ensemble_api.planning.topology import IntArray


def together(problem: Problem, row: int) -> int | None:
    """Give the depth of the smallest domain that must hold the whole tier, if any must."""
    depths = [
        problem.depth(policy.level)
        for policy in problem.policies(problem.hard)
        if isinstance(policy, Affinity) and row in problem.rows(policy.tiers)
    ]
    return min(depths, default=None)


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
    if any(_too_close(problem, policy) for policy in problem.policies(problem.hard)):
        return True
    # All tiers share the hosts: no more of a resource can be used than any host can give.
    useful = np.minimum(problem.free, problem.caps.T @ problem.requests)
    return bool((useful.sum(axis=0) < problem.counts @ problem.requests).any())


def _too_close(problem: Problem, policy: Policy) -> bool:
    """Whether tiers that must not meet need more domains than there are for them."""
    if not isinstance(policy, AntiAffinity) or len(policy.tiers) < 2:
        return False
    rows, depth = problem.rows(policy.tiers), problem.depth(policy.level)
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


def lower_bounds(problem: Problem, values: tuple[int, ...]) -> tuple[int, ...]:
    """Give, for each objective stage, a value that no plan goes below.

    A stage's bound holds among the plans that have `values` in all earlier stages. `values` must be
    those of a plan, so the problem is feasible.
    """
    topology = problem.topology
    known = [0]
    if problem.existing is not None:
        known.append(least_moves(problem))
    rows = range(len(problem.counts))
    limits = [problem.limits[row].tolist() for row in rows]
    exact = True  # whether the larger levels' limits below are those of every optimal plan
    for depth in reversed(range(len(topology.levels))):
        bound = 0
        for row in rows:
            losses = least_losses(
                topology,
                problem.caps[row],
                limits[row],
                int(problem.counts[row]),
                together(problem, row),
                depths=(depth,),
            )
            least = 0 if losses is None else losses[depth]
            bound += least
            if exact:
                limits[row][depth] = least
        if values[len(known)] != bound and exact:
            # The sum is not met, so which tier loses more is open: take the limits back.
            exact = False
            for row in rows:
                limits[row][depth] = int(problem.limits[row, depth])
        known.append(bound)
    known.append(_least_packing(problem, limits))
    return tuple(known)


def _least_packing(problem: Problem, limits: list[list[int]]) -> int:
    order: IntArray = np.argsort(problem.cost, kind="stable")
    total = 0
    for row, count in enumerate(problem.counts.tolist()):
        placed = fill(problem.topology, problem.caps[row], limits[row], count, order)
        if placed is not None:
            total += int(placed @ problem.cost)
    return total
