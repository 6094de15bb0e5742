# SPDX-License-Identifier: Apache-2.0
"""The best spread with the fewest moves, held against all assignments there are."""

import random
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from brute_force import assignments, objective
from planning_running import at, cloud, web

from ensemble_api.planning.check import check, shortfalls
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.moving import Moved
from ensemble_api.planning.policies import Affinity, AntiAffinity, Spread, Survive
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.rebalancing import rebalance, worth
from ensemble_api.planning.result import Infeasible
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import Topology
from ensemble_api.solver.highs import solve

APART = AntiAffinity("host", ("web",))
TOGETHER = Affinity("rack", ("web",))


def moved(*args: object, **options: object) -> Moved:
    found = rebalance(*args, solve=solve, **options)  # type: ignore[arg-type]
    assert not isinstance(found, Infeasible), found.reasons
    return found


def test_what_is_spread_as_well_as_can_be_stays() -> None:
    plan, moves = moved(web(3, APART), at("h1", "h3", "h5"), cloud())
    assert moves == ()
    assert plan.assignment == at("h1", "h3", "h5")


def test_where_a_failure_took_a_rack_members_go_back_and_no_more_than_that() -> None:
    plan, moves = moved(web(6), at("h0", "h1", "h0", "h1", "h2", "h2"), cloud())
    assert len(moves) == 3
    assert {each.source for each in moves} == {"h0", "h1", "h2"}
    assert worth(web(6), cloud(), plan.assignment)[2:4] == (2, 1)


def test_where_there_is_no_room_nobody_moves_to_and_fro() -> None:
    full = cloud({"h0": 4, "h1": 4})
    plan, moves = moved(web(4), at("h0", "h0", "h1", "h1"), full)
    assert moves == ()
    assert plan.assignment == at("h0", "h0", "h1", "h1")


def test_what_must_stay_stays_and_others_move_in_its_place() -> None:
    fixed = {Member("web", 0), Member("web", 1)}
    _, moves = moved(web(3), at("h0", "h0", "h0"), cloud(), fixed=fixed)
    assert [each.member for each in moves] == [Member("web", 2)]
    _, moves = moved(web(3), at("h0", "h0", "h0"), cloud(), fixed=set(at("h0", "h0", "h0")))
    assert moves == ()


def test_a_hard_policy_that_is_broken_holds_again() -> None:
    plan, moves = moved(web(2, APART), at("h0", "h0"), cloud())
    assert len(moves) == 1
    assert not shortfalls(web(2, APART), cloud(), plan.assignment, hard=True)


def test_members_that_are_to_be_together_do_not_part_on_the_way() -> None:
    found = rebalance(web(2, TOGETHER), at("h0", "h0"), cloud(), solve=solve)
    assert not isinstance(found, Infeasible)
    assert len(found[1]) == 1
    assert cloud().topology.domain_of(found[1][0].target, "rack").name == "r0"


def small(generator: random.Random) -> tuple[Ensemble, Snapshot, dict[Member, str]]:
    """Four hosts in two racks, two tiers on them, and what is free beside them."""
    racks = {"a": ("r0",), "b": ("r0",), "c": ("r1",), "d": ("r1",)}
    topology = Topology.build(("host", "rack"), racks)
    tiers = (
        Tier("web", generator.randint(1, 4), {"VCPU": 1}),
        Tier("db", generator.randint(1, 2), {"VCPU": generator.randint(1, 2)}),
    )
    kinds: list[Policy] = [
        AntiAffinity("host", ("web",), hard=generator.random() < 0.5),
        Spread("rack", ("web",), max_skew=1, hard=generator.random() < 0.5),
        Affinity("rack", ("web", "db"), hard=False),
        Survive("rack", ("web",), hard=False),
    ]
    policies = tuple(generator.sample(kinds, generator.randint(0, 2)))
    ensemble = Ensemble(tiers, policies)
    running = {each: generator.choice(topology.hosts) for each in ensemble.members}
    snapshot = Snapshot(
        topology,
        ("VCPU",),
        total=np.full((4, 1), 12),
        free=np.array([[generator.choice((0, 6, 6, 6))] for _ in topology.hosts]),
        traits=(frozenset(),) * 4,
        usable=np.ones(4, dtype=bool),
    )
    return ensemble, snapshot, running


def fewest(
    ensemble: Ensemble, snapshot: Snapshot, running: Mapping[Member, str]
) -> tuple[int, ...] | None:
    """Soft violations, worst losses and moves of the best that fits beside what is there."""
    needs = {tier.name: tier.resources["VCPU"] for tier in ensemble.tiers}
    free = dict(zip(snapshot.topology.hosts, snapshot.free[:, 0].tolist(), strict=True))
    best = None
    for each in assignments(ensemble, snapshot):
        missed, moves, *losses = objective(ensemble, snapshot, each, running)[:4]
        value = (missed, *losses, moves)
        coming: dict[str, int] = {}
        for tier in ensemble.tiers:
            for host in snapshot.topology.hosts:
                before = sum(m.tier == tier.name and at == host for m, at in running.items())
                after = sum(m.tier == tier.name and at == host for m, at in each.items())
                coming[host] = coming.get(host, 0) + max(0, after - before) * needs[tier.name]
        if any(amount > free[host] for host, amount in coming.items()):
            continue
        if (best is None or value < best) and not check(ensemble, snapshot, each, running):
            best = value
    return best


@pytest.mark.parametrize("seed", range(120))
def test_no_assignment_is_better_and_none_as_good_takes_fewer_moves(seed: int) -> None:
    ensemble, snapshot, running = small(random.Random(seed))
    found = rebalance(ensemble, running, snapshot, solve=solve)
    best = fewest(ensemble, snapshot, running)
    if isinstance(found, Infeasible):
        # Only what no order leads to, or what needs room that others leave, is not had.
        codes = {each.code for each in found.reasons}
        assert best is None or codes & {"no-order-of-moves", "no-room-to-move"}
        return
    plan, moves = found
    assert worth(ensemble, snapshot, plan.assignment) <= worth(ensemble, snapshot, running)
    assert bool(moves) == (
        worth(ensemble, snapshot, plan.assignment) < worth(ensemble, snapshot, running)
    )
    if not moves:
        assert plan.assignment == running
    assert best is not None
    missed, _, *losses = objective(ensemble, snapshot, plan.assignment, running)[:4]
    if moves:
        assert (missed, *losses, len(moves)) >= best
    # Where nothing is crowded, that is exactly the best there is.
    if all(amount == 6 for amount in snapshot.free[:, 0]):
        assert (missed, *losses, len(moves)) == best
    # None of the moves breaks what holds.
    at_now, broken = dict(running), worth(ensemble, snapshot, running)[0]
    for each in moves:
        assert at_now[each.member] == each.source
        at_now[each.member] = each.target
        after = worth(ensemble, snapshot, at_now)[0]
        assert after <= broken
        broken = after
    assert at_now == dict(plan.assignment)


def test_members_stay_in_their_cells() -> None:
    """Without cells, the two of h0 and h1 would be spread over all racks."""
    cells = {f"h{number}": "one" if number < 4 else "two" for number in range(6)}
    parted = replace(cloud(), cells=cells)
    before = at("h0", "h0", "h0", "h0", "h4")
    _, moves = moved(web(5), before, parted)
    assert all(cells[each.source] == cells[each.target] for each in moves)
    racks = [each.target[1] in "23" for each in moves]
    assert (len(moves), sum(racks)) == (3, 2), "two to the other rack, and one beside"
    _, anywhere = moved(web(5), before, cloud())
    assert any(cells[each.target] == "two" for each in anywhere)
