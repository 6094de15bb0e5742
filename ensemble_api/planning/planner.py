# SPDX-License-Identifier: Apache-2.0
"""The planner: from an ensemble and a snapshot to a plan that is checked, or to reasons."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile

from ensemble_api.planning.bounds.counting import impossible
from ensemble_api.planning.bounds.stages import lower_bounds, narrowed
from ensemble_api.planning.check import check, shortfalls
from ensemble_api.planning.explain import explain, undecided
from ensemble_api.planning.greedy import drafts, refine
from ensemble_api.planning.homes import paired
from ensemble_api.planning.milp.formulation import Formulation
from ensemble_api.planning.milp.locations import Locations
from ensemble_api.planning.milp.search import Effort, search
from ensemble_api.planning.milp.task import Solve
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.problem import Problem, build, rebuild
from ensemble_api.planning.result import Assignment, Infeasible, Objective, Plan
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import IntArray
from ensemble_api.planning.unplanned import MORE_HOSTS

# What one plan may take of the solver, and what all the questions of one explanation may. Three
# times as much for a plan took twice the time and proved none more of 60 crowded instances.
_PLAN_EFFORT = 60_000
_EXPLAIN_EFFORT = 150_000
# How many greedy plans are tried to keep soft policies that cannot all be kept.
_SOFT_TRIES = 48
# How many greedy plans are tried to tell whether there is any, before the solver is asked.
_TRIES = 4
# Counts of columns, one for a tier and a host that can hold it: up to the small one all hosts are
# searched at once, and above the large one only domains of hosts are.
_SMALL = 200
_LARGE = 4_000
_ROUNDS = 6
# Equal hosts are searched as classes where that leaves at most so much of the locations.
_FEW_CLASSES = 0.7

_NOBODY: Assignment = {}


class PlannerDefectError(RuntimeError):
    """The checker refuses the planner's own plan: a defect here, and never a tenant's mistake."""


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """The best counts [T, H] so far, if any, with their values and bounds; or proof of none."""

    counts: IntArray | None
    values: tuple[int, ...] = ()
    bounds: tuple[int, ...] = ()
    none_exists: bool = False

    @property
    def proved(self) -> bool:
        """Whether nothing is left to look for."""
        return self.none_exists or (self.counts is not None and self.values == self.bounds)

    def proved_first(self, problem: Problem) -> bool:
        """Whether nothing is left to look for but what is worth no search in a large cloud."""
        first = len(problem.first_stages)
        return self.none_exists or (
            self.counts is not None and self.values[:first] == self.bounds[:first]
        )

    def known(self, problem: Problem) -> dict[str, tuple[int, int]]:
        """Give value and bound of each stage by name."""
        pairs = zip(self.values, self.bounds, strict=True)
        return dict(zip(problem.stages, pairs, strict=False))

    def narrowed(self, problem: Problem) -> Problem:
        """Give the problem with limits that leave only plans as good as this, or better."""
        if self.counts is None:
            return problem
        pairs = zip(self.values, self.bounds, strict=True)
        proved = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        return narrowed(problem, self.values, proved)

    def bounded(self, problem: Problem, bounds: Mapping[str, int]) -> "_Found":
        """Give the same with the bounds of a search, as far as its stages have the same values.

        A search with racks in the place of hosts may get below what hosts can: what it then proves
        of the later stages is true of no plan.
        """
        higher = list(self.bounds)
        for number, name in enumerate(problem.stages):
            searched = bounds.get(name)
            higher[number] = max(higher[number], searched or 0)
            if self.values[number] != (higher[number] if searched is None else searched):
                break
        return replace(self, bounds=tuple(higher))


def plan(
    ensemble: Ensemble,
    snapshot: Snapshot,
    existing: Assignment | None = None,
    *,
    solve: Solve | None,
    fixed: Collection[Member] = (),
    leaving: Assignment = _NOBODY,
    changes: bool = True,
    explained: bool = True,
    effort: Effort | None = None,
    spread_first: bool = False,
    draft: Callable[[], Assignment | None] | None = None,
) -> Plan | Infeasible:
    """Plan all members at once: the best plan found, with its proof, or the reasons for none.

    `existing` are members that run already, on the hosts given: the plan keeps them there as far as
    it can (their use must be part of what `snapshot.free` lacks), and of each tier and host as many
    as are `fixed` in any case. Neither they nor those of `leaving`, which are elsewhere until they
    have a place in this plan, come into another cell. `solve` does what searching there is; without
    one, what counting cannot prove stays open. Without `changes` a refusal does not say what would
    fit, and it gives no reasons unless it is `explained`. Several plans may share one `effort`,
    which then bounds the searching of all. With `spread_first` it moves existing members where
    failures take less then, and no more of them than that needs. `draft` gives a plan that was made
    otherwise, and is asked for it where the quick ways find none. The same input gives the same
    plan; the work is bounded. Raises ModelError for a policy at a level that the cloud lacks.
    """
    problem = build(ensemble, snapshot, existing, fixed, leaving)
    problem = replace(problem, spread_first=spread_first)
    effort = effort or Effort(_PLAN_EFFORT, solve)
    found = _solve(problem, effort, draft or _no_draft)
    if found.counts is None:
        more = any(MORE_HOSTS.intersection(tier.unplanned) for tier in ensemble.tiers)
        proved = found.none_exists and not more
        if not explained:
            return Infeasible((), proved)

        def changed(other: Ensemble) -> Problem:
            if existing is None:
                return rebuild(problem, other)
            members = set(other.members)
            kept = {member: host for member, host in existing.items() if member in members}
            return rebuild(problem, other, kept)

        # What could not be decided is not searched again; a greedy plan will do for a change.
        looking = Effort(_EXPLAIN_EFFORT if found.none_exists else 0, solve)
        say = explain if found.none_exists else partial(undecided, stopped=effort.stopped)
        oracle = partial(_has_plan, effort=looking)
        reasons = say(problem, oracle, changed if changes else None)
        return Infeasible(reasons, proved)
    assignment = _assign(problem, found.counts, existing or {}, leaving)
    broken = check(ensemble, snapshot, assignment, existing or {})
    if broken:
        raise PlannerDefectError(f"the plan is wrong: {broken[0].message}")
    return Plan(
        ensemble,
        assignment,
        tuple(_objectives(problem, found, effort.stopped)),
        shortfalls(ensemble, snapshot, assignment, hard=False),
    )


def _objectives(problem: Problem, found: _Found, stopped: int | None) -> Iterator[Objective]:
    """Give each stage with its value, its bound, and whether a solver was given up over it."""
    incomplete = any(tier.unplanned for tier in problem.ensemble.tiers)
    for name, value, bound in zip(problem.stages, found.values, found.bounds, strict=True):
        yield Objective(name, value, bound, None if value <= bound else stopped, incomplete)


def _has_plan(problem: Problem, effort: Effort) -> bool | None:
    """Tell whether there is any plan, soft policies aside; None when that is not decided."""
    if impossible(problem):
        return False
    if next(drafts(problem, _TRIES, tight=True), None) is not None:
        return True
    found = _Found(None)
    columns = int((problem.caps > 0).sum())
    if len(problem.topology.levels) > 1 and columns > _SMALL:
        found = _search_by_racks(problem, found, effort, frozenset())
    if found.counts is None and not found.none_exists and columns <= _LARGE:
        found = _search_by_hosts(problem, found, effort, frozenset())
    return False if found.none_exists else None if found.counts is None else True


def _no_draft() -> Assignment | None:
    return None


def _drafted(problem: Problem, draft: Assignment | None) -> _Found | None:
    """Give a plan that was made otherwise, if it is one."""
    if draft is None:
        return None
    counts = problem.counted(draft)
    return None if problem.broken(counts) else _better_greedy(problem, None, counts)


def _solve(problem: Problem, effort: Effort, draft: Callable[[], Assignment | None]) -> _Found:
    """Find the best plan: quickly if counting proves it, else by the exact search."""
    if impossible(problem):
        return _Found(None, none_exists=True)
    quick = None
    if problem.soft:
        # Where all soft policies can be met they are met, so they may as well be hard.
        strict = problem.enforcing([*problem.hard, *problem.soft])
        quick = None if impossible(strict) else _best_greedy(strict)
        if quick is None:
            quick = _best_greedy_with_soft(problem)
        else:
            problem = strict
    found = quick or _best_greedy(problem) or _drafted(problem, draft()) or _Found(None)
    columns = int((problem.caps > 0).sum())
    every = frozenset(problem.stages)
    if columns <= _SMALL:
        while not found.proved:
            before, found = found, _search_by_hosts(problem, found, effort, every)
            if found.values == before.values:
                break
        return found
    # In a large cloud the last stages, pairs and packing, are not worth a search of their own.
    first = frozenset(problem.first_stages)
    while not found.proved_first(problem):
        before = found
        if len(problem.topology.levels) > 1:
            found = _search_by_racks(problem, found, effort, first)
        if not found.proved_first(problem) and columns <= _LARGE:
            found = _search_by_hosts(problem, found, effort, first)
        if found.values == before.values:
            break
    return found


def _best_greedy_with_soft(problem: Problem) -> _Found | None:
    """Give a greedy plan that keeps one soft policy after the other, as far as that goes."""
    best = _best_greedy(problem)
    kept: list[int] = []
    tries = max(1, _SOFT_TRIES // len(problem.soft))
    for index in problem.soft:
        rest = set(problem.soft) - {index, *kept}
        attempt = problem.enforcing([*problem.hard, *kept, index], rest)
        counts = None if impossible(attempt) else next(drafts(attempt, tries), None)
        if counts is None:
            continue
        kept.append(index)
        best = _better_greedy(problem, best, counts)
        if best.proved_first(problem):
            break
    return best


def _better_greedy(problem: Problem, best: _Found | None, counts: IntArray) -> _Found:
    """Give the better of a plan and of new counts."""
    values = problem.objective(counts)
    if best is not None and best.values <= values:
        return best
    return _Found(counts, values, lower_bounds(problem, values))


def _best_greedy(problem: Problem) -> _Found | None:
    """Give the best of the greedy plans, the first one that counting proves but for its packing."""
    best: _Found | None = None
    for tight in (False, True):
        for counts in _drafts(problem, tight=tight):
            best = _better_greedy(problem, best, counts)
            if best.proved_first(problem):
                return best
        if best is not None:
            break
    return best


def _drafts(problem: Problem, *, tight: bool) -> Iterator[IntArray]:
    """Give greedy plans; where the spread comes first, also those that keep nobody in place."""
    yield from drafts(problem, tight=tight)
    if problem.spread_first and problem.existing is not None:
        yield from drafts(replace(problem, existing=None), tight=tight)


def _search_by_racks(
    problem: Problem, found: _Found, effort: Effort, stages: frozenset[str]
) -> _Found:
    """Search with racks in the place of hosts: for proofs, and for a plan that hosts can carry.

    Where the hosts of a rack cannot carry what the rack was given, that rack's hosts are put into
    the search, and it is done again.
    """
    refined: frozenset[int] = frozenset()
    rounds = _ROUNDS
    while rounds and not found.proved_first(problem):
        near = found.narrowed(problem)
        locations = Locations.racks(near, refined)
        outcome = search(Formulation(near, locations), effort, found.known(problem), stages)
        if outcome.infeasible:
            return found if found.counts is not None else _Found(None, none_exists=True)
        if found.counts is not None:
            found = found.bounded(problem, outcome.bounds)
        if outcome.counts is None:
            break
        counts, short = refine(near, locations.by_rack(outcome.counts, problem))
        if counts is None:
            rounds -= 1
            if not short - refined:
                break
            refined |= short
            continue
        before, found = found, _better(problem, found, counts, outcome.bounds)
        if not stages or found.values == before.values:
            break
    return found


def _search_by_hosts(
    problem: Problem, found: _Found, effort: Effort, stages: frozenset[str]
) -> _Found:
    """Search over all hosts for a better plan, or for any, or for the proof of none."""
    near = found.narrowed(problem)
    for locations in _of_hosts(near):
        formulation = Formulation(near, locations, last=problem.stages[-1] in stages)
        outcome = search(formulation, effort, found.known(problem), stages)
        if outcome.infeasible and found.counts is None:
            return _Found(None, none_exists=True)
        if outcome.counts is None:
            if found.counts is not None:
                found = found.bounded(problem, outcome.bounds)
            return found
        counts = locations.spread_out(outcome.counts, problem)
        if counts is None:
            continue  # the room of a class is scattered over its hosts
        before, found = found, _better(problem, found, counts, outcome.bounds)
        if found.values != before.values:
            return found
    return found


def _of_hosts(problem: Problem) -> Iterator[Locations]:
    """Give the classes of equal hosts if they are few, and then each host as a location.

    A policy may tell equal hosts apart by what is on them; then there are no classes.
    """
    alone = Locations.hosts(problem)
    lowest = problem.topology.levels[0]
    policies = problem.policies([*problem.hard, *problem.soft])
    if all(policy.level != lowest or policy.in_limits for policy in policies):
        classes = Locations.hosts(problem, classes=True)
        if len(classes.size) <= _FEW_CLASSES * len(alone.size):
            yield classes
    yield alone


def _better(problem: Problem, found: _Found, counts: IntArray, bounds: Mapping[str, int]) -> _Found:
    """Give the better of what is found and of new counts, with what is proved of it."""
    if not problem.broken(counts):
        values = problem.objective(counts)
        if found.counts is None or values < found.values:
            # What was proved of the stages in which both are alike stays proved.
            before = dict(zip(problem.stages, found.bounds, strict=False))
            better = _Found(counts, values, lower_bounds(problem, values))
            found = better.bounded(problem, before)
    return found if found.counts is None else found.bounded(problem, bounds)


def _assign(
    problem: Problem, counts: IntArray, existing: Assignment, leaving: Assignment
) -> dict[Member, str]:
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
        hosts = [problem.topology.hosts[number] for number in _spread_order(problem, left)]
        running = {**leaving, **existing}
        assignment |= paired(waiting, hosts, problem.snapshot, running)
    return assignment


def _spread_order(problem: Problem, left: IntArray) -> list[int]:
    """Order the hosts so that neighbours in number are far apart in the tree of domains."""
    hosts = [number for number in left.nonzero()[0].tolist() for _ in range(int(left[number]))]
    for level in problem.topology.levels:
        index = problem.topology.index(level)
        sizes: dict[int, int] = {}
        seen: dict[int, int] = {}
        for number in hosts:
            domain = int(index[number])
            sizes[domain] = sizes.get(domain, 0) + 1
        ranked = []
        for number in hosts:
            domain = int(index[number])
            ranked.append(((seen.get(domain, 0) + 0.5) / sizes[domain], domain, number))
            seen[domain] = seen.get(domain, 0) + 1
        hosts = [number for _, _, number in sorted(ranked, key=lambda item: item[:2])]
    return hosts
