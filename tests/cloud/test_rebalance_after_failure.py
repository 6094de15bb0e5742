# SPDX-License-Identifier: Apache-2.0
"""A rack fails, its members get other places, it comes back, and so does the spread of before."""

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


def racks_of(operator: Operator, shop: dict[str, Any]) -> Counter[str]:
    racks, servers = operator.place("rack"), operator.servers()
    return Counter(racks[servers[each["server_id"]].compute_host] for each in shop["members"])


def act(project: Project, shop: dict[str, Any], action: Any) -> Any:
    return project.request("POST", f"/{shop['id']}/action", action)


def settled(project: Project, shop: dict[str, Any]) -> Any:
    def found() -> Any:
        now = project.request("GET", f"/{shop['id']}").json()["ensemble"]
        return now if now["settled"] else None

    return until("nothing is under way", found)


def test_the_spread_is_as_planned_once_the_rack_is_back(
    cloud: Any, operator: Operator, demo: Project, shop: dict[str, Any]
) -> None:
    before = racks_of(operator, shop)
    assert set(before.values()) == {1}
    rack = next(iter(before))
    assert act(demo, shop, {"rebalance": {}}).status_code == 409, "it is spread as well as can be"
    try:
        assert cloud.ensemble_cloud("rack", "stop", rack, "--forced").returncode == 0
        until("it is lost", lambda: act(demo, shop, {"repair": {}}).status_code == 202)
        settled(demo, shop)
        assert rack not in racks_of(operator, shop)
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
