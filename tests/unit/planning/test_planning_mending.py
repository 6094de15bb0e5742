# SPDX-License-Identifier: Apache-2.0
"""The fewest moves with which policies hold that do not hold now, the soft ones too."""

from dataclasses import replace

from planning_running import at, cloud, web
from planning_solved import mend, scale

from ensemble_api.planning import mending
from ensemble_api.planning.check import shortfalls
from ensemble_api.planning.mending import EFFORT, TRIES
from ensemble_api.planning.milp.task import Answer, Task
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import Affinity, AntiAffinity, Near, Spread
from ensemble_api.planning.result import Infeasible
from ensemble_api.planning.scaling import Scaled, stay
from ensemble_api.solver.process import solve

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


def test_soft_policies_beyond_so_many_tries_are_not_mended() -> None:
    """Whoever asks for many that cannot be had is answered no later for it."""
    for impossible, moved in ((TRIES - 1, True), (TRIES, False)):
        soft = [TOGETHER_IF_POSSIBLE] * impossible + [IN_RACKS_IF_POSSIBLE]
        found = mend(web(2, APART, *soft), at("h0", "h1"), cloud())
        assert not isinstance(found, Infeasible)
        assert bool(found[1]) is moved


def test_all_soft_policies_that_hold_are_kept_however_many_they_are() -> None:
    holding = [APART_IF_POSSIBLE] * (TRIES + 2)
    asked = web(3, *holding, TOGETHER_IF_POSSIBLE, AntiAffinity("rack", ("web",)))
    found = mend(asked, at("h0", "h1", "h2"), cloud())
    assert not isinstance(found, Infeasible)
    assert [each.policy for each in found[0].violations] == [TRIES + 2]


def test_the_solver_is_given_no_more_for_many_soft_policies_than_for_a_few() -> None:
    """What cannot be had is not explained, and all tries share what they may search."""
    tasks: list[Task] = []

    def recorded(task: Task) -> Answer:
        tasks.append(task)
        return solve(task)

    tiers = (Tier("web", 3, {"VCPU": 3}), Tier("db", 3, {"VCPU": 2}))
    soft = (
        *(Near("rack", ("web",), False, "db"), Affinity("rack", ("web", "db"), False)),
        *(AntiAffinity("rack", ("web", "db"), False), Affinity("host", ("db",), False)),
        *(Spread("rack", ("db",), False, 1), Spread("rack", ("web",), False, 1)),
        *(AntiAffinity("host", ("web",), False), AntiAffinity("host", ("db",), False)),
    )
    running = {Member(tier, index): "h0" for tier in ("web", "db") for index in range(3)}
    free = cloud({"h1": 5, "h2": 4, "h3": 3, "h4": 5, "h5": 2})
    found = mending.mend(Ensemble(tiers, soft), running, free, solve=recorded)
    assert not isinstance(found, Infeasible)
    assert tasks and max(task.effort for task in tasks) <= EFFORT
    assert sum(task.effort == EFFORT for task in tasks) <= 3
