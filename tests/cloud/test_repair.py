# SPDX-License-Identifier: Apache-2.0
"""Hosts of the embedded cloud fail, and members come back where a drill had said they would."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.cloud.ensembles import Operator, Project, until

pytestmark = pytest.mark.cloud

APART = {"type": "anti-affinity", "level": "host", "tiers": ["web", "db"]}
EVEN = {"type": "spread", "level": "rack", "tiers": ["web"], "max_skew": 2}
SURVIVE = {"type": "survive", "level": "host", "tiers": ["db"], "failures": 1, "min_available": 2}


def stop(cloud: Any, host: str) -> None:
    stopped = cloud.ensemble_cloud("host", "stop", host, "--forced")
    assert stopped.returncode == 0, stopped.stdout + stopped.stderr


def start(cloud: Any, hosts: list[str]) -> None:
    def one(host: str) -> Any:
        return cloud.ensemble_cloud("host", "start", host, "--forced")

    # Each waits until Nova has removed what was evacuated.
    with ThreadPoolExecutor() as pool:
        for started in pool.map(one, hosts):
            assert started.returncode == 0, started.stdout + started.stderr


def where(operator: Operator, ensemble: dict[str, Any]) -> dict[str, str]:
    servers = operator.servers()
    return {
        each["name"]: str(servers[each["server_id"]].compute_host) for each in ensemble["members"]
    }


@pytest.fixture
def nine(demo: Project) -> Iterator[dict[str, Any]]:
    """An ensemble of nine members that heals by itself."""
    body = demo.body("nine", [demo.tier("web", 6), demo.tier("db", 3)], APART, EVEN, SURVIVE)
    body["ensemble"]["recovery"] = {"mode": "auto"}
    yield demo.wait(demo.create(body)["id"], "ACTIVE")
    demo.delete(demo.request("GET").json()["ensembles"][0]["id"])


def test_what_a_drill_predicts_is_what_then_happens(
    cloud: Any, demo: Project, operator: Operator, nine: dict[str, Any]
) -> None:
    administrator = Project(operator.connection)
    ids = {each["name"]: each["server_id"] for each in nine["members"]}
    failed: list[str] = []
    try:
        for number in range(5):
            before = where(operator, nine)
            assert not set(before.values()) & set(failed)
            host = before[sorted(before)[number]]
            drills = administrator.request(
                "POST", f"/{nine['id']}/action", {"drill": {"level": "host"}}
            ).json()["drill"]
            lost = sorted(name for name, at in before.items() if at == host)
            (drill,) = [each for each in drills["failures"] if sorted(each["lost"]) == lost]
            assert drill["repair"]["fits"]
            predicted = {each["member"]: each["host"] for each in drill["repair"]["moves"]}
            stop(cloud, host)
            failed.append(host)

            def is_healed(lost: list[str] = lost, host: str = host) -> bool:
                now = where(operator, nine)
                return all(now[name] != host for name in lost)

            until(f"{lost} are on another host than {host}", is_healed)
            healed = demo.wait(nine["id"], "ACTIVE")
            after = where(operator, healed)
            assert {name: after[name] for name in lost} == predicted, f"failure {number}"
            assert {name: at for name, at in after.items() if name not in lost} == {
                name: at for name, at in before.items() if name not in lost
            }
            (operation, *_) = demo.request("GET", f"/{nine['id']}/operations").json()["operations"]
            until(
                "the repair has ended",
                lambda of=operation["id"]: demo.request(
                    "GET", f"/{nine['id']}/operations/{of}"
                ).json()["operation"]["ended_at"],
            )
            assert operation["type"] == "repair"
            statuses = {
                each.status for each in operator.servers().values() if each.id in set(ids.values())
            }
            assert statuses == {"ACTIVE"}
        shown = demo.wait(nine["id"], "ACTIVE")
        assert {each["name"]: each["server_id"] for each in shown["members"]} == ids
        found = demo.request("GET", f"/{nine['id']}/survivability").json()["survivability"]
        assert found["violations"] == []
        holds = {each["id"] for each in shown["members"]}
        assert not holds & operator.consumers()
    finally:
        start(cloud, failed)
    placement = operator.connection.placement

    def are_on_one_host() -> bool:
        shares = (placement.get(f"/allocations/{each}").json() for each in ids.values())
        return all(len(each["allocations"]) == 1 for each in shares)

    # Until its compute service was started again, each had some of the host that failed too.
    until("nothing is allocated twice", are_on_one_host)
