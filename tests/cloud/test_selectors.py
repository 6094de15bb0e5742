# SPDX-License-Identifier: Apache-2.0
"""Tiers that choose hosts by the metadata of aggregates, on the embedded cloud."""

import pytest

from tests.cloud.ensembles import Operator, Project

pytestmark = pytest.mark.cloud


def test_a_tier_is_on_hosts_with_the_disks_that_it_asks_for(
    demo: Project, operator: Operator
) -> None:
    (offered,) = demo.request("GET", "/capabilities").json()["capabilities"]["selectors"]
    assert offered == {"key": "disk", "values": ["nvme", "ssd"]}
    disks = {
        host: each.metadata["disk"]
        for each in operator.connection.compute.aggregates()
        if "disk" in each.metadata
        for host in each.hosts
    }
    only = {"type": "selector", "level": "host", "tiers": ["db"], "key": "disk", "values": ["ssd"]}
    kept_off = {**only, "tiers": ["web"], "rule": "not"}
    tiers = [demo.tier("db", 3), demo.tier("web", 3)]
    made = demo.create(demo.body("disks", tiers, only, kept_off))
    try:
        built = demo.wait(made["id"], "ACTIVE")
        servers = operator.servers()
        found = [
            (each["tier"], disks[servers[each["server_id"]].compute_host])
            for each in built["members"]
        ]
        assert sorted(found) == [("db", "ssd")] * 3 + [("web", "nvme")] * 3
    finally:
        demo.delete(made["id"])
