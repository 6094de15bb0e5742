# SPDX-License-Identifier: Apache-2.0
"""Plain servers in a server group become an ensemble on the embedded cloud, and plain again."""

from typing import Any

import pytest

from tests.cloud.ensembles import Operator, Project, until

pytestmark = pytest.mark.cloud


def actions(connection: Any, servers: list[Any]) -> dict[str, list[str]]:
    """What Nova has done with each server."""
    found = {}
    for server in servers:
        answer = connection.compute.get(f"/servers/{server.id}/os-instance-actions")
        found[server.name] = [each["request_id"] for each in answer.json()["instanceActions"]]
    return found


def test_servers_are_adopted_kept_apart_and_released_untouched(
    cloud: Any, demo: Project, operator: Operator
) -> None:
    compute = demo.connection.compute
    group = compute.create_server_group(name="old", policy="soft-anti-affinity")
    servers = [
        compute.create_server(
            name=f"old-{number}",
            flavor_id=demo.names["flavor"]["m1.tiny"],
            image_id=demo.names["image"]["cirros"],
            networks=[{"uuid": demo.names["network"]["private"]}],
            scheduler_hints={"group": group.id},
        )
        for number in (1, 2)
    ]
    try:
        for server in servers:
            compute.wait_for_server(server, wait=240)
        before = actions(demo.connection, servers)

        words = ("--os-cloud", "demo", "ensemble", "adopt", "old", "--server-group", "old")
        done = cloud.run([*words, "-f", "json"])
        assert done.returncode == 0, done.stderr
        (found,) = (
            each
            for each in demo.request("GET").json()["ensembles"]
            if each["adopted"] and each["name"] == "old"
        )
        shown = demo.request("GET", f"/{found['id']}").json()["ensemble"]
        assert [each["type"] for each in shown["policies"]] == ["anti-affinity"]
        assert {each["server_id"] for each in shown["members"]} == {each.id for each in servers}
        assert actions(demo.connection, servers) == before, "none was touched"

        # A hard policy, which Nova's soft group does not keep; then a move that would break it.
        hard = [{"type": "anti-affinity", "level": "host", "tiers": ["old"]}]
        wanted = {"generation": 1, "policies": hard}
        changed = demo.request("PATCH", f"/{found['id']}", {"ensemble": wanted})
        assert changed.status_code == 202, changed.text
        here, there = (operator.servers()[each.id].compute_host for each in servers)
        until(
            "it is settled",
            lambda: demo.request("GET", f"/{found['id']}").json()["ensemble"]["settled"],
        )
        moved = operator.connection.compute.post(
            f"/servers/{servers[0].id}/action",
            json={"os-migrateLive": {"host": there, "block_migration": "auto"}},
            microversion="2.96",
        )
        assert moved.status_code in (202, 400), moved.text
        until("the move is over", lambda: compute.get_server(servers[0]).task_state is None)
        assert operator.servers()[servers[0].id].compute_host == here, "they are kept apart"

        assert demo.request("POST", f"/{found['id']}/action", {"release": None}).status_code == 202
        assert demo.request("GET", f"/{found['id']}").status_code == 404
        assert {compute.get_server(each).status for each in servers} == {"ACTIVE"}
    finally:
        for server in servers:
            compute.delete_server(server, ignore_missing=True)
        for server in servers:
            compute.wait_for_delete(server, wait=240)
        compute.delete_server_group(group, ignore_missing=True)
