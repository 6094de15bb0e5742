# SPDX-License-Identifier: Apache-2.0
"""Hosts that are emptied with the fewest moves, held against all assignments there are."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from brute_force import assignments
from planning_running import at, cloud, web
from test_planning_rebalancing import small

from ensemble_api.planning.check import check, shortfalls
from ensemble_api.planning.emptying import empty
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.moving import Moved
from ensemble_api.planning.policies import Affinity, AntiAffinity
from ensemble_api.planning.rebalancing import worth
from ensemble_api.planning.result import Assignment, Infeasible
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.solver.highs import solve

APART = AntiAffinity("host", ("web",))
TOGETHER = Affinity("rack", ("web",))


def emptied(*args: object, **options: object) -> Moved:
    found = empty(*args, solve=solve, **options)  # type: ignore[arg-type]
    assert not isinstance(found, Infeasible), found.reasons
    return found


def test_who_is_on_the_host_leaves_and_nobody_else_moves() -> None:
    plan, moves = emptied(web(3, APART), at("h0", "h1", "h2"), cloud(), {"h0"})
    assert [each.member for each in moves] == [Member("web", 0)]
    assert set(plan.assignment.values()) & {"h0"} == set()


def test_a_rack_is_emptied_and_nobody_goes_from_one_of_its_hosts_to_another() -> None:
    plan, moves = emptied(web(2, APART), at("h0", "h1"), cloud(), {"h0", "h1"})
    assert len(moves) == 2
    assert not {"h0", "h1"} & set(plan.assignment.values())


def test_who_cannot_move_stays_and_the_others_leave() -> None:
    fixed = {Member("web", 0)}
    plan, moves = emptied(web(2), at("h0", "h0"), cloud(off=("h0",)), {"h0"}, fixed=fixed)
    assert [each.member for each in moves] == [Member("web", 1)]
    assert plan.assignment[Member("web", 0)] == "h0"


def test_where_nobody_can_move_there_is_nothing_to_plan() -> None:
    with pytest.raises(ValueError, match="nobody can leave"):
        empty(web(1), at("h0"), cloud(), {"h0"}, solve=solve, fixed=at("h0"))


def test_what_must_be_together_does_not_part_on_the_way() -> None:
    """All three would have to be in another rack, and the first of them would be alone there."""
    tight = cloud({"h2": 4, "h3": 4, "h1": 0})
    found = empty(web(3, TOGETHER), at("h0", "h0", "h0"), tight, {"h0"}, solve=solve)
    assert isinstance(found, Infeasible)
    assert [each.code for each in found.reasons] == ["no-order-of-moves"]


def test_without_room_it_is_said_why() -> None:
    found = empty(web(1), at("h0"), cloud(0), {"h0"}, solve=solve)
    assert isinstance(found, Infeasible)
    assert found.reasons


def test_nobody_leaves_their_cell() -> None:
    cells = {f"h{number}": "one" if number < 2 else "two" for number in range(6)}
    parted = replace(cloud(), cells=cells)
    _, moves = emptied(web(2), at("h0", "h2"), parted, {"h0", "h2"})
    assert {each.source: cells[each.target] for each in moves} == {"h0": "one", "h2": "two"}
    full = replace(cloud({"h2": 4, "h3": 4}), cells=cells)
    assert isinstance(empty(web(1), at("h0"), full, {"h0"}, solve=solve), Infeasible)


def _counts(assignment: Assignment) -> Counter[tuple[str, str]]:
    return Counter((each.tier, at) for each, at in assignment.items())


def fewest(
    ensemble: Ensemble, snapshot: Snapshot, running: Assignment, host: str, fixed: set[Member]
) -> int | None:
    """How many move at least, over all assignments that fit beside what is there."""
    needs = {tier.name: tier.resources["VCPU"] for tier in ensemble.tiers}
    free = dict(zip(snapshot.topology.hosts, snapshot.free[:, 0].tolist(), strict=True))
    hard = replace(ensemble, policies=tuple(each for each in ensemble.policies if each.hard))
    before = _counts(running)
    stay = _counts({each: running[each] for each in fixed})
    best: int | None = None
    for each in assignments(ensemble, snapshot):  # of members of a tier that are alike, one of all
        after = _counts(each)
        if any(after[tier, host] != stay[tier, host] for tier in needs):
            continue
        if stay - after:
            continue
        coming: Counter[str] = Counter()
        for (tier, where), number in (after - before).items():
            coming[where] += number * needs[tier]
        if any(amount > free[where] for where, amount in coming.items()):
            continue
        moved = (after - before).total()
        if (best is None or moved < best) and not check(hard, snapshot, each, running):
            best = moved
    return best


@pytest.mark.parametrize("seed", range(120))
def test_no_assignment_that_empties_the_host_takes_fewer_moves(seed: int) -> None:
    generator = random.Random(seed)
    ensemble, snapshot, running = small(generator)
    host = generator.choice(sorted(set(running.values())))
    fixed = {each for each in running if generator.random() < 0.15}
    if not any(at == host and each not in fixed for each, at in running.items()):
        return
    found = empty(ensemble, running, snapshot, {host}, solve=solve, fixed=fixed)
    best = fewest(ensemble, snapshot, running, host, fixed)
    if isinstance(found, Infeasible):
        codes = {each.code for each in found.reasons}
        known = {"no-order-of-moves", "no-room-to-move", "member-cannot-move"}
        assert best is None or codes & known, found.reasons
        return
    plan, moves = found
    assert best is not None
    assert len(moves) >= best
    if all(amount == 6 for amount in snapshot.free[:, 0]):
        assert len(moves) == best
    there = dict(running)
    broken = worth(ensemble, snapshot, running)[0]
    for each in moves:
        assert each.member not in fixed
        assert each.target != host
        there[each.member] = each.target
        after = worth(ensemble, snapshot, there)[0]
        assert after <= broken
        broken = after
    assert there == dict(plan.assignment)
    assert not shortfalls(ensemble, snapshot, there, hard=True)
    assert {each for each, at in there.items() if at == host} <= fixed
