# SPDX-License-Identifier: Apache-2.0
"""A conductor that is killed while it has servers costs their build time, and not the ensemble."""

import time

import psutil

from tests.cloud.ensembles import Operator, Project
from tests.embedded import EmbeddedCloud

MEMBERS = 8


def kill(cloud: EmbeddedCloud, service: str) -> None:
    found = next(each for each in cloud.status["services"] if each["name"] == service)
    if found["pid"] is not None:
        psutil.Process(found["pid"]).kill()


def unplaced(operator: Operator, name: str) -> int:
    """How many servers of an ensemble are in BUILD and on no host."""
    servers = [each for each in operator.servers().values() if each.name.startswith(name)]
    return sum(each.status == "BUILD" and each.compute_host is None for each in servers)


def test_what_a_killed_conductor_had_is_asked_for_again(full_cloud: EmbeddedCloud) -> None:
    demo, operator = (
        Project(full_cloud.connection("demo")),
        Operator(full_cloud.connection("admin")),
    )
    before = operator.left_behind()
    spread = {"type": "spread", "level": "host", "tiers": ["web"], "max_skew": 1}
    made = demo.create(demo.body("orphans", [demo.tier("web", MEMBERS)], spread))
    deadline = time.monotonic() + 30
    while not unplaced(operator, "orphans") and time.monotonic() < deadline:
        time.sleep(0.1)
    kill(full_cloud, "nova-super-conductor")
    built = demo.wait(made["id"], "ACTIVE")
    servers = operator.servers()
    assert {each["server_id"] for each in built["members"]} == servers.keys() - before["servers"]
    demo.delete(made["id"])
    assert operator.left_behind() == before
