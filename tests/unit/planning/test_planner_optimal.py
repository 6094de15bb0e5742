# SPDX-License-Identifier: Apache-2.0
"""On instances small enough to try everything, the planner finds the same optimum."""

import os
from dataclasses import replace

import brute_force
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from planning_clouds import cloud

from ensemble_api.planning import planner
from ensemble_api.planning.check import check
from ensemble_api.planning.constraints import build
from ensemble_api.planning.model import (
    Affinity,
    AntiAffinity,
    Ensemble,
    Exclusive,
    Member,
    ModelError,
    Near,
    Policy,
    Spread,
    Survive,
    Tier,
)
from ensemble_api.planning.planner import plan
from ensemble_api.planning.result import Plan
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import Topology

# ENSEMBLE_EXAMPLES=3000 runs as many cases of each property as a change of the planner deserves.
MANY = settings(
    max_examples=int(os.environ.get("ENSEMBLE_EXAMPLES", "60")),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@st.composite
def clouds(draw: st.DrawFn) -> Snapshot:
    count = draw(st.integers(1, 6))
    names = [f"h{number}" for number in range(count)]
    hosts = {
        name: (
            draw(st.sampled_from(["r1", "r2", "r3", None])),
            draw(st.sampled_from(["az1", "az1", "az2"])),
            draw(st.integers(0, 6)),
        )
        for name in names
    }
    down = [name for name in names if draw(st.integers(0, 9)) == 0]
    fast = [name for name in names if draw(st.booleans())]
    return cloud(
        hosts,
        down=down,
        traits={name: ["FAST"] for name in fast},
        others={
            "project": [name for name in names if draw(st.integers(0, 4)) == 0],
            "ensemble": [name for name in names if draw(st.integers(0, 4)) == 0],
        },
        closed={"t0": [name for name in names if draw(st.integers(0, 6)) == 0]},
        offered=draw(
            st.sampled_from([{}, {"t1": [name for name in names if draw(st.integers(0, 4))]}])
        ),
    )


@st.composite
def tiers(draw: st.DrawFn) -> tuple[Tier, ...]:
    counts = draw(st.sampled_from([(1,), (3,), (5,), (1, 2), (2, 3), (3, 3), (1, 1, 2), (2, 2, 2)]))
    return tuple(
        Tier(
            f"t{number}",
            count,
            {"VCPU": draw(st.integers(1, 3))},
            required_traits=frozenset(["FAST"]) if draw(st.integers(0, 5)) == 0 else frozenset(),
            zone=draw(st.sampled_from([None, None, None, None, "az1"])),
        )
        for number, count in enumerate(counts)
    )


@st.composite
def policies(draw: st.DrawFn, names: list[str]) -> Policy | None:
    level = draw(st.sampled_from(["host", "rack", "zone"]))
    hard = draw(st.booleans())
    some = tuple(draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)))
    kind = draw(st.integers(0, 5))
    try:
        match kind:
            case 0:
                return Affinity(level, some, hard)
            case 1:
                most = 1 if len(some) > 1 else draw(st.integers(1, 2))
                return AntiAffinity(level, some, hard, most)
            case 2:
                skew = draw(st.sampled_from([None, 1, 2]))
                least = draw(st.sampled_from([None, 2, 3]))
                return Spread(level, some, hard, skew, least)
            case 3:
                return Near(level, some[:1], hard, names[-1])
            case 4:
                left: list[int | str] = [1, 2, "50%"]
                least_left = draw(st.sampled_from(left))
                return Survive(level, some, hard, least_left, draw(st.integers(1, 2)))
            case _:
                return Exclusive(level, some, hard, draw(st.sampled_from(["ensemble", "project"])))
    except ModelError:
        return None


@st.composite
def ensembles(draw: st.DrawFn, most_policies: int = 4) -> Ensemble:
    chosen = draw(tiers())
    names = [tier.name for tier in chosen]
    drawn = draw(st.lists(policies(names), max_size=most_policies))
    try:
        return Ensemble(chosen, tuple(policy for policy in drawn if policy is not None))
    except ModelError:
        return Ensemble(chosen)


def assert_optimal(
    ensemble: Ensemble,
    snapshot: Snapshot,
    existing: dict[Member, str] | None = None,
    *,
    packing: bool = True,
) -> None:
    stages = slice(None) if packing else slice(None, -1)
    result = plan(ensemble, snapshot, existing)
    truth = brute_force.best(ensemble, snapshot, existing)
    if truth is None:
        assert not isinstance(result, Plan)
        assert result.proved
        assert result.reasons
        names = {name for name in snapshot.topology.hosts if len(name) > 1}
        for reason in result.reasons:
            assert not names.intersection(reason.message.replace(",", " ").split())
        return
    assert isinstance(result, Plan), result
    assert check(ensemble, snapshot, result.assignment, existing or {}) == ()
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
    assert_optimal(ensemble, snapshot, running)


@MANY
@given(ensembles(), clouds())
def test_in_a_large_cloud_all_but_the_packing_is_as_exact(
    ensemble: Ensemble, snapshot: Snapshot
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planner, "_SMALL", 0)
        assert_optimal(ensemble, snapshot, packing=False)


def relevelled(snapshot: Snapshot, levels: tuple[str, ...]) -> Snapshot:
    """Give the same hosts in another tree: a row holds the racks r1 and r2 of a zone, or others."""
    names = {}
    for host in snapshot.topology.hosts:
        zone, rack, _ = snapshot.topology.domain_of(host, "host").path
        names[host] = {"rack": rack, "row": f"row{rack in ('r1', 'r2')}", "zone": zone}
    above = {
        host: tuple(by_level[level] for level in levels[1:]) for host, by_level in names.items()
    }
    return replace(snapshot, topology=Topology.build(levels, above))


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
