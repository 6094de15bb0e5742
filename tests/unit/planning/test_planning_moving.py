# SPDX-License-Identifier: Apache-2.0
"""Who moves when a policy wants members elsewhere: the fewest, in an order that breaks nothing."""

import itertools
import random
from collections.abc import Collection

import pytest
from planning_running import at, cloud, web
from planning_solved import scale

from ensemble_api.planning.check import check, shortfalls
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.moving import Move
from ensemble_api.planning.policies import Affinity, AntiAffinity, Spread
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.result import Assignment, Infeasible
from ensemble_api.planning.scaling import Scaled

APART = AntiAffinity("host", ("web",))
RACKS = AntiAffinity("rack", ("web",))
TOGETHER = Affinity("rack", ("web",))


def scaled(*args: object, **options: object) -> Scaled:
    found = scale(*args, **options)
    assert isinstance(found, Scaled), found.reasons
    return found


def code(found: object) -> str:
    assert isinstance(found, Infeasible)
    return found.reasons[0].code


def test_nobody_moves_where_all_can_stay() -> None:
    assert scaled(web(3, APART), at("h0", "h2"), cloud()).moved == ()


def test_only_those_move_that_have_to() -> None:
    found = scaled(web(3, APART), at("h0", "h0", "h2"), cloud())
    (moved,) = found.moved
    assert (moved.member.tier, moved.source) == ("web", "h0")
    assert moved.target not in ("h0", "h2")
    assert not check(found.plan.ensemble, cloud(), found.plan.assignment, at("h0", "h0", "h2"))


def test_those_that_cannot_be_moved_stay_and_others_like_them_move() -> None:
    for fixed in (Member("web", 0), Member("web", 1)):
        found = scaled(web(2, APART), at("h0", "h0"), cloud(), fixed={fixed})
        assert [each.member for each in found.moved] == [m for m in at("h0", "h0") if m != fixed]


def test_one_that_has_to_move_and_cannot_is_named() -> None:
    found = scale(web(2, APART), at("h0", "h0"), cloud(), fixed=set(at("h0", "h0")))
    assert code(found) == "member-cannot-move"
    assert "web-1 would have to be moved" in str(found.reasons[0].message)


@pytest.mark.parametrize(
    ("policies", "hosts", "fixed", "moving"),
    [
        # Racks 0 and 1 are h0 to h3. Each of two could mend it, and one of them is fixed.
        ((RACKS,), ("h0", "h1"), {1}, {0}),
        ((RACKS,), ("h0", "h1"), {0}, {1}),
        ((TOGETHER,), ("h0", "h2"), {0}, {1}),
        ((TOGETHER,), ("h0", "h2"), {1}, {0}),
        # Fewer moves would be had by moving the one that is fixed.
        ((TOGETHER,), ("h0", "h1", "h2"), {2}, {0, 1}),
        ((TOGETHER,), ("h0", "h1", "h2", "h2"), {0}, {2, 3}),
        ((APART, TOGETHER), ("h0", "h2"), {1}, {0}),
        ((Spread("rack", ("web",), max_skew=1),), ("h0", "h0", "h1", "h2"), {0, 1}, {2}),
    ],
)
def test_whoever_can_moves_in_the_place_of_one_that_cannot(
    policies: tuple[Policy, ...], hosts: tuple[str, ...], fixed: set[int], moving: set[int]
) -> None:
    kept = {Member("web", index) for index in fixed}
    found = scaled(web(len(hosts), *policies), at(*hosts), cloud(), fixed=kept)
    assert {each.member.index for each in found.moved} == moving


def test_several_that_cannot_be_moved_and_are_in_each_others_way_are_told() -> None:
    """Their racks would have to differ; the third one could be anywhere."""
    running = at("h0", "h1", "h4")
    found = scale(web(3, RACKS), running, cloud(), fixed={Member("web", 0), Member("web", 1)})
    assert code(found) == "member-cannot-move"


def test_what_others_leave_is_not_planned_with() -> None:
    """Rack 0 alone has room for two more; what is on it would have to leave first."""
    running = {Member("web", 0): "h0", Member("db", 0): "h2"}
    apart = AntiAffinity("host", ("web", "db"))
    tiers = (Tier("web", 1, {"VCPU": 4}), Tier("db", 1, {"VCPU": 4}))
    both = Ensemble(tiers, (apart, Affinity("rack", ("web", "db"))))
    found = scale(both, running, cloud({"h1": 3, "h3": 3}))
    assert isinstance(found, Infeasible)
    found = scaled(both, running, cloud({"h1": 4, "h3": 3}))
    assert found.moved == (Move(Member("db", 0), "h2", "h1"),)


def test_a_policy_that_holds_is_not_broken_on_the_way() -> None:
    """All in one rack have to go to another one, since theirs is too small for a third."""
    free = {"h2": 4, "h3": 4}
    found = scale(web(3, TOGETHER), at("h0", "h1"), cloud(free), promised=(TOGETHER,))
    assert code(found) == "no-order-of-moves"
    # One that does not hold yet may be reached in several steps.
    found = scaled(web(3, TOGETHER), at("h0", "h2", "h3"), cloud(free))
    assert [each.source for each in found.moved] == ["h0"]


def test_new_members_break_nothing_that_holds_while_nobody_has_moved() -> None:
    """A second db goes where web is, which would have to leave first."""
    running = {Member("web", 0): "h0", Member("db", 0): "h2"}
    tiers = (Tier("web", 1, {"VCPU": 1}), Tier("db", 2, {"VCPU": 4}))
    apart, close = AntiAffinity("host", ("web", "db")), Affinity("rack", ("db",))
    ensemble = Ensemble(tiers, (apart,))
    free = cloud({"h0": 4, "h1": 1})
    assert code(scale(ensemble, running, free, promised=(apart,))) == "no-order-of-moves"
    assert [each.member.tier for each in scaled(ensemble, running, free).moved] == ["web"]
    assert close not in ensemble.policies


def test_a_soft_policy_moves_nobody() -> None:
    soft = AntiAffinity("host", ("web",), hard=False)
    found = scaled(web(2, soft), at("h0", "h0"), cloud())
    assert (found.moved, found.plan.violations[0].amount) == ((), 1)


def fewest(
    ensemble: Ensemble,
    running: Assignment,
    free: dict[str, int],
    fixed: Collection[Member] = (),
) -> int | None:
    """The fewest moves of all assignments, by looking at each of them; None without any."""
    snapshot, best = cloud(free), None
    members = ensemble.members
    for hosts in itertools.product([f"h{n}" for n in range(6)], repeat=len(members)):
        assignment = dict(zip(members, hosts, strict=True))
        if any(assignment[member] != running[member] for member in fixed):
            continue
        came = [host for m, host in assignment.items() if running.get(m) != host]
        if any(came.count(host) > free.get(host, 0) for host in came):
            continue
        if shortfalls(ensemble, snapshot, assignment, hard=True):
            continue
        moved = sum(assignment[member] != host for member, host in running.items())
        best = moved if best is None else min(best, moved)
    return best


@pytest.mark.parametrize("seed", range(25))
def test_no_assignment_needs_fewer_moves(seed: int) -> None:
    rng = random.Random(seed)
    policies: list[Policy] = rng.sample(
        [APART, RACKS, TOGETHER, Spread("rack", ("web",), max_skew=1)], rng.randint(1, 2)
    )
    count = rng.randint(2, 4)
    running = at(*(f"h{rng.randrange(6)}" for _ in range(rng.randint(1, count))))
    free = {f"h{n}": rng.randint(0, 2) for n in range(6)}
    ensemble = web(count, *policies)
    found, least = scale(ensemble, running, cloud(free)), fewest(ensemble, running, free)
    if isinstance(found, Infeasible):
        assert least is None or code(found) in ("no-order-of-moves", "no-room-to-move")
        return
    assert len(found.moved) == least
    where = {**found.plan.assignment, **running}
    snapshot = cloud(free)
    for each in found.moved:
        before = {v.policy: v.amount for v in shortfalls(ensemble, snapshot, where, hard=True)}
        where[each.member] = each.target
        after = {v.policy: v.amount for v in shortfalls(ensemble, snapshot, where, hard=True)}
        assert all(amount <= before.get(policy, 0) for policy, amount in after.items())


@pytest.mark.parametrize("seed", range(40))
def test_those_that_cannot_be_moved_cost_no_plan_that_there_is_without_them(seed: int) -> None:
    rng = random.Random(seed)
    policies: list[Policy] = rng.sample(
        [APART, RACKS, TOGETHER, Spread("rack", ("web",), max_skew=1)], rng.randint(1, 2)
    )
    count = rng.randint(2, 4)
    running = at(*(f"h{rng.randrange(6)}" for _ in range(count)))
    fixed = rng.sample(sorted(running), rng.randint(1, 2))
    free = {f"h{n}": rng.randint(0, 2) for n in range(6)}
    ensemble = web(count, *policies)
    found = scale(ensemble, running, cloud(free), fixed=fixed)
    least = fewest(ensemble, running, free, fixed)
    if isinstance(found, Infeasible):
        assert least is None or code(found) in ("no-order-of-moves", "no-room-to-move")
        return
    assert len(found.moved) == least
    assert not {each.member for each in found.moved}.intersection(fixed)
    assert not check(found.plan.ensemble, cloud(free), found.plan.assignment, running)
