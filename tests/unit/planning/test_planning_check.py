# SPDX-License-Identifier: Apache-2.0
"""The checker finds each thing that an assignment can break, one at a time."""

import sys
from types import FrameType

import pytest
from planning_clouds import cloud

from ensemble_api.planning.check import check, shortfalls
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import (
    Affinity,
    AntiAffinity,
    Exclusive,
    Near,
    Selector,
    Spread,
    Survive,
)
from ensemble_api.planning.policy import Policy

CLOUD = cloud(
    {
        "a": ("r1", "z1", 2),
        "b": ("r1", "z1", 2),
        "c": ("r2", "z1", 2),
        "d": ("r1", "z2", 2),
        "down": ("r3", "z2", 2),
    },
    down=["down"],
    others={"project": ["c"], "ensemble": ["a"]},
)
TIERS = (Tier("web", 2, {"VCPU": 1}), Tier("db", 1, {"VCPU": 1}))


def place(*hosts: str) -> dict[Member, str]:
    return dict(zip(Ensemble(TIERS).members, hosts, strict=False))


BROKEN: list[tuple[str, tuple[str, str, str], Policy, int]] = [
    ("affinity over two racks", ("a", "c", "a"), Affinity("rack", ("web", "db")), 1),
    ("affinity of racks of one name", ("a", "d", "a"), Affinity("rack", ("web",)), 1),
    ("two on a host", ("a", "a", "b"), AntiAffinity("host", ("web",)), 1),
    ("two tiers in a rack", ("a", "c", "b"), AntiAffinity("rack", ("web", "db")), 1),
    ("two tiers in two racks", ("a", "c", "d"), AntiAffinity("zone", ("web", "db")), 0),
    ("a lonely web", ("a", "c", "b"), Near("rack", ("web",), True, "db"), 1),
    ("all lost with a rack", ("a", "b", "c"), Survive("rack", ("web",)), 1),
    ("all lost with two racks", ("a", "c", "a"), Survive("rack", ("web",), True, 1, 2), 1),
    ("uneven zones", ("a", "b", "c"), Spread("zone", ("web",), True, 1), 1),
    ("too few zones", ("a", "b", "c"), Spread("zone", ("web",), True, None, 2), 1),
    ("a shared rack", ("c", "a", "a"), Exclusive("rack", ("web",), True, "project"), 1),
    ("a shared zone", ("c", "a", "a"), Exclusive("zone", ("web",), True, "ensemble"), 1),
    ("a rack of one's own", ("d", "d", "a"), Exclusive("rack", ("web",), True, "project"), 0),
]


@pytest.mark.parametrize(
    ("hosts", "policy", "amount"), [pytest.param(*row[1:], id=row[0]) for row in BROKEN]
)
def test_policies(hosts: tuple[str, str, str], policy: Policy, amount: int) -> None:
    found = check(Ensemble(TIERS, (policy,)), CLOUD, place(*hosts))
    assert [(v.policy, v.level, v.amount) for v in found] == (
        [(0, policy.level, amount)] if amount else []
    )


def test_a_whole_and_right_assignment_breaks_nothing() -> None:
    assert check(Ensemble(TIERS), CLOUD, place("a", "b", "c")) == ()


@pytest.mark.parametrize(
    ("hosts", "words"),
    [
        pytest.param(("a", "b"), "no host for 1 member", id="a member is missing"),
        pytest.param(("a", "b", "x"), "does not exist", id="a host is made up"),
        pytest.param(("a", "b", "down"), "must not use", id="a host is down"),
        pytest.param(("a", "a", "a"), "VCPU: 3 are needed and 2 are free", id="a host is full"),
    ],
)
def test_rules_of_the_cloud(hosts: tuple[str, ...], words: str) -> None:
    found = check(Ensemble(TIERS), CLOUD, place(*hosts))
    assert len(found) == 1
    assert words in str(found[0].message)


def test_a_member_of_another_ensemble_is_found() -> None:
    found = check(Ensemble(TIERS), CLOUD, place("a", "b", "c") | {Member("app", 0): "a"})
    assert [str(v.message) for v in found] == ["1 member not of this ensemble"]


def test_existing_members_give_back_what_they_use() -> None:
    assignment = place("a", "a", "a")
    running = {Member("web", 0): "a"}
    assert check(Ensemble(TIERS), CLOUD, assignment, running) == ()


def test_soft_policies_are_told_apart_from_hard_ones() -> None:
    ensemble = Ensemble(TIERS, (AntiAffinity("host", ("web",), False),))
    assignment = place("a", "a", "b")
    assert check(ensemble, CLOUD, assignment) == ()
    missed = shortfalls(ensemble, CLOUD, assignment, hard=False)
    assert [(v.policy, v.domains[0].name, str(v.message)) for v in missed] == [
        (0, "a", "at most 1 of web on a host: 1 too many")
    ]


def calls(members: int, hosts: int, *policies: Policy) -> int:
    """How many functions are called to judge members on the first hosts of a cloud of so many."""
    names = [f"h{number:03}" for number in range(hosts)]
    snapshot = cloud(
        {name: (f"r{number // 2}", "z", 2) for number, name in enumerate(names)},
        selectors={"disk": {"nvme": names[:2]}},
    )
    ensemble = Ensemble((Tier("web", members, {"VCPU": 1}),), policies)
    assignment = dict(zip(ensemble.members, names, strict=False))
    count = 0

    def see(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        for hard in (True, False):
            shortfalls(ensemble, snapshot, assignment, hard=hard)
    finally:
        sys.setprofile(before)
    return count


NVME = Selector("host", ("web",), True, "disk", ("nvme",))


def test_a_spread_beside_a_selector_costs_twice_as_much_with_twice_the_hosts() -> None:
    policies = (NVME, Spread("rack", ("web",), False, 1))
    assert calls(2, 200, *policies) < 3 * calls(2, 100, *policies)


def test_a_selector_costs_twice_as_much_with_twice_the_members_and_hosts() -> None:
    assert calls(200, 200, NVME) < 3 * calls(100, 100, NVME)


def test_another_spread_of_the_same_tier_and_level_costs_no_pass_over_the_hosts() -> None:
    one, more = (Spread("rack", ("web",), False, skew) for skew in (1, 2))
    assert calls(2, 200, NVME, one, more) - calls(2, 200, NVME, one) < 200


def test_a_tier_without_members_and_without_hosts_for_it_is_even() -> None:
    nowhere = cloud({"a": ("r1", "z1", 2)}, down=["a"])
    even = Ensemble(TIERS, (Spread("zone", ("web",), True, 1),))
    assert shortfalls(even, nowhere, {}, hard=True) == ()
