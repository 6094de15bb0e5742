# SPDX-License-Identifier: Apache-2.0
"""Which hosts are alike to the policies of an ensemble: of these one will do for all."""

import numpy as np

from ensemble_api.planning.problem import Problem
from ensemble_api.planning.topology import BoolArray, IntArray


def kinds(problem: Problem, counts: IntArray) -> IntArray:
    """Give what policies see of each host [H, columns], with members as `counts` [T, H] says."""
    held: BoolArray = counts.sum(axis=0) > 0
    columns: list[IntArray | BoolArray] = []
    for level in problem.topology.levels:
        number = problem.topology.index(level)
        # Empty domains are alike, but for where they are, which the levels above say.
        columns.append(np.where(problem.domains_with(held, level)[number], number, -1))
    columns += [problem.eligible[row] for row in range(len(problem.counts))]
    bars = (policy.barred(problem.snapshot) for policy in problem.ensemble.policies)
    columns += [barred for barred in bars if barred is not None]
    for _, mask in sorted(problem.snapshot.others.items()):
        for level in problem.topology.levels:
            columns.append(problem.domains_with(mask, level)[problem.topology.index(level)])
    return np.stack(columns, axis=1)
