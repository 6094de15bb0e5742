# SPDX-License-Identifier: Apache-2.0
"""Hosts that Nova keeps for another project are neither planned nor used."""

from collections.abc import Iterator

import pytest

from tests.cloud.ensembles import Operator, Project
from tests.embedded import EmbeddedCloud

pytestmark = pytest.mark.cloud

KEPT = 2  # hosts that demo's members may use


@pytest.fixture
def demo(cloud: EmbeddedCloud) -> Project:
    return Project(cloud.connection("demo"))


@pytest.fixture
def open_hosts(cloud: EmbeddedCloud) -> Iterator[set[str]]:
    """Give the hosts that are left to demo while an aggregate keeps the others for demo2."""
    compute = cloud.connection("admin").compute
    hosts = sorted(each.name for each in compute.hypervisors())
    aggregate = compute.create_aggregate(name="demo2-only")
    owner = cloud.connection("demo2").current_project_id
    compute.set_aggregate_metadata(aggregate, {"filter_tenant_id": owner})
    for host in hosts[KEPT:]:
        compute.add_host_to_aggregate(aggregate, host)
    yield set(hosts[:KEPT])
    for host in hosts[KEPT:]:
        compute.remove_host_from_aggregate(aggregate, host)
    compute.delete_aggregate(aggregate)


def test_hosts_of_another_project_are_not_planned(
    demo: Project, open_hosts: set[str], cloud: EmbeddedCloud
) -> None:
    anti_affinity = {"type": "anti-affinity", "level": "host", "tiers": ["web"]}
    too_many = demo.body("too-many", [demo.tier("web", KEPT + 1)], anti_affinity)
    plan = demo.request("POST", "/plans", too_many).json()["plan"]
    (reason,) = plan["reasons"]
    assert (plan["feasible"], plan["proved"]) == (False, True)
    assert (reason["demand"], reason["supply"]) == (KEPT + 1, KEPT)

    built = demo.create(demo.body("just-enough", [demo.tier("web", KEPT)], anti_affinity))
    members = demo.wait(built["id"], "ACTIVE")["members"]
    servers = Operator(cloud.connection("admin")).servers()
    assert {servers[each["server_id"]].compute_host for each in members} == open_hosts
    demo.delete(built["id"])
