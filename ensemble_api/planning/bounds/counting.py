# SPDX-License-Identifier: Apache-2.0
"""What counting alone proves of single tiers and policies: how many domains, or no plan at all."""

import numpy as np

from ensemble_api.planning.laminar import reach
from ensemble_api.planning.problem import Problem, together


def domains_needed(problem: Problem, row: int, depth: int) -> int:
    """Bound from below how many domains at a depth the tier is in; more than there are: no room."""
    joined = together(problem, row)
    if joined is not None and joined <= depth:
        return 1
    able = np.sort(problem.able(row, depth))[::-1]
    return int(np.searchsorted(np.cumsum(able), problem.counts[row])) + 1


def impossible(problem: Problem) -> bool:
    """Whether counting alone proves that there is no plan."""
    topology = problem.topology
    if problem.pinned.any() and (problem.pinned > problem.caps).any():
        return True
    for home in problem.homes:
        inside = np.where(home.hosts, problem.caps[home.row], 0)
        if reach(topology, inside, problem.bounds(home.row)) < home.least:
            return True
    for row, count in enumerate(problem.counts.tolist()):
        limits = problem.bounds(row)
        if reach(topology, problem.capped(row), limits, together(problem, row)) < count:
            return True
    if any(policy.impossible(problem) for policy in problem.policies(problem.hard)):
        return True
    # All tiers share the hosts: no more of a resource can be used than any host can give.
    needed = problem.counts @ problem.requests
    for column, request in enumerate(problem.requests.T):
        useful = np.minimum(problem.free[:, column], request @ problem.caps)
        if int(useful.sum()) < needed[column]:
            return True
    return False
