# SPDX-License-Identifier: Apache-2.0
"""Server templates on the embedded cloud: what serves one member only, and what is refused."""

import contextlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud.ensembles import Operator, Project

pytestmark = pytest.mark.cloud


@contextlib.contextmanager
def ports(project: Project, count: int, **facts: Any) -> Iterator[list[str]]:
    """Free ports of a project on its network."""
    network = project.names["network"]["private"]
    made = [
        project.connection.network.create_port(network_id=network, name=f"front-{each}", **facts)
        for each in range(count)
    ]
    try:
        yield [each.id for each in made]
    finally:
        for each in made:
            project.connection.network.delete_port(each)


def refused(project: Project, **server: Any) -> tuple[str, str]:
    """Code and field of the refusal of a tier of two, as it is planned."""
    response = project.request(
        "POST", "/plans", project.body("x", [project.tier("web", 2, **server)])
    )
    assert response.status_code == 400, response.text
    details = response.json()["badRequest"]["details"]
    return details["code"], details["field"].removeprefix("ensemble.tiers[0].server.")


def test_each_member_has_its_own_port_and_gives_it_back(demo: Project, operator: Operator) -> None:
    with ports(demo, 4) as given:
        tier = demo.tier("web", 2, ports=given, networks="auto", config_drive=True)
        created = demo.create(demo.body("fronts", [tier]))
        try:
            built = demo.wait(created["id"], "ACTIVE")
            for member in built["members"]:
                index = int(member["name"].rpartition("-")[2])
                server = operator.connection.compute.get_server(member["server_id"])
                found = operator.connection.network.ports(device_id=server.id)
                assert {each.id for each in found} == set(given[2 * index : 2 * index + 2])
                assert server.has_config_drive
            assert refused(demo, ports=given[:2]) == ("ensemble.invalid", "ports[0]")
        finally:
            demo.delete(created["id"])
        left = {each: demo.connection.network.get_port(each) for each in given}
        assert {each.device_id for each in left.values()} == {""}, "the ports are free again"


def test_members_have_what_else_nova_gives_a_server(demo: Project, operator: Operator) -> None:
    certificates = ["674736e3-f25c-405c-8362-bbf991e0ce0a"]
    tier = demo.tier(
        "web",
        1,
        disk_config="MANUAL",
        description="Serves pages.",
        tags=["front", "shop"],
        trusted_image_certificates=certificates,
    )
    created = demo.create(demo.body("described", [tier]))
    try:
        (member,) = demo.wait(created["id"], "ACTIVE")["members"]
        server = operator.connection.compute.get_server(member["server_id"])
        assert server.disk_config == "MANUAL"
        assert server.description == "Serves pages."
        assert {"front", "shop"} < set(server.tags)
        assert any(tag.startswith("ensemble-member:") for tag in server.tags), "ours stay"
        assert server.trusted_image_certificates == certificates
    finally:
        demo.delete(created["id"])


def test_ports_and_networks_go_together_in_their_order(demo: Project, operator: Operator) -> None:
    network = demo.names["network"]["private"]
    with ports(demo, 1) as given:
        created = demo.create(
            demo.body("both", [demo.tier("web", 1, ports=given, networks=[network])])
        )
        try:
            (member,) = demo.wait(created["id"], "ACTIVE")["members"]
            found = {
                each.id for each in operator.connection.network.ports(device_id=member["server_id"])
            }
            assert len(found) == 2 and set(given) < found
        finally:
            demo.delete(created["id"])


def test_what_is_not_the_tenants_or_cannot_be_shared_out_is_refused(
    demo: Project, cloud: Any
) -> None:
    stranger = Project(cloud.connection("demo2"))
    with ports(stranger, 2) as theirs:
        assert refused(demo, ports=theirs) == ("ensemble.unknown_port", "ports[0]")
    with ports(demo, 1) as one:
        assert refused(demo, ports=one) == ("ensemble.invalid", "ports")
        assert refused(demo, ports=[one[0], str(uuid.uuid4())])[1] == "ports[1]"
    bare = {"fixed_ips": []}
    with ports(demo, 2, **bare) as without:
        assert refused(demo, ports=without) == ("ensemble.invalid", "ports[0]")


def test_a_cloud_without_a_volume_service_has_no_volumes(demo: Project) -> None:
    tier = demo.tier("web", 1, volumes=[str(uuid.uuid4())])
    del tier["server"]["image"]
    response = demo.request("POST", "/plans", demo.body("x", [tier]))
    assert response.status_code == 400, response.text
    details = response.json()["badRequest"]["details"]
    assert details["code"] == "ensemble.unknown_volume"
    assert details["field"] == "ensemble.tiers[0].server.volumes[0]"
