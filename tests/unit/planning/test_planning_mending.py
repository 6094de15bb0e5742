# SPDX-License-Identifier: Apache-2.0
"""The fewest moves with which policies hold that do not hold now, the soft ones too."""

from dataclasses import replace

from planning_running import at, cloud, web
from planning_solved import mend, scale

from ensemble_api.planning.check import shortfalls
from ensemble_api.planning.policies import Affinity, AntiAffinity
from ensemble_api.planning.result import Infeasible
from ensemble_api.planning.scaling import Scaled, stay

APART = AntiAffinity("host", ("web",))
APART_IF_POSSIBLE = replace(APART, hard=False)
TOGETHER_IF_POSSIBLE = Affinity("host", ("web",), hard=False)
IN_RACKS_IF_POSSIBLE = AntiAffinity("rack", ("web",), hard=False)


def test_nobody_moves_where_all_holds() -> None:
    found = mend(web(2, APART, IN_RACKS_IF_POSSIBLE), at("h0", "h2"), cloud())
    assert not isinstance(found, Infeasible) and found[1] == ()


def test_a_soft_policy_moves_members_when_it_is_asked_to_and_in_no_other_change() -> None:
    both = web(3, APART_IF_POSSIBLE)
    unasked = scale(both, at("h0", "h0", "h2"), cloud())
    assert isinstance(unasked, Scaled) and unasked.moved == ()
    asked = scale(both, at("h0", "h0", "h2"), cloud(), mending=True)
    assert isinstance(asked, Scaled)
    (moved,) = asked.moved
    assert moved.source == "h0" and moved.target not in ("h0", "h2")
    assert asked.plan.ensemble.policies == (APART_IF_POSSIBLE,), "it stays soft"
    assert asked.plan.violations == ()


def test_what_cannot_be_had_beside_the_others_is_left_and_told() -> None:
    """The hard one holds, and of the two soft ones that which can."""
    asked = web(2, APART, TOGETHER_IF_POSSIBLE, IN_RACKS_IF_POSSIBLE)
    found = mend(asked, at("h0", "h0"), cloud())
    assert not isinstance(found, Infeasible)
    plan, (move,) = found
    assert move.source == "h0" and move.target not in ("h0", "h1")
    assert [each.policy for each in plan.violations] == [1]


def test_a_soft_policy_that_holds_is_not_given_up_for_another_one() -> None:
    asked = web(2, APART_IF_POSSIBLE, TOGETHER_IF_POSSIBLE)
    found = mend(asked, at("h0", "h0"), cloud())
    assert not isinstance(found, Infeasible) and found[1] == ()


def test_why_nothing_mends_a_hard_policy_is_told() -> None:
    found = mend(web(2, APART), at("h0", "h0"), cloud(0))
    assert isinstance(found, Infeasible)
    assert found.reasons[0].message
    fixed = mend(web(2, APART), at("h0", "h0"), cloud(), fixed=set(at("h0", "h0")))
    assert isinstance(fixed, Infeasible) and fixed.reasons[0].code == "member-cannot-move"


def test_what_cannot_move_for_a_soft_policy_stays() -> None:
    running = at("h0", "h0")
    found = mend(web(2, APART_IF_POSSIBLE), running, cloud(), fixed=set(running))
    assert not isinstance(found, Infeasible)
    plan, moves = found
    assert (moves, [each.policy for each in plan.violations]) == ((), [0])


def test_an_ensemble_that_stays_is_told_with_all_that_it_misses() -> None:
    both = web(2, APART, IN_RACKS_IF_POSSIBLE)
    found = stay(both, at("h0", "h0"), cloud())
    assert (found.added, found.removed, found.moved) == ((), (), ())
    assert [each.policy for each in found.plan.violations] == [0, 1]
    assert found.plan.assignment == at("h0", "h0")
    assert not shortfalls(both, cloud(), at("h0", "h2"), hard=True)
