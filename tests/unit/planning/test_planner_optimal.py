# SPDX-License-Identifier: Apache-2.0
"""On instances small enough to try everything, the planner finds the same optimum."""

from collections.abc import Collection
from dataclasses import replace

import brute_force
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_clouds import cloud
from planning_solved import plan
from planning_strategies import MANY, clouds, ensembles

from ensemble_api.planning import planner
from ensemble_api.planning.check import check
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import Affinity
from ensemble_api.planning.problem import build
from ensemble_api.planning.result import Plan
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import Topology


def assert_optimal(
    ensemble: Ensemble,
    snapshot: Snapshot,
    existing: dict[Member, str] | None = None,
    fixed: Collection[Member] = (),
    *,
    last: bool = True,
) -> None:
    """Compare a plan with the best of all, or all but its last stages, pairs and packing."""
    stages = slice(None) if last else slice(None, -len(snapshot.topology.levels) - 1)
    result = plan(ensemble, snapshot, existing, fixed=fixed, explained=not fixed)
    truth = brute_force.best(ensemble, snapshot, existing, fixed)
    if truth is None:
        assert not isinstance(result, Plan)
        if fixed:
            return
        assert result.proved
        assert result.reasons
        names = {name for name in snapshot.topology.hosts if len(name) > 1}
        for reason in result.reasons:
            assert not names.intersection(str(reason.message).replace(",", " ").split())
        return
    assert isinstance(result, Plan), result
    assert check(ensemble, snapshot, result.assignment, existing or {}) == ()
    found = brute_force.places(result.assignment, result.assignment)
    assert not brute_force.places(existing or {}, fixed) - found
    values = tuple(objective.value for objective in result.objectives)
    assert values == brute_force.objective(ensemble, snapshot, result.assignment, existing)
    assert values[stages] == truth[stages]
    assert all(objective.proved for objective in result.objectives[stages])
    assert len(result.objectives) == len(build(ensemble, snapshot, existing).stages)


@MANY
@given(ensembles(), clouds())
def test_new_ensembles_are_planned_as_well_as_can_be(
    ensemble: Ensemble, snapshot: Snapshot
) -> None:
    assert_optimal(ensemble, snapshot)


@MANY
@given(st.data())
def test_existing_members_move_as_little_as_can_be(data: st.DataObject) -> None:
    snapshot = data.draw(clouds())
    ensemble = data.draw(ensembles(most_policies=2))
    hosts = st.sampled_from(snapshot.topology.hosts)
    running = {member: data.draw(hosts) for member in ensemble.members if data.draw(st.booleans())}
    some = data.draw(st.booleans())
    fixed = [member for member in running if some and data.draw(st.booleans())]
    assert_optimal(ensemble, snapshot, running, fixed)


@MANY
@given(ensembles(), clouds())
def test_in_a_large_cloud_all_but_pairs_and_packing_is_as_exact(
    ensemble: Ensemble, snapshot: Snapshot
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planner, "_SMALL", 0)
        assert_optimal(ensemble, snapshot, last=False)


def test_what_racks_hide_of_a_soft_policy_is_no_proof_of_the_stages_after_it() -> None:
    """Three in one rack look like three on one host, which no host has room for."""
    ensemble = Ensemble((Tier("web", 3, {"VCPU": 1}),), (Affinity("host", ("web",), False),))
    hosts = {"a": ("r1", "z1", 1), "b": ("r1", "z1", 2), "c": ("r1", "z2", 1)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planner, "_SMALL", 0)
        assert_optimal(ensemble, cloud(hosts), last=False)


def relevelled(snapshot: Snapshot, levels: tuple[str, ...]) -> Snapshot:
    """Give the same hosts in another tree: a row holds the racks r1 and r2 of a zone, or others."""
    names = {}
    for host in snapshot.topology.hosts:
        zone, rack, _ = snapshot.topology.domain_of(host, "host").path
        names[host] = {"rack": rack, "row": f"row{rack in ('r1', 'r2')}", "zone": zone}
    above = {
        host: tuple(by_level[level] for level in levels[1:]) for host, by_level in names.items()
    }
    return replace(
        snapshot, topology=Topology.build(levels, above, "zone" if "zone" in levels else None)
    )


@MANY
@given(ensembles(), clouds())
def test_more_levels_are_planned_as_well(ensemble: Ensemble, snapshot: Snapshot) -> None:
    tree = relevelled(snapshot, ("host", "rack", "row", "zone"))
    rows = tuple(
        replace(policy, level="row") if policy.level == "zone" else policy
        for policy in ensemble.policies
    )
    assert_optimal(replace(ensemble, policies=rows), tree)


@MANY
@given(ensembles(), clouds())
def test_a_cloud_of_hosts_alone_is_planned_as_well(ensemble: Ensemble, snapshot: Snapshot) -> None:
    tree = relevelled(snapshot, ("host",))
    hosts = tuple(replace(policy, level="host") for policy in ensemble.policies)
    assert_optimal(replace(ensemble, policies=hosts), tree)
