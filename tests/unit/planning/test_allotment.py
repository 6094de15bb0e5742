# SPDX-License-Identifier: Apache-2.0
"""Ensembles that keep others out get a share of the cloud each, and are planned within it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_clouds import racks
from planning_strategies import MANY, clouds, ensembles

from ensemble_api.planning import planner
from ensemble_api.planning.allotment import allotted
from ensemble_api.planning.check import check
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import AntiAffinity, Exclusive
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.result import Infeasible, Plan
from ensemble_api.planning.several import Several
from ensemble_api.planning.snapshot import Snapshot

ALONE = Exclusive("rack", ("web",), other="ensemble")


def shop(count: int, *policies: Policy) -> Ensemble:
    return Ensemble((Tier("web", count, {"VCPU": 1}),), (ALONE, *policies))


def test_many_that_want_racks_to_themselves_find_some_without_a_search() -> None:
    """Their pairs are 171 policies, by which one rack after the other is closed to the last."""
    several = Several.of([shop(8, AntiAffinity("host", ("web",)))] * 19)
    snapshot = racks(("a", 17, 10), ("b", 17, 10), ("c", 16, 10))
    without = planner.plan(several.whole, snapshot, solve=None, changes=False)
    assert isinstance(without, Infeasible) and not without.proved
    found = several.plan(snapshot, solve=None)
    assert isinstance(found, Plan)
    used = [
        {host.rpartition("-")[0] for host in each.assignment.values()}
        for each in several.separated(found, snapshot)
    ]
    assert sum(map(len, used)) == len(set().union(*used))


def test_each_gets_a_part_of_every_larger_domain() -> None:
    over_zones = AntiAffinity("zone", ("web",))
    snapshot = racks(("a", 2, 1), ("b", 2, 1))
    found = allotted([shop(2, over_zones)] * 2, snapshot, solve=None)
    assert found is not None
    assert [{host[0] for host in each.values()} for each in found] == [{"a", "b"}] * 2


@pytest.mark.parametrize(
    ("sizes", "there"),
    [
        pytest.param((6, 2), True, id="by their members"),
        pytest.param((2, 6), True, id="in any order"),
        pytest.param((9, 2), False, id="not where one has too little in its share"),
    ],
)
def test_larger_ones_get_more(sizes: tuple[int, int], there: bool) -> None:
    snapshot = racks(("a", 4, 1), free=2)
    found = allotted([shop(each) for each in sizes], snapshot, solve=None)
    assert (found is not None) == there


def test_without_a_wish_to_be_alone_there_is_nothing_to_deal_out() -> None:
    soft = Ensemble((Tier("web", 1, {"VCPU": 1}),), (replace(ALONE, hard=False),))
    of_projects = replace(soft, policies=(replace(ALONE, other="project"),))
    assert allotted([soft, of_projects], racks(("a", 4, 1)), solve=None) is None


@MANY
@given(snapshot=clouds(6), wanted=st.lists(ensembles(2), min_size=2, max_size=3), data=st.data())
def test_what_is_allotted_is_a_plan_of_the_whole(
    snapshot: Snapshot, wanted: list[Ensemble], data: st.DataObject
) -> None:
    level = data.draw(st.sampled_from(snapshot.topology.levels))
    first, *rest = wanted
    alone = Exclusive(level, (first.tiers[0].name,), other="ensemble")
    several = Several.of([replace(first, policies=(*first.policies, alone)), *rest])
    found = allotted(several.parts, snapshot, solve=None)
    if found is None:
        return
    places = {
        Member(new, index): found[number][Member(old, index)]
        for new, (number, old) in several.names.items()
        for index in range(several.parts[number].tier(old).count)
    }
    assert not check(several.whole, snapshot, places)
