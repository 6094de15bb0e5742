# SPDX-License-Identifier: Apache-2.0
"""Certificates for tiers that must not meet: what they lose at least, together."""

from collections.abc import Sequence

import numpy as np

from ensemble_api.planning.laminar import Limits, at_depth
from ensemble_api.planning.problem import Problem, together
from ensemble_api.planning.topology import IntArray

_NEVER = 1 << 40


def extra_losses(
    problem: Problem, limits: Sequence[Limits], depth: int, least: list[int], value: int
) -> list[tuple[list[int], int]]:
    """Bound how much more tiers lose together that must not meet in the domains at a depth.

    Gives, for groups without a common tier, the rows and what comes on top of their own bounds.
    When that is less than the stage's `value`, pairs of tiers are looked at part by part as well.
    """
    groups: list[tuple[list[int], int]] = []
    taken: set[int] = set()
    for policy in problem.policies(problem.hard):
        if not policy.separates:
            continue
        rows = problem.rows(policy.tiers)
        if problem.depth(policy.level) != depth or taken.intersection(rows):
            continue
        able = [at_depth(problem.topology, problem.capped(row), limits[row], depth) for row in rows]
        domains = int(np.any([held > 0 for held in able], axis=0).sum())
        total = np.zeros(domains + 1, dtype=np.int64)  # least sum, by how many domains are left
        for row, held in zip(rows, able, strict=True):
            joined = together(problem, row)
            alone = joined is not None and joined <= depth
            total = _with_tier(total, held, int(problem.counts[row]), least[row], alone)
        alone_sum = sum(least[row] for row in rows)
        extra = max(0, int(total.min()) - alone_sum)
        if len(rows) == 2 and depth + 1 < len(problem.topology.levels):
            pair = _Pair(problem, limits, depth, (rows[0], rows[1]), (able[0], able[1]))
            while extra < value - sum(least) and not pair.can_lose(alone_sum + extra, least):
                extra += 1
        if 0 < extra < _NEVER:
            groups.append((rows, extra))
            taken.update(rows)
    return groups


def _with_tier(total: IntArray, able: IntArray, count: int, least: int, alone: bool) -> IntArray:
    """Add one tier to the least sums: with a worst loss of w it needs so many domains or more."""
    result = np.full_like(total, _NEVER)
    able = np.sort(able)[::-1]
    seen = len(total)
    for worst in range(max(1, least), count + 1):
        reached = np.cumsum(np.minimum(able, worst))
        needed = 1 if alone else int(np.searchsorted(reached, count)) + 1
        if needed < seen and needed <= len(able):
            seen = needed
            np.minimum(result[needed:], total[: len(total) - needed] + worst, out=result[needed:])
        if needed == 1:
            break
    return result


class _Pair:
    """Two tiers that must not meet, part by part: the domains inside one larger domain together."""

    def __init__(
        self,
        problem: Problem,
        limits: Sequence[Limits],
        depth: int,
        rows: tuple[int, int],
        able: tuple[IntArray, IntArray],
    ) -> None:
        parent = problem.topology.parent(problem.topology.levels[depth])
        self.rows = rows
        self.counts = [int(problem.counts[row]) for row in rows]
        self.most = [int(np.max(limits[row][depth + 1], initial=0)) for row in rows]
        # For each part how many domains there are, and what each tier could have in the best.
        self.parts: list[tuple[int, list[IntArray]]] = []
        for number in range(problem.topology.size(problem.topology.levels[depth + 1])):
            here = [held[parent == number] for held in able]
            domains = int(((here[0] > 0) | (here[1] > 0)).sum())
            self.parts.append((domains, [np.sort(held)[::-1][:domains] for held in here]))

    def can_lose(self, total: int, least: list[int]) -> bool:
        """Whether worst losses of that sum might be enough; False is a proof that they are not."""
        first, second = self.rows
        return any(
            self._enough(own, total - own) for own in range(least[first], total - least[second] + 1)
        )

    def _enough(self, first: int, second: int) -> bool:
        """Whether both tiers might be placed with at most so many members in a domain."""
        # For each number of members of the first tier: how many of the second there is room for.
        best = np.full(self.counts[0] + 1, -_NEVER)
        best[0] = 0
        for domains, able in self.parts:
            gains = [
                np.minimum(np.concatenate([[0], np.cumsum(np.minimum(held, share))]), most)
                for held, share, most in zip(able, (first, second), self.most, strict=True)
            ]
            result = np.full_like(best, -_NEVER)
            before = -1
            for taken, own in enumerate(gains[0].tolist()):
                if own == before:
                    continue  # one more domain for the first tier gives it nothing here
                before = own
                other = int(gains[1][domains - taken])
                moved = best[: len(best) - own] + other
                np.maximum(result[own:], moved, out=result[own:])
                result[-1] = max(int(result[-1]), int(best[len(best) - 1 - own :].max()) + other)
            best = result
        return int(best[-1]) >= self.counts[1]
