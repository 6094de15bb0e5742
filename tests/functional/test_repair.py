# SPDX-License-Identifier: Apache-2.0
"""Repairs by command: lost members get other places by evacuation."""

from typing import Any

import pytest
from changes import built, fault
from repairs import act, events, failed, host_of, hosts_of, last_operation, lost, repair
from small_cloud import SmallCloud, caller

from ensemble_api import exception
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.store.guards import Guards


def _called(preview: Any, name: str) -> list[tuple[str, str]]:
    """The host that a member would go to, and what it is called."""
    labels = {each["ref"]: each["label"] for each in preview["domains"]}
    moves = (each for each in preview["moves"] if each["member"] == name)
    return [(each["domains"]["host"], labels[each["domains"]["host"]]) for each in moves]


def test_the_preview_says_who_goes_where_and_the_repair_does_just_that(cloud: SmallCloud) -> None:
    ensemble_id, host = lost(cloud)
    before = cloud.store.get(ensemble_id)
    found = act(cloud, ensemble_id, {"repair": {"dry_run": True}})
    assert found.status_code == 200, found.json
    assert "secret" not in found.text
    seen = act(cloud, ensemble_id, {"repair": {"dry_run": True}}, caller("operators", "admin"))
    (move,) = seen.json["repair"]["moves"]
    assert (found.json["repair"]["lost"], move["member"]) == (["web-0"], "web-0")
    assert cloud.store.get(ensemble_id).operation is None
    ((target, called),) = _called(found.json["repair"], "web-0")
    answer = repair(cloud, ensemble_id)
    assert answer.status_code == 202, answer.json
    view = answer.json["ensemble"]
    assert (view["status"], view["operation"]["type"]) == ("DEGRADED", "repair")
    told = "A repair brings 1 member back on another host; 0 is there."
    assert view["progress"]["message"] == told
    assert {each.id for each in before.members} & cloud.placement.consumers(
        cloud.nova.host(move["host"]).provider
    )

    cloud.run(ensemble_id)
    cloud.observe()
    record = cloud.store.get(ensemble_id)
    cloud.assert_built(record)
    assert host_of(cloud, record, "web-0") == move["host"] != host
    assert record.plan["labels"][target] == called, "the place is called as it was before"
    assert [each.server_id for each in record.members] == [
        each.server_id for each in before.members
    ]
    assert (record.generation, record.body, record.name) == (1, before.body, before.name)
    operation = last_operation(cloud, ensemble_id)
    (goal,) = operation.goals
    assert (operation.status, goal.move.status, goal.move.kind) == (
        "SUCCEEDED",
        "DONE",
        "evacuation",
    )
    assert "The server of web-0 is back, on another host." in events(cloud, ensemble_id)
    assert cloud.nova.evacuated == [before.members[0].server_id]
    # What it had of the failed host is Nova's to let go, once that is back.
    provider = cloud.nova.host(host).provider
    assert cloud.placement.consumers(provider) == {before.members[0].server_id}
    cloud.nova.restart(host)
    assert cloud.placement.consumers(provider) == set()


@pytest.mark.parametrize(
    ("break_it", "status", "reason"),
    [
        ({}, 409, "No member is lost"),
        ({"status": "PAUSED"}, 409, "evacuates no server in status PAUSED"),
        ({"gone": True}, 409, "Nova has no server of web-0 any more"),
    ],
    ids=["nothing is lost", "nova evacuates nothing that is paused", "its server was deleted"],
)
def test_there_is_nothing_to_repair(
    cloud: SmallCloud, break_it: dict[str, Any], status: int, reason: str
) -> None:
    ensemble_id = built(cloud, ("web", 2))
    member = cloud.store.get(ensemble_id).members[0]
    server = cloud.nova.servers[member.server_id]
    for name, value in break_it.items():
        setattr(server, name, value)
    if "status" in break_it:
        cloud.nova.fail(server.host)
    cloud.observe()
    answer = repair(cloud, ensemble_id)
    assert (answer.status_code, reason in fault(answer)["message"]) == (status, True)
    assert cloud.store.get(ensemble_id).operation is None


def test_what_does_not_answer_is_not_lost(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 2))
    host = host_of(cloud, cloud.store.get(ensemble_id), "web-0")
    cloud.nova.host(host).silent = True
    cloud.observe()
    assert "No member is lost" in fault(repair(cloud, ensemble_id))["message"]


def test_beside_another_operation_there_is_no_repair(cloud: SmallCloud) -> None:
    ensemble_id, _ = lost(cloud)
    assert repair(cloud, ensemble_id).status_code == 202
    again = repair(cloud, ensemble_id)
    assert again.status_code == 409
    operation = cloud.store.get(ensemble_id).operation
    assert operation is not None
    assert fault(again)["details"]["operation"] == operation.id
    assert cloud.patch(ensemble_id, {"name": "renamed"}).status_code == 409


def test_without_a_place_for_anybody_nothing_is_begun_and_why_is_told(cloud: SmallCloud) -> None:
    ensemble_id, host = lost(cloud)
    for each in cloud.nova.hosts:
        if each.name != host:
            cloud.fill(each.name, 4 - cloud.placement.used(each.provider).get("VCPU", 0))
    answer = repair(cloud, ensemble_id)
    assert (answer.status_code, cloud.store.get(ensemble_id).operation) == (409, None)
    assert cloud.nova.evacuated == []


def test_as_many_are_repaired_as_there_are_places_for(cloud: SmallCloud) -> None:
    together = {"type": "affinity", "level": "host", "tiers": ["web"], "enforcement": "soft"}
    ensemble_id = built(cloud, ("web", 2), policies=(together,))
    (host,) = set(hosts_of(cloud, ensemble_id).values())
    free = next(each.name for each in cloud.nova.hosts if each.name != host)
    for each in cloud.nova.hosts:
        if each.name != host:
            cloud.fill(each.name, 2 if each.name == free else 4)
    failed(cloud, host)
    assert repair(cloud, ensemble_id).status_code == 202
    cloud.run(ensemble_id)
    cloud.observe()
    assert sorted(hosts_of(cloud, ensemble_id).values()) == sorted([host, free])
    assert "1 lost member has no other place now." in " ".join(events(cloud, ensemble_id))
    assert cloud.store.get(ensemble_id).status == "DEGRADED"


def test_one_that_nova_refuses_is_told_and_the_other_one_comes_back(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 2))
    failed(cloud, *hosts_of(cloud, ensemble_id).values())
    cloud.nova.refuse["web-1"] = (403, "secrethost1 is not for you.")
    assert repair(cloud, ensemble_id).status_code == 202
    cloud.run(ensemble_id)
    operation = last_operation(cloud, ensemble_id)
    moves = {each.name: each.move for each in operation.goals}
    assert (moves["web-0"].status, moves["web-1"].status) == ("DONE", "GIVEN_UP")
    assert operation.status == "FAILED"
    assert "is not for you" in str(operation.reason)
    cloud.assert_open()
    holds = {each.id for each in cloud.store.get(ensemble_id).members}
    assert not holds & cloud.placement.consumers(*cloud.providers)


def test_a_cancel_gives_back_what_is_held_and_evacuates_nobody(cloud: SmallCloud) -> None:
    ensemble_id, _ = lost(cloud)
    repair(cloud, ensemble_id)
    assert act(cloud, ensemble_id, {"cancel": None}).status_code == 202
    cloud.run(ensemble_id)
    operation = last_operation(cloud, ensemble_id)
    assert (operation.status, operation.goals[0].move.status) == ("CANCELLED", "GIVEN_UP")
    assert cloud.nova.evacuated == []
    holds = {each.id for each in cloud.store.get(ensemble_id).members}
    assert not holds & cloud.placement.consumers(*cloud.providers)


def test_a_locked_member_comes_back_unless_the_ensemble_leaves_it(cloud: SmallCloud) -> None:
    ensemble_id, _ = lost(cloud)
    server = cloud.nova.servers[cloud.store.get(ensemble_id).members[0].server_id]
    server.locked = True
    wanted = {"recovery": {"locked": "leave"}}
    assert cloud.patch(ensemble_id, wanted).status_code == 202
    answer = repair(cloud, ensemble_id)
    assert "is locked, and is left where it is" in fault(answer)["message"]
    assert cloud.patch(ensemble_id, {"recovery": {}}).status_code == 202
    assert repair(cloud, ensemble_id).status_code == 202
    cloud.run(ensemble_id)
    assert cloud.nova.evacuated == [server.id]


def test_a_host_is_closed_to_others_while_a_lost_member_comes_to_it(cloud: SmallCloud) -> None:
    ensemble_id, _ = lost(cloud)
    repair(cloud, ensemble_id)
    seen: list[Any] = []

    def before(method: str, path: str) -> None:
        if method == "POST" and path.endswith("/action"):
            seen.extend(Guards(cloud.store).live())
            seen.extend(cloud.store.handovers())

    cloud.nova.before = before
    cloud.run(ensemble_id)
    guard, handover = seen
    record = cloud.store.get(ensemble_id)
    assert guard.host == handover.host == host_of(cloud, record, "web-0")
    assert cloud.store.handovers() == []


def test_others_that_take_the_capacity_are_yielded_to_and_it_is_planned_anew(
    cloud: SmallCloud,
) -> None:
    ensemble_id, host = lost(cloud)
    calls: list[Any] = []

    class Contended(Reservation):
        def hold_all(self, claims: Any, planned_at: Any = None) -> None:
            calls.append(claims)
            if len(calls) == 1:
                (member,) = claims[0].members
                cloud.fill(member.host, 4)
                raise exception.CapacityTaken
            super().hold_all(claims, planned_at or {})

    reservation = Contended(cloud.placement.adapter(), sleep=cloud.pauses.append)
    answer = repair(cloud, ensemble_id, reservation=reservation)
    assert answer.status_code == 202, answer.json
    assert answer.json["ensemble"]["operation"]["attempts"] == 2
    assert calls[0][0].members[0].host != calls[1][0].members[0].host
    cloud.run(ensemble_id)
    assert host_of(cloud, cloud.store.get(ensemble_id), "web-0") != host


def test_who_may_repair(cloud: SmallCloud) -> None:
    ensemble_id, _ = lost(cloud)
    for who, status in (
        (caller("other-project"), 404),
        (caller("shop-project", "reader"), 403),
        (caller("operators", "admin"), 202),
    ):
        assert repair(cloud, ensemble_id, who=who).status_code == status


@pytest.mark.parametrize("body", [None, [], {"dry_run": "yes"}, {"hosts": ["secrethost1"]}])
def test_a_wrong_request_is_refused_with_its_field(cloud: SmallCloud, body: Any) -> None:
    ensemble_id, _ = lost(cloud)
    answer = act(cloud, ensemble_id, {"repair": body})
    assert answer.status_code == 400
    assert fault(answer)["details"]["field"].startswith("repair")


def test_nobody_is_brought_to_a_host_that_has_not_been_heard_of_lately(cloud: SmallCloud) -> None:
    """The hosts of a rack that fails are not taken for down at one moment."""
    ensemble_id, failed_host = lost(cloud, count=1)
    others = [each for each in cloud.nova.hosts if each.name != failed_host]
    for host in others:
        host.unheard = True
    assert act(cloud, ensemble_id, {"repair": {"dry_run": True}}).json["repair"]["fits"] is False
    heard = others[-1]
    heard.unheard = False
    (move,) = act(
        cloud, ensemble_id, {"repair": {"dry_run": True}}, caller("operators", "admin")
    ).json["repair"]["moves"]
    assert move["host"] == heard.name


def test_what_a_repair_could_not_keep_is_still_missed_when_there_is_room_again(
    cloud: SmallCloud,
) -> None:
    """The places after a repair are not the best that can be had, as those of a plan are."""
    cloud.fill("secrethost3", 4)
    apart = {"type": "spread", "level": "rack", "tiers": ["web"], "min_domains": 2}
    ensemble_id = built(cloud, ("web", 2), policies=[apart])
    assert cloud.store.get(ensemble_id).reasons == ()
    failed(cloud, "secrethost4")
    assert repair(cloud, ensemble_id).status_code == 202
    cloud.run(ensemble_id)
    cloud.nova.restart("secrethost4")
    cloud.observe()
    assert set(hosts_of(cloud, ensemble_id).values()) <= {"secrethost1", "secrethost2"}
    record = cloud.store.get(ensemble_id)
    assert (record.status, [each.code for each in record.reasons]) == (
        "DEGRADED",
        ["degraded.policy"],
    )
    assert act(cloud, ensemble_id, {"rebalance": {}}).status_code == 202
    cloud.run(ensemble_id)
    cloud.observe()
    assert cloud.store.get(ensemble_id).status == "ACTIVE"
