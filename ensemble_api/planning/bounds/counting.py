# SPDX-License-Identifier: Apache-2.0
"""What counting alone proves of single policies: that there is no plan, or what is missed."""

import numpy as np

from ensemble_api.planning.laminar import (
    at_depth,
    level_off,
    reach,
)
from ensemble_api.planning.model import Affinity, AntiAffinity, Policy, Spread, Survive
from ensemble_api.planning.problem import Problem, together


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


def missed_alone(problem: Problem, policy: Policy) -> int:
    """Bound from below what one policy misses, whatever the other soft ones do."""
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
