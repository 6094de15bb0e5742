# SPDX-License-Identifier: Apache-2.0
"""An ensemble is DEGRADED as long as what was promised does not hold by what was observed."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from test_observer import FakeCompute, Scene
from test_store import record

from ensemble_api import codec
from ensemble_api.records import MemberStatus, Status
from ensemble_api.store import models
from ensemble_api.store.api import Page, Store

EVERY_DATABASE = True

ANTI_AFFINITY = {"type": "anti-affinity", "level": "host", "tiers": ["web"], "enforcement": "hard"}
SURVIVE = {
    "type": "survive",
    "level": "host",
    "tiers": ["web"],
    "min_available": 1,
    "enforcement": "hard",
}
ALONE = {
    "type": "exclusive",
    "level": "host",
    "tiers": ["web"],
    "other": "ensemble",
    "enforcement": "hard",
}


def built(
    store: Store, compute: FakeCompute, *policies: Any, name: str = "shop", host: str = ""
) -> Scene:
    """An ensemble of two members on h0 and h1, or of one on ``host``, whose build has ended."""
    new = record(name, members=1 if host else 2)
    members = tuple(replace(each, host=host or each.host) for each in new.members)
    body = {**new.body, "policies": list(policies)}
    described = codec.stored_ensemble(body, {"web": {"VCPU": 1}})
    new = replace(new, body=body, ensemble=described, members=members)
    store.create(new, "api", 60)
    ids = []
    for member in new.members:
        ids.append(str(uuid.uuid4()))
        store.update_member(new, member, "api", server_id=ids[-1], status=MemberStatus.ACTIVE.value)
        compute.put(ids[-1], member.host)
    store.transition(new.id, [Status.RESERVING], Status.ACTIVE)
    return Scene(store, compute, ids, new.id)


def stands(scene: Scene) -> tuple[str, list[str]]:
    scene.observe()
    found = scene.store.get(scene.ensemble_id)
    return found.status.value, [str(each) for each in found.reasons]


def promises(scene: Scene) -> list[str]:
    events = scene.store.get(scene.ensemble_id).events
    return [str(each["message"]) for each in events if each["type"].startswith("promise")]


@pytest.fixture
def scene(store: Store) -> Scene:
    scene = built(store, FakeCompute(), ANTI_AFFINITY)
    assert stands(scene) == ("ACTIVE", [])
    return scene


def test_two_members_on_one_host_against_a_policy_degrade_until_one_goes(scene: Scene) -> None:
    scene.compute.put(scene.ids[0], "h1")
    reason = "No two members of web may share a host. Now: 1 too many."
    assert stands(scene) == ("DEGRADED", [reason])
    found = scene.store.get(scene.ensemble_id)
    assert found.degraded_at
    assert [each.code for each in found.reasons] == ["degraded.policy"]
    assert promises(scene) == [f"Degraded: {reason}"]
    assert stands(scene) == ("DEGRADED", [reason])
    scene.compute.put(scene.ids[0], "h0")
    assert stands(scene) == ("ACTIVE", [])
    assert scene.store.get(scene.ensemble_id).degraded_at == ""
    assert promises(scene)[1:] == ["What was promised holds again."]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(
            lambda scene: scene.compute.put(scene.ids[0], None, "DELETED"),
            "web-0 is gone: Nova has no server of it any more.",
            id="a server is deleted",
        ),
        pytest.param(
            lambda scene: scene.compute.put(scene.ids[0], "h0", "ERROR"),
            "The server of web-0 is in status ERROR.",
            id="a server is in ERROR",
        ),
        pytest.param(
            lambda scene: scene.compute.down.add("h0"),
            "web-0 is on a host that is down.",
            id="a host is down",
        ),
    ],
)
def test_a_lost_member_degrades_whatever_the_policies_ask(
    scene: Scene, change: Any, reason: str
) -> None:
    change(scene)
    assert stands(scene) == ("DEGRADED", [reason])


def test_a_server_that_its_tenant_stopped_is_no_loss_until_too_few_run(scene: Scene) -> None:
    scene.compute.put(scene.ids[0], "h0", "SHUTOFF")
    assert stands(scene) == ("ACTIVE", [])
    scene.compute.put(scene.ids[1], None, "SHELVED_OFFLOADED")
    assert stands(scene) == ("DEGRADED", ["No member of web runs."])
    scene.compute.put(scene.ids[0], "h0")
    assert stands(scene) == ("ACTIVE", [])


def test_a_promise_to_survive_does_not_hold_with_one_member_less(store: Store) -> None:
    scene = built(store, FakeCompute(), SURVIVE)
    assert stands(scene) == ("ACTIVE", [])
    scene.compute.put(scene.ids[0], "h0", "SHUTOFF")
    status, (reason,) = stands(scene)
    assert status == "DEGRADED"
    assert reason.endswith("Now: 1 too few is left.")


def test_a_soft_policy_degrades_by_its_minimum_alone(store: Store) -> None:
    asked = {**SURVIVE, "min_available": 2, "enforcement": "soft"}
    scene = built(store, FakeCompute(), asked, {**ANTI_AFFINITY, "enforcement": "soft"})
    assert stands(scene) == ("ACTIVE", [])
    scene.compute.put(scene.ids[0], "h1")
    assert stands(scene) == ("ACTIVE", [])
    scene.compute.put(scene.ids[0], "h1", "SHUTOFF")
    assert stands(scene) == ("DEGRADED", ["Of web, 1 of 2 run, and 2 are needed."])


def test_a_cell_that_does_not_answer_neither_degrades_nor_mends(scene: Scene) -> None:
    scene.compute.silent = {"h0"}
    assert stands(scene) == ("ACTIVE", [])
    scene.compute.silent = set()
    scene.compute.down = {"h0"}
    assert stands(scene)[0] == "DEGRADED"
    scene.compute.down, scene.compute.silent = set(), {"h0", "h1"}
    assert stands(scene)[0] == "DEGRADED"
    scene.compute.silent = set()
    assert stands(scene) == ("ACTIVE", [])


def test_what_changed_while_a_cell_did_not_answer_is_seen_when_it_does(scene: Scene) -> None:
    scene.compute.silent, scene.compute.hidden = {"h0"}, {scene.ids[0]}
    scene.compute.put(scene.ids[0], "h1")
    scene.compute.servers[scene.ids[0]]["updated"] = "2099-01-01T00:00:00Z"
    scene.compute.put(scene.ids[1], "h1")
    scene.compute.servers[scene.ids[1]]["updated"] = "2099-01-01T01:00:00Z"
    assert stands(scene) == ("ACTIVE", [])
    scene.compute.silent, scene.compute.hidden = set(), set()
    assert stands(scene)[0] == "DEGRADED"


def test_another_ensemble_that_comes_too_near_degrades(store: Store) -> None:
    compute = FakeCompute()
    scene = built(store, compute, ALONE, host="h0")
    other = built(store, compute, name="other", host="h1")
    assert stands(scene) == ("ACTIVE", [])
    compute.put(other.ids[0], "h0")
    assert stands(scene)[0] == "DEGRADED"
    compute.put(other.ids[0], "h1")
    assert stands(scene) == ("ACTIVE", [])


def test_a_build_that_ends_is_judged_though_nothing_changes_any_more(store: Store) -> None:
    compute = FakeCompute()
    scene = built(store, compute, ANTI_AFFINITY)
    scene.store.transition(scene.ensemble_id, [Status.ACTIVE], Status.BUILDING)
    compute.put(scene.ids[0], "h1")
    assert stands(scene) == ("BUILDING", [])
    scene.store.transition(scene.ensemble_id, [Status.BUILDING], Status.ACTIVE)
    assert stands(scene)[0] == "DEGRADED"


def test_a_removal_is_not_held_up_and_nothing_is_said_of_it(scene: Scene) -> None:
    scene.compute.put(scene.ids[0], "h1")
    assert stands(scene)[0] == "DEGRADED"
    scene.store.transition(scene.ensemble_id, [Status.DEGRADED], Status.DELETING)
    scene.compute.put(scene.ids[0], None, "DELETED")
    assert stands(scene) == ("DELETING", [])
    assert len(promises(scene)) == 1


def test_lists_find_and_sort_by_what_holds_now(scene: Scene) -> None:
    other = built(scene.store, scene.compute, name="other")
    scene.compute.put(scene.ids[0], "h1")
    scene.observe()

    def ids(**asked: Any) -> list[str]:
        return [each.id for each in scene.store.select(Page(**asked))]

    assert ids(status="DEGRADED") == [scene.ensemble_id]
    assert ids(status="ACTIVE") == [other.ensemble_id]
    assert ids(sort_key="status") == [scene.ensemble_id, other.ensemble_id]
    found = scene.store.select(Page(status="DEGRADED"))
    assert found[0].reasons
    assert found[0].observed_at


def test_more_ensembles_than_one_transaction_judges_are_judged_in_one_look(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ensemble_api.store.standings.AT_ONCE", 2)
    compute = FakeCompute()
    scenes = [built(store, compute, name=f"shop{number}") for number in range(5)]
    compute.down = {"h0"}
    scenes[0].observe()
    with store.reading() as session:
        assert {each.status for each in session.query(models.Ensemble)} == {"DEGRADED"}
        assert not session.query(models.Ensemble).filter(models.Ensemble.unjudged).count()


def test_one_that_cannot_be_judged_does_not_keep_the_others_from_it(scene: Scene) -> None:
    strange = built(scene.store, scene.compute, ANTI_AFFINITY, name="strange")
    with scene.store.writing() as session:
        query = session.query(models.Ensemble).filter(models.Ensemble.id == strange.ensemble_id)
        query.update({"plan": {}})
    for each in (strange, scene):
        scene.compute.put(each.ids[0], "h1")
    assert stands(scene)[0] == "DEGRADED"
    assert stands(strange) == ("ACTIVE", [])


def test_ensembles_that_do_not_change_are_not_judged_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = []
    monkeypatch.setattr("ensemble_api.store.standings.standing", lambda *args: judged.append(args))
    scene.observe()
    assert judged == []
