# SPDX-License-Identifier: Apache-2.0
"""What is refitted keeps every policy, and moves nobody who was not lost."""

from dataclasses import replace

import brute_force
from hypothesis import given
from hypothesis import strategies as st
from planning_clouds import cloud
from planning_solved import plan
from planning_strategies import MANY, clouds, ensembles

from ensemble_api.planning.check import check
from ensemble_api.planning.headroom import demand
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import AntiAffinity, Near
from ensemble_api.planning.problem import build
from ensemble_api.planning.replace_lost import replace_lost
from ensemble_api.planning.result import Plan
from ensemble_api.planning.topology import IntArray


def as_assignment(
    ensemble: Ensemble, hosts: tuple[str, ...], counts: IntArray
) -> dict[Member, str]:
    """Number the members of each tier over its hosts."""
    return {
        member: host
        for tier, row in zip(ensemble.tiers, counts.tolist(), strict=True)
        for member, host in zip(
            tier.members,
            (host for host, count in zip(hosts, row, strict=True) for _ in range(count)),
            strict=True,
        )
    }


@MANY
@given(st.data())
def test_a_refit_is_a_plan_without_any_other_move(data: st.DataObject) -> None:
    snapshot = data.draw(clouds())
    drawn = data.draw(ensembles())
    ensemble = replace(drawn, policies=tuple(each for each in drawn.policies if each.hard))
    planned = plan(ensemble, snapshot)
    if not isinstance(planned, Plan):
        return
    level = data.draw(st.sampled_from(snapshot.topology.levels))
    host = data.draw(st.sampled_from(sorted(set(planned.assignment.values()))))
    built = snapshot.carrying(demand(ensemble, planned.assignment))
    less = built.failing(snapshot.topology.domain_of(host, level))
    counts = replace_lost(build(ensemble, less, planned.assignment))
    if counts is None:
        return
    again = as_assignment(ensemble, snapshot.topology.hosts, counts)
    assert check(ensemble, less, again, planned.assignment) == ()
    best = plan(ensemble, less, planned.assignment)
    assert isinstance(best, Plan)
    moves = brute_force.objective(ensemble, less, again, planned.assignment)[1]
    assert moves == best.objectives[1].value


def test_a_lost_member_goes_where_least_of_its_tier_is() -> None:
    ensemble = Ensemble((Tier("web", 3, {"VCPU": 1}),), (AntiAffinity("host", ("web",)),))
    snapshot = cloud(
        {
            "a": ("r1", "z1", 0),
            "b": ("r2", "z1", 0),
            "c": ("r3", "z2", 0),
            "d": ("r2", "z1", 4),
            "e": ("r4", "z2", 4),
        },
        down=["a"],
    )
    existing = dict(zip(ensemble.members, "abc", strict=True))
    counts = replace_lost(build(ensemble, snapshot, existing))
    assert counts is not None
    # Each zone holds one already; r4 holds none.
    assert counts.tolist() == [[0, 1, 1, 0, 1]]


def test_a_tier_that_must_be_near_another_stays_beside_it() -> None:
    tiers = (Tier("web", 1, {"VCPU": 1}), Tier("db", 1, {"VCPU": 1}))
    ensemble = Ensemble(tiers, (Near("rack", ("web",), True, "db"),))
    snapshot = cloud(
        {"a": ("r1", "z", 0), "b": ("r1", "z", 0), "c": ("r1", "z", 4), "d": ("r2", "z", 4)},
        down=["a"],
    )
    existing = dict(zip(ensemble.members, "ab", strict=True))
    counts = replace_lost(build(ensemble, snapshot, existing))
    assert counts is not None
    assert counts.tolist() == [[0, 0, 1, 0], [0, 1, 0, 0]]


def test_what_only_a_move_of_others_makes_fit_is_left_to_the_planner() -> None:
    ensemble = Ensemble((Tier("big", 1, {"VCPU": 4}), Tier("small", 1, {"VCPU": 2})))
    snapshot = cloud({"a": ("r1", "z", 0), "b": ("r2", "z", 2), "c": ("r3", "z", 2)}, down=["a"])
    existing = {Member("big", 0): "a", Member("small", 0): "b"}
    assert replace_lost(build(ensemble, snapshot, existing)) is None
    assert isinstance(plan(ensemble, snapshot, existing), Plan)
