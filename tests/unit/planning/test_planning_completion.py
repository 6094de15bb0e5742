# SPDX-License-Identifier: Apache-2.0
"""Hosts for members that lack one, beside those that stay."""

import random

import pytest
from planning_running import RACKS, at, cloud, web
from planning_solved import complete

from ensemble_api.planning.check import check
from ensemble_api.planning.model import Member
from ensemble_api.planning.policies import Affinity, AntiAffinity, Spread, Survive
from ensemble_api.planning.result import MOVES, Infeasible, Plan

APART = AntiAffinity("host", ("web",))


def test_only_who_lacks_a_host_gets_one_and_no_closed_one() -> None:
    running = at("h0", "h2")
    planned = complete(web(3, APART), running, cloud(), {"h1", "h3", "h4"})
    assert isinstance(planned, Plan)
    assert planned.assignment == running | {Member("web", 2): "h5"}
    assert MOVES not in [each.name for each in planned.objectives]


def test_what_runs_on_a_closed_host_or_one_that_is_down_stays() -> None:
    running = at("h0", "h2")
    planned = complete(web(3, APART), running, cloud({"h0": 4, "h2": 4, "h5": 4}, ("h2",)), {"h0"})
    assert isinstance(planned, Plan)
    assert planned.assignment == running | {Member("web", 2): "h5"}


def test_no_host_is_left() -> None:
    planned = complete(web(3, APART), at("h0", "h2"), cloud({"h1": 4}), {"h1"})
    assert isinstance(planned, Infeasible)
    assert planned.proved


def test_a_member_that_stands_is_not_moved_for_a_soft_policy() -> None:
    soft = Spread("rack", ("web",), max_skew=1, hard=False)
    running = at("h0", "h1")  # in one rack
    planned = complete(web(3, soft), running, cloud({"h1": 4, "h2": 4}), ())
    assert isinstance(planned, Plan)
    assert planned.assignment == running | {Member("web", 2): "h2"}


def test_a_member_that_stands_is_not_moved_for_a_hard_one_either() -> None:
    """Two that must share a rack, in which there is no room; there is in another one."""
    together = Affinity("rack", ("web",))
    planned = complete(web(2, together), at("h0"), cloud({"h2": 4, "h3": 4}), ())
    assert isinstance(planned, Infeasible)
    assert [reason.code for reason in planned.reasons] == ["others-must-move"]


@pytest.mark.parametrize("seed", range(40))
def test_what_is_completed_keeps_every_hard_policy_by_the_checker(seed: int) -> None:
    draw = random.Random(seed)
    policies = draw.sample(
        [
            APART,
            AntiAffinity("rack", ("web",), max_per_domain=2),
            Spread("rack", ("web",), max_skew=1),
            Survive("rack", ("web",), min_available=2),
            AntiAffinity("host", ("web",), hard=False),
        ],
        2,
    )
    ensemble = web(5, *policies)
    before = complete(ensemble, {}, cloud(), ())
    if isinstance(before, Infeasible):
        pytest.skip("nothing to complete")
    lost = {draw.choice(sorted(set(before.assignment.values())))}
    running = {member: host for member, host in before.assignment.items() if host not in lost}
    free = {host: 4 - list(running.values()).count(host) for host in RACKS}
    planned = complete(ensemble, running, cloud(free), lost)
    if isinstance(planned, Plan):
        assert {m: h for m, h in planned.assignment.items() if m in running} == running
        assert not lost & {h for m, h in planned.assignment.items() if m not in running}
        assert not check(ensemble, cloud(free), planned.assignment, running)
