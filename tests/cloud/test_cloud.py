# SPDX-License-Identifier: Apache-2.0
"""The embedded cloud itself: what is in it, a burst of servers, and hosts that go and come."""

import json
import os
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.embedded import EmbeddedCloud

pytestmark = pytest.mark.cloud

_BUILD_SECONDS = 240
# Nova gives a host up after 15 seconds without a heartbeat.
_DOWN_SECONDS = 45


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(1)


def errors_in_logs(cloud: EmbeddedCloud) -> list[str]:
    """Lines of trouble in any log; other tests may have caused some, so compare."""
    trouble = re.compile(r" (ERROR|CRITICAL) |^Traceback")
    return [
        f"{path.name}: {line}"
        for path in sorted((cloud.state / "log").glob("*.log"))
        for line in path.read_text(errors="replace").splitlines()
        if trouble.search(line)
    ]


@pytest.fixture
def servers_of_test(cloud: EmbeddedCloud) -> Iterator[list[str]]:
    """Ids of servers to delete after the test."""
    ids: list[str] = []
    yield ids
    compute = cloud.connection("admin").compute
    for server_id in ids:
        compute.delete_server(server_id, ignore_missing=True)
    wait_until(
        lambda: not set(ids) & {s.id for s in compute.servers(all_projects=True)},
        _BUILD_SECONDS,
        "the servers are deleted",
    )


def create_server(cloud: EmbeddedCloud, name: str, user: str = "demo", **fields: Any) -> Any:
    """Begin to build a server with the default image and network."""
    connection = cloud.connection(user)
    return connection.compute.create_server(
        name=name,
        flavor_id=connection.compute.find_flavor(fields.pop("flavor", "m1.tiny")).id,
        image_id=connection.image.find_image("cirros").id,
        networks=[{"uuid": connection.network.find_network("private").id}],
        **fields,
    )


def test_status_names_every_service_host_and_login(cloud: EmbeddedCloud) -> None:
    status = cloud.status
    assert status["state"] == "up"
    assert {(s["name"], s["state"]) for s in status["services"]} == {
        (name, "up")
        for name in ("keystone", "placement", "glance", "neutron", "nova", "cinder", "dashboard")
    }
    assert Path(status["clouds_yaml"]).exists()
    assert len(status["hosts"]) == 24
    assert {host["state"] for host in status["hosts"]} == {"up"}
    assert [login["user"] for login in status["logins"]] == ["demo", "demo2", "reader", "admin"]


def test_all_processes_stay_below_the_memory_they_may_use(cloud: EmbeddedCloud) -> None:
    assert sum(service["memory_mb"] for service in cloud.status["services"]) < 1600


@pytest.mark.parametrize("user", ["demo", "demo2", "reader", "admin"])
def test_the_ordinary_client_lists_servers(cloud: EmbeddedCloud, user: str) -> None:
    done = cloud.run(["--os-cloud", user, "server", "list", "-f", "json"])
    assert done.returncode == 0, done.stderr
    assert isinstance(json.loads(done.stdout), list)


def test_racks_and_zones_are_aggregates_and_every_host_is_in_one_of_each(
    cloud: EmbeddedCloud,
) -> None:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for aggregate in cloud.connection("admin").compute.aggregates():
        for host in aggregate.hosts:
            for level, key in (("rack", "rack"), ("zone", "availability_zone")):
                if key in aggregate.metadata:
                    assert level not in found[host], f"{host} is in two of level {level}"
                    found[host][level] = aggregate.metadata[key]
    wanted = {h["name"]: {"rack": h["rack"], "zone": h["zone"]} for h in cloud.status["hosts"]}
    assert found == wanted


def test_placement_has_what_the_shape_says(cloud: EmbeddedCloud) -> None:
    placement = cloud.connection("admin").placement
    totals = {
        provider.name: {
            inventory.resource_class: (inventory.total, inventory.reserved)
            for inventory in placement.resource_provider_inventories(provider)
        }
        for provider in placement.resource_providers()
    }
    assert len(totals) == 24
    assert totals["r1-h1"] == {"VCPU": (32, 0), "MEMORY_MB": (65536, 0), "DISK_GB": (800, 0)}
    assert totals["r2-h4"] == {"VCPU": (8, 0), "MEMORY_MB": (16384, 0), "DISK_GB": (200, 0)}


def test_background_servers_run_where_the_shape_puts_them(cloud: EmbeddedCloud) -> None:
    servers = {
        server.name: (server.status, server.hypervisor_hostname)
        for server in cloud.connection("admin").compute.servers(all_projects=True)
    }
    assert servers["ci-1"] == ("ACTIVE", "r1-h1")
    assert servers["mail"] == ("ACTIVE", "r3-h3")
    assert "ci-1" not in {server.name for server in cloud.connection("demo").compute.servers()}


def test_a_member_is_no_administrator(cloud: EmbeddedCloud) -> None:
    done = cloud.run(["--os-cloud", "demo", "hypervisor", "list"])
    assert done.returncode != 0
    assert "403" in done.stderr


@pytest.mark.parametrize("theme", ["default", "material"])
def test_the_dashboard_brings_the_style_sheets_of_each_theme(
    cloud: EmbeddedCloud, theme: str
) -> None:
    url = cloud.status["urls"]["dashboard"]
    page = requests.get(f"{url}/auth/login/", cookies={"theme": theme}, timeout=60)
    sheets = [
        requests.get(url + path, timeout=60)
        for path in re.findall(r'href="(/static/[^"]+\.css)"', page.text)
    ]
    assert page.ok
    assert sheets
    assert all(sheet.ok for sheet in sheets)
    styles = "".join(sheet.text for sheet in sheets)
    # The font that the Material theme brings.
    assert ("roboto" in styles.lower()) == (theme == "material")


def test_the_icons_of_the_material_theme_are_found_behind_two_slashes(
    cloud: EmbeddedCloud,
) -> None:
    url = cloud.status["urls"]["dashboard"]
    font = "/static//horizon/lib/mdi/fonts/materialdesignicons-webfont.woff2"
    assert requests.get(url + font, timeout=60).ok


def test_twenty_servers_at_once_all_become_active(
    cloud: EmbeddedCloud, servers_of_test: list[str]
) -> None:
    cloud.connection("demo").compute.find_flavor("m1.tiny")  # log in once, before the threads
    before = errors_in_logs(cloud)
    with ThreadPoolExecutor(20) as pool:
        made = list(pool.map(lambda n: create_server(cloud, f"burst-{n}"), range(20)))
    servers_of_test += [server.id for server in made]

    def statuses() -> set[str]:
        found = cloud.connection("demo").compute.servers()
        return {server.status for server in found if server.id in servers_of_test}

    wait_until(lambda: "BUILD" not in statuses(), _BUILD_SECONDS, "20 servers are built")
    assert statuses() == {"ACTIVE"}
    assert errors_in_logs(cloud) == before


def test_a_stopped_host_is_seen_as_down_and_comes_back(
    cloud: EmbeddedCloud, servers_of_test: list[str]
) -> None:
    host = "r6-h1"
    admin = cloud.connection("admin").compute
    server = create_server(cloud, "stays", "admin", host=host)
    servers_of_test.append(server.id)
    admin.wait_for_server(server, wait=_BUILD_SECONDS)
    before = errors_in_logs(cloud)

    def state() -> str:
        found: str = next(s.state for s in admin.services(binary="nova-compute", host=host))
        return found

    try:
        stopped = cloud.ensemble_cloud("host", "stop", host)
        assert stopped.stdout.startswith(f"The compute service of {host} is stopped.\n")
        wait_until(lambda: state() == "down", _DOWN_SECONDS, "Nova gives the host up")
        assert {h["name"] for h in cloud.status["hosts"] if h["state"] == "down"} == {host}
        again = cloud.ensemble_cloud("host", "stop", host)
        assert again.stdout.startswith(f"The compute service of {host} was stopped already.\n")
        assert cloud.ensemble_cloud("status").returncode == 0
    finally:
        started = cloud.ensemble_cloud("host", "start", host)
    assert started.stdout.startswith(f"The compute service of {host} is started.\n")
    wait_until(lambda: state() == "up", _DOWN_SECONDS, "Nova takes the host back")
    admin.stop_server(server)
    admin.wait_for_server(server, status="SHUTOFF", wait=_BUILD_SECONDS)
    assert errors_in_logs(cloud) == before


def test_a_host_that_is_not_there_is_refused(cloud: EmbeddedCloud) -> None:
    done = cloud.ensemble_cloud("host", "stop", "nowhere")
    assert done.returncode == 1
    assert done.stderr.startswith("ensemble-cloud: there is no host 'nowhere'; there are r1-h1,")


def test_a_running_cloud_cannot_be_started_again_or_removed(cloud: EmbeddedCloud) -> None:
    again = cloud.ensemble_cloud("up")
    assert again.returncode == 1
    assert "is in use by a running embedded cloud" in again.stderr
    gone = cloud.ensemble_cloud("reset", "--yes")
    assert gone.returncode == 1
    assert "stop it first" in gone.stderr
    assert cloud.status["state"] == "up"


def test_another_cloud_on_the_same_ports_is_refused(cloud: EmbeddedCloud, tmp_path: Path) -> None:
    base = cloud.status["urls"]["dashboard"].rpartition(":")[2]
    other = EmbeddedCloud(tmp_path / "other")
    done = other.ensemble_cloud("up", "--port-base", base)
    assert done.returncode == 1
    assert f"port {base} (dashboard)" in done.stderr
    assert other.status["state"] == "down"


@pytest.mark.skipif("ENSEMBLE_TEST_CLOUD" in os.environ, reason="would restart a cloud in use")
def test_a_second_start_finds_everything_as_it_was(
    cloud: EmbeddedCloud, servers_of_test: list[str]
) -> None:
    server = create_server(cloud, "before", "admin", host="r5-h1")
    servers_of_test.append(server.id)
    compute = cloud.connection("admin").compute
    compute.wait_for_server(server, wait=_BUILD_SECONDS)
    before = errors_in_logs(cloud)
    assert cloud.ensemble_cloud("down").returncode == 0
    assert cloud.status["state"] == "down"
    started = cloud.ensemble_cloud("up", "--detach")
    assert started.returncode == 0, started.stdout + started.stderr
    assert {host["state"] for host in cloud.status["hosts"]} == {"up"}
    found = {s.name: (s.status, s.compute_host) for s in compute.servers(all_projects=True)}
    assert found["before"] == ("ACTIVE", "r5-h1")
    assert found["ci-1"] == ("ACTIVE", "r1-h1")
    # The new hypervisor process knows its old guests.
    compute.stop_server(server)
    compute.wait_for_server(server, status="SHUTOFF", wait=_BUILD_SECONDS)
    assert errors_in_logs(cloud) == before
