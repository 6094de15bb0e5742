# SPDX-License-Identifier: Apache-2.0
"""Replacement: place lost members again beside those that are left, which all stay."""

import numpy as np

from ensemble_api.planning.problem import Problem, fitting
from ensemble_api.planning.topology import BoolArray, IntArray

_MOST = 64
"""Members that are placed one by one; more are a case for the planner."""


def replace_lost(problem: Problem) -> IntArray | None:
    """Give counts [T, H] in which every existing member on an eligible host stays.

    One by one, the largest first, the others go where least of their tier is: in the largest
    domains first, as it is there that most would be lost. None when too many are missing, when one
    finds no room, or when a hard policy is broken in the end: then only a whole plan can tell.
    """
    existing = problem.existing
    if existing is None:
        return None
    counts: IntArray = np.where(problem.eligible, existing, 0)
    missing = problem.counts - counts.sum(axis=1)
    if missing.sum() > _MOST:
        return None
    free: IntArray = np.subtract(problem.free, counts.T @ problem.requests)
    sizes = problem.requests.sum(axis=1)
    for row in sorted(np.flatnonzero(missing).tolist(), key=lambda row: -int(sizes[row])):
        room = np.minimum(
            problem.caps[row] - counts[row],
            fitting(free, problem.requests[row], int(missing[row])),
        )
        room *= _allowed_hosts(problem, row, counts)
        for _ in range(int(missing[row])):
            host = _emptiest(problem, counts[row], room)
            if host is None:
                return None
            counts[row, host] += 1
            room[host] -= 1
            free[host] -= problem.requests[row]
    return None if problem.broken(counts) else counts


def _allowed_hosts(problem: Problem, row: int, counts: IntArray) -> BoolArray:
    """Mark the hosts on which other members leave a place to a tier (shape [H])."""
    mask = np.ones(len(problem.topology), dtype=np.bool_)
    for policy in problem.policies(problem.hard):
        rows = problem.rows(policy.tiers)
        if row not in rows:
            continue
        if policy.joins:
            others, wanted = rows, True
        elif policy.separates:
            others, wanted = [each for each in rows if each != row], False
        elif policy.required_tier is not None:
            others, wanted = problem.rows([policy.required_tier]), True
        else:
            continue
        there: BoolArray = counts[others].sum(axis=0) > 0
        if there.any():
            domains = problem.domains_with(there, policy.level)
            mask &= domains[problem.topology.index(policy.level)] == wanted
    return mask


def _emptiest(problem: Problem, held: IntArray, room: IntArray) -> int | None:
    """Find the host with room whose domains hold least of a tier, the largest domain first."""
    open_hosts = np.flatnonzero(room > 0)
    if not len(open_hosts):
        return None
    keys = [
        problem.held(held, level)[problem.topology.index(level)[open_hosts]]
        for level in problem.topology.levels
    ]
    # lexsort takes its most important key last, and the levels run from the smallest up.
    return int(open_hosts[np.lexsort(keys)[0]])
