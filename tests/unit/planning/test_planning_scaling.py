# SPDX-License-Identifier: Apache-2.0
"""Who comes and who goes when the counts of an ensemble that runs change."""

import itertools
import random

import pytest
from planning_running import at, cloud, web
from planning_solved import scale

from ensemble_api.planning.check import check
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import AntiAffinity, Spread, Survive
from ensemble_api.planning.problem import build
from ensemble_api.planning.result import Assignment, Infeasible
from ensemble_api.planning.scaling import Scaled
from ensemble_api.planning.snapshot import Snapshot

APART = AntiAffinity("host", ("web",))


def named(*indices: int, tier: str = "web") -> tuple[Member, ...]:
    return tuple(Member(tier, index) for index in indices)


def scaled(*args: object, **options: object) -> Scaled:
    found = scale(*args, **options)
    assert isinstance(found, Scaled)
    return found


def test_more_members_have_the_next_indices_and_move_nobody() -> None:
    running = at("h0", "h2")
    found = scaled(web(4, APART), running, cloud())
    assert found.added == named(2, 3)
    assert found.removed == ()
    assert found.plan.assignment.items() >= running.items()


def test_an_index_that_is_free_is_used_again_and_one_that_leaves_is_not() -> None:
    running = {Member("web", 0): "h0", Member("web", 2): "h2"}
    assert scaled(web(3, APART), running, cloud()).added == named(1)
    more = Ensemble((Tier("web", 2, {"VCPU": 1}),), (APART,))
    with pytest.raises(ModelError, match="more members of web"):
        scale(more, running, cloud(), leaving=named(0))


def test_who_leaves_is_of_the_fullest_domains() -> None:
    """Two in rack 0, two in rack 1, one in rack 2: of three that are left, each has a rack."""
    running = at("h0", "h1", "h2", "h3", "h4")
    found = scaled(web(3, APART), running, cloud())
    left = {running[member] for member in running if member not in found.removed}
    assert sorted(int(host[1]) // 2 for host in left) == [0, 1, 2]


def test_of_equals_the_last_one_leaves() -> None:
    assert scaled(web(2), at("h0", "h0", "h0"), cloud()).removed == named(2)


def test_a_named_member_leaves_and_one_that_stays_does_not() -> None:
    running = at("h0", "h2", "h4")
    assert scaled(web(2, APART), running, cloud(), leaving=named(0)).removed == named(0)
    assert scaled(web(2, APART), running, cloud(), staying=named(1, 2)).removed == named(0)


def test_more_that_are_to_stay_than_are_left_are_refused_by_name() -> None:
    with pytest.raises(ModelError, match="1 member of web can be removed"):
        scale(web(1), at("h0", "h2", "h4"), cloud(), staying=named(0, 1))


def test_a_tier_that_is_left_out_leaves_and_a_new_one_comes() -> None:
    running = at("h0", "h2") | {Member("db", 0): "h4"}
    tiers = (Tier("web", 2, {"VCPU": 1}), Tier("cache", 1, {"VCPU": 1}))
    found = scaled(Ensemble(tiers), running, cloud())
    assert found.removed == named(0, tier="db")
    assert found.added == named(0, tier="cache")


def test_the_room_of_who_leaves_is_not_free_yet() -> None:
    running = at("h0", "h2") | {Member("db", 0): "h4"}
    more = Ensemble((Tier("web", 3, {"VCPU": 1}),), (APART,))
    found = scale(more, running, cloud({"h0": 0}))
    assert isinstance(found, Infeasible)


def test_a_promise_that_fewer_cannot_keep_is_refused() -> None:
    quorum = Survive("rack", ("web",), min_available=2)
    found = scale(web(2, quorum), at("h0", "h2", "h4"), cloud())
    assert isinstance(found, Infeasible)


def value(ensemble: Ensemble, snapshot: Snapshot, kept: Assignment) -> tuple[int, ...]:
    """How good what is left is, worked out from the arrays of the problem."""
    problem = build(ensemble, snapshot)
    counts = [[0] * len(problem.topology) for _ in ensemble.tiers]
    for host in kept.values():
        counts[0][problem.topology.host_number(host)] += 1
    return problem.objective(problem.room * 0 + counts)


@pytest.mark.parametrize("seed", range(60))
def test_no_other_choice_would_leave_a_better_ensemble(seed: int) -> None:
    draw = random.Random(seed)
    policies = draw.sample(
        [
            Spread("rack", ("web",), max_skew=1, hard=False),
            AntiAffinity("host", ("web",), hard=False),
            Survive("rack", ("web",), min_available=2, hard=False),
        ],
        2,
    )
    hosts = [f"h{draw.randrange(6)}" for _ in range(draw.randint(3, 8))]
    running = at(*hosts)
    ensemble = web(draw.randint(2, len(hosts) - 1), *policies)
    found = scaled(ensemble, running, cloud())
    kept = {member: host for member, host in running.items() if member not in found.removed}
    assert not check(
        Ensemble((found.plan.ensemble.tiers[0],)), cloud(), found.plan.assignment, running
    )
    best = min(
        value(ensemble, cloud(), dict(each))
        for each in itertools.combinations(running.items(), ensemble.size)
    )
    assert value(ensemble, cloud(), kept) == best
