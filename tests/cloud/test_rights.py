# SPDX-License-Identifier: Apache-2.0
"""On the real Nova: whose rights count, what locks stop, and what tags do not prove."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.cloud.ensembles import PATIENCE, Operator, Project, until

pytestmark = pytest.mark.cloud


@pytest.fixture
def built(demo: Project) -> Iterator[dict[str, Any]]:
    yield (
        ensemble := demo.wait(demo.create(demo.body("shop", [demo.tier("web", 2)]))["id"], "ACTIVE")
    )
    demo.delete(ensemble["id"])


def action(connection: Any, server_id: str, name: str) -> int:
    """The status of a server action such as ``lock``."""
    response = connection.compute.post(f"/servers/{server_id}/action", json={name: None})
    return int(response.status_code)


def removal(demo: Project, ensemble_id: str) -> Callable[[], str]:
    """What an ensemble that is being deleted waits for."""

    def look() -> str:
        found = demo.request("GET", f"/{ensemble_id}").json()["ensemble"]
        assert found["status"] == "DELETING"
        return str((found["fault"] or {}).get("message", ""))

    return look


@pytest.mark.parametrize("who", ["demo", "admin"])
def test_a_delete_stops_at_a_member_that_somebody_locked_and_goes_on_when_it_is_unlocked(
    cloud: Any, demo: Project, operator: Operator, built: dict[str, Any], who: str
) -> None:
    locked = built["members"][1]["server_id"]
    assert action(cloud.connection(who), locked, "lock") == 202
    assert demo.request("DELETE", f"/{built['id']}").status_code == 202

    said = until("the removal stops", removal(demo, built["id"]))
    assert said == "The server of web-1 is locked. Unlock it, and the removal goes on."
    assert {each["server_id"] for each in built["members"]} <= operator.servers().keys()

    assert action(cloud.connection(who), locked, "unlock") == 202
    until("the ensemble is gone", lambda: demo.request("GET", f"/{built['id']}").status_code == 404)
    assert not {each["server_id"] for each in built["members"]} & operator.servers().keys()


def test_a_locked_server_with_forged_tags_outlives_the_ensemble(
    cloud: Any, demo: Project, operator: Operator, built: dict[str, Any]
) -> None:
    connection = demo.connection
    tagged_server = connection.compute.create_server(
        name="tagged",
        flavor_id=demo.names["flavor"]["m1.tiny"],
        image_id=demo.names["image"]["cirros"],
        networks=[{"uuid": demo.names["network"]["private"]}],
    )
    connection.compute.wait_for_server(tagged_server, wait=PATIENCE)
    try:
        tags = [f"ensemble:{built['id']}", f"ensemble-member:{built['members'][0]['id']}"]
        tagged = connection.compute.put(
            f"/servers/{tagged_server.id}/tags", json={"tags": tags}, microversion="2.26"
        )
        assert tagged.status_code == 200, tagged.text
        assert action(operator.connection, tagged_server.id, "lock") == 202
        demo.delete(built["id"])
        assert operator.servers()[tagged_server.id].status == "ACTIVE"
    finally:
        action(operator.connection, tagged_server.id, "unlock")
        connection.compute.delete_server(tagged_server.id)


def test_nova_records_that_the_tenant_built_and_deleted_the_servers(
    demo: Project, operator: Operator, built: dict[str, Any]
) -> None:
    (server_id, *_) = (each["server_id"] for each in built["members"])
    demo.delete(built["id"])
    found = operator.connection.compute.get(
        f"/servers/{server_id}/os-instance-actions", microversion="2.58"
    ).json()["instanceActions"]
    assert {each["action"] for each in found} == {"create", "delete"}
    assert {each["user_id"] for each in found} == {built["user_id"]}
    assert {each["project_id"] for each in found} == {built["project_id"]}
