# SPDX-License-Identifier: Apache-2.0
"""The full profile itself: its services, its two cells, and what happens when one of them dies."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from tests.cloud.ensembles import Project
from tests.embedded import EmbeddedCloud

pytestmark = pytest.mark.cloud

_SECONDS = 120


@pytest.fixture
def project(full_cloud: EmbeddedCloud) -> Iterator[Project]:
    found = Project(full_cloud.connection("demo"))
    yield found
    for each in found.request("GET").json()["ensembles"]:
        found.request("DELETE", f"/{each['id']}")
        found.wait_gone(each["id"])


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not within {_SECONDS} s: {what}"
        time.sleep(1)


def process_of(cloud: EmbeddedCloud, service: str) -> Any:
    found = next(each for each in cloud.status["services"] if each["name"] == service)
    return psutil.Process(found["pid"])


def test_every_service_is_a_process_of_its_own(full_cloud: EmbeddedCloud) -> None:
    status = full_cloud.status
    assert {host["state"] for host in status["hosts"]} == {"up"}
    up = {each["name"] for each in status["services"] if each["state"] == "up"}
    assert up >= {
        *("mariadb", "rabbitmq", "keystone", "placement", "glance", "neutron", "nova"),
        *("nova-super-conductor", "nova-conductor-cell1", "nova-conductor-cell2"),
        *("nova-scheduler-1", "nova-scheduler-2"),
        *(f"nova-compute-{host['name']}" for host in status["hosts"]),
    }
    assert len(process_of(full_cloud, "nova").children(recursive=True)) >= 1 + 2, "uWSGI, workers"


def test_an_ensemble_over_both_cells_is_built_and_deleted(
    full_cloud: EmbeddedCloud, project: Project
) -> None:
    hosts = full_cloud.status["hosts"]
    anti_affinity = {
        "type": "anti-affinity",
        "level": "host",
        "tiers": ["web"],
        "max_per_domain": 1,
    }
    body = project.body("both", [project.tier("web", len(hosts))], anti_affinity)
    created = project.create(body)
    active = project.wait(created["id"], "ACTIVE", "ERROR")
    assert active["status"] == "ACTIVE", active
    servers = full_cloud.connection("admin").compute.servers(all_projects=True)
    assert sorted(each.hypervisor_hostname for each in servers) == sorted(h["name"] for h in hosts)
    project.request("DELETE", f"/{created['id']}")
    project.wait_gone(created["id"])
    assert not list(full_cloud.connection("admin").compute.servers(all_projects=True))


def test_a_service_that_is_killed_is_started_again_and_the_cloud_goes_on(
    full_cloud: EmbeddedCloud, project: Project
) -> None:
    for service in ("nova-scheduler-1", "nova-conductor-cell1", "nova"):
        before = process_of(full_cloud, service)
        for each in (before, *before.children(recursive=True)):
            each.kill()

        def is_back(service: str = service, before: Any = before) -> bool:
            found = next(s for s in full_cloud.status["services"] if s["name"] == service)
            return found["pid"] not in (None, before.pid)

        wait_until(is_back, f"{service} is back")
    wait_until(lambda: project.request("GET").status_code == 200, "the API answers")
    created = project.create(project.body("after", [project.tier("web", 2)]))
    assert project.wait(created["id"], "ACTIVE", "ERROR")["status"] == "ACTIVE"


def test_a_host_that_is_stopped_is_down_and_comes_back(full_cloud: EmbeddedCloud) -> None:
    name = full_cloud.status["hosts"][0]["name"]

    def state() -> str:
        found = next(each for each in full_cloud.status["hosts"] if each["name"] == name)
        return str(found["state"])

    assert full_cloud.ensemble_cloud("host", "stop", name).returncode == 0
    wait_until(lambda: state() == "down", "the host is down")
    assert full_cloud.ensemble_cloud("host", "start", name).returncode == 0
    wait_until(lambda: state() == "up", "the host is up")
