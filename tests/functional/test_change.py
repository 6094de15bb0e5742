# SPDX-License-Identifier: Apache-2.0
"""Changes of an ensemble that runs: real Placement, real SQL, a fake Nova."""

from typing import Any

import pytest
from changes import OTHER, SPREAD, built, changed, code, fault, names, tiers
from small_cloud import IMAGE, SmallCloud, anti_affinity, body, caller

from ensemble_api import exception
from ensemble_api.cloud.reservation import Reservation

FIRST = "33333333-3333-4333-8333-333333333333"


def test_a_tier_is_scaled_out_and_nobody_else_is_touched(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 2))
    before = {each.name: each for each in cloud.store.get(ensemble_id).members}
    answer = cloud.patch(ensemble_id, tiers(("web", 4)))
    assert answer.status_code == 202
    view = answer.json["ensemble"]
    assert (view["status"], view["settled"], view["generation"]) == ("ACTIVE", False, 2)
    assert (view["operation"]["type"], view["operation"]["status"]) == ("change", "RUNNING")
    assert view["progress"]["message"] == "A change adds 2 members; 0 are there."

    cloud.run(ensemble_id)
    cloud.observe()

    record = cloud.store.get(ensemble_id)
    cloud.assert_built(record)
    assert names(record) == ["web-0", "web-1", "web-2", "web-3"]
    assert len({each.host for each in record.members}) == 4
    assert [(each.server_id, each.host) for each in record.members if each.name in before] == [
        (each.server_id, each.host) for each in before.values()
    ]
    assert str(record.events[-1]["message"]) == "The change is done."
    operations = cloud.service().operations(record, 10)
    assert [(each.type, each.status) for each in operations] == [
        ("change", "SUCCEEDED"),
        ("create", "SUCCEEDED"),
    ]


def test_a_tier_is_scaled_in_and_the_rest_survives_best(cloud: SmallCloud) -> None:
    """Two of three are in rack 1: one of these goes."""
    ensemble_id = built(cloud, ("web", 4))
    record = changed(cloud, ensemble_id, tiers(("web", 3)))
    assert {each.domains["rack"][-1] for each in record.members} == {
        "secretrack1",
        "secretrack2",
        "secretrack3",
    }
    assert len(cloud.nova.alive()) == 3


def test_a_tier_comes_and_another_one_goes(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 2), ("db", 1), policies=())
    server = body(("cache", 1))["tiers"][0]["server"]
    wanted = tiers(("web", 2), ("cache", 1))
    wanted["tiers"][1]["server"] = server
    assert names(changed(cloud, ensemble_id, wanted)) == ["cache-0", "web-0", "web-1"]


def test_an_index_that_was_left_is_filled_again(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 3))
    record = changed(cloud, ensemble_id, tiers(("web", 2)), remove=["web-1"])
    assert names(record) == ["web-0", "web-2"]
    assert [each.name for each in record.ensemble.members] == ["web-0", "web-2"]
    assert names(changed(cloud, ensemble_id, tiers(("web", 3)))) == ["web-0", "web-1", "web-2"]


def test_a_policy_is_added_and_another_made_soft(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 2))
    soft = {**SPREAD, "enforcement": "soft"}
    quorum = {"type": "survive", "level": "host", "tiers": ["web"], "min_available": 1}
    record = changed(cloud, ensemble_id, {"policies": [soft, quorum]})
    assert [each.hard for each in record.ensemble.policies] == [False, True]
    assert record.generation == 2


def test_words_are_changed_at_once_and_touch_no_server(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 1))
    answer = cloud.patch(ensemble_id, {"name": "store", "description": "Sells things."})
    view = answer.json["ensemble"]
    assert (view["name"], view["description"], view["generation"]) == ("store", "Sells things.", 2)
    assert view["settled"]
    assert [each.name for each in cloud.nova.alive()] == ["shop-web-0"]


def test_metadata_of_the_ensemble_are_its_own_and_change_as_its_words_do(
    cloud: SmallCloud,
) -> None:
    """Each whole, as every field; no server gets any of them, and no member is touched."""
    wanted = {**body(("web", 1)), "metadata": {"owner": "ops", "cost center": "7"}}
    ensemble_id = cloud.post(wanted).json["ensemble"]["id"]
    cloud.run(ensemble_id)
    (server,) = cloud.nova.alive()
    assert "metadata" not in server.request

    answer = cloud.patch(ensemble_id, {"metadata": {"owner": "web"}})
    view = answer.json["ensemble"]
    assert (view["metadata"], view["generation"], view["settled"]) == ({"owner": "web"}, 2, True)
    kept = cloud.patch(ensemble_id, {"description": "Sells things."}).json["ensemble"]
    assert kept["metadata"] == {"owner": "web"}
    assert cloud.patch(ensemble_id, {"metadata": {}}).json["ensemble"]["metadata"] == {}
    assert [each.id for each in cloud.nova.alive()] == [server.id]

    answer = cloud.patch(ensemble_id, {"metadata": {"owner": 7}})
    assert fault(answer)["details"]["field"] == "ensemble.metadata.owner"


def test_what_is_done_by_itself_changes_as_words_do(cloud: SmallCloud) -> None:
    """Whole, as every field; a tier keeps what is not said anew; no member is touched."""
    wanted = {**body(("web", 1)), "recovery": {"mode": "auto", "delay": 60}}
    wanted["tiers"][0]["recovery"] = {"rebuild": True}
    ensemble_id = cloud.post(wanted).json["ensemble"]["id"]
    cloud.run(ensemble_id)
    (server,) = cloud.nova.alive()
    view = cloud.patch(ensemble_id, {"description": "Sells."}).json["ensemble"]
    assert view["recovery"]["delay"] == 60
    assert [each["message"] for each in view["recovery_messages"]] == [
        "Servers that are lost for 60 seconds get other places by themselves, at most 10 at once.",
        "A server of web that cannot be evacuated is built anew by its template.",
    ]

    tiers = [{"name": "web", "count": 1}]
    answer = cloud.patch(ensemble_id, {"recovery": {"rebalance": "auto"}, "tiers": tiers})
    view = answer.json["ensemble"]
    assert (view["recovery"]["mode"], view["recovery"]["delay"]) == ("manual", 0)
    assert (view["generation"], view["settled"]) == (3, True)
    assert view["tiers"][0]["recovery"] == {"rebuild": True}
    tiers = [{"name": "web", "count": 1, "recovery": {"rebuild": False}}]
    view = cloud.patch(ensemble_id, {"recovery": {}, "tiers": tiers}).json["ensemble"]
    assert (view["recovery"], view["settled"]) == ({}, True)
    assert "recovery" not in view["tiers"][0]
    assert [each.id for each in cloud.nova.alive()] == [server.id]

    answer = cloud.patch(ensemble_id, {"recovery": {"delay": 86_401}})
    assert fault(answer)["details"]["field"] == "ensemble.recovery.delay"


def test_what_does_not_fit_leaves_nothing(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 3))
    before = cloud.store.get(ensemble_id)
    answer = cloud.patch(ensemble_id, tiers(("web", 5)))
    assert answer.status_code == 409
    after = cloud.store.get(ensemble_id)
    assert (after.generation, after.operation, after.members) == (1, None, before.members)
    cloud.assert_built(after)


def test_an_old_generation_is_refused(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 1))
    cloud.patch(ensemble_id, {"description": "new"})
    answer = cloud.patch(ensemble_id, {"generation": 1, "description": "newer"})
    assert answer.status_code == 412
    assert fault(answer)["details"]["generation"] == 2


def test_one_operation_at_a_time(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 1))
    first = cloud.patch(ensemble_id, tiers(("web", 2))).json["ensemble"]["operation"]["id"]
    answer = cloud.patch(ensemble_id, tiers(("web", 3)))
    assert answer.status_code == 409
    assert fault(answer)["details"]["operation"] == first


def test_another_project_does_not_know_of_it(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 1))
    assert cloud.patch(ensemble_id, {"name": "mine"}, who=caller("other")).status_code == 404
    reader = caller("shop-project", "reader")
    assert cloud.patch(ensemble_id, {"name": "mine"}, who=reader).status_code == 403
    # An operator is not of the project, whose flavors, quota and locks count.
    operator = caller("operators", "admin")
    assert cloud.patch(ensemble_id, {"name": "mine"}, who=operator).status_code == 403


@pytest.mark.parametrize(
    ("wanted", "more", "status", "field"),
    [
        ({"tiers": [{"name": "web", "count": 0}]}, {}, 400, "ensemble.tiers[0].count"),
        ({"tiers": [{"name": "db", "count": 1}]}, {}, 400, "ensemble.tiers[0].server"),
        ({"tiers": []}, {}, 400, "ensemble.tiers"),
        ({"generation": 0}, {}, 400, "ensemble.generation"),
        ({"generation": 2**40}, {}, 400, "ensemble.generation"),
        ({"colour": "red"}, {}, 400, "ensemble.colour"),
        ({"policies": [anti_affinity("db")]}, {}, 400, "ensemble.policies[0].tiers[0]"),
        (tiers(("web", 1)), {"remove": ["web-7"]}, 400, "remove[0]"),
        (tiers(("web", 2)), {"remove": ["web-0"]}, 400, "remove"),
        (tiers(("web", 1)), {"plan": "no-uuid"}, 400, "plan"),
        (tiers(("web", 1)), {"release": ["web-7"]}, 400, "release[0]"),
        (tiers(("web", 2)), {"release": ["web-0"]}, 400, "release"),
        (tiers(("web", 1)), {"remove": ["web-0"], "release": ["web-0"]}, 400, "remove[0]"),
        ({}, {"replace": ["db-0"]}, 400, "replace[0]"),
        ({}, {"replace": "web-0"}, 400, "replace"),
        (tiers(("web", 2)), {"replace": ["web-0"], "remove": ["web-1"]}, 400, "remove"),
        (
            {"tiers": [{"name": "web", "count": 2, "server": {**OTHER, "flavor": "none"}}]},
            {},
            400,
            "ensemble.tiers[0].server.flavor",
        ),
        (
            {"tiers": [{"name": "web", "count": 2, "server": {**OTHER, "ports": [IMAGE, FIRST]}}]},
            {},
            400,
            "ensemble.tiers[0].server.ports",
        ),
    ],
)
def test_a_wrong_change_names_its_field_and_changes_nothing(
    cloud: SmallCloud, wanted: Any, more: Any, status: int, field: str
) -> None:
    ensemble_id = built(cloud, ("web", 2))
    before = cloud.store.get(ensemble_id)
    answer = cloud.patch(ensemble_id, wanted, **more)
    assert (answer.status_code, fault(answer)["details"].get("field")) == (status, field)
    after = cloud.store.get(ensemble_id)
    assert (after.generation, after.body, after.operation) == (1, before.body, None)
    cloud.assert_built(cloud.store.get(ensemble_id))


def test_the_preview_says_who_comes_and_goes_and_is_carried_out_by_its_id(
    cloud: SmallCloud,
) -> None:
    ensemble_id = built(cloud, ("web", 3), ("db", 1))
    wanted = tiers(("web", 2), ("db", 2))
    found = cloud.patch(ensemble_id, wanted, query="?dry_run=1")
    assert found.status_code == 200
    plan, change = found.json["plan"], found.json["change"]
    assert plan["feasible"]
    assert change["added"] == ["db-1"]
    assert len(change["removed"]) == 1
    assert cloud.store.get(ensemble_id).generation == 1
    assert "secret" not in found.text

    record = changed(cloud, ensemble_id, wanted, plan=plan["id"])
    assert names(record) == sorted(each["member"] for each in plan["assignments"])


def test_a_preview_that_cannot_be_had_any_more_changes_nothing(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 3))
    wanted = tiers(("web", 4))
    plan = cloud.patch(ensemble_id, wanted, query="?dry_run=1").json["plan"]["id"]
    used = {each.host for each in cloud.store.get(ensemble_id).members}
    (last,) = (host.name for host in cloud.nova.hosts if host.name not in used)
    cloud.fill(last, 3)
    answer = cloud.patch(ensemble_id, wanted, plan=plan)
    assert (answer.status_code, code(answer)) == (409, "ensemble.plan_changed")
    other = cloud.patch(ensemble_id, tiers(("web", 2)), plan=plan)
    assert code(other) == "ensemble.plan_changed"
    assert cloud.store.get(ensemble_id).generation == 1


def test_a_change_that_fails_undoes_what_it_added_and_nothing_else(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 2))
    before = cloud.store.get(ensemble_id)
    cloud.nova.refuse["web-3"] = (403, "Quota exceeded for ports")
    assert cloud.patch(ensemble_id, tiers(("web", 4))).status_code == 202
    cloud.run(ensemble_id)
    cloud.observe()
    after = cloud.store.get(ensemble_id)
    cloud.assert_built(after)
    assert [each.server_id for each in after.members] == [each.server_id for each in before.members]
    assert (after.body, after.generation) == (before.body, 3)
    (last, _) = cloud.service().operations(after, 10)
    assert (last.status, "Quota exceeded" in str(last.reason)) == ("FAILED", True)


def test_what_others_take_just_then_is_planned_anew(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 2))
    used = {each.host for each in cloud.store.get(ensemble_id).members}

    class Quicker(Reservation):
        """Somebody fills the host that was planned, just before it is held."""

        def hold_all(self, claims: Any, *more: Any) -> None:
            if not filled:
                filled.append(claims[0].members[0].host)
                cloud.fill(filled[0], 3)
            super().hold_all(claims, *more)

    filled: list[str] = []
    quicker = Quicker(cloud.placement.adapter(), sleep=cloud.pauses.append)
    answer = cloud.patch(ensemble_id, tiers(("web", 3)), service={"reservation": quicker})
    assert answer.json["ensemble"]["operation"]["attempts"] == 2
    cloud.run(ensemble_id)
    record = cloud.store.get(ensemble_id)
    assert names(record) == ["web-0", "web-1", "web-2"]
    assert {each.host for each in record.members}.isdisjoint(filled)
    assert used < {each.host for each in record.members}


def test_a_change_is_cancelled_while_it_adds_and_not_while_it_removes(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 2))
    service = cloud.service()
    cloud.patch(ensemble_id, tiers(("web", 3)))
    service.cancel(caller(), ensemble_id)
    cloud.run(ensemble_id)
    record = cloud.store.get(ensemble_id)
    cloud.assert_built(record)
    assert names(record) == ["web-0", "web-1"]
    assert service.operations(record, 1)[0].status == "CANCELLED"

    cloud.patch(ensemble_id, tiers(("web", 1)))
    cloud.store.claim(ensemble_id, "worker", 20)
    cloud.engine().step(ensemble_id)
    with pytest.raises(exception.Conflict, match="cannot be cancelled any more"):
        service.cancel(caller(), ensemble_id)
    cloud.run(ensemble_id)
    cloud.assert_built(cloud.store.get(ensemble_id))


def test_an_ensemble_that_is_deleted_in_the_middle_of_a_change_goes_whole(
    cloud: SmallCloud,
) -> None:
    ensemble_id = built(cloud, ("web", 2))
    cloud.patch(ensemble_id, tiers(("web", 3)))
    cloud.service().delete(caller(), ensemble_id)
    cloud.run(ensemble_id)
    assert cloud.find(ensemble_id) is None
    cloud.assert_clean()


def test_an_ensemble_that_is_not_built_cannot_be_changed(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    answer = cloud.patch(record.id, tiers(("web", 2)))
    assert answer.status_code == 409
    assert fault(answer)["details"]["operation"] == record.operation.id


def test_what_is_added_counts_in_the_quota_and_what_runs_does_not_again(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 3))
    cloud.nova.limits["maxTotalInstances"] = 3
    cloud.nova.limits["totalInstancesUsed"] = 3
    answer = cloud.patch(ensemble_id, tiers(("web", 4)))
    assert (answer.status_code, code(answer)) == (403, "ensemble.quota")
    assert len(names(changed(cloud, ensemble_id, tiers(("web", 2))))) == 2


def test_what_goes_still_takes_its_room_while_others_are_added(cloud: SmallCloud) -> None:
    """Each host has room for two; all of it is used or filled but for what goes."""
    ensemble_id = built(cloud, ("web", 4), ("db", 4), policies=())
    answer = cloud.patch(ensemble_id, tiers(("web", 3), ("db", 5)))
    assert answer.status_code == 409
    assert cloud.store.get(ensemble_id).generation == 1
