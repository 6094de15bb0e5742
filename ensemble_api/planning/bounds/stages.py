# SPDX-License-Identifier: Apache-2.0
"""Certificates for the objective stages: values that no plan goes below, by counting alone."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from ensemble_api.planning.bounds.anti_affinity import extra_losses
from ensemble_api.planning.bounds.soft_bounds import least_missed
from ensemble_api.planning.laminar import (
    Limits,
    at_depth,
    fill,
    least_losses,
    least_pairs,
    reach,
    stable_order,
    within,
)
from ensemble_api.planning.problem import Problem, together
from ensemble_api.planning.topology import IntArray


def lower_bounds(problem: Problem, values: tuple[int, ...]) -> tuple[int, ...]:
    """Give, for each objective stage, a value that no plan goes below.

    A stage's bound holds among the plans that have `values` in all earlier stages. `values` must be
    those of a plan, so the problem is feasible.
    """
    known = [least_missed(problem)]
    if problem.existing is not None and not problem.spread_first:
        known.append(least_moves(problem))
    found = list(_losses(problem, values[len(known) :]))
    known.extend(bound for bound, _ in found)
    limits = found[-1][1]
    if problem.existing is not None and problem.spread_first:
        known.append(least_moves(problem, limits))
    depths = reversed(range(len(problem.topology.levels)))
    known.extend(_least_pairs(problem, limits, depth) for depth in depths)
    known.append(_least_packing(problem, limits))
    return tuple(known)


def narrowed(problem: Problem, values: tuple[int, ...], proved: int) -> Problem:
    """Give the problem with limits that leave only plans as good as `values`, or better.

    That is said of the worst losses alone, and only of those stages of which all before are proved:
    so many stages are, from the first on.
    """
    before = 1 if problem.existing is None or problem.spread_first else 2
    found = islice(_losses(problem, values[before:]), max(0, proved + 1 - before))
    limits = problem.limits
    for _, after in found:
        largest = [[int(np.max(limit, initial=0)) for limit in own] for own in after]
        limits = np.minimum(limits, np.array(largest, dtype=np.int64))
    limits = np.minimum.accumulate(limits[:, ::-1], axis=1)[:, ::-1]
    return replace(problem, limits=limits, caps=np.minimum(problem.caps, limits[:, :1]))


def _losses(
    problem: Problem, values: Sequence[int]
) -> Iterator[tuple[int, list[list[int | IntArray]]]]:
    """Give for each level, the largest first, the least that the worst losses can be in sum.

    With it come the limits [T, L] that all plans keep whose losses up to there are as in `values`.
    """
    limits = [problem.bounds(row) for row in range(len(problem.counts))]
    depths = reversed(range(len(problem.topology.levels)))
    for depth, value in zip(depths, values, strict=False):
        least = _least_each(problem, limits, depth)
        groups = extra_losses(problem, limits, depth, least, value)
        bound = sum(least) + sum(extra for _, extra in groups)
        # Of what the plan loses more than the bound, any one tier may have all.
        spare = max(0, value - bound)
        for row, own in enumerate(least):
            shared = next((extra for rows, extra in groups if row in rows), 0)
            limits[row][depth] = within(limits[row][depth], own + shared + spare)
        yield bound, [own.copy() for own in limits]


def least_moves(problem: Problem, limits: Sequence[Limits] | None = None) -> int:
    """Bound the moves from below: existing members that cannot all stay where they are.

    `limits` [T, L] are those that all plans keep which are meant.
    """
    if problem.existing is None:
        return 0
    moves = 0
    for row, running in enumerate(problem.existing):
        stay = reach(
            problem.topology,
            np.minimum(running, problem.caps[row]),
            problem.bounds(row) if limits is None else limits[row],
            together(problem, row),
        )
        moves += int(running.sum()) - stay
    return moves


def _least_each(problem: Problem, limits: Sequence[Limits], depth: int) -> list[int]:
    """Bound each tier's worst loss by one domain at a depth, the limits being given."""
    least = []
    for row, count in enumerate(problem.counts.tolist()):
        caps, joined = problem.capped(row), together(problem, row)
        losses = least_losses(problem.topology, caps, limits[row], count, joined, depths=(depth,))
        own = 0 if losses is None else int(np.max(losses[depth], initial=0))
        for policy in problem.policies(problem.hard):
            if policy.required_tier is not None and problem.depth(policy.level) == depth:
                required_row = problem.rows([policy.required_tier])[0]
                if row in problem.rows(policy.tiers):
                    # It is in no more domains than the other tier has members.
                    able = at_depth(problem.topology, caps, limits[row], depth)
                    own = _least_within(able, count, int(problem.counts[required_row]), own)
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


def _least_pairs(problem: Problem, limits: Sequence[Limits], depth: int) -> int:
    """Bound the pairs of members in one domain at a depth, the limits being given."""
    return sum(
        least_pairs(
            problem.topology, problem.capped(row), own, count, depth, together(problem, row)
        )
        for row, (own, count) in enumerate(zip(limits, problem.counts.tolist(), strict=True))
    )


def _least_packing(problem: Problem, limits: Sequence[Limits]) -> int:
    order = stable_order(problem.cost)
    total = 0
    for row, count in enumerate(problem.counts.tolist()):
        placed = fill(problem.topology, problem.caps[row], limits[row], count, order)
        if placed is not None:
            total += int(placed @ problem.cost)
    return total
