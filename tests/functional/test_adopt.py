# SPDX-License-Identifier: Apache-2.0
"""Servers that run already become an ensemble, and plain servers again; none is touched."""

import dataclasses
import json
import uuid
from typing import Any

import pytest
import webob
from small_cloud import FLAVOR, IMAGE, NETWORK, SmallCloud, anti_affinity, body, caller

from ensemble_api import exception, routes
from ensemble_api.cloud.tags import HANDOVER_HINT
from ensemble_api.records import EnsembleRecord
from ensemble_api.store import models, rows
from ensemble_api.usecases.host_impact import Search
from tests.fakes.nova_objects import FakeServer

HOST_ANTI_AFFINITY = {
    "type": "anti-affinity",
    "level": "host",
    "tiers": ["web"],
    "enforcement": "hard",
}


def ask(
    cloud: SmallCloud, path: str, sent: Any, who: Any = None, method: str = "POST", **parts: Any
) -> webob.Response:
    request = webob.Request.blank(
        f"/os-ensembles{path}",
        method=method,
        base_url="http://cloud:8774/v2.1",
        environ={"nova.context": who or caller()},
    )
    if sent is not None:
        request.body = json.dumps(sent).encode()
    return routes.dispatch(request, cloud.service(**parts), request.path_info)


def adoption(source: Any, name: str = "shop", plan: str | None = None, **more: Any) -> Any:
    wanted = {"adopt": {"name": name, "from": source, **more}}
    return wanted | ({"plan": plan} if plan else {})


def proposal(cloud: SmallCloud, source: Any, who: Any = None, **more: Any) -> Any:
    """What would be adopted."""
    answer = ask(cloud, "/adopt?dry_run=1", adoption(source, **more), who)
    assert answer.status_code == 200, answer.json
    return answer.json["adoption"]


def adopted(cloud: SmallCloud, source: Any, **more: Any) -> EnsembleRecord:
    answer = ask(cloud, "/adopt", adoption(source, **more))
    assert answer.status_code == 201, answer.json
    return cloud.store.get(answer.json["ensemble"]["id"])


def details(answer: webob.Response) -> Any:
    (fault,) = answer.json.values()
    return fault["details"]


def refusal(cloud: SmallCloud, source: Any, who: Any = None, **more: Any) -> tuple[int, str, str]:
    """Status, field and reason of what is refused, which leaves nothing."""
    answer = ask(cloud, "/adopt", adoption(source, **more), who)
    found = details(answer)
    assert cloud.store.servers_of_ensembles("shop-project") == {}
    return answer.status_code, found.get("field", ""), str(found.get("reason", ""))


@pytest.fixture
def web(cloud: SmallCloud) -> list[FakeServer]:
    """Three servers in a server group, two of them on one host."""
    servers = [
        cloud.nova.boot("web-1", "secrethost1"),
        cloud.nova.boot("web-2", "secrethost3"),
        cloud.nova.boot("web-3", "secrethost3"),
    ]
    cloud.nova.group("web", "anti-affinity", *servers, max_server_per_host=1)
    return servers


def test_a_server_group_is_shown_as_it_stands_and_then_adopted_as_shown(
    cloud: SmallCloud, web: list[FakeServer]
) -> None:
    cloud.nova.boot("beside", "secrethost4")
    source = {"server_group": cloud.nova.server_groups[0].id}
    shown = proposal(cloud, source)
    assert [(t["name"], t["count"]) for t in shown["ensemble"]["tiers"]] == [("web", 3)]
    assert shown["ensemble"]["policies"] == [HOST_ANTI_AFFINITY]
    assert [(m["name"], m["server_name"], m["server_status"]) for m in shown["members"]] == [
        ("web-0", "web-1", "ACTIVE"),
        ("web-1", "web-2", "ACTIVE"),
        ("web-2", "web-3", "ACTIVE"),
    ]
    assert [each["message"] for each in shown["degraded"]] == [
        "No two members of web may share a host. Now: 1 too many."
    ]
    stands = shown["survivability"]
    assert [each["holds"] for each in stands["policies"]] == [False]
    assert [each["left"] for each in stands["levels"][0]["worst"]] == [1]
    assert "secret" not in json.dumps(shown).replace("zone", "")
    assert cloud.store.servers_of_ensembles("shop-project") == {}

    record = adopted(cloud, source, plan=shown["plan"])
    assert (record.status, record.generation, record.settled) == ("DEGRADED", 1, True)
    assert [each.server_id for each in record.members] == [each.id for each in web]
    assert [each.current_host for each in record.members] == [each.host for each in web]
    assert str(record.events[-1]["message"]).endswith("were adopted. None was touched.")
    assert {method for method, _ in cloud.nova.calls} == {"GET"}

    cloud.observe()
    now = cloud.store.get(record.id)
    assert (now.status, now.reasons) == (record.status, record.reasons)
    assert [each["type"] for each in now.events] == ["adopted"], "nothing has changed for it"
    web[2].host = "secrethost4"
    cloud.observe()
    assert cloud.store.get(record.id).status == "ACTIVE", "what was broken is mended"


def test_the_moves_that_would_mend_it_are_shown_and_done_when_they_are_asked_for(
    cloud: SmallCloud, web: list[FakeServer]
) -> None:
    source = {"server_group": cloud.nova.server_groups[0].id}
    shown = proposal(cloud, source)
    (move,) = shown["mending"]["moves"]
    assert (move["member"] in ("web-1", "web-2"), shown["mending"]["reasons"]) == (True, [])
    labels = {each["ref"]: each["label"] for each in shown["mending"]["domains"]}
    assert labels[move["from"]["host"]] != labels[move["to"]["host"]]
    assert "secret" not in json.dumps(shown).replace("zone", "")

    record = adopted(cloud, source, plan=shown["plan"])
    cloud.observe()
    answer = cloud.patch(record.id, {}, mend=True)
    assert answer.status_code == 202, answer.json
    assert answer.json["ensemble"]["operation"]["members"]["moved"] == 1
    cloud.run(record.id)
    cloud.observe()
    now = cloud.store.get(record.id)
    assert (now.status, len({each.current_host for each in now.members})) == ("ACTIVE", 3)
    assert [each.server_id for each in now.members] == [each.id for each in web]


def test_why_no_move_mends_it_is_shown(cloud: SmallCloud, web: list[FakeServer]) -> None:
    for each in web:
        each.locked = True
    found = proposal(cloud, {"server_group": cloud.nova.server_groups[0].id})["mending"]
    assert (found["moves"], found["domains"]) == ([], [])
    assert [each["code"] for each in found["reasons"]] == ["member-cannot-move"]


def test_where_all_holds_nothing_is_to_be_mended(cloud: SmallCloud, web: list[FakeServer]) -> None:
    assert proposal(cloud, {"project": True}, policies=[])["mending"] is None


def test_what_is_adopted_is_what_was_shown_or_nothing(
    cloud: SmallCloud, web: list[FakeServer]
) -> None:
    source = {"project": True}
    shown = proposal(cloud, source)
    for change in (
        {"host": "secrethost2"},
        {"status": "SHUTOFF"},
    ):
        before = {name: getattr(web[0], name) for name in change}
        vars(web[0]).update(change)
        answer = ask(cloud, "/adopt", adoption(source, plan=shown["plan"]))
        assert (answer.status_code, details(answer)["code"]) == (409, "ensemble.plan_changed")
        vars(web[0]).update(before)
    more = cloud.nova.boot("web-4", "secrethost4")
    answer = ask(cloud, "/adopt", adoption(source, plan=shown["plan"]))
    assert (answer.status_code, details(answer)["code"]) == (409, "ensemble.plan_changed")
    more.gone = True
    other = ask(cloud, "/adopt", adoption(source, plan=shown["plan"], policies=[]))
    assert other.status_code == 409, "another ensemble was shown"
    unknown = ask(cloud, "/adopt", adoption(source, plan=str(uuid.uuid4())))
    assert unknown.status_code == 409
    assert cloud.store.servers_of_ensembles("shop-project") == {}
    assert adopted(cloud, source, plan=shown["plan"], name="store").name == "store"


def test_a_project_s_plan_is_not_another_s(cloud: SmallCloud, web: list[FakeServer]) -> None:
    shown = proposal(cloud, {"project": True})
    cloud.nova.boot("web-1", "secrethost4", project="other-project")
    other = ask(
        cloud, "/adopt", adoption({"project": True}, plan=shown["plan"]), caller("other-project")
    )
    assert (other.status_code, details(other)["code"]) == (409, "ensemble.plan_changed")


def test_servers_are_found_by_tag_list_stack_and_project(cloud: SmallCloud) -> None:
    stack = str(uuid.uuid4())
    cloud.nova.boot("a-1", "secrethost1", tags=["shop"])
    b = cloud.nova.boot("b-1", "secrethost2")
    cloud.nova.boot("c-1", "secrethost3", shown={"metadata": {"metering.stack": stack}})
    cloud.nova.boot("st-d-abcdefghijkl", "secrethost4")
    cloud.nova.boot("a-2", "secrethost4", project="other-project", tags=["shop"])

    def found(source: Any) -> list[str]:
        return [each["server_name"] for each in proposal(cloud, source)["members"]]

    assert found({"tag": "shop"}) == ["a-1"]
    assert found({"servers": [b.id.upper()]}) == ["b-1"]
    assert found({"stack": stack}) == ["c-1"]
    assert found({"stack": "st"}) == ["st-d-abcdefghijkl"]
    assert found({"project": True}) == ["a-1", "b-1", "c-1", "st-d-abcdefghijkl"]


def test_what_is_not_the_project_s_is_not_there(cloud: SmallCloud, web: list[FakeServer]) -> None:
    foreign = cloud.nova.boot("secret-1", "secrethost4", project="other-project", tags=["theirs"])
    group = cloud.nova.group("secret", "affinity", foreign)
    never = str(uuid.uuid4())
    for theirs, nobodys in (
        ({"servers": [web[0].id, foreign.id]}, {"servers": [web[0].id, never]}),
        ({"server_group": group.id}, {"server_group": never}),
        ({"tag": "theirs"}, {"tag": "never-used"}),
        ({"stack": "secret"}, {"stack": "never-made"}),
    ):
        there, nowhere = refusal(cloud, theirs), refusal(cloud, nobodys)
        assert there[:2] == nowhere[:2] and there[0] == 400
        assert there[2].replace(foreign.id, never).replace(group.id, never) == nowhere[2]
    assert refusal(cloud, {"servers": [foreign.id]})[1] == "adopt.from.servers[0]"
    admin = refusal(cloud, {"servers": [foreign.id]}, caller("shop-project", "admin", "member"))
    assert admin[0] == 400, "nor for an administrator, who works in a project too"


BAD_REQUESTS: list[tuple[Any, str]] = [
    ({}, "adopt"),
    ({"adopt": {"name": "shop"}}, "adopt.from"),
    (adoption({}), "adopt.from"),
    (adoption({"tag": "a", "project": True}), "adopt.from"),
    (adoption({"project": False}), "adopt.from.project"),
    (adoption({"servers": []}), "adopt.from.servers"),
    (adoption({"servers": ["x"]}), "adopt.from.servers[0]"),
    (adoption({"tag": "a,b"}), "adopt.from.tag"),
    (adoption({"everything": True}), "adopt.from.everything"),
    (adoption({"project": True}, name=" "), "adopt.name"),
    (adoption({"project": True}, tiers=[]), "adopt.tiers"),
    (adoption({"project": True}, tiers=[{"name": "web"}]), "adopt.tiers[0].servers"),
    (adoption({"project": True}, policies=[{"type": "magic"}]), "adopt.policies[0].level"),
    (
        adoption({"project": True}, policies=[{**HOST_ANTI_AFFINITY, "level": "moon"}]),
        "adopt.policies[0].level",
    ),
    (
        adoption({"project": True}, policies=[{**HOST_ANTI_AFFINITY, "tiers": ["db"]}]),
        "adopt.policies[0].tiers[0]",
    ),
    (
        adoption({"project": True}, tiers=[{"name": "a", "servers": [str(uuid.UUID(int=1))]}]),
        "adopt.tiers[0].servers[0]",
    ),
    ({**adoption({"project": True}), "plan": "x"}, "plan"),
    ([], "body"),
]


def test_a_bad_request_names_its_field(cloud: SmallCloud, web: list[FakeServer]) -> None:
    for wanted, field in BAD_REQUESTS:
        answer = ask(cloud, "/adopt", wanted)
        assert (answer.status_code, details(answer)["field"]) == (400, field), answer.json
    assert cloud.store.servers_of_ensembles("shop-project") == {}


def test_tiers_and_policies_can_be_others_than_proposed(
    cloud: SmallCloud, web: list[FakeServer]
) -> None:
    db = cloud.nova.boot("db-1", "secrethost4")
    tiers = [
        {"name": "front", "servers": [web[2].id, web[0].id]},
        {"name": "db", "servers": [db.id]},
    ]
    near = {"type": "near", "level": "zone", "tiers": ["front"], "to": "db", "enforcement": "soft"}
    shown = proposal(cloud, {"project": True}, tiers=tiers, policies=[near])
    assert [(each["name"], each["server_name"]) for each in shown["members"]] == [
        ("front-0", "web-1"),
        ("front-1", "web-3"),
        ("db-0", "db-1"),
    ]
    assert [(each["server_name"], each["message"]) for each in shown["left_out"]] == [
        ("web-2", "is in none of the tiers that were asked for")
    ]
    record = adopted(cloud, {"project": True}, tiers=tiers, policies=[near], plan=shown["plan"])
    assert record.status == "ACTIVE", "a soft policy does not make it degraded"
    assert [each["policy"] for each in record.plan["violations"]] == [0]


def test_a_server_in_two_tiers_and_servers_that_are_not_alike_are_refused(
    cloud: SmallCloud, web: list[FakeServer]
) -> None:
    big = cloud.nova.boot("big-1", "secrethost2", flavor=cloud.flavor("big", vcpus=1))
    twice = [{"name": name, "servers": [web[0].id]} for name in ("a", "b")]
    source = {"project": True}
    assert refusal(cloud, source, tiers=twice)[:2] == (400, "adopt.tiers[1].servers[0]")
    mixed = [{"name": "a", "servers": [web[0].id, big.id]}]
    status, field, reason = refusal(cloud, source, tiers=mixed)
    assert (status, field) == (400, "adopt.tiers[0].servers")
    assert "web-1 and big-1 cannot be of one tier" in reason
    same = [{"name": "web", "servers": [each.id]} for each in web[:2]]
    assert refusal(cloud, source, tiers=same)[:2] == (400, "adopt.tiers[1].name")


def test_a_template_is_what_the_servers_of_a_tier_have_in_common(cloud: SmallCloud) -> None:
    def facts(**more: Any) -> Any:
        common = {"role": "web", "metering.stack": "s"}
        return {
            "key_name": "laptop",
            "metadata": {**common, **more},
            "security_groups": [{"name": "web"}, {"name": "web"}],
            "config_drive": "True",
            "pinned_availability_zone": "zone-one",
            "OS-EXT-SRV-ATTR:user_data": "c2VjcmV0",
        }

    cloud.nova.boot("web-1", "secrethost1", tags=["shop", "blue"], shown=facts(n="1"))
    cloud.nova.boot("web-2", "secrethost2", tags=["shop"], shown=facts(n="2"))
    (tier,) = proposal(cloud, {"project": True})["ensemble"]["tiers"]
    assert tier["server"] == {
        "flavor": FLAVOR,
        "image": IMAGE,
        "networks": [NETWORK],
        "key_name": "laptop",
        "metadata": {"role": "web"},
        "security_groups": ["web"],
        "config_drive": True,
        "availability_zone": "zone-one",
        "tags": ["shop"],
    }, "and no user data, which Nova shows to operators alone"


def test_servers_with_volumes_of_their_own_keep_them_in_their_order(cloud: SmallCloud) -> None:
    first, second, data = (str(uuid.uuid4()) for _ in range(3))

    def booted(name: str, host: str, *volumes: tuple[str, str]) -> None:
        attached = [{"id": each, "device": device} for each, device in volumes]
        shown = {"image": "", "os-extended-volumes:volumes_attached": attached, "networks": []}
        cloud.nova.boot(name, host, shown=shown)

    booted("db-2", "secrethost2", (second, "/dev/vda"))
    booted("db-1", "secrethost1", (data, "/dev/vdb"), (first, "/dev/vda"))
    (tier,) = proposal(cloud, {"project": True})["ensemble"]["tiers"]
    assert tier["server"] == {"flavor": FLAVOR, "volumes": [first, second], "networks": "none"}
    record = adopted(cloud, {"project": True})
    assert [record.template(each)["volumes"] for each in record.members] == [[first], [second]]


def test_members_that_do_not_run_are_adopted_and_told(cloud: SmallCloud) -> None:
    cloud.nova.boot("web-1", "secrethost1")
    cloud.nova.boot("web-2", "secrethost2", status="SHUTOFF")
    cloud.nova.boot("web-3", "secrethost3", locked=True)
    record = adopted(cloud, {"project": True})
    assert [each.server_status for each in record.members] == ["ACTIVE", "SHUTOFF", "ACTIVE"]
    assert record.status == "ACTIVE"
    view = ask(cloud, f"/{record.id}", None, method="GET").json["ensemble"]
    assert [each["running"] for each in view["standing"]] == [2]


def test_one_that_has_failed_on_its_host_makes_the_ensemble_degraded(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = cloud.nova.boot("web-2", "secrethost2", status="ERROR")
    cloud.nova.boot("web-1", "secrethost1")
    plain = cloud.nova._view

    def with_host(server: Any, context: Any) -> Any:
        host = {"OS-EXT-SRV-ATTR:host": server.host} if context.is_admin else {}
        return {**plain(server, context), **host}

    monkeypatch.setattr(cloud.nova, "_view", with_host)
    record = adopted(cloud, {"project": True})
    assert [str(each) for each in record.reasons] == ["The server of web-1 is in status ERROR."]
    assert record.members[1].server_id == failed.id


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        pytest.param({"status": "ERROR"}, "is on no host: it is ERROR", id="never placed"),
        pytest.param(
            {"shown": {"image": ""}}, "has neither an image nor a volume", id="no root disk"
        ),
    ],
)
def test_one_that_cannot_be_a_member_is_left_out_unless_it_is_named(
    cloud: SmallCloud, web: list[FakeServer], facts: Any, reason: str
) -> None:
    odd = cloud.nova.boot("odd-1", "secrethost4", **facts)
    shown = proposal(cloud, {"project": True})
    assert [each["server_name"] for each in shown["left_out"]] == ["odd-1"]
    assert reason in shown["left_out"][0]["message"]
    assert len(shown["members"]) == 3
    status, field, said = refusal(cloud, {"servers": [web[0].id, odd.id]})
    assert (status, field) == (409, "adopt.from.servers[1]")
    assert reason in said
    named = [{"name": "web", "servers": [odd.id]}]
    assert refusal(cloud, {"project": True}, tiers=named)[1] == "adopt.tiers[0].servers[0]"
    for each in web:
        each.gone = True
    status, field, said = refusal(cloud, {"project": True})
    assert (status, field) == (409, "adopt.from")
    assert "odd-1" in said


@pytest.mark.parametrize(
    "facts", [{"status": "BUILD"}, {"status": "VERIFY_RESIZE"}, {"task": "migrating"}]
)
def test_nothing_is_adopted_while_something_is_done_with_a_server(
    cloud: SmallCloud, web: list[FakeServer], facts: Any
) -> None:
    vars(web[1]).update(facts, stuck=True)
    answer = ask(cloud, "/adopt", adoption({"project": True}))
    assert answer.status_code == 409
    assert "Something is done with server web-2" in answer.text
    assert cloud.store.servers_of_ensembles("shop-project") == {}


def test_a_server_is_in_one_ensemble_at_most(cloud: SmallCloud, web: list[FakeServer]) -> None:
    first = adopted(cloud, {"servers": [web[0].id]}, name="first")
    shown = proposal(cloud, {"project": True})
    assert [(each["server_name"], each["message"]) for each in shown["left_out"]] == [
        ("web-1", "is a member of the ensemble first already")
    ]
    answer = ask(cloud, "/adopt", adoption({"servers": [web[1].id, web[0].id]}))
    assert (answer.status_code, details(answer)["field"]) == (409, "adopt.from.servers[1]")
    record = adopted(cloud, {"project": True}, name="second")
    assert [each.server_id for each in record.members] == [web[1].id, web[2].id]
    again = ask(cloud, "/adopt", adoption({"project": True}))
    assert (again.status_code, details(again)["field"]) == (409, "adopt.from")
    assert cloud.store.get(first.id).members[0].server_id == web[0].id


def test_a_server_that_was_made_for_an_ensemble_is_its_own_also_when_it_is_not_recorded(
    cloud: SmallCloud,
) -> None:
    """It is recorded a moment later, or has come too late and is deleted."""
    record = cloud.service().create(caller(), body(("web", 1)))
    cloud.run(record.id)
    (server,) = cloud.nova.alive()
    with cloud.store.writing() as session:
        hint = cloud.nova.hints[server.id][HANDOVER_HINT]
        session.query(models.Member).update({"server_id": None, "hints": [hint]})
    answer = ask(cloud, "/adopt", adoption({"project": True}))
    assert (answer.status_code, details(answer)["field"]) == (409, "adopt.from")
    assert "is a member of the ensemble shop already" in answer.text
    forged = cloud.nova.boot("web-9", "secrethost4", tags=list(server.tags))
    assert adopted(cloud, {"project": True}).members[0].server_id == forged.id, "tags prove nothing"
    cloud.observe()
    assert not forged.gone and forged.task is None


def test_hosts_cannot_be_closed_where_others_are_already(
    cloud: SmallCloud, web: list[FakeServer]
) -> None:
    """Else whoever has a server everywhere could have the cloud to itself."""
    cloud.nova.boot("theirs-1", "secrethost1", project="other-project")
    alone = {"type": "exclusive", "level": "host", "tiers": ["web"], "other": "project"}
    status, field, reason = refusal(cloud, {"project": True}, policies=[alone])
    assert (status, field) == (409, "adopt.policies[0]")
    assert "1 is shared" in reason
    soft = {**alone, "enforcement": "soft"}
    assert adopted(cloud, {"project": True}, policies=[soft]).status == "ACTIVE"


def test_a_server_beside_an_ensemble_that_wants_to_be_alone_stays_plain(cloud: SmallCloud) -> None:
    alone = {"type": "exclusive", "level": "host", "tiers": ["db"], "other": "ensemble"}
    record = cloud.service().create(caller(), body(("db", 1), policies=[alone]))
    cloud.run(record.id)
    cloud.observe()
    beside = cloud.nova.boot("web-1", record.members[0].host)
    answer = ask(cloud, "/adopt", adoption({"servers": [beside.id]}))
    assert (answer.status_code, details(answer)["field"]) == (409, "adopt.from.servers[0]")
    assert cloud.store.get(record.id).status == "ACTIVE"


def test_the_limits_of_an_ensemble_are_those_of_an_adoption(
    cloud: SmallCloud, web: list[FakeServer]
) -> None:
    answer = ask(cloud, "/adopt", adoption({"project": True}), max_members=2)
    assert (answer.status_code, details(answer)["field"]) == (400, "adopt.from")
    assert "3 members, which is more than the 2 allowed" in answer.text


def test_what_is_adopted_can_be_scaled_and_its_hosts_are_drained_with_it(
    cloud: SmallCloud,
) -> None:
    for number, host in enumerate(("secrethost1", "secrethost3")):
        cloud.nova.boot(f"web-{number}", host)
    record = adopted(cloud, {"project": True}, policies=[anti_affinity("web")])
    tiers = [{"name": "web", "count": 3}]
    answer = cloud.patch(record.id, {"tiers": tiers})
    assert answer.status_code == 202, answer.json
    cloud.run(record.id)
    cloud.observe()
    grown = cloud.store.get(record.id)
    assert (grown.status, len(grown.members)) == ("ACTIVE", 3)
    assert len({each.current_host for each in grown.members}) == 3
    assert cloud.nova.servers[grown.members[2].server_id or ""].name == "shop-web-2"
    found = cloud.service().hosts(caller("operators", "admin"), Search())
    assert sum(len(each.occupants) for each in found.hosts) == 3


def test_delete_removes_adopted_servers_as_those_of_every_ensemble(
    cloud: SmallCloud, web: list[FakeServer]
) -> None:
    web[1].locked = True
    record = adopted(cloud, {"project": True}, policies=[])
    assert ask(cloud, f"/{record.id}", None, method="DELETE").status_code == 202
    with pytest.raises(AssertionError, match="not settled"):
        cloud.run(record.id, steps=5)
    assert len(cloud.nova.alive()) == 3, "while one is locked none goes"
    cloud.store.release(record.id, "worker")
    web[1].locked = False
    cloud.run(record.id)
    assert cloud.find(record.id) is None
    cloud.assert_clean()


# Release.


def release(cloud: SmallCloud, ensemble_id: str, who: Any = None) -> webob.Response:
    return ask(cloud, f"/{ensemble_id}/action", {"release": None}, who)


def test_a_released_ensemble_leaves_plain_servers(cloud: SmallCloud, web: list[FakeServer]) -> None:
    record = adopted(cloud, {"project": True})
    before = [dataclasses.replace(each, looks=0) for each in web]
    answer = release(cloud, record.id)
    assert answer.status_code == 202
    assert [each["server_id"] for each in answer.json["ensemble"]["members"]] == [
        each.id for each in web
    ]
    assert cloud.find(record.id) is None
    assert [dataclasses.replace(each, looks=0) for each in web] == before
    assert {method for method, _ in cloud.nova.calls} == {"GET"}
    assert release(cloud, record.id).status_code == 404
    assert len(adopted(cloud, {"project": True}).members) == 3, "and they can be adopted again"


def test_servers_that_were_built_for_an_ensemble_lose_its_tags(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 3), tags=["mine"]))
    cloud.run(record.id)
    off = next(each for each in cloud.nova.alive() if each.name == "shop-web-1")
    off.status = "SHELVED"
    assert release(cloud, record.id).status_code == 202
    assert cloud.find(record.id) is None
    tags = {each.name: len(each.tags) for each in cloud.nova.alive()}
    assert tags == {"shop-web-0": 1, "shop-web-1": 3, "shop-web-2": 1}, "but where Nova keeps them"
    assert cloud.placement.consumers(*cloud.providers) == set(cloud.nova.servers)


def test_it_is_forgotten_even_where_nova_does_not_answer_then(
    cloud: SmallCloud, web: list[FakeServer]
) -> None:
    record = adopted(cloud, {"project": True})

    def away(method: str, path: str) -> None:
        raise RuntimeError("away")

    cloud.nova.before = away
    assert release(cloud, record.id).status_code == 202
    assert cloud.find(record.id) is None


def test_what_is_built_or_has_failed_is_not_released(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    answer = release(cloud, record.id)
    assert answer.status_code == 409
    assert "this one is BUILDING" in answer.text
    with cloud.store.writing() as session:
        session.query(models.Ensemble).update({"status": "ACTIVE"})
    answer = release(cloud, record.id)
    assert answer.status_code == 409
    assert "Something else is done with the ensemble now" in answer.text
    with cloud.store.writing() as session:
        session.query(models.Operation).update({"ended_at": rows.now()})
        session.query(models.Ensemble).update({"status": "ERROR"})
    answer = release(cloud, record.id)
    assert answer.status_code == 409
    assert "this one is ERROR" in answer.text
    assert len(cloud.store.get(record.id).members) == 1


def test_an_ensemble_that_wanted_to_be_alone_lets_others_in_when_it_is_released(
    cloud: SmallCloud,
) -> None:
    cloud.nova.boot("db-1", "secrethost4")
    alone = {"type": "exclusive", "level": "host", "tiers": ["db"], "other": "project"}
    record = adopted(cloud, {"project": True}, policies=[alone])
    spread = body(("web", 4), policies=[anti_affinity("web")])
    other = caller("other-project")
    with pytest.raises(exception.InfeasibleEnsemble):
        cloud.service().create(other, spread)
    assert release(cloud, record.id).status_code == 202
    assert cloud.service().create(other, spread).status == "BUILDING"
