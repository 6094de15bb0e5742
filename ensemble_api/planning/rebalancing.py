# SPDX-License-Identifier: Apache-2.0
"""Rebalancing: the fewest moves to the spread in which failures take the least of an ensemble.

The best there is comes first, whatever moves it takes, and then the fewest moves that reach it.
What is as good as that already stays as it is, so that nothing ever moves to and fro.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import TypeAlias

from ensemble_api.planning.cells import by_cell, offering
from ensemble_api.planning.check import shortfalls
from ensemble_api.planning.milp.search import Effort
from ensemble_api.planning.milp.task import Solve
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.moving import Move, Moved, move
from ensemble_api.planning.problem import build
from ensemble_api.planning.result import Assignment, Infeasible
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
    where no better place is found. Members of several cells are moved in one cell after the other.
    Arguments and errors are those of `move`.
    """
    found: Moved | Infeasible | None = None
    order: tuple[Move, ...] = ()
    for cell, others in by_cell(running, snapshot):
        part = offering(ensemble, snapshot, cell)
        found = _anywhere(ensemble, running, part, solve=solve, fixed={*fixed, *others})
        if isinstance(found, Infeasible):
            return found
        planned, moves = found
        running, order = planned.assignment, (*order, *moves)
        for each in moves:
            taken = {each.target: ensemble.tier(each.member.tier).resources}
            snapshot = snapshot.carrying(taken)
        found = planned, order
    return found or _anywhere(ensemble, running, snapshot, solve=solve, fixed=fixed)


def _anywhere(
    ensemble: Ensemble,
    running: Assignment,
    snapshot: Snapshot,
    *,
    solve: Solve | None,
    fixed: Collection[Member],
) -> Moved | Infeasible:
    """Plan the moves where members may be on any host that they are offered."""
    found = move(
        ensemble,
        running,
        snapshot,
        solve=solve,
        fixed=fixed,
        promised=ensemble.policies,
        effort=Effort(EFFORT, solve),
        spread_first=True,
    )
    now = worth(ensemble, snapshot, running)
    if isinstance(found, Infeasible):
        return found
    planned, _ = found
    if worth(ensemble, snapshot, planned.assignment) < now:
        return found
    missed = shortfalls(ensemble, snapshot, running, hard=False)
    return replace(planned, assignment=running, violations=missed), ()


def worth(ensemble: Ensemble, snapshot: Snapshot, assignment: Assignment) -> Worth:
    """How good it is where members are, of an ensemble all of which have a place.

    Raises ModelError and KeyError as `build` does.
    """
    problem = build(ensemble, snapshot)
    counts = problem.counted(assignment)
    broken = sum(policy.shortfall(problem, counts) for policy in problem.policies(problem.hard))
    return (broken, *problem.objective(counts)[: len(problem.first_stages)])
