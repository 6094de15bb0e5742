# SPDX-License-Identifier: Apache-2.0
"""What becomes of servers and hosts in Nova is in the tenant's list soon, and without asking."""

from collections.abc import Iterator
from typing import Any

import openstack
import pytest

from tests.cloud.ensembles import Operator, Project, until

pytestmark = pytest.mark.cloud

ANTI_AFFINITY = {"type": "anti-affinity", "level": "host", "tiers": ["web"]}


@pytest.fixture
def shop(demo: Project) -> Iterator[dict[str, Any]]:
    """Two members on two hosts."""
    body = demo.body("degraded", [demo.tier("web", 2)], ANTI_AFFINITY)
    built = demo.wait(demo.create(body)["id"], "ACTIVE")
    assert (built["degraded"], built["settled"]) == (None, True)
    yield built
    demo.delete(built["id"])


def listed(project: Project, ensemble: dict[str, Any], status: str) -> Any:
    """The ensemble as the list of those in ``status`` has it, once it does."""

    def found() -> Any:
        answer = project.request("GET", f"?status={status}").json()["ensembles"]
        return next((each for each in answer if each["id"] == ensemble["id"]), None)

    return until(f"it is listed as {status}", found)


def reasons(project: Project, ensemble: dict[str, Any]) -> list[str]:
    found = listed(project, ensemble, "DEGRADED")
    assert found["observed_at"] >= found["degraded"]["since"]
    assert found["settled"]
    return [each["message"] for each in found["degraded"]["reasons"]]


def kinds(project: Project, ensemble: dict[str, Any]) -> list[str]:
    shown = project.request("GET", f"/{ensemble['id']}").json()["ensemble"]
    return [each["type"] for each in shown["events"]]


def host_of(operator: Operator, member: dict[str, Any]) -> str:
    return str(operator.servers()[member["server_id"]].compute_host)


def test_a_server_that_its_tenant_deletes_degrades(
    cloud: Any, demo: Project, shop: dict[str, Any]
) -> None:
    first = shop["members"][0]
    demo.connection.compute.delete_server(first["server_id"])
    told = [f"{first['name']} is gone: Nova has no server of it any more."]
    assert reasons(demo, shop) == told
    assert kinds(demo, shop)[-2:] == [f"{first['name']} gone", "promise lost"]
    lines = cloud.run(["--os-cloud", "demo", "ensemble", "show", shop["id"]]).stdout
    assert "DEGRADED" in lines
    assert told[0] in lines
    assert "DEGRADED" in cloud.run(["--os-cloud", "demo", "ensemble", "list"]).stdout


def test_a_move_past_the_scheduler_degrades_until_it_is_undone(
    demo: Project, operator: Operator, shop: dict[str, Any]
) -> None:
    first, second = shop["members"]
    before, other_host = host_of(operator, first), host_of(operator, second)

    def move(host: str) -> None:
        forced = {"host": host, "block_migration": "auto", "force": True}
        operator.connection.compute.post(
            f"/servers/{first['server_id']}/action",
            json={"os-migrateLive": forced},
            microversion="2.67",
        ).raise_for_status()

    move(other_host)
    assert reasons(demo, shop) == ["No two members of web may share a host. Now: 1 too many."]
    assert f"{first['name']} moved" in kinds(demo, shop)
    found = demo.request("GET", f"/{shop['id']}/survivability").json()["survivability"]
    assert [each["policy"] for each in found["violations"]] == [0]
    assert "host" not in found["members"][0]
    path = f"/hosts/{other_host}?check=1"
    drain = Project(operator.connection).request("GET", path).json()["host"]
    (tried,) = [each for each in drain["drain"]["ensembles"] if each["ensemble_id"] == shop["id"]]
    assert sorted(tried["members"]) == sorted(each["name"] for each in shop["members"])
    until(
        "it may be moved back",
        lambda: operator.servers()[first["server_id"]].task_state is None,
    )
    move(before)
    back = listed(demo, shop, "ACTIVE")
    assert back["degraded"] is None
    assert kinds(demo, shop)[-1] == "promise regained"


def test_a_host_that_is_forced_down_degrades_until_it_is_back(
    demo: Project, operator: Operator, shop: dict[str, Any]
) -> None:
    compute = operator.connection.compute
    first = shop["members"][0]
    services = compute.services(binary="nova-compute", host=host_of(operator, first))
    service = next(iter(services))
    compute.update_service_forced_down(service, forced=True)
    try:
        assert reasons(demo, shop) == [f"{first['name']} is on a host that is down."]
    finally:
        until("Nova takes it for up again", lambda: _is_unforced(compute, service))
    assert listed(demo, shop, "ACTIVE")["degraded"] is None


def _is_unforced(compute: Any, service: Any) -> bool:
    try:
        compute.update_service_forced_down(service, forced=False)
    except openstack.exceptions.BadRequestException:
        return False
    return True
