# SPDX-License-Identifier: Apache-2.0
"""Plans that a reader can judge by eye."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from planning_clouds import cloud, racks
from planning_solved import plan

from ensemble_api.planning import planner
from ensemble_api.planning.check import check
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import Affinity, AntiAffinity, Exclusive, Near, Spread, Survive
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.result import Plan
from ensemble_api.planning.snapshot import Packing, Snapshot
from ensemble_api.planning.topology import Topology
from ensemble_api.solver import process


def tier(name: str, count: int, vcpu: int = 1) -> Tier:
    return Tier(name, count, {"VCPU": vcpu})


def places(result: Plan, snapshot: Snapshot, level: str) -> dict[str, list[int]]:
    """Give, for each tier, how many members each domain of the level holds, most first."""
    held: dict[str, dict[object, int]] = {}
    for member, host in result.assignment.items():
        domain = snapshot.topology.domain_of(host, level)
        by_domain = held.setdefault(member.tier, {})
        by_domain[domain] = by_domain.get(domain, 0) + 1
    return {name: sorted(values.values(), reverse=True) for name, values in held.items()}


THREE_ZONES = racks(("az1", 2, 3), ("az2", 2, 3), ("az3", 2, 3))
PLANNED = [
    (
        "members spread over zones without any policy",
        THREE_ZONES,
        (tier("web", 6),),
        (),
        "zone",
        {"web": [2, 2, 2]},
    ),
    (
        "affinity in a rack puts both tiers into one rack",
        THREE_ZONES,
        (tier("web", 4), tier("cache", 2)),
        (Affinity("rack", ("web", "cache")),),
        "rack",
        {"web": [4], "cache": [2]},
    ),
    (
        "affinity in a zone leaves the racks of the zone to the spread",
        THREE_ZONES,
        (tier("web", 4),),
        (Affinity("zone", ("web",)),),
        "rack",
        {"web": [2, 2]},
    ),
    (
        "anti-affinity of two tiers per rack keeps the tiers in different racks",
        racks(("az1", 2, 2)),
        (tier("blue", 2), tier("green", 2)),
        (AntiAffinity("rack", ("blue", "green")),),
        "rack",
        {"blue": [2], "green": [2]},
    ),
    (
        "max_per_domain two lets two members share a host and no third",
        racks(("az1", 1, 2)),
        (tier("web", 4),),
        (AntiAffinity("host", ("web",), True, 2),),
        "host",
        {"web": [2, 2]},
    ),
    (
        "the big flavor comes first although it is named last",
        cloud({"a": ("r1", "z", 10), "b": ("r2", "z", 12)}, total=12),
        (tier("small", 2, 6), tier("big", 1, 8)),
        (),
        "host",
        {"small": [2], "big": [1]},
    ),
    (
        "a member stands near one of the other tier in every rack",
        racks(("az1", 3, 2)),
        (tier("web", 3), tier("cache", 2)),
        (Near("rack", ("web",), True, "cache"),),
        "rack",
        {"web": [2, 1], "cache": [1, 1]},
    ),
    (
        "survive keeps half of the members after the loss of any rack",
        racks(("az1", 2, 4)),
        (tier("db", 4),),
        (Survive("rack", ("db",), True, "50%"),),
        "rack",
        {"db": [2, 2]},
    ),
    (
        "spread over three racks at least uses three racks",
        racks(("az1", 4, 2)),
        (tier("web", 3),),
        (Spread("rack", ("web",), True, None, 3),),
        "rack",
        {"web": [1, 1, 1]},
    ),
    (
        "exclusive racks are racks without servers of other projects",
        cloud(
            {"a": ("r1", "z", 4), "b": ("r1", "z", 4), "c": ("r2", "z", 4)},
            others={"project": ["a"]},
        ),
        (tier("web", 4),),
        (Exclusive("rack", ("web",)),),
        "rack",
        {"web": [4]},
    ),
    (
        "a host in no rack is a rack of its own",
        cloud({"a": (None, "z", 4), "b": (None, "z", 4)}),
        (tier("web", 2),),
        (AntiAffinity("rack", ("web",)),),
        "rack",
        {"web": [1, 1]},
    ),
    (
        "racks of the same name in two zones are two racks",
        cloud({"a": ("r1", "z1", 4), "b": ("r1", "z2", 4)}),
        (tier("web", 2),),
        (AntiAffinity("rack", ("web",)),),
        "rack",
        {"web": [1, 1]},
    ),
    (
        "members that take nothing are spread like any others",
        racks(("az1", 1, 2)),
        (Tier("idle", 4, {}),),
        (),
        "host",
        {"idle": [2, 2]},
    ),
    (
        "a host that uses more than it has takes nothing and stops nobody",
        cloud({"a": ("r1", "z", -3), "b": ("r1", "z", 4)}),
        (tier("web", 2),),
        (),
        "host",
        {"web": [2]},
    ),
    (
        "one host takes everything that fits",
        cloud({"a": ("r1", "z", 4)}),
        (tier("web", 4),),
        (),
        "host",
        {"web": [4]},
    ),
]


@pytest.mark.parametrize(
    ("snapshot", "tiers", "policies", "level", "expected"),
    [pytest.param(*row[1:], id=row[0]) for row in PLANNED],
)
def test_planned(
    snapshot: Snapshot,
    tiers: tuple[Tier, ...],
    policies: tuple[Policy, ...],
    level: str,
    expected: dict[str, list[int]],
) -> None:
    ensemble = Ensemble(tiers, policies)
    result = plan(ensemble, snapshot)
    assert isinstance(result, Plan), result
    assert places(result, snapshot, level) == expected
    assert check(ensemble, snapshot, result.assignment) == ()
    assert result.proved
    assert result.violations == ()


def test_no_two_members_share_a_host_while_others_of_the_rack_stand_empty() -> None:
    """The worst loss is two anyway, on the one host of the third rack."""
    full = {f"{rack}{n}": (rack, "z", 4) for rack in ("a", "b") for n in range(5)}
    snapshot = cloud({**full, "c0": ("c", "z", 4)})
    even = Spread("rack", ("web",), True, 1)
    result = plan(Ensemble((tier("web", 6),), (even,)), snapshot)
    assert isinstance(result, Plan)
    assert result.proved
    assert places(result, snapshot, "host") == {"web": [2, 1, 1, 1, 1]}
    pairs = [each.value for each in result.objectives if each.name.startswith("pairs")]
    assert pairs == [15, 3, 1]


def test_soft_policies_are_missed_as_little_as_possible_and_said() -> None:
    ensemble = Ensemble((tier("web", 4),), (AntiAffinity("rack", ("web",), False),))
    result = plan(ensemble, racks(("z", 3, 2)))
    assert isinstance(result, Plan)
    assert [(v.policy, v.level, v.amount) for v in result.violations] == [(0, "rack", 1)]
    first = result.objectives[0].message(("host",))
    assert str(first) == "shortfalls of soft policies: 1, proved optimal"


def test_the_same_input_gives_the_same_plan() -> None:
    ensemble = Ensemble(
        (tier("web", 5), tier("db", 3, 2)),
        (AntiAffinity("host", ("db",)), AntiAffinity("rack", ("web", "db"), False)),
    )
    snapshot = racks(("az1", 2, 2), ("az2", 2, 2))
    first, second = plan(ensemble, snapshot), plan(ensemble, snapshot)
    assert isinstance(first, Plan)
    assert isinstance(second, Plan)
    assert first.assignment == second.assignment
    assert first.objectives == second.objectives


def test_neighbours_in_number_are_far_apart() -> None:
    result = plan(Ensemble((tier("web", 4),)), racks(("az1", 1, 2), ("az2", 1, 2)))
    assert isinstance(result, Plan)
    zones = [result.assignment[Member("web", index)][:3] for index in range(4)]
    assert zones in (["az1", "az2", "az1", "az2"], ["az2", "az1", "az2", "az1"])


def test_traits_and_several_resource_classes_decide_where_members_may_be() -> None:
    topology = Topology.build(("host",), {"a": (), "b": (), "c": ()})
    snapshot = Snapshot(
        topology,
        ("VCPU", "CUSTOM_GPU"),
        np.array([[8, 0], [8, 2], [8, 2]]),
        np.array([[8, 0], [8, 2], [8, 2]]),
        (frozenset(), frozenset({"SLOW"}), frozenset({"FAST"})),
        np.array([True, True, True]),
    )
    wanted = Tier("gpu", 2, {"VCPU": 1, "CUSTOM_GPU": 1}, forbidden_traits=frozenset({"SLOW"}))
    result = plan(Ensemble((wanted,)), snapshot)
    assert isinstance(result, Plan)
    assert set(result.assignment.values()) == {"c"}


@pytest.mark.parametrize(
    ("packing", "used", "fullest"), [(Packing.SPREAD, 24, 2), (Packing.STACK, 4, 8)]
)
def test_ensembles_of_one_member_go_where_the_operator_wants_them(
    packing: Packing, used: int, fullest: int
) -> None:
    snapshot = replace(racks(("az1", 3, 4), ("az2", 3, 4), free=8), packing=packing)
    placed: Counter[str] = Counter()
    for _ in range(31):
        result = plan(Ensemble((tier("web", 1),)), snapshot)
        assert isinstance(result, Plan)
        assert result.proved
        (host,) = result.assignment.values()
        placed[host] += 1
        snapshot = snapshot.carrying({host: {"VCPU": 1}})
    assert (len(placed), max(placed.values())) == (used, fullest)


def test_tiers_of_one_member_do_not_follow_each_other_to_one_host() -> None:
    tiers = tuple(tier(f"t{number}", 1) for number in range(12))
    result = plan(Ensemble(tiers), racks(("az1", 3, 4), free=8))
    assert isinstance(result, Plan)
    assert result.proved
    assert len(set(result.assignment.values())) == 12


def test_without_a_solver_what_counting_cannot_prove_keeps_its_bound() -> None:
    anti_affinity = (AntiAffinity("rack", ("web", "db")),)
    ensemble = Ensemble((tier("web", 3), tier("db", 1, 2)), anti_affinity)
    alone, searched = (
        planner.plan(ensemble, racks(("z", 2, 2)), solve=solver) for solver in (None, process.solve)
    )
    assert isinstance(alone, Plan)
    assert isinstance(searched, Plan)
    levels = ("host", "rack", "zone")
    assert [str(each.message(levels)) for each in alone.objectives if not each.proved] == [
        "members lost with the worst host of each tier, added up: best 3, bound 2",
        "pairs of a tier's members in one rack: best 3, bound 1",
        "pairs of a tier's members on one host: best 1, bound 0",
    ]
    assert searched.proved


def test_threads_that_plan_at_once_do_not_disturb_each_other() -> None:
    snapshot = racks(("az1", 2, 3), ("az2", 2, 3), free=5)
    ensembles = [
        Ensemble(
            (tier("web", count, 2), tier("db", 3, 3)),
            (AntiAffinity("rack", ("web", "db"), False), AntiAffinity("host", ("db",))),
        )
        for count in range(2, 8)
    ]
    alone = [plan(ensemble, snapshot) for ensemble in ensembles]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(plan, ensembles, [snapshot] * len(ensembles)))
    for one, other in zip(alone, together, strict=True):
        assert isinstance(one, Plan)
        assert isinstance(other, Plan)
        assert one.assignment == other.assignment
        assert one.objectives == other.objectives


LARGE: list[tuple[str, Ensemble]] = [
    (
        "500 members of two tiers on 1,000 hosts",
        Ensemble(
            (tier("a", 300, 2), tier("b", 200, 3)),
            (AntiAffinity("host", ("a",)), Spread("rack", ("b",), True, 1)),
        ),
    ),
    (
        "1,000 members of 50 tiers",
        Ensemble(tuple(tier(f"t{number}", 20) for number in range(50))),
    ),
]


@pytest.mark.parametrize("ensemble", [pytest.param(row[1], id=row[0]) for row in LARGE])
def test_large_ones_end_with_a_plan(ensemble: Ensemble) -> None:
    snapshot = racks(("az1", 17, 20), ("az2", 17, 20), ("az3", 16, 20))
    result = plan(ensemble, snapshot)
    assert isinstance(result, Plan)
    assert len(result.assignment) == ensemble.size
