# SPDX-License-Identifier: Apache-2.0
"""Every place: all ways to place a few members beside those that stay, where there are few ways."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import comb

import numpy as np

from ensemble_api.planning.problem import Problem, fitting
from ensemble_api.planning.topology import IntArray

MOST = 1_000
"""Ways that are all looked at; what they take of each other rules some of them out at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """The best counts [T, H] that are allowed, or None, and how many `ways` there are to place all.

    `all` is whether every way was looked at.
    """

    counts: IntArray | None
    all: bool
    ways: int = 0


def try_all(problem: Problem, allowed: Callable[[IntArray], bool]) -> Tried:
    """Place all members that do not exist, in any way that is `allowed`; those that exist stay.

    Where there are too many ways nothing is tried: then searching is for the planner.
    """
    existing = problem.pinned
    missing = problem.counts - existing.sum(axis=1)
    free: IntArray = problem.free - existing.T @ problem.requests
    rows = [row for row in range(len(missing)) if missing[row] > 0]
    room = {
        row: np.minimum(
            problem.caps[row] - existing[row],
            fitting(free, problem.requests[row], int(missing[row])),
        )
        for row in rows
    }
    hosts = {row: np.flatnonzero(room[row] > 0).tolist() for row in rows}
    ways = 1
    for row in rows:
        ways *= comb(len(hosts[row]) + int(missing[row]) - 1, int(missing[row]))
        if not ways:
            return Tried(None, all=True)
        if ways > MOST:
            return Tried(None, all=False)
    members = [
        row for row in sorted(rows, key=lambda row: len(hosts[row])) for _ in range(missing[row])
    ]
    best: tuple[tuple[int, ...], IntArray] | None = None
    number = 0
    for chosen in _ways(problem, members, hosts, free.copy()):
        number += 1
        counts = existing.copy()
        for row, host in zip(members, chosen, strict=True):
            counts[row, host] += 1
        if not problem.broken(counts) and allowed(counts):
            value = problem.objective(counts)
            if best is None or value < best[0]:
                best = value, counts
    return Tried(best and best[1], all=True, ways=number)


def _ways(
    problem: Problem, members: list[int], hosts: dict[int, list[int]], free: IntArray
) -> Iterator[tuple[int, ...]]:
    """Give each way to place members of these rows that there is room for, as hosts."""

    def place(number: int, chosen: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if number == len(members):
            yield chosen
            return
        row = members[number]
        # Members of a tier are alike, so their hosts are in order.
        least = chosen[-1] if number and members[number - 1] == row else -1
        for host in hosts[row]:
            if host >= least and (free[host] >= problem.requests[row]).all():
                free[host] -= problem.requests[row]
                yield from place(number + 1, (*chosen, host))
                free[host] += problem.requests[row]

    yield from place(0, ())
