# SPDX-License-Identifier: Apache-2.0
"""Servers that run already become an ensemble; none of them is touched."""

import json
import uuid
from typing import Any

import pytest
from adoptions import (
    HOST_ANTI_AFFINITY,
    adopted,
    adoption,
    ask,
    details,
    proposal,
    refusal,
    running_web,
)
from small_cloud import FLAVOR, IMAGE, NETWORK, SmallCloud, anti_affinity, caller

from ensemble_api.usecases.host_impact import Search
from tests.fakes.nova_objects import FakeServer


@pytest.fixture
def web(cloud: SmallCloud) -> list[FakeServer]:
    return running_web(cloud)


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
