# SPDX-License-Identifier: Apache-2.0
"""Recovery places what a failure took, as one group, and is judged by trying all there is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from every_recovery import allowed, groups, missed
from hypothesis import assume, given
from hypothesis import strategies as st
from planning_clouds import cloud
from planning_solved import recover
from planning_strategies import MANY, clouds, policies

from ensemble_api.planning import recovery
from ensemble_api.planning.check import _suits
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.joint import Hit
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import (
    AntiAffinity,
    Exclusive,
    Spread,
    Survive,
)
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.repair import Repair
from ensemble_api.planning.snapshot import Snapshot


def ensemble(*tiers: tuple[str, int, int], over: Sequence[Policy] = ()) -> Ensemble:
    """Tiers by name, count and VCPU of each member."""
    return Ensemble(tuple(Tier(n, count, {"VCPU": size}) for n, count, size in tiers), tuple(over))


def at(tier: str, *hosts: str) -> dict[Member, str]:
    """The first members of a tier on these hosts."""
    return {Member(tier, index): host for index, host in enumerate(hosts)}


def six(free: int | Mapping[str, int], down: Sequence[str] = ("a0",)) -> Snapshot:
    """Three racks of two hosts: a0, a1, b0, b1, c0, c1."""
    names = [f"{rack}{number}" for rack in "abc" for number in (0, 1)]
    amounts = {n: free if isinstance(free, int) else free.get(n, 0) for n in names}
    return cloud({n: (n[0], "z", amounts[n]) for n in names}, down=down)


def one(found: Mapping[str, Repair]) -> Repair:
    (repair,) = found.values()
    return repair


WEB, DB = ensemble(("web", 2, 1)), ensemble(("db", 1, 2))


def test_the_places_of_all_that_a_failure_hit_are_found_together() -> None:
    """Alone, the first one would take the only host that is large enough for the second."""
    small = ensemble(("web", 1, 1), over=[AntiAffinity("rack", ("web",))])
    snapshot = six({"b0": 2, "b1": 0, "c0": 1})
    hits = [Hit("small", small, {}, snapshot), Hit("large", DB, {}, snapshot)]
    found = recover(hits)
    assert [dict(each.moves) for each in found.values()] == [
        {Member("web", 0): "c0"},
        {Member("db", 0): "b0"},
    ]


@pytest.mark.parametrize("first", ["one", "two"])
def test_where_there_are_not_places_for_all_the_later_ones_give_way(first: str) -> None:
    snapshot = six({"b0": 2})
    hits = [Hit(key, DB, {}, snapshot) for key in ("one", "two")]
    found = recover(sorted(hits, key=lambda each: each.key != first))
    assert [found[each].fits for each in sorted(found, key=lambda each: each != first)] == [
        True,
        False,
    ]


def test_of_an_ensemble_without_places_for_all_as_many_as_fit_have_one_and_it_is_said_why() -> None:
    found = one(recover([Hit("e", ensemble(("web", 4, 1)), at("web", "b0"), six({"b0": 2}))]))
    assert found.fits is False and found.reasons
    assert list(found.moves.values()) == ["b0", "b0"]


def test_what_is_left_goes_to_the_tier_that_lacks_most_of_what_it_needs() -> None:
    both = ensemble(("web", 2, 1), ("db", 2, 1), over=[Survive("host", ("db",), min_available=1)])
    found = one(recover([Hit("e", both, at("web", "b1"), six({"b0": 1}))]))
    assert list(found.moves) == [Member("db", 0)]


def test_members_that_stay_never_move_and_what_would_help_is_said() -> None:
    both = ensemble(("small", 1, 1), ("large", 1, 2))
    snapshot = six({"b0": 1, "c0": 1})
    found = one(recover([Hit("e", both, at("small", "b0"), snapshot)]))
    assert (found.fits, dict(found.moves)) == (False, {})
    assert [each.code for each in found.reasons] == ["others-must-move"]


def test_a_member_that_waits_gets_no_place() -> None:
    hit = Hit("e", WEB, {}, six(4), waiting=frozenset({Member("web", 0)}))
    assert list(one(recover([hit])).moves) == [Member("web", 1)]


def test_what_the_failure_has_broken_keeps_nobody_down_and_is_told() -> None:
    spread = ensemble(("web", 3, 1), over=[Spread("rack", ("web",), min_domains=3)])
    hit = Hit("e", spread, {Member("web", 2): "c0"}, six(4, down=("a0", "a1")))
    found = one(recover([hit]))
    assert found.fits and len(found.moves) == 2
    assert [each.policy for each in found.unmet] == [0]


def test_what_was_broken_before_gets_no_worse() -> None:
    apart = ensemble(("web", 3, 1), over=[AntiAffinity("rack", ("web",))])
    hit = Hit("e", apart, at("web", "b0", "b1"), six({"b0": 4, "c0": 4}, down=("a0", "a1")))
    assert dict(one(recover([hit])).moves) == {Member("web", 2): "c0"}
    full = replace(hit, snapshot=six({"b0": 4}, down=("a0", "a1")))
    assert one(recover([full])).fits is False


def test_a_member_that_stays_on_a_host_that_is_closed_to_it_is_left_there() -> None:
    snapshot = cloud(dict.fromkeys("abc", ("r", "z", 4)), down=["a"], closed={"web": ["b"]})
    found = one(recover([Hit("e", WEB, at("web", "b"), snapshot)]))
    assert dict(found.moves) == {Member("web", 1): "c"}


def test_an_exclusive_policy_holds_between_two_that_are_repaired_together() -> None:
    alone = ensemble(("db", 1, 1), over=[Exclusive("rack", ("db",), other="ensemble")])
    snapshot = six({"b0": 2, "b1": 2, "c0": 1})
    found = recover([Hit("alone", alone, {}, snapshot), Hit("web", WEB, {}, snapshot)])
    assert dict(found["alone"].moves) == {Member("db", 0): "c0"}
    assert {host[0] for host in found["web"].moves.values()} == {"b"}


def test_an_exclusive_policy_of_projects_lets_those_of_its_own_project_in() -> None:
    alone = ensemble(("db", 1, 1), over=[Exclusive("rack", ("db",), other="project")])
    snapshot = six({"b0": 2})
    for project, fits in (("p", True), ("q", False)):
        hits = [
            Hit("alone", alone, {}, snapshot, project="p"),
            Hit("other", ensemble(("x", 1, 1)), {}, snapshot, project=project),
        ]
        assert recover(hits)["other"].fits is fits


def test_of_very_many_hits_each_is_planned_beside_those_before_it() -> None:
    snapshot = six({"b0": 20, "c0": 9}, down=())
    alone = ensemble(("db", 1, 1), over=[Exclusive("rack", ("db",), other="ensemble")])
    many = [Hit(f"e{n}", ensemble(("web", 1, 1)), {}, snapshot) for n in range(20)]
    hits = [*many[:10], Hit("alone", alone, {}, snapshot), *many[10:]]
    assert len(hits) > recovery.MOST_HITS
    found = recover(hits)
    where = {key: list(each.moves.values()) for key, each in found.items()}
    (mine,) = where.pop("alone") or [None]
    taken = Counter(host for hosts in where.values() for host in hosts)
    assert all(taken[host] <= free for host, free in (("b0", 20), ("c0", 9)))
    if mine is not None:
        assert not taken[mine]
    else:
        assert found["alone"].fits is None, "those before it could have had other places"


def test_two_hits_have_different_keys() -> None:
    with pytest.raises(ValueError, match="same key"):
        recover([Hit("e", WEB, {}, six(1))] * 2)


def test_members_of_another_ensemble_are_refused() -> None:
    with pytest.raises(ModelError):
        Hit("e", WEB, at("db", "a0"), six(1))


# All there is, on tiny clouds.


@st.composite
def hits(draw: st.DrawFn) -> list[Hit]:
    """One or two ensembles in one small cloud of which a domain has failed."""
    before = draw(clouds(most=4))
    hosts = before.topology.hosts
    failed = before.topology.domain_of(
        draw(st.sampled_from(hosts)), draw(st.sampled_from(["host", "host", "rack"]))
    )
    less = before.failing(failed)
    found, budget = [], 4
    for key in ("one", "two")[: draw(st.integers(1, 2))]:
        names = ["t0", "t1"][: draw(st.integers(1, 2))]
        tiers = tuple(
            Tier(name, draw(st.integers(1, 3)), {"VCPU": draw(st.integers(1, 2))}) for name in names
        )
        drawn = [draw(policies(names)) for _ in range(draw(st.integers(0, 2)))]
        try:
            described = Ensemble(tiers, tuple(replace(p, hard=True) for p in drawn if p))
        except ModelError:
            described = Ensemble(tiers)
        staying = {}
        for member in described.members:
            fine = [host for host in hosts if _suits(described.tier(member.tier), host, less)]
            if fine and (draw(st.booleans()) or budget == 0):
                staying[member] = draw(st.sampled_from(fine))
            else:
                budget -= 1
        hit = Hit(key, described, staying, less, project=draw(st.sampled_from(["p", "q"])))
        found.append(hit)
    assume(0 < sum(len(hit.lost) for hit in found) <= 4)
    return found


@MANY
@given(hits())
def test_a_recovery_is_the_best_of_all_that_there_are(drawn: list[Hit]) -> None:
    found = recover(drawn)
    got = [dict(hit.staying) | dict(found[hit.key].moves) for hit in drawn]
    assert allowed(drawn, got, strict=False)
    sizes = [len(found[hit.key].moves) for hit in drawn]
    every = [group for group in groups(drawn) if allowed(drawn, group, strict=False)]
    best = max(
        [len(places) - len(hit.staying) for places, hit in zip(group, drawn, strict=True)]
        for group in every
    )
    assert sizes == best
    assert [found[hit.key].fits for hit in drawn] == [
        size == len(hit.lost) for size, hit in zip(sizes, drawn, strict=True)
    ]


@MANY
@given(hits())
def test_all_hard_policies_hold_where_they_can(drawn: list[Hit]) -> None:
    found = recover(drawn)
    whole = (
        g
        for g in groups(drawn)
        if all(len(p) == h.ensemble.size for p, h in zip(g, drawn, strict=True))
    )
    if any(allowed(drawn, group, strict=True) for group in whole):
        assert all(each.fits and not each.unmet for each in found.values())
    for hit in drawn:
        repair = found[hit.key]
        if repair.fits and repair.moves:
            after = dict(hit.staying) | dict(repair.moves)
            broken = set(missed(hit, after, strict=True))
            assert {each.policy for each in repair.unmet} == broken
