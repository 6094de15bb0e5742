# SPDX-License-Identifier: Apache-2.0
"""At the extremes planning ends, with a plan or with an honest word, and never hangs."""

import pytest
from planning_clouds import cloud, racks
from planning_solved import plan

from ensemble_api.planning.check import check
from ensemble_api.planning.model import Ensemble, Tier
from ensemble_api.planning.policies import Affinity, AntiAffinity, Exclusive, Near, Spread, Survive
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.result import Infeasible, Plan
from ensemble_api.planning.snapshot import Snapshot


def tier(name: str, count: int, vcpu: int = 1) -> Tier:
    return Tier(name, count, {"VCPU": vcpu})


HUGE = racks(("az1", 170, 20), ("az2", 170, 20), ("az3", 160, 20))
VAST = racks(*((f"az{number}", 1250, 8) for number in range(4)))
SMALL = racks(("z", 3, 2))
NOWHERE = cloud({"a": (None, "z", 4), "b": (None, "z", 4), "c": ("r", None, 4)})


def everything(*, hard: bool) -> tuple[Policy, ...]:
    """Ask of three tiers all that can be asked, at every level."""
    return tuple(
        policy
        for name, other in (("a", "b"), ("b", "c"), ("c", "a"))
        for level in ("host", "rack", "zone")
        for policy in (
            Affinity(level, (name,), hard),
            AntiAffinity(level, (name,), hard),
            AntiAffinity(level, (name, other), hard),
            Spread(level, (name,), hard, 1, 2),
            Near(level, (name,), hard, other),
            Survive(level, (name,), hard, "60%"),
            Exclusive(level, (name,), hard),
        )
    )


ABC = (tier("a", 60), tier("b", 30, 2), tier("c", 10, 3))
FIFTY = tuple(tier(f"t{number}", 20) for number in range(50))
APART = tuple(AntiAffinity("rack", (each.name,)) for each in FIFTY)

PLANNED: list[tuple[str, tuple[Tier, ...], tuple[Policy, ...], Snapshot]] = [
    ("soft policies that all contradict each other", ABC, everything(hard=False), HUGE),
    ("50 tiers with 50 policies on 10,000 hosts", FIFTY, APART, HUGE),
    (
        "1,000 members of one tier on 10,000 equal hosts",
        (tier("web", 1000),),
        (AntiAffinity("host", ("web",)), Survive("rack", ("web",), True, "90%", 3)),
        HUGE,
    ),
    (
        "a tier beside another that has just as many members as it needs racks, on 40,000 hosts",
        (tier("web", 20), tier("cache", 10)),
        (AntiAffinity("rack", ("web",), True, 2), Near("rack", ("web",), True, "cache")),
        VAST,
    ),
    (
        "hosts in no rack and a host in no zone",
        (tier("web", 3),),
        (Spread("rack", ("web",), True, 1, 3), Spread("zone", ("web",), True, None, 2)),
        NOWHERE,
    ),
]


@pytest.mark.parametrize(
    ("tiers", "policies", "snapshot"), [pytest.param(*row[1:], id=row[0]) for row in PLANNED]
)
def test_there_is_a_plan_with_honest_bounds(
    tiers: tuple[Tier, ...], policies: tuple[Policy, ...], snapshot: Snapshot
) -> None:
    ensemble = Ensemble(tiers, policies)
    result = plan(ensemble, snapshot)
    assert isinstance(result, Plan)
    assert check(ensemble, snapshot, result.assignment) == ()
    assert all(each.bound <= each.value for each in result.objectives)


REFUSED: list[tuple[str, tuple[Tier, ...], tuple[Policy, ...], Snapshot, str]] = [
    ("nothing free", ABC, (), racks(("z", 3, 2), free=0), "no-capacity"),
    ("no host", ABC, (), cloud({}), "no-eligible-host"),
    ("a tier larger than a large cloud", (tier("web", 50_000),), (), HUGE, "no-capacity"),
    ("policies that all contradict each other", ABC, everything(hard=True), HUGE, ""),
    ("50 tiers that all need more racks", FIFTY, APART, SMALL, "too-few-domains"),
    (
        "40,000 hosts, and a tier beside another that has fewer members than it needs racks",
        (tier("web", 20), tier("cache", 9)),
        (AntiAffinity("rack", ("web",), True, 2), Near("rack", ("web",), True, "cache")),
        VAST,
        "conflict",
    ),
    (
        "a tier that needs more racks than the one beside it has members",
        (tier("web", 20, 4), tier("cache", 1)),
        (Near("rack", ("web",), True, "cache"),),
        racks(("z", 3, 10), free=4),
        "too-few-domains",
    ),
    (
        "one host for members that must survive it",
        (tier("web", 2),),
        (Survive("host", ("web",)),),
        cloud({"a": ("r", "z", 4)}),
        "too-few-domains",
    ),
]


@pytest.mark.parametrize(
    ("tiers", "policies", "snapshot", "code"),
    [pytest.param(*row[1:], id=row[0]) for row in REFUSED],
)
def test_there_is_a_proved_refusal_with_its_reasons(
    tiers: tuple[Tier, ...], policies: tuple[Policy, ...], snapshot: Snapshot, code: str
) -> None:
    result = plan(Ensemble(tiers, policies), snapshot)
    assert isinstance(result, Infeasible)
    assert result.proved
    assert result.reasons
    assert all(reason.code == code for reason in result.reasons) or not code


def test_equal_members_on_equal_hosts_have_the_same_plan_each_time() -> None:
    ensemble = Ensemble((tier("web", 6), tier("db", 6)), (AntiAffinity("rack", ("web", "db")),))
    first, second = plan(ensemble, SMALL), plan(ensemble, SMALL)
    assert isinstance(first, Plan)
    assert first == second
    assert first.proved


def test_contradictory_soft_policies_are_proved_by_counting_in_a_large_cloud() -> None:
    both = (Affinity("rack", ("web",), False), AntiAffinity("rack", ("web",), False))
    result = plan(Ensemble((tier("web", 20),), both), HUGE)
    assert isinstance(result, Plan)
    missed = result.objectives[0]
    assert (missed.value, missed.bound) == (19, 19)
