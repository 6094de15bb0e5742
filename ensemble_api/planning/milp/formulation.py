# SPDX-License-Identifier: Apache-2.0
"""The count model: how many members of each tier are in each location, as integer rows and columns.

Members of a tier are alike, so a column counts them, x[tier, location]; no column is of a member.
A location is a host, or a whole domain taken as one big host, which makes the model a relaxation.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ensemble_api.planning.milp.locations import Locations
from ensemble_api.planning.problem import Problem
from ensemble_api.planning.topology import IntArray

INFINITY = float("inf")


@dataclass(slots=True)
class Linear:
    """A sum of columns times factors, plus a constant."""

    columns: list[int] = field(default_factory=list)
    factors: list[int] = field(default_factory=list)
    constant: int = 0
    _place: dict[int, int] = field(default_factory=dict, repr=False)

    def add(self, column: int, factor: int = 1) -> None:
        """Add one column times a factor; a solver takes each column once."""
        place = self._place.setdefault(column, len(self.columns))
        if place < len(self.columns):
            self.factors[place] += factor
        else:
            self.columns.append(column)
            self.factors.append(factor)

    def value(self, values: IntArray) -> int:
        """Work out the sum for the values of all columns."""
        return self.constant + int(values[self.columns] @ np.array(self.factors, dtype=np.int64))


class Formulation:
    """Rows and columns of a problem over locations, and its objective stages by name."""

    def __init__(self, problem: Problem, locations: Locations, *, last: bool = False) -> None:
        """Write down the whole problem; locations of several hosts relax what is said of hosts.

        Pairs and packing, the last stages, are only said when asked for, of hosts.
        """
        self.problem = problem
        self.locations = locations
        self.whole = bool((locations.size > 0).all())
        self.last = last and self.whole
        self.low: list[int] = []
        self.high: list[int] = []
        self.rows: list[tuple[list[int], list[int], float, float]] = []
        self.stages: dict[str, Linear] = {}
        self._held: dict[tuple[int, int], dict[int, int]] = {}
        self._used: dict[tuple[int, int], dict[int, int]] = {}
        self.count = self._count_columns()
        self._capacity_rows()
        self._limit_columns()
        self._home_rows()
        for policy in problem.policies(problem.hard):
            policy.add_rows(self, None)
        soft = Linear()
        for policy in problem.policies(problem.soft):
            policy.add_rows(self, soft)
        self._stages(soft)

    def column(self, low: int, high: int) -> int:
        """Add a column of whole numbers from `low` to `high`."""
        self.low.append(low)
        self.high.append(high)
        return len(self.low) - 1

    def row(
        self,
        columns: Iterable[int],
        factors: Iterable[int],
        low: float = -INFINITY,
        high: float = INFINITY,
    ) -> None:
        """Ask that a sum of columns times factors is from `low` to `high`."""
        self.rows.append((list(columns), list(factors), low, high))

    def counts(self, values: IntArray) -> IntArray:
        """Read counts per tier and location [T, U] out of the values of all columns."""
        counts: IntArray = np.append(values, 0)[self.count]
        return counts

    def _count_columns(self) -> IntArray:
        caps = self.locations.caps
        columns = np.full(caps.shape, -1, dtype=np.int64)
        pinned = self.locations.gather(self.problem.pinned)
        for row, count in enumerate(self.problem.counts.tolist()):
            for location in np.flatnonzero(caps[row]).tolist():
                most = min(int(caps[row, location]), count)
                columns[row, location] = self.column(int(pinned[row, location]), most)
            own = columns[row][columns[row] >= 0].tolist()
            self.row(own, [1] * len(own), count, count)
        return columns

    def _capacity_rows(self) -> None:
        caps, free, requests = self.locations.caps, self.locations.free, self.problem.requests
        # A location where everything fits at once needs no row, and one tier alone has its cap.
        tight = caps.T @ requests > free
        for location, resource in zip(*np.nonzero(tight), strict=True):
            rows = np.flatnonzero((caps[:, location] > 0) & (requests[:, resource] > 0))
            if len(rows) > 1 or self.locations.size[location] != 1:
                self.row(
                    self.count[rows, location].tolist(),
                    requests[rows, resource].tolist(),
                    high=int(free[location, resource]),
                )

    def _home_rows(self) -> None:
        for home in self.problem.homes:
            # A location of hosts of several cells counts for each of them, which excludes no plan.
            inside = self.locations.gather(np.tile(home.hosts, (len(self.count), 1)).astype(int))
            at = np.flatnonzero((inside[home.row] > 0) & (self.count[home.row] >= 0))
            columns = self.count[home.row, at].tolist()
            self.row(columns, [1] * len(columns), low=home.least)

    def _limit_columns(self) -> None:
        for row, count in enumerate(self.problem.counts.tolist()):
            for depth, limit in enumerate(self.problem.limits[row].tolist()):
                if limit >= count:
                    continue
                for column in self.held(row, depth).values():
                    self.high[column] = min(self.high[column], limit)

    def held(self, row: int, depth: int) -> dict[int, int]:
        """Give, for each domain at a depth, the column of how many of the tier it holds."""
        known = self._held.get((row, depth))
        if known is not None:
            return known
        parts: dict[int, list[int]] = {}
        if depth == 0:
            for location in np.flatnonzero(self.count[row] >= 0).tolist():
                if self.locations.size[location] == 1:
                    parts[int(self.locations.first[location])] = [int(self.count[row, location])]
        elif depth == 1:
            for location in np.flatnonzero(self.count[row] >= 0).tolist():
                domain = int(self.locations.domains[0][location])
                parts.setdefault(domain, []).append(int(self.count[row, location]))
        else:
            parent = self.problem.topology.parent(self.problem.topology.levels[depth - 1])
            for domain, column in self.held(row, depth - 1).items():
                parts.setdefault(int(parent[domain]), []).append(column)
        result = {domain: self._sum(row, columns) for domain, columns in sorted(parts.items())}
        self._held[row, depth] = result
        return result

    def _sum(self, row: int, columns: list[int]) -> int:
        if len(columns) == 1:
            return columns[0]
        most = min(int(self.problem.counts[row]), sum(self.high[column] for column in columns))
        total = self.column(0, most)
        self.row([*columns, total], [1] * len(columns) + [-1], 0, 0)
        return total

    def used(self, row: int, depth: int) -> dict[int, int]:
        """Give, for each domain at a depth, a column that is 1 where the tier holds anything."""
        known = self._used.get((row, depth))
        if known is None:
            known = {}
            for domain, column in self.held(row, depth).items():
                known[domain] = self.column(0, 1)
                self.row([column, known[domain]], [1, -self.high[column]], high=0)
            self._used[row, depth] = known
        return known

    def slack(self, cost: Linear | None, most: int) -> tuple[list[int], list[int]]:
        """Give a column that lets a row be missed at a cost, with its factor; none when hard."""
        if cost is None:
            return [], []
        column = self.column(0, most)
        cost.add(column)
        return [column], [-1]

    def _stages(self, soft: Linear) -> None:
        names = iter(self.problem.stages)
        self.stages[next(names)] = soft
        existing, spread_first = self.problem.existing, self.problem.spread_first
        if existing is not None and not spread_first:
            self.stages[next(names)] = self._moves(existing)
        depths = [*reversed(range(len(self.problem.topology.levels)))]
        for depth in depths:
            name = next(names)
            if depth or self.whole:
                self.stages[name] = self._loss(depth)
        if existing is not None and spread_first:
            self.stages[next(names)] = self._moves(existing)
        if self.last:
            for depth in depths:
                self.stages[next(names)] = self._pairs(depth)
            packing = Linear()
            for row, location in zip(*np.nonzero(self.count >= 0), strict=True):
                cost = int(self.problem.cost[self.locations.first[location]])
                if cost:
                    packing.add(int(self.count[row, location]), cost)
            self.stages[next(names)] = packing

    def _moves(self, existing: IntArray) -> Linear:
        running = self.locations.gather(np.minimum(existing, self.problem.caps))
        moves = Linear(constant=int(existing.sum()))
        for row, location in zip(*np.nonzero(self.count >= 0), strict=True):
            stays = int(running[row, location])
            if stays:
                column = int(self.count[row, location])
                kept = self.column(0, min(stays, self.high[column]))
                self.row([column, kept], [1, -1], low=0)
                moves.add(kept, -1)
        return moves

    def _shared(self, row: int, depth: int) -> list[tuple[int, int]]:
        """Give the columns of what a tier has at a depth, each with how many domains share it.

        That is one, but for the hosts of a class, which have about as much each.
        """
        if depth:
            return [(column, 1) for column in self.held(row, depth).values()]
        size = self.locations.size.tolist()
        known = np.flatnonzero((self.count[row] >= 0) & (self.locations.size > 0)).tolist()
        return [(int(self.count[row, location]), size[location]) for location in known]

    def _pairs(self, depth: int) -> Linear:
        """Count the pairs of a domain's members: the k-th makes k - 1 more, and that is convex."""
        pairs = Linear()
        for row, count in enumerate(self.problem.counts.tolist()):
            for column, size in self._shared(row, depth):
                most = min(self.high[column], count)
                if most <= size:
                    continue
                even, more = divmod(most, size)
                own = self.column(0, even * (even - 1) // 2 * size + even * more)
                for number in range(1, -(-most // size)):
                    self.row([own, column], [1, -number], low=-size * number * (number + 1) // 2)
                pairs.add(own)
        return pairs

    def _loss(self, depth: int) -> Linear:
        loss = Linear()
        for row in range(len(self.problem.counts)):
            columns = self._shared(row, depth)
            most = (-(-self.high[column] // size) for column, size in columns)
            worst = self.column(0, max(most, default=0))
            for column, size in columns:
                self.row([worst, column], [size, -1], low=0)
            loss.add(worst)
        return loss
