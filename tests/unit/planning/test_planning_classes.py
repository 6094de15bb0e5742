# SPDX-License-Identifier: Apache-2.0
"""Equal hosts are searched as one class, and what that finds is as good as host by host."""

from dataclasses import replace

import brute_force
import numpy as np
import pytest
from hypothesis import given
from planning_clouds import racks
from planning_solved import plan
from planning_strategies import MANY, clouds, ensembles

from ensemble_api.planning import planner
from ensemble_api.planning.milp.formulation import Formulation
from ensemble_api.planning.milp.locations import Locations
from ensemble_api.planning.milp.search import Effort, search
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.problem import build
from ensemble_api.planning.result import Plan
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.solver import highs


def without_host_policies(ensemble: Ensemble) -> Ensemble:
    """Drop the policies that tell equal hosts apart by what is on them."""
    kept = [policy for policy in ensemble.policies if policy.level != "host" or policy.in_limits]
    return replace(ensemble, policies=tuple(kept))


@MANY
@given(ensembles().map(without_host_policies), clouds())
def test_classes_of_equal_hosts_are_searched_as_exactly(
    ensemble: Ensemble, snapshot: Snapshot
) -> None:
    problem = build(ensemble, snapshot)
    locations = Locations.hosts(problem, classes=True)
    outcome = search(Formulation(problem, locations, last=True), Effort(1 << 40, highs.solve))
    truth = brute_force.best(ensemble, snapshot)
    if outcome.counts is None:
        assert truth is None
        return
    found = tuple(outcome.bounds.get(name, 0) for name in problem.stages)
    assert truth is None or found <= truth
    counts = locations.spread_out(outcome.counts, problem)
    if counts is not None:
        assert not problem.broken(counts)
        assert problem.objective(counts) == truth


@MANY
@given(ensembles().map(without_host_policies), clouds())
def test_plans_are_as_good_with_classes(ensemble: Ensemble, snapshot: Snapshot) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planner, "_FEW_CLASSES", 1)
        patch.setattr(planner, "_best_greedy", lambda problem: None)
        result = plan(ensemble, snapshot)
    truth = brute_force.best(ensemble, snapshot)
    if isinstance(result, Plan):
        assert tuple(objective.value for objective in result.objectives) == truth
        assert result.proved
    else:
        assert truth is None


def test_the_model_is_as_large_as_the_classes_are_many() -> None:
    """40 hosts in 4 racks, a few of which differ or have members already."""
    ensemble = Ensemble((Tier("web", 9, {"VCPU": 2}), Tier("db", 9, {"VCPU": 1})))
    snapshot = racks(("z", 4, 10), free=8)
    columns = [
        len(Formulation(build(ensemble, snapshot), locations, last=True).low)
        for locations in (
            Locations.hosts(build(ensemble, snapshot), classes=True),
            Locations.hosts(build(ensemble, snapshot)),
        )
    ]
    assert columns[0] < columns[1] / 4
    free = np.array(snapshot.free)
    free[3] = 5
    other = replace(snapshot, free=free)
    assert len(Locations.hosts(build(ensemble, other), classes=True).size) == 5
    running = {Member("web", 0): snapshot.topology.hosts[15]}
    kept = build(ensemble, other, running)
    assert len(Locations.hosts(kept, classes=True).size) == 6
