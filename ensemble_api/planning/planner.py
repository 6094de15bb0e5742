# SPDX-License-Identifier: Apache-2.0
"""The planner: from an ensemble and a snapshot to a plan that is checked, or to reasons."""

from dataclasses import dataclass

from ensemble_api.planning.bounds import impossible, lower_bounds
from ensemble_api.planning.check import check, shortfalls
from ensemble_api.planning.constraints import Problem, build
from ensemble_api.planning.explain import explain, undecided
from ensemble_api.planning.greedy import drafts
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.result import Assignment, Infeasible, Objective, Plan
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import IntArray


class PlannerDefectError(RuntimeError):
    """The checker refuses the planner's own plan: a defect here, and never a tenant's mistake."""


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """The best counts [T, H] so far, if any, with their values and bounds; or proof of none."""

    counts: IntArray | None
    values: tuple[int, ...] = ()
    bounds: tuple[int, ...] = ()
    none_exists: bool = False


def plan(
    ensemble: Ensemble, snapshot: Snapshot, existing: Assignment | None = None
) -> Plan | Infeasible:
    """Plan all members at once: the best plan found, with its proof, or the reasons for none.

    `existing` are members that run already, on the hosts given: the plan keeps them there as far as
    it can (their use must be part of what `snapshot.free` lacks). The same input gives the same
    plan; the work is bounded. Raises ModelError for a policy at a level that the cloud lacks.
    """
    problem = build(ensemble, snapshot, existing)
    found = _solve(problem)
    if found.counts is None:
        if found.none_exists:
            return Infeasible(explain(problem, _has_plan), proved=True)
        return Infeasible(undecided(problem), proved=False)
    assignment = _assign(problem, found.counts, existing or {})
    broken = check(ensemble, snapshot, assignment, existing or {})
    if broken:
        raise PlannerDefectError(f"the plan is wrong: {broken[0].message}")
    return Plan(
        ensemble,
        assignment,
        tuple(map(Objective, problem.stages, found.values, found.bounds)),
        shortfalls(ensemble, snapshot, assignment, hard=False),
    )


def _has_plan(problem: Problem) -> bool | None:
    found = _solve(problem)
    if found.counts is not None:
        return True
    return False if found.none_exists else None


def _solve(problem: Problem) -> _Found:
    if impossible(problem):
        return _Found(None, none_exists=True)
    best: tuple[tuple[int, ...], IntArray] | None = None
    for attempt in _softenings(problem):
        for counts in drafts(attempt):
            values = problem.objective(counts)
            if best is None or values < best[0]:
                best = values, counts
            if values == lower_bounds(problem, values):
                break
        if best is not None:
            break
    if best is None:
        return _Found(None)
    return _Found(best[1], best[0], lower_bounds(problem, best[0]))


def _softenings(problem: Problem) -> list[Problem]:
    """Give the problem with every soft policy enforced, and then with none."""
    if not problem.soft:
        return [problem]
    return [problem.enforcing([*problem.hard, *problem.soft]), problem.enforcing(problem.hard)]


def _assign(problem: Problem, counts: IntArray, existing: Assignment) -> dict[Member, str]:
    """Name the members: those that run stay where they can, the others take turns over domains."""
    assignment: dict[Member, str] = {}
    for row, tier in enumerate(problem.ensemble.tiers):
        left = counts[row].copy()
        waiting = []
        for member in tier.members:
            number = problem.topology.host_number(existing[member]) if member in existing else -1
            if number >= 0 and left[number]:
                left[number] -= 1
                assignment[member] = existing[member]
            else:
                waiting.append(member)
        for member, number in zip(waiting, _in_turn(problem, left), strict=True):
            assignment[member] = problem.topology.hosts[number]
    return assignment


def _in_turn(problem: Problem, left: IntArray) -> list[int]:
    """Order the places so that neighbours in number are far apart in the tree of domains."""
    places = [number for number in left.nonzero()[0].tolist() for _ in range(int(left[number]))]
    for level in problem.topology.levels:
        index = problem.topology.index(level)
        sizes: dict[int, int] = {}
        seen: dict[int, int] = {}
        for number in places:
            domain = int(index[number])
            sizes[domain] = sizes.get(domain, 0) + 1
        ranked = []
        for number in places:
            domain = int(index[number])
            ranked.append(((seen.get(domain, 0) + 0.5) / sizes[domain], domain, number))
            seen[domain] = seen.get(domain, 0) + 1
        places = [number for _, _, number in sorted(ranked, key=lambda item: item[:2])]
    return places
