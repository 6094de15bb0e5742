# SPDX-License-Identifier: Apache-2.0
"""Rebalancing: the fewest moves to the spread in which failures take the least of an ensemble.

The best there is comes first, whatever moves it takes, and then the fewest moves that reach it.
Where no order of safe moves leads there, it is the best to which one leads. What is as good as that
already stays as it is, so that nothing ever moves to and fro.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import TypeAlias

from ensemble_api.planning.check import shortfalls
from ensemble_api.planning.completion import closed_to_more
from ensemble_api.planning.milp.search import Effort
from ensemble_api.planning.milp.task import Solve
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.moving import (
    NO_ORDER,
    NO_ROOM_BESIDE,
    Move,
    Moved,
    destination,
    moves,
    safe_order,
)
from ensemble_api.planning.problem import build
from ensemble_api.planning.reaching import reach
from ensemble_api.planning.result import Assignment, Infeasible, Plan
from ensemble_api.planning.snapshot import Snapshot

EFFORT = 60_000
"""What all plans of one rebalancing may take of the solver together."""

Worth: TypeAlias = tuple[int, ...]
"""How good a placement is, the smaller the better: by how much hard policies are broken, by how
much soft ones, and what the worst failure takes, the largest level first."""


def rebalance(
    ensemble: Ensemble,
    running: Assignment,
    snapshot: Snapshot,
    *,
    solve: Solve | None,
    fixed: Collection[Member] = (),
) -> Moved | Infeasible:
    """Plan the moves of an ensemble all of whose members are `running`, none of `fixed`.

    Gives the plan, and the moves in an order in which none of them breaks what holds; no moves
    where no better place is found. Arguments and errors are those of `move`.
    """
    found = destination(
        ensemble,
        running,
        snapshot,
        solve=solve,
        fixed=fixed,
        effort=Effort(EFFORT, solve),
        spread_first=True,
    )
    whole = closed_to_more(snapshot, ensemble, running, ())
    if isinstance(found, Infeasible):
        crowded = NO_ROOM_BESIDE in found.reasons
        return (_reached(ensemble, running, whole, fixed) if crowded else None) or found
    planned, less = found
    now = worth(ensemble, snapshot, running)
    is_better = worth(ensemble, snapshot, planned.assignment) < now
    best: list[Moved] = []
    if is_better:
        steps = moves(running, planned.assignment)
        order = safe_order(planned, running, less, steps)
        best += [] if order is None else [(planned, order)]
    # Hosts that were too full for all that was to come may still take some of it in.
    closed = any((less.offered[mask] != open_).any() for mask, open_ in whole.offered.items())
    if closed or (is_better and not best):
        other = _reached(ensemble, running, whole, fixed, None if closed else planned)
        best += [] if other is None else [other]
    if best:
        return min(
            best, key=lambda each: (worth(ensemble, snapshot, each[0].assignment), len(each[1]))
        )
    if is_better:
        return Infeasible((NO_ORDER,), proved=False)
    missed = shortfalls(ensemble, snapshot, running, hard=False)
    return replace(planned, assignment=running, violations=missed), ()


def _reached(
    ensemble: Ensemble,
    running: Assignment,
    snapshot: Snapshot,
    fixed: Collection[Member],
    known: Plan | None = None,
) -> Moved | None:
    """Plan the moves to the best place that can be reached by safe ones, if any is better."""
    found = reach(ensemble, running, snapshot, fixed=fixed, known=known)
    if found is None:
        return None
    planned, order = found
    return planned, tuple(Move(each, running[each], planned.assignment[each]) for each in order)


def worth(ensemble: Ensemble, snapshot: Snapshot, assignment: Assignment) -> Worth:
    """How good it is where members are, of an ensemble all of which have a place.

    Raises ModelError and KeyError as `build` does.
    """
    problem = build(ensemble, snapshot)
    counts = problem.counted(assignment)
    broken = sum(policy.shortfall(problem, counts) for policy in problem.policies(problem.hard))
    return (broken, *problem.objective(counts)[: len(problem.first_stages)])
