# SPDX-License-Identifier: Apache-2.0
"""A first plan of ensembles that keep others out: each within domains that are its own."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ensemble_api.planning.milp.search import Effort
from ensemble_api.planning.milp.task import Solve
from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.planner import plan
from ensemble_api.planning.policies.exclusive import ENSEMBLE
from ensemble_api.planning.result import Assignment, Infeasible
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import BoolArray

_EFFORT = 20_000  # of the solver, for all of them


def allotted(
    ensembles: Sequence[Ensemble], snapshot: Snapshot, *, solve: Solve | None
) -> list[Assignment] | None:
    """Give each ensemble places in a share of the cloud; None where one has none there.

    Shares have no domain in common of the highest level at which a hard policy keeps other
    ensembles out. A plan of the whole looks at pairs of tiers, and finds none in time where there
    are many; within shares each is planned alone.
    """
    levels = {
        policy.level
        for each in ensembles
        for policy in each.policies
        if policy.hard and policy.keeps_out == ENSEMBLE
    }
    if not levels:
        return None
    level = max(levels, key=snapshot.topology.levels.index)
    effort = Effort(_EFFORT, solve)
    found: list[Assignment] = []
    for each, share in zip(ensembles, _shares(ensembles, snapshot, level), strict=True):
        there = replace(snapshot, usable=snapshot.usable & share)
        own = plan(each, there, solve=solve, changes=False, explained=False, effort=effort)
        if isinstance(own, Infeasible):
            return None
        found.append(own.assignment)
    return found


def _shares(ensembles: Sequence[Ensemble], snapshot: Snapshot, level: str) -> list[BoolArray]:
    """Deal the domains of a level out: the hosts of each ensemble (shape [H]), by its members.

    Of each larger domain everybody gets a part, so that all can spread over these. Domains that
    hold servers of other ensembles are of no use to who keeps them out, and are nobody's.
    """
    topology = snapshot.topology
    index, size = topology.index(level), topology.size(level)
    others = snapshot.others.get(ENSEMBLE)
    taken = np.zeros(size, dtype=np.bool_)
    if others is not None:
        taken[index[others]] = True
    hosts = np.bincount(index[snapshot.usable], minlength=size)
    above = topology.parent(level) if level != topology.levels[-1] else np.zeros(size, np.int64)
    wanted = [sum(tier.count for tier in each.tiers) for each in ensembles]
    owners = np.full(size, -1)
    got = [0] * len(ensembles)
    for parent in np.unique(above).tolist():
        here = [0] * len(ensembles)
        free = np.flatnonzero((above == parent) & ~taken & (hosts > 0))
        for domain in free[np.argsort(-hosts[free], kind="stable")].tolist():
            owner = min(
                range(len(ensembles)),
                key=lambda n: (here[n] / wanted[n], got[n] / wanted[n], n),
            )
            owners[domain] = owner
            here[owner] += int(hosts[domain])
            got[owner] += int(hosts[domain])
    return [owners[index] == number for number in range(len(ensembles))]
