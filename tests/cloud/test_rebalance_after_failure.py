# SPDX-License-Identifier: Apache-2.0
"""A rack fails, is repaired by command, comes back, and so does the spread of before."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud.ensembles import Operator, Project, until

pytestmark = pytest.mark.cloud

RACKS = 6


@pytest.fixture
def shop(demo: Project) -> Iterator[dict[str, Any]]:
    """Members in as many racks; nothing but the plan wants them apart."""
    body = demo.body("rebalanced", [demo.tier("web", RACKS)])
    built = demo.wait(demo.create(body)["id"], "ACTIVE")
    yield built
    demo.delete(built["id"])


def rack_of(operator: Operator, shop: dict[str, Any]) -> dict[str, str]:
    """The rack of each member."""
    racks, servers = operator.place("rack"), operator.servers()
    return {
        each["name"]: racks[servers[each["server_id"]].compute_host] for each in shop["members"]
    }


def racks_of(operator: Operator, shop: dict[str, Any]) -> Counter[str]:
    return Counter(rack_of(operator, shop).values())


def act(project: Project, shop: dict[str, Any], action: Any) -> Any:
    return project.request("POST", f"/{shop['id']}/action", action)


def settled(project: Project, shop: dict[str, Any]) -> Any:
    def found() -> Any:
        now = project.request("GET", f"/{shop['id']}").json()["ensemble"]
        return now if now["settled"] else None

    return until("nothing is under way", found)


def test_what_a_rack_had_is_brought_back_by_command_and_spread_anew_once_it_returns(
    cloud: Any, operator: Operator, demo: Project, shop: dict[str, Any]
) -> None:
    before = racks_of(operator, shop)
    assert set(before.values()) == {1}
    rack = next(iter(before))
    assert act(demo, shop, {"rebalance": {}}).status_code == 409, "it is spread as well as can be"
    assert act(demo, shop, {"repair": {}}).status_code == 409, "nobody is lost"
    try:
        assert cloud.ensemble_cloud("rack", "stop", rack, "--forced").returncode == 0
        demo.wait(shop["id"], "DEGRADED")
        lost = [name for name, there in rack_of(operator, shop).items() if there == rack]
        found = act(demo, shop, {"repair": {"dry_run": True}})
        assert found.json()["repair"]["lost"] == lost
        assert not [host for host in operator.place("rack") if host in found.text]
        assert act(demo, shop, {"repair": {}}).status_code == 202
        settled(demo, shop)
        assert rack not in racks_of(operator, shop)
        ours = {each["server_id"] for each in shop["members"]}
        statuses = {each.status for each in operator.servers().values() if each.id in ours}
        assert statuses == {"ACTIVE"}
    finally:
        started = cloud.ensemble_cloud("rack", "start", rack, "--forced")
    assert started.returncode == 0, started.stderr
    services = operator.connection.compute.services
    until("all are up", lambda: {each.state for each in services(binary="nova-compute")} == {"up"})
    assert max(racks_of(operator, shop).values()) == 2
    until("its hosts are seen up", lambda: act(demo, shop, {"rebalance": {}}).status_code == 202)
    settled(demo, shop)
    last = demo.request("GET", f"/{shop['id']}/operations").json()["operations"][0]
    assert last["status"] == "SUCCEEDED", last
    assert set(racks_of(operator, shop).values()) == {1}
