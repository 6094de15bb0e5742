# SPDX-License-Identifier: Apache-2.0
"""Other plans than the best one: those that leave a failure domain free, for what is held there."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np

from ensemble_api.planning.milp.task import Solve
from ensemble_api.planning.planner import plan
from ensemble_api.planning.result import Objective, Plan
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import BoolArray

MOST = 8  # plans that are made beside the best one


def other_plans(
    best: Plan, snapshot: Snapshot, level: str, failures: int = 1, *, solve: Solve | None
) -> Iterator[Plan]:
    """Give plans of a new ensemble that leave so many domains of a level to nobody.

    The domains with most free come first, no more than ``MOST`` times. All policies count as they
    do for the `best` plan, and what was proved for that bounds these. Raises ModelError for a level
    that the cloud does not have.
    """
    snapshot.topology.require(level)
    known = {tuple(sorted(best.assignment.items()))}
    for closed in islice(_freest(best, snapshot, level, failures), MOST):
        offered = {
            tier.mask: snapshot.offered.get(tier.mask, np.True_) & ~closed
            for tier in best.ensemble.tiers
        }
        found = plan(best.ensemble, replace(snapshot, offered=offered), solve=solve, changes=False)
        if not isinstance(found, Plan):
            continue
        places = tuple(sorted(found.assignment.items()))
        if places not in known:
            known.add(places)
            yield replace(found, objectives=tuple(_bounded(found, best)))


def _freest(best: Plan, snapshot: Snapshot, level: str, failures: int) -> Iterator[BoolArray]:
    """Mark the hosts [H] of so many domains, those first that have most free of what is asked."""
    topology, index = snapshot.topology, snapshot.topology.index(level)
    classes = {name for tier in best.ensemble.tiers for name in tier.resources}
    shares = np.zeros(len(topology))
    for name in classes:
        shares += np.maximum(snapshot.amounts(name), 0) / max(1, snapshot.most(name))
    free = np.bincount(index, np.where(snapshot.usable, shares, 0), topology.size(level))
    order = np.argsort(-free, kind="stable")
    for first in range(max(0, len(order) - failures + 1)):
        marked: BoolArray = np.isin(index, order[first : first + failures])
        yield marked


def _bounded(found: Plan, best: Plan) -> Iterator[Objective]:
    """What is known of a plan: it is no better than the best one where that was proved to be."""
    alike = True
    for mine, its in zip(found.objectives, best.objectives, strict=True):
        yield replace(mine, bound=its.bound if alike else 0)
        alike = alike and mine.value == its.value
