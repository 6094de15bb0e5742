# SPDX-License-Identifier: Apache-2.0
"""What failures would do to an ensemble that runs, told without moving anything."""

import json
from typing import Any

import pytest
import webob
from small_cloud import SmallCloud, anti_affinity, body, caller

from ensemble_api import routes
from ensemble_api.records import EnsembleRecord

SURVIVE = {"type": "survive", "level": "rack", "tiers": ["web"], "min_available": 2}


def ask(cloud: SmallCloud, record: EnsembleRecord, action: Any, who: Any = None) -> webob.Response:
    request = webob.Request.blank(
        f"/os-ensembles/{record.id}/action", method="POST", base_url="http://nova/v2.1"
    )
    request.environ["nova.context"] = who or caller()
    request.body = json.dumps(action).encode()
    return routes.dispatch(request, cloud.service(), request.environ["PATH_INFO"])


def drill(cloud: SmallCloud, record: EnsembleRecord, who: Any = None, **asked: Any) -> Any:
    answer = ask(cloud, record, {"drill": asked}, who)
    assert answer.status_int == 200, answer.text
    return answer.json["drill"]


def build(cloud: SmallCloud, *tiers: tuple[str, int], **more: Any) -> EnsembleRecord:
    record = cloud.service().create(caller(), body(*tiers, **more))
    cloud.run(record.id)
    cloud.observe()
    return cloud.store.get(record.id)


def test_each_host_fails_and_it_is_said_who_is_lost_and_where_they_would_go(
    cloud: SmallCloud,
) -> None:
    record = build(cloud, ("web", 3), policies=[anti_affinity("web"), SURVIVE])
    before = cloud.placement.consumers(*cloud.providers)
    found = drill(cloud, record, level="host")
    assert found["level"] == "host"
    assert sorted(each["lost"] for each in found["failures"]) == [["web-0"], ["web-1"], ["web-2"]]
    shown = {each["ref"]: each for each in found["domains"]}
    for each in found["failures"]:
        (failed,) = each["domains"]
        assert each["title"] == shown[failed]["label"]
        assert each["left"] == {"web": 2}
        assert [promise["holds"] for promise in each["promises"]] == [True]
        (move,) = each["repair"]["moves"]
        assert (move["member"], move["lost"]) == (each["lost"][0], True)
        assert move["domains"]["host"] != failed
        assert set(move["domains"].values()) <= shown.keys()
    assert cloud.placement.consumers(*cloud.providers) == before
    assert cloud.store.get(record.id).operation is None


def test_a_tenant_is_told_no_host_and_an_operator_is(cloud: SmallCloud) -> None:
    record = build(cloud, ("web", 2), policies=[anti_affinity("web")])
    assert "secret" not in json.dumps(drill(cloud, record, level="rack"))
    told = drill(cloud, record, caller("operators", "admin"), level="host")
    hosts = {each.host for each in record.members}
    assert {each["title"] for each in told["failures"]} == hosts
    for each in told["failures"]:
        assert each["repair"]["moves"][0]["host"] not in hosts


def test_domains_fail_at_once_by_their_references(cloud: SmallCloud) -> None:
    record = build(cloud, ("web", 3), policies=[anti_affinity("web")])
    hosts = [each["domains"][0] for each in drill(cloud, record, level="host")["failures"]]
    found = drill(cloud, record, domains=hosts[:2])
    (failure,) = found["failures"]
    assert (found["level"], len(failure["lost"]), failure["left"]) == (None, 2, {"web": 1})
    assert failure["repair"]["fits"] is False and failure["repair"]["reasons"]


def test_a_member_that_nova_has_moved_is_lost_with_the_host_that_it_is_on(
    cloud: SmallCloud,
) -> None:
    record = build(cloud, ("web", 1))
    (server,) = cloud.nova.alive()
    server.host = next(each.name for each in cloud.nova.hosts if each.name != server.host)
    cloud.observe()
    (failure,) = drill(cloud, record, caller("operators", "admin"), level="host")["failures"]
    assert (failure["title"], failure["lost"]) == (server.host, ["web-0"])


def test_what_failed_before_is_lost_already(cloud: SmallCloud) -> None:
    record = build(cloud, ("web", 3), policies=[anti_affinity("web"), SURVIVE])
    down = record.members[0].host
    cloud.nova.host(down).state = "down"
    cloud.observe()
    found = drill(cloud, record, caller("operators", "admin"), level="host")
    assert {each["title"] for each in found["failures"]} == {
        each.host for each in record.members[1:]
    }
    for each in found["failures"]:
        assert each["left"] == {"web": 1}
        assert [promise["holds"] for promise in each["promises"]] == [False]


def test_a_server_that_is_stopped_keeps_its_place(cloud: SmallCloud) -> None:
    record = build(cloud, ("web", 2), policies=[anti_affinity("web")])
    first, second = record.members
    cloud.nova.servers[second.server_id or ""].status = "SHUTOFF"
    cloud.observe()
    found = drill(cloud, record, caller("operators", "admin"), level="host")
    by_host = {each["title"]: each for each in found["failures"]}
    failure = by_host[first.host]
    assert (failure["lost"], failure["left"]) == (["web-0"], {"web": 0})
    (move,) = failure["repair"]["moves"]
    assert move["member"] == "web-0" and move["host"] != second.host
    assert by_host[second.host]["lost"] == ["web-1"]


@pytest.mark.parametrize("by_itself", [False, True], ids=["by command", "by itself"])
def test_domains_are_called_as_in_the_drill_once_its_failure_is_repaired(
    cloud: SmallCloud, by_itself: bool
) -> None:
    wish = {"recovery": {"mode": "auto" if by_itself else "manual"}}
    described = body(("web", 2), policies=[anti_affinity("web")])
    record = cloud.service().create(caller(), {**described, **wish})
    cloud.run(record.id)
    cloud.observe()
    record = cloud.store.get(record.id)
    found = drill(cloud, record, level="host")
    told = _labels(found) | _labels(drill(cloud, record, level="rack"))
    (failed,) = (each["domains"][0] for each in found["failures"] if each["lost"] == ["web-0"])
    cloud.nova.fail(record.members[0].host)
    cloud.observe(repair=cloud.service().auto_repair.look if by_itself else lambda: None)
    if not by_itself:
        assert ask(cloud, record, {"repair": {}}).status_int == 202
    cloud.run(record.id)
    cloud.observe()
    request = webob.Request.blank(
        f"/os-ensembles/{record.id}/survivability", base_url="http://nova/v2.1"
    )
    request.environ["nova.context"] = caller()
    answer = routes.dispatch(request, cloud.service(), request.environ["PATH_INFO"])
    shown = answer.json["survivability"]
    now = {each["name"]: each["domains"]["host"] for each in shown["members"]}
    assert now["web-0"] != failed
    labels = _labels(shown)
    assert now["web-0"] in labels
    assert labels.items() <= told.items()


def _labels(shown: Any) -> dict[str, str]:
    return {each["ref"]: each["label"] for each in shown["domains"]}


REFUSED = [
    ("neither", {"drill": {}}, "drill"),
    ("both", {"drill": {"level": "host", "domains": ["a"]}}, "drill"),
    ("nothing to fail", {"drill": {"domains": []}}, "drill.domains"),
    ("an unknown level", {"drill": {"level": "row"}}, "drill.level"),
    ("an unknown domain", {"drill": {"domains": ["0" * 56]}}, "drill.domains"),
    ("a level that is no text", {"drill": {"level": 1}}, "drill.level"),
    ("something else", {"drill": {"host": "secrethost1"}}, "drill"),
    ("two actions", {"drill": {"level": "host"}, "release": None}, "body"),
]


@pytest.mark.parametrize(
    ("asked", "field"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED]
)
def test_what_makes_no_sense_is_refused_with_its_field(
    cloud: SmallCloud, asked: Any, field: str
) -> None:
    record = build(cloud, ("web", 1))
    answer = ask(cloud, record, asked)
    assert answer.status_int == 400, answer.text
    assert answer.json["badRequest"]["details"]["field"].startswith(field)
    assert cloud.find(record.id) is not None


def test_what_is_not_built_cannot_be_tried(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    answer = ask(cloud, record, {"drill": {"level": "host"}})
    assert answer.status_int == 409
    assert "BUILDING" in answer.text


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (caller("shop-project", "reader"), 200),
        (caller("other-project"), 404),
        (caller("operators", "admin"), 200),
    ],
    ids=["a reader", "another project's member", "an operator"],
)
def test_whoever_sees_an_ensemble_may_try_failures(
    cloud: SmallCloud, who: Any, status: int
) -> None:
    record = build(cloud, ("web", 1))
    assert ask(cloud, record, {"drill": {"level": "host"}}, who).status_int == status
