# SPDX-License-Identifier: Apache-2.0
"""Certificates for soft policies that contradict each other: what they miss at least, together."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from ensemble_api.planning.bounds.counting import domains_needed, missed_alone
from ensemble_api.planning.model import Affinity, AntiAffinity, Near, Policy, Spread, Survive
from ensemble_api.planning.problem import Problem
from ensemble_api.planning.topology import IntArray


def least_missed(problem: Problem) -> int:
    """Bound from below what the soft policies miss in sum.

    Each by itself counts; on top of that comes what groups of them, without a common policy, miss
    together more than that.
    """
    if not problem.soft:
        return 0
    total = sum(missed_alone(problem, policy) for policy in problem.policies(problem.soft))
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
            if isinstance(policy, Survive | Spread) or len(policy.tiers) == 1:
                policies.append(replace(policy, tiers=(name,)))  # it counts tier by tier
            elif isinstance(policy, Affinity) and index not in used:
                policies.append(policy)
                shared.add(index)
        alone += sum(missed_alone(problem, policy) for policy in policies)
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
    present = int(problem.marks(problem.caps[row] > 0, level).sum())
    number = np.arange(min(count, present) + 1)
    some = np.maximum(number, 1)
    largest = -(-count // some)
    missed = np.zeros(len(number), dtype=np.int64)
    for policy in policies:
        match policy:
            case Affinity():
                missed += np.maximum(number - 1, 0)
            case AntiAffinity():
                missed += np.maximum(count - policy.max_per_domain * number, 0)
            case Survive():
                lost = np.where(
                    number > policy.failures, -(-count * policy.failures // some), count
                )
                missed += np.maximum(policy.needed(count) - (count - lost), 0)
            case Spread():
                if policy.min_domains is not None:
                    missed += np.maximum(policy.min_domains - number, 0)
                if policy.max_skew is not None:
                    eligible = int(problem.marks(problem.eligible[row], level).sum())
                    skew = np.where(number < eligible, largest, 0)
                    missed += np.maximum(skew - policy.max_skew, 0)
            case _:
                pass
    missed[: min(domains_needed(problem, row, depth), len(missed) - 1)] = _NEVER
    return missed


def _pairs(problem: Problem, used: set[int]) -> Iterator[tuple[int, int, int]]:
    """Give what two policies that contradict each other miss on top, with their indexes.

    One of them forbids tiers to meet that the other wants in one place.
    """
    for index in problem.soft:
        apart = problem.ensemble.policies[index]
        if not isinstance(apart, AntiAffinity) or len(apart.tiers) < 2:
            continue
        depth = problem.depth(apart.level)
        for other in set(problem.soft) - used:
            policy = problem.ensemble.policies[other]
            if policy.level != apart.level:
                continue
            together = set(policy.tiers) & set(apart.tiers)
            if isinstance(policy, Affinity):
                # In d domains it misses d - 1, and of k tiers k - d at least do not come first.
                joint = len(together) - 1
            elif isinstance(policy, Near) and policy.to in apart.tiers:
                # Wherever one of those tiers is, one of both policies misses something.
                joint = sum(domains_needed(problem, row, depth) for row in problem.rows(together))
            else:
                continue
            alone = missed_alone(problem, policy) + missed_alone(problem, apart)
            yield joint - alone, index, other
