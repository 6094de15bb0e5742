# SPDX-License-Identifier: Apache-2.0
"""Ensembles as a service of their own, with the real Keystone and the real Nova."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ensemble_client.client import make_client
from ensemble_cloud.ports import free_base
from tests.embedded import BUILD, EmbeddedCloud

NAME = "shop"


@pytest.fixture(scope="module")
def apart() -> Iterator[EmbeddedCloud]:
    """A small cloud whose ensembles are a service of their own, with an engine beside it."""
    cloud = EmbeddedCloud(Path(tempfile.mkdtemp(prefix="ensembles-apart-")))
    options = ("--mount", "service", "--no-dashboard", "--no-background")
    try:
        started = cloud.ensemble_cloud("up", "--detach", "--port-base", str(free_base()), *options)
        assert started.returncode == 0, started.stdout + started.stderr
        yield cloud
    finally:
        cloud.ensemble_cloud("down")
        logs = BUILD / "apart-cloud-log"
        shutil.rmtree(logs, ignore_errors=True)
        shutil.copytree(cloud.state / "log", logs)
        shutil.rmtree(cloud.state, ignore_errors=True)


def until(what: str, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.3)


def ensembles(cloud: EmbeddedCloud, user: str) -> Any:
    return make_client(cloud.connection(user).session).ensembles


def test_an_ensemble_lives_with_tokens_of_its_tenant_s_and_nova_s_own_rights(
    apart: EmbeddedCloud,
) -> None:
    demo, admin = ensembles(apart, "demo"), apart.connection("admin")
    assert demo.capabilities()["mount"] == "service"
    assert apart.connection("demo").compute.get("/os-ensembles").status_code == 404
    created = apart.run(["--os-cloud", "demo", "ensemble", "create", "examples/three-tier.yaml"])
    assert created.returncode == 0, created.stderr
    (made,) = demo.list()
    assert [list(ensembles(apart, user).list()) for user in ("demo2", "admin")] == [[], []]
    until("it is built", lambda: demo.get(made.id).status == "ACTIVE")
    me = apart.connection("demo")
    servers = list(admin.compute.servers(all_projects=True))
    assert {(each.user_id, each.project_id) for each in servers} == {
        (me.current_user_id, me.current_project_id)
    }

    # A host fails: its members are evacuated, though nobody with a token asks for it.
    failed = servers[0].hypervisor_hostname
    apart.ensemble_cloud("host", "stop", failed, "--forced")

    def hosts() -> set[str]:
        found = admin.compute.servers(all_projects=True)
        return {each.hypervisor_hostname for each in found}

    until("its failure is seen", lambda: demo.get(made.id).status == "DEGRADED")
    assert apart.run(["--os-cloud", "demo", "ensemble", "repair", made.name]).returncode == 0
    until("it is repaired", lambda: failed not in hosts())
    until("it holds again", lambda: demo.get(made.id).status == "ACTIVE")
    apart.ensemble_cloud("host", "start", failed, "--forced")

    # Another one is drained: members move by a policy that knows our service user.
    drained = sorted(hosts())[0]
    moved = apart.run(["--os-cloud", "admin", "ensemble", "host", "drain", drained, "--wait"])
    assert moved.returncode == 0 and drained not in hosts(), moved.stderr

    # What its tenant has locked is not deleted until they unlock it.
    locked = next(iter(me.compute.servers()))
    me.compute.lock_server(locked)
    demo.delete(made.id)
    until("it waits for the lock", lambda: "locked" in str(demo.get(made.id).fault))
    assert me.compute.get_server(locked.id).status == "ACTIVE"
    me.compute.unlock_server(locked)
    until("all is gone", lambda: not list(admin.compute.servers(all_projects=True)))
    until("the ensemble too", lambda: not list(demo.list()))
