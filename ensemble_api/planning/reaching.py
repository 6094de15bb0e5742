# SPDX-License-Identifier: Apache-2.0
"""Reaching: the best place that members can get to by moves each of which is safe.

It is for when the best place of all cannot be got to: another one that is as good may be, or one
that is better than where they are. Each member moves once at most, to a host that has room beside
all that is there and is to come, and none of the moves breaks a hard policy by more.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count as counting
from typing import TypeAlias

import numpy as np

from ensemble_api.planning.alike import kinds
from ensemble_api.planning.check import shortfalls
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.problem import Problem, build, fitting
from ensemble_api.planning.result import Assignment, Objective, Plan
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import BoolArray, IntArray

MOST = 4_000
"""Arrangements that are judged: all there are to be reached of a small ensemble in a small cloud.
Beyond that the best one of these is given."""
MOST_STEPS = 50_000  # between them

FEW = 16  # hosts of which each is tried; of more hosts one of each kind is

_Step: TypeAlias = tuple[int, int, int]  # the row of a tier, and the numbers of two hosts


@dataclass(frozen=True, slots=True, eq=False)
class _Reached:
    """What was reached: `counts` [T, H] of members, and how many have `left` [T, H] each host.

    `missed` is by how much each hard policy is missed, `values` are those of the objective.
    """

    counts: IntArray
    left: IntArray
    missed: tuple[int, ...]
    values: tuple[int, ...]
    steps: tuple[_Step, ...] = ()

    @property
    def key(self) -> bytes:
        """What tells it from others."""
        return self.counts.tobytes() + self.left.tobytes()


def reach(
    ensemble: Ensemble,
    running: Assignment,
    snapshot: Snapshot,
    *,
    fixed: Collection[Member] = (),
    known: Plan | None = None,
) -> tuple[Plan, tuple[Member, ...]] | None:
    """Give the best plan that can be reached, and who moves in which order; None if none is better.

    All members are `running`, and those of `fixed` stay. Of the plans that are as good the one with
    the fewest moves is given, as far as `MOST` arrangements go. All hard policies hold in it.
    `known` is what the planner has found, by which its objectives are judged; it was planned with
    `spread_first`. Raises ModelError and KeyError as `build` does.
    """
    problem = replace(build(ensemble, snapshot, running, fixed), spread_first=True)
    start = problem.counted(running)
    first = _judged(problem, start, np.zeros_like(start))
    stages = len(problem.first_stages)
    least = tuple(each.value for each in known.objectives[:stages]) if known else ()
    best: _Reached | None = None
    for each in _all_reached(problem, first):
        if not any(each.missed) and (best is None or each.values < best.values):
            best = each
            if best.values[:stages] == least:
                break
    if best is None or _worth(best, stages) >= _worth(first, stages):
        return None
    assignment, order = _named(problem, running, best.steps, fixed)
    objectives = _objectives(problem, best.values, known)
    missed = shortfalls(ensemble, snapshot, assignment, hard=False)
    return Plan(ensemble, assignment, objectives, missed), order


def _worth(reached: _Reached, stages: int) -> tuple[int, ...]:
    """How good it is, however many have moved, which is the last one of these stages."""
    return (sum(reached.missed), *reached.values[: stages - 1])


def _all_reached(problem: Problem, first: _Reached) -> Iterator[_Reached]:
    """Give what can be reached, going on from the best of it, as far as it may be looked at."""
    judged, reached = {first.key: first}, {first.key}
    serial = counting()
    ahead = [(sum(first.missed), first.values, next(serial), first)]
    tries = MOST_STEPS
    while ahead:
        *_, here = heappop(ahead)
        for row, source, target in _steps(problem, first.counts, here):
            if not tries or len(judged) > MOST:
                return
            tries -= 1
            counts, left = here.counts.copy(), here.left.copy()
            counts[row, source] -= 1
            counts[row, target] += 1
            left[row, source] += 1
            key = counts.tobytes() + left.tobytes()
            if key in reached:
                continue
            found = judged.get(key) or _judged(problem, counts, left)
            judged[key] = found
            # What is worse than this may be reached from elsewhere.
            if all(a <= b for a, b in zip(found.missed, here.missed, strict=True)):
                reached.add(key)
                found = replace(found, steps=(*here.steps, (row, source, target)))
                yield found
                heappush(ahead, (sum(found.missed), found.values, next(serial), found))


def _judged(problem: Problem, counts: IntArray, left: IntArray) -> _Reached:
    missed = tuple(p.shortfall(problem, counts) for p in problem.policies(problem.hard))
    values = [*problem.objective(counts)]
    values[len(problem.first_stages) - 1] = int(left.sum())  # also who moves in another's place
    return _Reached(counts, left, missed, tuple(values))


def _steps(problem: Problem, start: IntArray, here: _Reached) -> Iterator[_Step]:
    """Give the moves that are possible: of each host, those who were there from the start."""
    coming = here.counts - start + here.left
    there: IntArray = start + coming  # who has left has its room still
    room: IntArray = problem.free - np.dot(there.T, problem.requests)
    able = start - here.left > problem.pinned
    for row in range(len(start)):
        fits = fitting(room, problem.requests[row], int(problem.counts[row]))
        takes_in = (fits > 0) & (problem.room[row] > start[row])
        for sources, near in _by_home(problem, row, able[row]):
            targets = _apart(problem, here.counts, room, np.flatnonzero(takes_in & near))
            for source in np.flatnonzero(sources).tolist():
                for target in targets:
                    if target != source:
                        yield row, source, target


def _by_home(problem: Problem, row: int, able: BoolArray) -> Iterator[tuple[BoolArray, BoolArray]]:
    """Give the hosts that members of a tier can leave, with those in the same cells."""
    left = able.copy()
    for home in problem.homes:
        if home.row == row:
            yield able & home.hosts, home.hosts
            left &= ~home.hosts
    yield left, np.ones_like(able)


def _apart(problem: Problem, counts: IntArray, room: IntArray, hosts: IntArray) -> list[int]:
    """Give the hosts that are not alike, of these: where there are many, one of each kind."""
    ordered = hosts[np.argsort(problem.cost[hosts], kind="stable")]
    if len(problem.topology) <= FEW or not len(ordered):
        return [int(each) for each in ordered]
    fits = [
        fitting(room, request, int(most))
        for request, most in zip(problem.requests, problem.counts, strict=True)
    ]
    table = np.column_stack([kinds(problem, counts), *fits])[ordered]
    _, found = np.unique(table, axis=0, return_index=True)
    return [int(each) for each in ordered[np.sort(found)]]


def _named(
    problem: Problem, running: Assignment, steps: tuple[_Step, ...], fixed: Collection[Member]
) -> tuple[dict[Member, str], tuple[Member, ...]]:
    """Say who makes each step, and where all are after them."""
    hosts, tiers = problem.topology.hosts, problem.ensemble.tiers
    assignment, order = dict(running), []
    for row, source, target in steps:
        name, at = tiers[row].name, hosts[source]
        mover = next(
            each
            for each in sorted(running)
            if each.tier == name and running[each] == at and each not in fixed and each not in order
        )
        assignment[mover] = hosts[target]
        order.append(mover)
    return assignment, tuple(order)


def _objectives(
    problem: Problem, values: tuple[int, ...], known: Plan | None
) -> tuple[Objective, ...]:
    """Judge each stage by what is known of the best plan, while this one is as good as that."""
    bounds = {each.name: each for each in known.objectives} if known else {}
    found, as_good = [], True
    for name, value in zip(problem.stages, values, strict=True):
        best = bounds.get(name) if as_good else None
        found.append(
            Objective(name, value, 0)
            if best is None
            else Objective(name, value, best.bound, best.stopped, best.incomplete)
        )
        as_good = best is not None and best.value == value
    return tuple(found)
