# SPDX-License-Identifier: Apache-2.0
"""Certificates for soft policies that contradict each other: what they miss at least, together."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from ensemble_api.planning.bounds.counting import domains_needed
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.problem import Problem
from ensemble_api.planning.topology import IntArray


def least_missed(problem: Problem) -> int:
    """Bound from below what the soft policies miss in sum.

    Each by itself counts; on top of that comes what groups of them, without a common policy, miss
    together more than that.
    """
    if not problem.soft:
        return 0
    total = sum(policy.least_missed(problem) for policy in problem.policies(problem.soft))
    used: set[int] = set()
    for row in range(len(problem.counts)):
        extra, indexes = _one_tier(problem, row, used)
        total += extra
        used |= indexes
    pairs = sorted(_pairs(problem, used), key=lambda pair: -pair[0])
    for extra, first, second in pairs:
        if extra > 0 and not used & {first, second}:
            total += extra
            used |= {first, second}
    return total


def _one_tier(problem: Problem, row: int, used: set[int]) -> tuple[int, set[int]]:
    """Bound what is missed on top by all that is said of one tier, and which policies that uses.

    It depends on how many domains of each level the tier is in: no more of a level than of a
    smaller one.
    """
    name = problem.ensemble.tiers[row].name
    alone = 0
    shared: set[int] = set()
    best: IntArray | None = None
    for depth in reversed(range(len(problem.topology.levels))):
        policies: list[Policy] = []
        for index in problem.soft:
            policy = problem.ensemble.policies[index]
            if name not in policy.tiers or problem.depth(policy.level) != depth:
                continue
            if policy.by_tier:
                policies.append(replace(policy, tiers=(name,)))  # it counts tier by tier
            elif policy.joins and index not in used:
                policies.append(policy)
                shared.add(index)
        alone += sum(policy.least_missed(problem) for policy in policies)
        missed = _by_domains(problem, row, depth, policies)
        if best is not None:
            fewer = np.minimum.accumulate(best)
            number = np.minimum(np.arange(len(missed)), len(fewer) - 1)
            missed = missed + fewer[number]
        best = missed
    joint = 0 if best is None else int(best.min())
    return (joint - alone, shared) if joint > alone else (0, set())


_NEVER = 1 << 40


def _by_domains(problem: Problem, row: int, depth: int, policies: Sequence[Policy]) -> IntArray:
    """Give what policies of one level miss of one tier at least, by how many domains it is in."""
    level, count = problem.topology.levels[depth], int(problem.counts[row])
    present = int(problem.domains_with(problem.caps[row] > 0, level).sum())
    number = np.arange(min(count, present) + 1)
    missed = np.zeros(len(number), dtype=np.int64)
    for policy in policies:
        missed += policy.missed_by_domains(problem, row, number)
    missed[: min(domains_needed(problem, row, depth), len(missed) - 1)] = _NEVER
    return missed


def _pairs(problem: Problem, used: set[int]) -> Iterator[tuple[int, int, int]]:
    """Give what two policies that contradict each other miss on top, with their indexes.

    One of them forbids tiers to meet that the other wants in one place.
    """
    for index in problem.soft:
        separation = problem.ensemble.policies[index]
        if not separation.separates:
            continue
        depth = problem.depth(separation.level)
        for other in set(problem.soft) - used:
            policy = problem.ensemble.policies[other]
            if policy.level != separation.level:
                continue
            together = set(policy.tiers) & set(separation.tiers)
            if policy.joins:
                # In d domains it misses d - 1, and of k tiers k - d at least do not come first.
                joint = len(together) - 1
            elif policy.required_tier in separation.tiers:
                # Wherever one of those tiers is, one of both policies misses something.
                joint = sum(domains_needed(problem, row, depth) for row in problem.rows(together))
            else:
                continue
            alone = policy.least_missed(problem) + separation.least_missed(problem)
            yield joint - alone, index, other
