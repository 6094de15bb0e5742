# SPDX-License-Identifier: Apache-2.0
"""What failures do to members that run, and the repair that would follow."""

import pytest
from planning_running import at, cloud, web
from planning_solved import drill, drills, recover

from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.joint import Hit
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import AntiAffinity, Spread, Survive
from ensemble_api.planning.survivability import State
from ensemble_api.planning.topology import FailureDomain

APART = AntiAffinity("host", ("web",))
TWO_LEFT = Survive("rack", ("web",), min_available=2)
HOST0 = FailureDomain("host", "h0", ("r0", "h0"))
RACK0, RACK1 = (FailureDomain("rack", name, (name,)) for name in ("r0", "r1"))


def test_a_failure_says_who_is_lost_what_is_left_and_what_is_kept() -> None:
    found = drill(web(4, TWO_LEFT), at("h0", "h1", "h2", "h4"), cloud(), [RACK0])
    assert found.lost == (Member("web", 0), Member("web", 1))
    assert (found.left, found.state) == ((("web", 2, 4),), State.WORKS)
    assert [each.holds for each in found.promises] == [True]
    assert str(found.message) == "2 members are lost; 2 of 4 web are left."
    assert found.repair.fits and set(found.repair.moves) == set(found.lost)


def test_a_promise_that_only_the_failed_domain_can_restore_does_not_keep_members_down() -> None:
    found = drill(web(3, TWO_LEFT, APART), at("h0", "h1", "h2"), cloud(), [RACK0])
    (promise,) = found.promises
    assert not promise.holds and found.state is State.DEGRADED
    assert found.repair.fits and set(found.repair.moves) == set(found.lost)
    assert len({"h2", *found.repair.moves.values()}) == 3, "what can hold does"
    assert [each.policy for each in found.repair.unmet] == [0]


def test_what_a_failure_leaves_possible_is_restored() -> None:
    found = drill(web(3, TWO_LEFT), at("h0", "h1", "h2"), cloud(), [HOST0])
    assert found.repair.fits and found.repair.unmet == ()


def test_several_domains_fail_at_once_and_one_within_another_counts_once() -> None:
    found = drill(web(3), at("h0", "h2", "h4"), cloud(), [HOST0, RACK0, RACK1, RACK1])
    assert found.domains == (HOST0, RACK0, RACK1)
    assert found.lost == (Member("web", 0), Member("web", 1))


def test_the_failure_of_what_holds_no_member_changes_nothing() -> None:
    found = drill(web(1), at("h4"), cloud(), [RACK0])
    assert (found.lost, dict(found.repair.moves), found.state) == ((), {}, State.WORKS)
    assert str(found.message) == "No member is lost."


def test_a_member_that_is_lost_already_has_its_part_in_the_repair() -> None:
    running = {Member("web", 1): "h2"}
    found = drill(web(2, APART), running, cloud(), [RACK0])
    assert found.lost == () and found.left == (("web", 1, 2),)
    assert set(found.repair.moves) == {Member("web", 0)}
    assert found.repair.moves[Member("web", 0)] in {"h3", "h4", "h5"}


def test_a_member_that_is_stopped_keeps_its_place_and_is_not_left() -> None:
    free = {"h4": 1}
    found = drill(web(3), at("h0", "h2", "h3"), cloud(free), [RACK0], stopped=[Member("web", 2)])
    assert found.left == (("web", 1, 3),)
    assert dict(found.repair.moves) == {Member("web", 0): "h4"}


def test_a_repair_moves_nobody_who_stays_even_where_that_would_keep_more() -> None:
    """Beside those that stay two racks are out of reach; a member of another tier can make room."""
    ensemble = Ensemble(
        (Tier("a", 2, {"VCPU": 1}), Tier("b", 1, {"VCPU": 1})),
        (Spread("rack", ("a",), min_domains=2),),
    )
    hosts = {"a-0": "h0", "a-1": "h2", "b-0": "h4"}
    running = {each: hosts[each.name] for each in ensemble.members}
    found = drills(ensemble, running, cloud({"h1": 1}), "rack")
    one = next(each for each in found if each.domains[0].name == "r1")
    assert one.repair.fits and [each.policy for each in one.repair.unmet] == [0]
    assert dict(one.repair.moves) == {Member("a", 1): "h1"}


def test_nobody_is_placed_on_a_host_that_is_disabled_and_who_runs_there_stays() -> None:
    found = drill(web(2, APART), at("h0", "h2"), cloud(off=("h2", "h3", "h4")), [RACK0])
    assert dict(found.repair.moves) == {Member("web", 0): "h5"}


def test_where_there_is_no_repair_it_is_said_why() -> None:
    found = drill(web(3, APART), at("h0", "h2", "h4"), cloud({}), [RACK0])
    assert found.repair.fits is False and found.repair.reasons


def test_each_domain_of_a_level_fails_and_the_most_harm_comes_first() -> None:
    ensemble = Ensemble(
        (Tier("db", 1, {"VCPU": 1}), Tier("web", 4, {"VCPU": 1})),
        (Survive("host", ("web",), min_available=3),),
    )
    hosts = {"db-0": "h5", "web-0": "h0", "web-1": "h0", "web-2": "h2", "web-3": "h3"}
    running = {each: hosts[each.name] for each in ensemble.members}
    found = drills(ensemble, running, cloud(), "host")
    assert [each.domains[0].name for each in found] == ["h5", "h0", "h2", "h3"]
    assert [each.state for each in found] == [State.DOWN, State.DEGRADED, State.WORKS, State.WORKS]


def test_an_unknown_level_is_a_model_error() -> None:
    with pytest.raises(ModelError):
        drills(web(1), at("h0"), cloud(), "row")


def test_beyond_the_work_limit_a_repair_is_not_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ensemble_api.planning.headroom._LEAST", 1)
    monkeypatch.setattr("ensemble_api.planning.headroom._WORK", 1)
    found = drills(web(3, APART), at("h0", "h2", "h4"), cloud({}), "host")
    assert [each.repair.fits for each in found].count(None) == 2
    assert [each.repair.fits for each in found].count(False) == 1


def test_a_drill_tells_the_repair_that_follows() -> None:
    ensemble, running = web(3, TWO_LEFT, APART), at("h0", "h1", "h2")
    found = drill(ensemble, running, cloud(), [RACK0])
    staying = {Member("web", 2): "h2"}
    hit = Hit("e", ensemble, staying, cloud().failing(RACK0))
    assert found.repair == recover([hit])["e"]
