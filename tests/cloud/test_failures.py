# SPDX-License-Identifier: Apache-2.0
"""Failures under way: a host that is down is not planned on, a killed nova process is survived."""

import contextlib
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.cloud.ensembles import PATIENCE, Operator, Project

pytestmark = pytest.mark.cloud


def wait_for(what: str, condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"{what} did not come true in {PATIENCE} s"
        time.sleep(1)


def nova_says(operator: Operator, host: str) -> str:
    services = operator.connection.compute.services(binary="nova-compute", host=host)
    return str(next(iter(services)).state)


def map_says(operator: Operator, host: str) -> str:
    """Give the state of a host in the operator's map, which is the last one observed."""
    hosts = Project(operator.connection).request("GET", "/hosts").json()["hosts"]
    return next(str(each["state"]) for each in hosts if each["host"] == host)


def wait_until_up(operator: Operator, host: str) -> None:
    """Wait until Nova says so, and until that is observed."""
    wait_for(f"{host} is up", lambda: nova_says(operator, host) == "up")
    wait_for("it is observed", lambda: map_says(operator, host) == "up")


def planned_hosts(operator: Operator, body: Any) -> set[str]:
    plan = Project(operator.connection).request("POST", "/plans", body).json()["plan"]
    return {each["name"] for each in plan["domains"] if each["level"] == "host"}


def test_a_host_that_is_down_is_not_planned_on(
    cloud: Any, demo: Project, operator: Operator
) -> None:
    anti_affinity = {"type": "anti-affinity", "level": "host", "tiers": ["web"]}
    body = demo.body("shop", [demo.tier("web", 3)], anti_affinity)
    victim = sorted(planned_hosts(operator, body))[0]
    stopped = cloud.ensemble_cloud("host", "stop", victim)
    assert stopped.returncode == 0, stopped.stderr
    try:
        wait_for(f"{victim} is down", lambda: nova_says(operator, victim) == "down")
        assert victim not in planned_hosts(operator, body)
        wait_for("it is observed", lambda: map_says(operator, victim) == "down")
        built = demo.wait(demo.create(body)["id"], "ACTIVE")
        demo.delete(built["id"])
    finally:
        started = cloud.ensemble_cloud("host", "start", victim)
        assert started.returncode == 0, started.stderr
    wait_until_up(operator, victim)
    assert victim in planned_hosts(operator, body)


def test_a_host_that_stops_leaves_no_green_word(
    cloud: Any, demo: Project, operator: Operator
) -> None:
    """A quorum of three on three racks, in two zones: the loss of a zone may break it."""
    anti_affinity = {"type": "anti-affinity", "level": "rack", "tiers": ["db"]}
    quorum = {"type": "survive", "level": "rack", "tiers": ["db"], "min_available": 2}
    made = demo.create(demo.body("quorum", [demo.tier("db", 3)], anti_affinity, quorum))
    built = demo.wait(made["id"], "ACTIVE")

    def verdicts() -> dict[str, Any]:
        found = demo.request("GET", f"/{made['id']}/survivability").json()["survivability"]
        return {
            each["level"]: (each["state"], each["ends"], each["short"]) for each in found["levels"]
        }

    planned = {each["level"]: each for each in built["survives"]}
    assert [planned[level]["state"] for level in ("rack", "zone")] == ["works", "degraded"]
    assert (planned["zone"]["ends"], planned["zone"]["short"]) == ([], ["db"])
    victim = operator.servers()[built["members"][0]["server_id"]].compute_host
    assert cloud.ensemble_cloud("host", "stop", victim).returncode == 0
    try:
        wait_for(f"{victim} is down", lambda: nova_says(operator, victim) == "down")
        wait_for("it is observed", lambda: verdicts()["host"] == ("degraded", [], ["db"]))
        assert verdicts()["rack"] == ("degraded", [], ["db"])
        spread = Project(operator.connection).request("GET", "/hosts").json()
        told = [(each["ensemble_id"], each["effect"]) for each in spread["broken"]]
        assert told == [(made["id"], "exposed")]
        listed = cloud.run(["--os-cloud", "demo", "ensemble", "list"])
        (row,) = (each for each in listed.stdout.splitlines() if made["id"] in each)
        assert "host: degraded, rack: degraded, zone: " in row
        assert "works" not in row
        looked = cloud.run(["--os-cloud", "demo", "ensemble", "survivability", made["id"]])
        assert "The ensemble is degraded after the loss of any one host: " in looked.stdout
        assert "fewer of db" in looked.stdout
        for_operators = cloud.run(["--os-cloud", "admin", "ensemble", "host", "list"])
        promise = "quorum: At least 2 of db must be left after the loss of any one rack."
        assert f"{promise} That is used up" in for_operators.stdout
    finally:
        started = cloud.ensemble_cloud("host", "start", victim)
        assert started.returncode == 0, started.stderr
    wait_until_up(operator, victim)
    demo.delete(made["id"])


def test_a_host_that_is_disabled_while_it_is_waited_for_costs_no_build(
    demo: Project, operator: Operator
) -> None:
    anti_affinity = {"type": "anti-affinity", "level": "host", "tiers": ["web"]}
    made = demo.create(demo.body("moved-on", [demo.tier("web", 12)], anti_affinity))
    late = reserved_hosts(operator, made["id"])[-1]
    (service,) = operator.connection.compute.services(binary="nova-compute", host=late)
    operator.connection.compute.disable_service(service)
    try:
        built = demo.wait(made["id"], "ACTIVE")
        hosts = hosts_of(operator, built)
        assert len(hosts) == 12
        assert late not in hosts
        told = " ".join(str(each["message"]) for each in built["events"])
        assert "is reserved on another host, where it is built." in told
        assert late not in told
    finally:
        operator.connection.compute.enable_service(service)
    demo.delete(made["id"])


def test_a_host_that_stops_in_the_middle_of_a_build_costs_no_build(
    cloud: Any, demo: Project, operator: Operator
) -> None:
    before = operator.left_behind()
    anti_affinity = {"type": "anti-affinity", "level": "host", "tiers": ["web"]}
    made = demo.create(demo.body("bereaved", [demo.tier("web", 12)], anti_affinity))
    victim = reserved_hosts(operator, made["id"])[-1]
    assert cloud.ensemble_cloud("host", "stop", victim).returncode == 0
    try:
        built = demo.wait(made["id"], "ACTIVE")
        hosts = hosts_of(operator, built)
        assert len(hosts) == 12
        assert victim not in hosts
    finally:
        assert cloud.ensemble_cloud("host", "start", victim).returncode == 0
    wait_until_up(operator, victim)
    demo.delete(made["id"])
    assert operator.left_behind() == before


def reserved_hosts(operator: Operator, ensemble_id: str) -> list[str]:
    """The hosts on which members wait to be built, in the order of the members."""
    found = Project(operator.connection).request("GET", f"/{ensemble_id}").json()["ensemble"]
    return [each["host"] for each in found["members"] if each["status"] == "RESERVED"]


def hosts_of(operator: Operator, built: dict[str, Any]) -> set[str | None]:
    servers = operator.servers()
    return {servers[each["server_id"]].compute_host for each in built["members"]}


def test_a_nova_killed_in_the_middle_of_a_build_ends_active_or_rolled_back(
    cloud: Any, demo: Project, operator: Operator
) -> None:
    before = operator.left_behind()
    anti_affinity = {"type": "anti-affinity", "level": "host", "tiers": ["web"]}
    created = demo.create(demo.body("unlucky", [demo.tier("web", 10)], anti_affinity))

    def half_way() -> bool:
        found = demo.request("GET", f"/{created['id']}").json()["ensemble"]
        return any(each["status"] == "BUILDING" for each in found["members"])

    wait_for("the build has begun", half_way)
    nova = next(each for each in cloud.status["services"] if each["name"] == "nova")
    os.kill(nova["pid"], signal.SIGKILL)
    wait_for("the cloud has noticed", lambda: cloud.status["state"] == "down")
    restarted = cloud.ensemble_cloud("up", "--detach")
    assert restarted.returncode == 0, restarted.stdout + restarted.stderr

    ended: dict[str, Any] = {}

    def settled() -> bool:
        ended.update(demo.request("GET", f"/{created['id']}").json()["ensemble"])
        return ended["status"] in ("ACTIVE", "ERROR")

    wait_for("the ensemble is settled", settled)
    if ended["status"] == "ACTIVE":
        servers = operator.servers()
        hosts = {servers[each["server_id"]].compute_host for each in ended["members"]}
        assert len(hosts) == 10
    else:
        assert ended["fault"]["message"]
        assert "No valid host" not in ended["fault"]["message"], "its hosts report again"
        assert operator.left_behind() == before
    demo.delete(created["id"])
    assert operator.left_behind() == before


def test_a_server_that_nova_has_no_cell_of_goes_with_its_ensemble(
    cloud: Any, demo: Project, operator: Operator
) -> None:
    """As a conductor leaves it that is killed before it maps a server, which is deleted then."""
    before = operator.left_behind()
    made = demo.create(demo.body("half", [demo.tier("web", 2, networks="none")]))
    built = demo.wait(made["id"], "ACTIVE")
    half = built["members"][0]["server_id"]
    with nova_database(cloud, "cell1") as cell, nova_database(cloud, "api") as api:
        cell.execute(
            "UPDATE instances SET host = NULL, node = NULL, launched_on = NULL, launched_at = NULL,"
            " vm_state = 'building', task_state = 'scheduling' WHERE uuid = ?",
            (half,),
        )
        api.execute(
            "UPDATE instance_mappings SET cell_id = NULL, queued_for_delete = 1,"
            " created_at = '2026-01-01 00:00:00' WHERE instance_uuid = ?",
            (half,),
        )
    assert half in operator.servers(), "Nova lists it"
    assert operator.connection.compute.find_server(half) is None
    demo.delete(made["id"])
    assert operator.left_behind() == before


def test_a_server_that_nova_has_only_the_request_of_goes_with_its_ensemble(
    cloud: Any, demo: Project, operator: Operator
) -> None:
    """As a conductor leaves it that is killed after it has mapped a server, which is deleted then.

    Started again, the compute service sets such a server to ERROR, and Nova deletes one in ERROR
    without the request for it.
    """
    before = operator.left_behind()
    with nova_database(cloud, "api") as api:
        columns = [row[1] for row in api.execute("PRAGMA table_info(build_requests)")]
        api.execute("CREATE TABLE kept_requests AS SELECT * FROM build_requests WHERE 0")
        api.execute(
            "CREATE TRIGGER keep_requests AFTER DELETE ON build_requests BEGIN INSERT INTO"
            f" kept_requests VALUES ({', '.join(f'OLD.{each}' for each in columns)}); END"
        )
    try:
        made = demo.create(demo.body("half", [demo.tier("web", 2, networks="none")]))
        built = demo.wait(made["id"], "ACTIVE")
    finally:
        with nova_database(cloud, "api") as api:
            api.execute("DROP TRIGGER keep_requests")
    half = built["members"][0]["server_id"]
    with nova_database(cloud, "api") as api:
        api.execute(
            "INSERT INTO build_requests SELECT * FROM kept_requests WHERE instance_uuid = ?",
            (half,),
        )
        api.execute("DROP TABLE kept_requests")
    demo.delete(made["id"])
    assert operator.left_behind() == before


@contextlib.contextmanager
def nova_database(cloud: Any, name: str) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(
        sqlite3.connect(cloud.state / "db" / f"nova_{name}.sqlite", timeout=60)
    ) as connection:
        yield connection
        connection.commit()
