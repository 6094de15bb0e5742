# SPDX-License-Identifier: Apache-2.0
"""A tier that is spread over zones by shares: how many each gets, and where that cannot be."""

from collections import Counter
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_clouds import cloud, racks
from planning_solved import plan
from planning_strategies import MANY

from ensemble_api.planning.apportionment import apportion
from ensemble_api.planning.check import check
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.model import Ensemble, Tier
from ensemble_api.planning.policies import Spread
from ensemble_api.planning.problem import build
from ensemble_api.planning.relocation import Relocation, relocate
from ensemble_api.planning.result import Infeasible, Plan

WEB = ("web",)
CLOUD = racks(("az1", 2, 3), ("az2", 2, 3), ("az3", 2, 3), free=4)


def spread(hard: bool = True, **shares: int) -> Spread:
    return Spread("zone", WEB, hard, shares=tuple(shares.items()))


def zones(found: Plan | Infeasible) -> dict[str, int]:
    assert isinstance(found, Plan), found
    assert all(each.proved for each in found.objectives)
    return dict(Counter(host.partition("-")[0] for host in found.assignment.values()))


def web(count: int) -> Tier:
    return Tier("web", count, {"VCPU": 1})


@pytest.mark.parametrize(
    ("count", "shares", "held"),
    [
        pytest.param(10, {"az1": 70, "az2": 30}, {"az1": 7, "az2": 3}, id="as they are"),
        pytest.param(10, {"az1": 7, "az2": 3}, {"az1": 7, "az2": 3}, id="only proportions count"),
        pytest.param(3, {"az1": 70, "az2": 30}, {"az1": 2, "az2": 1}, id="the largest remainder"),
        pytest.param(1, {"az1": 70, "az2": 30}, {"az1": 1}, id="one member"),
        pytest.param(4, {"az1": 100}, {"az1": 4}, id="one zone alone"),
        pytest.param(7, {"az1": 5, "az2": 3, "az3": 2}, {"az1": 4, "az2": 2, "az3": 1}, id="three"),
    ],
)
def test_each_zone_holds_what_its_share_comes_to(
    count: int, shares: dict[str, int], held: dict[str, int]
) -> None:
    assert zones(plan(Ensemble((web(count),), (spread(**shares),)), CLOUD)) == held


def test_of_zones_that_are_cut_alike_any_has_what_is_left_over() -> None:
    small = cloud({"a": ("r1", "az1", 1), "b": ("r2", "az2", 8)})
    found = plan(Ensemble((web(3),), (spread(az1=50, az2=50),)), small)
    assert isinstance(found, Plan)
    assert Counter(found.assignment.values()) == {"a": 1, "b": 2}


@MANY
@given(st.integers(1, 30), st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_an_apportionment_is_the_closest_there_is(count: int, given_shares: list[int]) -> None:
    """Of all ways to divide, by the sum of the squared distances from the exact parts."""
    shares = {str(number): share for number, share in enumerate(given_shares)}
    whole = sum(given_shares)

    def distance(held: tuple[int, ...]) -> int:
        pairs = zip(held, given_shares, strict=True)
        return sum((each * whole - count * share) ** 2 for each, share in pairs)

    parts = [count * share // whole for share in given_shares]
    near = product(*(range(max(0, part - 1), part + 3) for part in parts))
    ways = [each for each in near if sum(each) == count]
    least = min(map(distance, ways))
    found = apportion(count, shares)
    allowed = {
        each
        for each in ways
        if all(
            found.least[name] <= held <= found.most(name)
            for name, held in zip(shares, each, strict=True)
        )
    }
    assert allowed == {each for each in ways if distance(each) == least}
    assert found.largest == min(max(each) for each in allowed)


def test_a_zone_without_the_room_is_refused_with_figures_and_a_change() -> None:
    small = cloud({"a": ("r1", "az1", 5), "b": ("r2", "az2", 8)})
    found = plan(Ensemble((web(10),), (spread(az1=70, az2=30),)), small)
    assert isinstance(found, Infeasible)
    assert found.proved
    (reason,) = found.reasons
    assert (reason.code, reason.demand, reason.supply) == ("too-few-domains", 10, 8)
    assert str(reason.message) == (
        "8 of the 10 members of “web” can be where their shares are "
        "(web over zones by shares of 70 in az1 and 30 in az2)."
    )
    assert "soft" in str(reason.suggestion)


def test_soft_shares_are_missed_by_as_few_members_as_can_be() -> None:
    small = cloud({"a": ("r1", "az1", 5), "b": ("r2", "az2", 8)})
    found = plan(Ensemble((web(10),), (spread(False, az1=70, az2=30),)), small)
    assert isinstance(found, Plan)
    assert Counter(found.assignment.values()) == {"a": 5, "b": 5}
    (missed,) = found.violations
    assert str(missed.message).endswith("2 members are where another share should be")


@pytest.mark.parametrize(
    ("host", "goes"),
    [
        pytest.param("a1", "a2", id="a move stays in its zone"),
        pytest.param(None, "b1", id="what has failed may be anywhere"),
    ],
)
def test_a_move_keeps_the_shares_and_a_failure_breaks_them(host: str | None, goes: str) -> None:
    hosts: dict[str, tuple[str | None, str | None, int]] = {
        f"{zone}{number}": ("r", f"az-{zone}", 8) for zone in "ab" for number in (1, 2)
    }
    policy = Spread("zone", WEB, shares=(("az-a", 2), ("az-b", 1)))
    ensemble = Ensemble((web(3),), (policy,))
    others = (("web", "a1"), ("web", "b2"))
    candidates = ("b1", "a2") if host else ("b1",)
    assert relocate(ensemble, cloud(hosts), Relocation("web", host, others), candidates) == goes


@pytest.mark.parametrize(
    ("given_fields", "field"),
    [
        pytest.param({"shares": {}}, "shares", id="none"),
        pytest.param({"shares": {"az1": 0}}, "shares.az1", id="nothing"),
        pytest.param({"shares": {"az1": 1}, "max_skew": 1}, "max_skew", id="evenly too"),
        pytest.param({"shares": {"az1": 1}, "min_domains": 1}, "min_domains", id="over many too"),
    ],
)
def test_shares_that_cannot_be_meant_are_refused(given_fields: dict[str, Any], field: str) -> None:
    with pytest.raises(ModelError) as caught:
        Spread("zone", WEB, **given_fields)
    assert caught.value.field == field


@MANY
@given(st.data())
def test_the_checker_counts_what_the_planner_counts(data: st.DataObject) -> None:
    tier = web(data.draw(st.integers(1, 6)))
    shares = {name: data.draw(st.integers(1, 4)) for name in ("az1", "az2", "gone")}
    ensemble = Ensemble((tier,), (spread(**shares),))
    hosts = st.sampled_from(CLOUD.topology.hosts)
    assignment = {member: data.draw(hosts) for member in tier.members}
    found = [each.amount for each in check(ensemble, CLOUD, assignment) if each.policy == 0]
    problem = build(ensemble, CLOUD)
    counts = problem.room * 0
    for host in assignment.values():
        counts[0, CLOUD.topology.host_number(host)] += 1
    assert ensemble.policies[0].shortfall(problem, counts) == sum(found)
