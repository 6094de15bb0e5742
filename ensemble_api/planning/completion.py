# SPDX-License-Identifier: Apache-2.0
"""Completion: hosts for the members of an ensemble that lack one, all others staying."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from ensemble_api.planning.check import shortfalls
from ensemble_api.planning.message import Sentence
from ensemble_api.planning.milp.task import Solve
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.planner import plan
from ensemble_api.planning.problem import Problem, build
from ensemble_api.planning.replace_lost import replace_lost
from ensemble_api.planning.result import MOVES, Assignment, Infeasible, Objective, Plan, Reason
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import IntArray

OTHERS_MUST_MOVE = Reason(
    "others-must-move",
    Sentence("reason.others-must-move", "There is room only if members that stand are moved.")(),
)


def complete(
    ensemble: Ensemble,
    running: Assignment,
    snapshot: Snapshot,
    closed: Collection[str],
    *,
    solve: Solve | None,
) -> Plan | Infeasible:
    """Plan the members that `running` lacks; those that it has stay on the hosts given there.

    What runs must be part of what `snapshot.free` lacks. Hosts that are not usable, and those of
    `closed`, take nobody in. The hard policies hold for all members together; the soft ones are met
    as well as can be seen without moving anyone. Raises ModelError for a policy at a level that the
    cloud lacks, KeyError for a host that it does not have.
    """
    less = closed_to_more(snapshot, ensemble, running, closed)
    planned = plan(ensemble, less, running, solve=solve, changes=False)
    if isinstance(planned, Infeasible):
        return planned
    if all(planned.assignment[member] == host for member, host in running.items()):
        objectives = tuple(each for each in planned.objectives if each.name != MOVES)
        return replace(planned, objectives=objectives)
    # Soft policies are met better by moving somebody, which is not worth it.
    hard = replace(ensemble, policies=tuple(each for each in ensemble.policies if each.hard))
    counts = replace_lost(build(hard, less, running))
    if counts is None:
        return Infeasible((OTHERS_MUST_MOVE,), proved=False)
    problem = build(ensemble, less, running)
    assignment = placed(problem, counts, running)
    return Plan(
        ensemble,
        assignment,
        tuple(
            Objective(name, value, 0)  # nothing more is known of what is left of them at least
            for name, value in zip(problem.stages, problem.objective(counts), strict=True)
            if name != MOVES
        ),
        shortfalls(ensemble, less, assignment, hard=False),
    )


def closed_to_more(
    snapshot: Snapshot, ensemble: Ensemble, running: Assignment, closed: Collection[str]
) -> Snapshot:
    """The cloud in which no more is placed on `closed` hosts, nor on those that are not usable.

    What runs on such a host may stay there. Raises KeyError for a host that the cloud lacks.
    """
    gone = [snapshot.topology.host_number(host) for host in closed]
    fresh = snapshot.usable.copy()
    fresh[gone] = False
    held = np.isin(snapshot.topology.hosts, list(set(running.values())))
    everywhere = np.ones(len(snapshot.topology), dtype=np.bool_)
    offered = {
        tier.mask: snapshot.offered.get(tier.mask, everywhere) & fresh for tier in ensemble.tiers
    }
    return replace(snapshot, usable=fresh | held, offered=offered)


def placed(problem: Problem, counts: IntArray, staying: Assignment) -> dict[Member, str]:
    """Name the members of counts [T, H]: those of `staying` where they are, the others beside."""
    hosts = problem.topology.hosts
    assignment: dict[Member, str] = {}
    for row, tier in enumerate(problem.ensemble.tiers):
        left = {hosts[at]: int(counts[row, at]) for at in np.flatnonzero(counts[row]).tolist()}
        waiting = []
        for member in tier.members:
            at = staying.get(member)
            if at is not None and left.get(at):
                left[at] -= 1
                assignment[member] = at
            else:
                waiting.append(member)
        places = [at for at, count in left.items() for _ in range(count)]
        assignment |= dict(zip(waiting, places, strict=True))
    return assignment
