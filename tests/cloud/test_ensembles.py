# SPDX-License-Identifier: Apache-2.0
"""The API on the embedded cloud: build, refuse, race for the last capacity, hostile input."""

import threading
import uuid
from collections import Counter
from typing import Any

import pytest

from tests.cloud.ensembles import Operator, Project

pytestmark = pytest.mark.cloud

ANTI_AFFINITY = {"type": "anti-affinity", "level": "host"}


def test_an_ensemble_is_built_as_promised_and_leaves_nothing(
    demo: Project, operator: Operator
) -> None:
    before = operator.left_behind()
    body = demo.body(
        "shop",
        [demo.tier("web", 3), demo.tier("cache", 2, "m1.small"), demo.tier("db", 3, "m1.small")],
        {**ANTI_AFFINITY, "tiers": ["web"]},
        {"type": "anti-affinity", "level": "rack", "tiers": ["db"]},
        {"type": "affinity", "level": "zone", "tiers": ["cache"]},
        {"type": "anti-affinity", "level": "zone", "tiers": ["web"], "enforcement": "soft"},
    )
    created = demo.create(body)
    built = demo.wait(created["id"], "ACTIVE")

    assert built["progress"] == {
        "active": 8,
        "removed": 0,
        "done": 8,
        "total": 8,
        "message": "All 8 members are active.",
    }
    servers = operator.servers()
    hosts: dict[str, list[str]] = {"web": [], "cache": [], "db": []}
    for member in built["members"]:
        server = servers[member["server_id"]]
        assert (server.status, server.project_id) == ("ACTIVE", built["project_id"])
        assert server.name == f"shop-{member['name']}"
        assert server.user_id == built["user_id"]
        hosts[member["tier"]].append(server.compute_host)
    rack, zone = operator.place("rack"), operator.place("zone")
    assert len(set(hosts["web"])) == 3
    assert len({rack[host] for host in hosts["db"]}) == 3
    assert len({zone[host] for host in hosts["cache"]}) == 1
    assert len(built["violations"]) == 1, "three web servers cannot be in two zones one each"

    demo.delete(built["id"])
    assert operator.left_behind() == before


def test_every_field_of_a_template_reaches_its_servers(demo: Project, operator: Operator) -> None:
    key = demo.connection.compute.create_keypair(name="laptop")
    group = demo.connection.network.create_security_group(name="open")
    zone = sorted(set(operator.place("zone").values()))[-1]
    template = {
        "key_name": key.name,
        "security_groups": [group.name],
        "user_data": "IyEvYmluL3NoCg==",
        "metadata": {"role": "front"},
        "availability_zone": zone,
    }
    try:
        created = demo.create(demo.body("whole", [demo.tier("web", 2, **template)]))
        built = demo.wait(created["id"], "ACTIVE")
        for member in built["members"]:
            server = operator.connection.compute.get_server(member["server_id"])
            assert server.key_name == key.name
            assert [each["name"] for each in server.security_groups] == [group.name]
            assert server.user_data == template["user_data"]
            assert server.metadata == template["metadata"]
            assert operator.place("zone")[server.compute_host] == zone
        demo.delete(created["id"])
    finally:
        demo.connection.compute.delete_keypair(key)
        demo.connection.network.delete_security_group(group)


def test_a_domain_of_ones_own_is_kept_from_others(
    demo: Project, other_project: Project, operator: Operator
) -> None:
    alone = {"type": "exclusive", "level": "host", "tiers": ["web"], "other": "project"}
    mine = demo.create(demo.body("alone", [demo.tier("web", 2)], alone))
    try:
        built = demo.wait(mine["id"], "ACTIVE")
        servers = operator.servers()
        ours = {servers[each["server_id"]].compute_host for each in built["members"]}
        theirs = {
            each.compute_host for each in servers.values() if each.project_id != built["project_id"]
        }
        assert not ours & theirs

        def fits_everywhere(project: Project) -> bool:
            everywhere = project.tier("web", len(operator.place("rack")))
            body = project.body("all", [everywhere], {**ANTI_AFFINITY, "tiers": ["web"]})
            plan = project.request("POST", "/plans", body).json()["plan"]
            return bool(plan["feasible"])

        assert not fits_everywhere(other_project)
        assert fits_everywhere(demo)
    finally:
        demo.delete(mine["id"])


def test_a_tenant_sees_no_name_of_host_or_rack(demo: Project, operator: Operator) -> None:
    body = demo.body("shop", [demo.tier("web", 3)], {**ANTI_AFFINITY, "tiers": ["web"]})
    seen = demo.request("POST", "/plans", body).text
    assert demo.request("POST", "/plans", body).json()["plan"]["feasible"]
    for name in {*operator.place("rack"), *operator.place("rack").values()}:
        assert name not in seen


def test_what_does_not_fit_is_refused_with_reasons_and_leaves_nothing(
    demo: Project, operator: Operator
) -> None:
    before = operator.left_behind()
    hosts = len(operator.place("rack"))
    body = demo.body("big", [demo.tier("web", hosts + 1)], {**ANTI_AFFINITY, "tiers": ["web"]})
    response = demo.request("POST", body=body)
    assert response.status_code == 409
    details = response.json()["conflictingRequest"]["details"]
    assert details["code"] == "ensemble.infeasible"
    reason = details["reasons"][0]
    assert (reason["level"], reason["policy"]) == ("host", 0)
    assert reason["demand"] > reason["supply"]
    dry = demo.request("POST", "/plans", body).json()["plan"]
    assert (dry["feasible"], dry["reasons"]) == (False, details["reasons"])
    assert operator.left_behind() == before
    assert demo.request("GET").json()["ensembles"] == []


def test_two_at_once_for_the_last_capacity_one_is_built_one_refused(
    demo: Project, operator: Operator
) -> None:
    """A flavor as large as the largest room that is left: as many fit as hosts have that room."""
    before = operator.left_behind()
    used_before = operator.usages()
    rooms = Counter(_room(operator).values())
    size = max(rooms)
    fits = rooms[size]
    flavor = operator.connection.compute.create_flavor(
        name=f"last-{uuid.uuid4().hex[:8]}", vcpus=size, ram=512, disk=1
    )
    try:
        demo.names["flavor"][flavor.name] = flavor.id
        count = fits // 2 + 1
        bodies = [demo.body(n, [demo.tier("web", count, flavor.name)]) for n in ("one", "two")]
        assert all(demo.request("POST", "/plans", b).json()["plan"]["feasible"] for b in bodies)
        answers: list[Any] = []
        threads = [
            threading.Thread(target=lambda b=body: answers.append(demo.request("POST", body=b)))
            for body in bodies
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(each.status_code for each in answers) == [202, 409]
        winner, loser = sorted(answers, key=lambda each: each.status_code)
        details = loser.json()["conflictingRequest"]["details"]
        assert details["code"] == "ensemble.infeasible"
        assert details["reasons"]
        built = demo.wait(winner.json()["ensemble"]["id"], "ACTIVE")

        servers = operator.servers()
        on = Counter(servers[each["server_id"]].compute_host for each in built["members"])
        for host, usages in operator.usages().items():
            gained = usages.get("VCPU", 0) - used_before[host].get("VCPU", 0)
            assert gained == on[host] * size, host
        members = {each["server_id"] for each in built["members"]}
        assert operator.consumers() == before["consumers"] | members
        demo.delete(built["id"])
    finally:
        operator.connection.compute.delete_flavor(flavor)
    assert operator.left_behind() == before


def _room(operator: Operator) -> dict[str, int]:
    """Free VCPUs by host."""
    placement = operator.connection.placement
    room = {}
    for provider in placement.resource_providers():
        path = f"/resource_providers/{provider.id}"
        have = placement.get(f"{path}/inventories").json()["inventories"]["VCPU"]
        used = placement.get(f"{path}/usages").json()["usages"]["VCPU"]
        room[provider.name] = int(have["total"] * have["allocation_ratio"]) - used
    return room


def test_a_build_that_is_cancelled_leaves_nothing_and_one_that_ended_stays(
    demo: Project, operator: Operator
) -> None:
    before = operator.left_behind()
    body = demo.body("shop", [demo.tier("web", 10)])
    started = demo.create(body)
    cancelled = demo.request("POST", f"/{started['id']}/action", {"cancel": None})
    assert cancelled.status_code == 202
    assert cancelled.json()["ensemble"]["status"] == "DELETING"
    twice = demo.request("POST", f"/{started['id']}/action", {"cancel": None})
    assert twice.status_code in (404, 409)
    demo.wait_gone(started["id"])
    assert operator.left_behind() == before

    built = demo.create(demo.body("shop", [demo.tier("web", 1)]))
    demo.wait(built["id"], "ACTIVE")
    late = demo.request("POST", f"/{built['id']}/action", {"cancel": None})
    assert late.json()["conflictingRequest"]["details"]["status"] == "ACTIVE"
    assert demo.request("GET", f"/{built['id']}").json()["ensemble"]["status"] == "ACTIVE"
    demo.delete(built["id"])


def test_strangers_neither_see_nor_touch_an_ensemble(
    demo: Project, other_project: Project, operator: Operator
) -> None:
    html = "<script>alert(1)</script> {$ 7*7 $}"
    mine = demo.create(demo.body(html, [demo.tier("web", 1)]))
    try:
        for method in ("GET", "DELETE"):
            assert other_project.request(method, f"/{mine['id']}").status_code == 404
        cancel = other_project.request("POST", f"/{mine['id']}/action", {"cancel": None})
        assert cancel.status_code == 404
        assert other_project.request("GET").json()["ensembles"] == []
        assert other_project.request("GET", "?all_projects=1").status_code == 403
        assert other_project.request("GET", "/hosts").status_code == 403
        everything = Project(operator.connection).request("GET", "?all_projects=1").json()
        assert [each["name"] for each in everything["ensembles"]] == [html]
        demo.wait(mine["id"], "ACTIVE")
        spread = Project(operator.connection).request("GET", "/hosts").json()
        assert [m["name"] for host in spread["hosts"] for m in host["members"]] == ["web-0"]
    finally:
        demo.delete(mine["id"])


def test_nova_answers_everything_else_as_before(demo: Project) -> None:
    servers = demo.connection.compute.get("/servers/detail")
    assert servers.status_code == 200
    assert "ensemble" not in servers.headers.get("OpenStack-API-Version", "")
    missing = demo.connection.compute.request("/os-ensemblesx", "GET", raise_exc=False)
    assert missing.status_code == 404
