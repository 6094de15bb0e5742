# SPDX-License-Identifier: Apache-2.0
"""Several ensembles as one problem: what the whole allows is what each of them allows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_clouds import cloud
from planning_solved import plan
from planning_strategies import MANY, clouds, ensembles

from ensemble_api.planning.check import check
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import AntiAffinity, Exclusive, Near, Spread
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.result import Infeasible, Plan
from ensemble_api.planning.several import Several
from ensemble_api.planning.snapshot import Snapshot


def ensemble(*tiers: tuple[str, int], over: tuple[Policy, ...] = (), size: int = 1) -> Ensemble:
    return Ensemble(tuple(Tier(name, count, {"VCPU": size}) for name, count in tiers), over)


def hosts(**free: int) -> Snapshot:
    """Hosts a0, a1, b0 ... of rack a, b ..., each with so many VCPU free."""
    return cloud({name: (name[0], "z", amount) for name, amount in free.items()})


def planned(several: Several, snapshot: Snapshot) -> Plan:
    found = plan(several.whole, snapshot)
    assert isinstance(found, Plan)
    return found


def test_each_ensemble_has_its_own_policies_and_all_share_the_capacity() -> None:
    """One by one, the first would take the hosts of both racks that the second needs."""
    first = ensemble(("web", 2))
    second = ensemble(("web", 2), over=(AntiAffinity("rack", ("web",)),))
    snapshot = hosts(a0=1, a1=2, b0=1)
    several = Several.of((first, second))
    one, two = several.separated(planned(several, snapshot), snapshot)
    assert set(one.assignment) == set(first.members), "by its own names"
    assert {host[0] for host in two.assignment.values()} == {"a", "b"}
    assert Counter(one.assignment.values()) + Counter(two.assignment.values()) == Counter(
        {"a0": 1, "a1": 2, "b0": 1}
    )


@pytest.mark.parametrize("hard", [True, False])
def test_what_one_has_to_itself_it_has_to_itself_among_those_too(hard: bool) -> None:
    alone = ensemble(("web", 2), over=(Exclusive("rack", ("web",), hard, "ensemble"),))
    open_to_all = ensemble(("db", 2), ("log", 1))
    for order in ((alone, open_to_all), (open_to_all, alone)):
        several = Several.of(order)
        snapshot = hosts(a0=3, a1=3, b0=2, b1=2)
        own = several.separated(planned(several, snapshot), snapshot)
        racks = [{host[0] for host in each.assignment.values()} for each in own]
        assert not racks[0] & racks[1]
        assert not any(each.violations for each in own)
    full = hosts(a0=3, a1=2)
    found = plan(Several.of((alone, open_to_all)).whole, full)
    assert isinstance(found, Infeasible) == hard
    if not hard:
        assert isinstance(found, Plan)
        missed, other = Several.of((alone, open_to_all)).separated(found, full)
        assert [each.amount for each in missed.violations] == [1], "as it counts by itself"
        assert not other.violations


def test_exclusive_of_other_projects_says_nothing_of_each_other() -> None:
    alone = ensemble(("web", 1), over=(Exclusive("rack", ("web",), other="project"),))
    several = Several.of((alone, alone))
    assert len(several.whole.policies) == 2
    planned(several, hosts(a0=2))


def test_two_that_want_to_be_alone_are_kept_apart_once() -> None:
    alone = ensemble(("web", 1), ("db", 1), over=(Exclusive("host", ("web",), other="ensemble"),))
    several = Several.of((alone, alone))
    assert several.owners == ((0, 0), (1, 0), None, None, None)


def test_a_single_ensemble_is_its_own_whole() -> None:
    only = ensemble(("web", 2), over=(AntiAffinity("host", ("web",)),))
    several, snapshot = Several.of((only,)), hosts(a0=1, b0=1)
    assert several.whole is only
    found = planned(several, snapshot)
    assert several.separated(found, snapshot) == (found,)
    refused = plan(only, hosts(a0=2))
    assert isinstance(refused, Infeasible)
    assert several.told(refused, ("shop",)) is refused


def test_the_masks_of_each_tier_hold_for_it_alone() -> None:
    several = Several.of((ensemble(("web", 1)), ensemble(("web", 1))))
    first, second = (tier.name for tier in several.whole.tiers)
    assert [each.tiers[0].mask for each in several.parts] == [first, second]
    snapshot = replace(hosts(a0=1, b0=1), closed={first: np.array([True, False])})
    one, two = several.separated(planned(several, snapshot), snapshot)
    assert (*one.assignment.values(), *two.assignment.values()) == ("b0", "a0")


def test_a_refusal_names_the_ensemble_and_its_own_tier_and_policy() -> None:
    second = ensemble(
        ("db", 1),
        ("web", 3),
        over=(Near("zone", ("db",), to="web"), AntiAffinity("rack", ("web",))),
    )
    several = Several.of((ensemble(("web", 1)), second))
    refused = plan(several.whole, hosts(a0=4, b0=4))
    assert isinstance(refused, Infeasible)
    told = several.told(refused, ("shop-1", "shop-2"))
    (reason,) = told.reasons
    assert (told.proved, reason.policy, reason.tiers) == (refused.proved, 1, ("shop-2/web",))
    assert "shop-2/web" in str(reason.message)
    assert "e1-" not in str(reason.message)
    assert reason.changes == ()


def test_an_objective_is_each_one_s_own_and_its_bound_is_none_that_a_plan_goes_below() -> None:
    spread = ensemble(("web", 2), over=(Spread("rack", ("web",), False, 1),))
    several, snapshot = Several.of((spread, spread)), hosts(a0=2, b0=2)
    for each in several.separated(planned(several, snapshot), snapshot):
        values = {one.name: one.value for one in each.objectives}
        assert values["soft violations"] == 0
        assert values["worst losses by one rack, summed over tiers"] == 1
        assert all(one.bound <= one.value for one in each.objectives)
        assert each.proved


@MANY
@given(
    snapshot=clouds(4),
    wanted=st.lists(ensembles(2), min_size=2, max_size=3),
    data=st.data(),
)
def test_what_the_whole_allows_is_what_each_allows_with_the_others_in_its_way(
    snapshot: Snapshot, wanted: list[Ensemble], data: st.DataObject
) -> None:
    several = Several.of(wanted)
    names = snapshot.topology.hosts
    masks = {
        kind: {
            new: getattr(snapshot, kind)[old]
            for new, (_, old) in several.names.items()
            if old in getattr(snapshot, kind)
        }
        for kind in ("closed", "offered")
    }
    snapshot = replace(snapshot, **masks)
    found = plan(several.whole, snapshot)
    places: dict[Member, str] = {
        member: data.draw(st.sampled_from(names)) for member in several.whole.members
    }
    for assignment in (places, *([found.assignment] if isinstance(found, Plan) else [])):
        own = several.assignments(assignment)
        alone = [
            not check(part, judged(snapshot, wanted, own, number), own[number])
            for number, part in enumerate(several.parts)
        ]
        # A host with too little for all has too little for each, so that capacity is one for all.
        assert all(alone) == (not check(several.whole, snapshot, assignment))
    if isinstance(found, Plan):
        for number, each in enumerate(several.separated(found, snapshot)):
            assert set(each.assignment) == set(wanted[number].members)


def judged(
    snapshot: Snapshot,
    wanted: list[Ensemble],
    own: list[dict[Member, str]],
    number: int,
) -> Snapshot:
    """The cloud as one has it, worked out host by host."""
    used: Counter[str] = Counter()
    for other, places in enumerate(own):
        if other != number:
            for member, host in places.items():
                used[host] += wanted[other].tier(member.tier).resources["VCPU"]
    names = snapshot.topology.hosts
    known: Mapping[str, bool] = dict(zip(names, snapshot.others["ensemble"].tolist(), strict=True))
    return replace(
        snapshot,
        free=np.array(
            [[amount - used[name]] for name, (amount,) in zip(names, snapshot.free, strict=True)]
        ),
        others={
            **snapshot.others,
            "ensemble": np.array([known[name] or name in used for name in names]),
        },
    )
