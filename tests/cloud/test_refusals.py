# SPDX-License-Identifier: Apache-2.0
"""What Nova or Neutron would refuse of a member is refused at once, in a dry run and a create."""

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cloud.ensembles import Operator, Project

pytestmark = pytest.mark.cloud


@dataclass(frozen=True)
class Cloud:
    """The embedded cloud as its tenant and as its operator see it."""

    demo: Project
    operator: Operator

    @property
    def project(self) -> str:
        return str(self.demo.connection.current_project_id)


@pytest.fixture(scope="module")
def here(cloud: Any) -> Cloud:
    return Cloud(Project(cloud.connection("demo")), Operator(cloud.connection("admin")))


@contextlib.contextmanager
def network(here: Cloud, cidr: str | None = "10.77.0.0/24") -> Iterator[Any]:
    """A network of the project's own, with a subnet if it has a cidr."""
    neutron = here.demo.connection.network
    made = neutron.create_network(name=f"second-{uuid.uuid4().hex[:8]}")
    try:
        if cidr:
            neutron.create_subnet(network_id=made.id, cidr=cidr, ip_version=4)
        yield made
    finally:
        neutron.delete_network(made)


@contextlib.contextmanager
def flavor(here: Cloud, **specs: str) -> Iterator[Any]:
    compute = here.operator.connection.compute
    made = compute.create_flavor(name=f"odd-{uuid.uuid4().hex[:8]}", vcpus=1, ram=512, disk=1)
    # An operator may have written these before Nova checked them, as its older versions do not.
    path = f"/flavors/{made.id}/os-extra_specs"
    answer = compute.post(path, json={"extra_specs": specs}, microversion="2.1")
    assert answer.status_code == 200, answer.text
    try:
        yield made
    finally:
        compute.delete_flavor(made)


@contextlib.contextmanager
def image(here: Cloud, **properties: str) -> Iterator[Any]:
    """An image with these properties."""
    glance = here.demo.connection.image
    made = glance.create_image(
        name=f"odd-{uuid.uuid4().hex[:8]}",
        container_format="bare",
        disk_format="raw",
        data=b"not a disk",
        allow_duplicates=True,
        **properties,
    )
    try:
        yield made
    finally:
        glance.delete_image(made)


@contextlib.contextmanager
def quotas(here: Cloud, **limits: int) -> Iterator[None]:
    """Limits of the project in Nova."""
    compute = here.operator.connection.compute
    compute.update_quota_set(here.project, **limits)
    try:
        yield
    finally:
        compute.revert_quota_set(here.project)


@contextlib.contextmanager
def free_ports(here: Cloud, free: int) -> Iterator[None]:
    """Room in Neutron's quota for this many ports beside those that there are."""
    neutron = here.operator.connection.network
    used = sum(1 for _ in neutron.ports(project_id=here.project))
    neutron.update_quota(here.project, ports=used + free)
    try:
        yield
    finally:
        neutron.delete_quota(here.project)


@contextlib.contextmanager
def two_networks(here: Cloud) -> Iterator[dict[str, Any]]:
    with network(here):
        yield {"networks": "auto"}


@contextlib.contextmanager
def no_subnet(here: Cloud) -> Iterator[dict[str, Any]]:
    with network(here, cidr=None) as made:
        yield {"networks": [made.id]}


@contextlib.contextmanager
def metadata_quota(here: Cloud) -> Iterator[dict[str, Any]]:
    with quotas(here, metadata_items=1):
        yield {"metadata": {"a": "1", "b": "2"}}


@contextlib.contextmanager
def pci_alias(here: Cloud) -> Iterator[dict[str, Any]]:
    with flavor(here, **{"pci_passthrough:alias": "no-such:1"}) as made:
        yield {"flavor": made.id}


@contextlib.contextmanager
def odd_topology(here: Cloud) -> Iterator[dict[str, Any]]:
    with flavor(here, **{"hw:cpu_policy": "dedicated", "hw:numa_nodes": "7"}) as made:
        yield {"flavor": made.id}


@contextlib.contextmanager
def odd_image(here: Cloud) -> Iterator[dict[str, Any]]:
    with image(here, hw_cpu_policy="banana") as made:
        yield {"image": made.id}


@contextlib.contextmanager
def same_group_twice(here: Cloud) -> Iterator[dict[str, Any]]:
    neutron = here.demo.connection.network
    groups = [neutron.create_security_group(name="twin") for _ in range(2)]
    try:
        yield {"security_groups": ["twin"]}
    finally:
        for each in groups:
            neutron.delete_security_group(each)


@contextlib.contextmanager
def plain(here: Cloud, **server: Any) -> Iterator[dict[str, Any]]:
    yield server


@pytest.mark.parametrize(
    ("setting", "status", "field"),
    [
        pytest.param(two_networks, 409, "networks", id="auto with two networks"),
        pytest.param(no_subnet, 400, "networks", id="a network without a subnet"),
        pytest.param(metadata_quota, 403, "metadata", id="more metadata than the quota allows"),
        pytest.param(pci_alias, 400, "flavor", id="a flavor with an undefined PCI alias"),
        pytest.param(odd_topology, 400, "flavor", id="a flavor that Nova cannot lay out"),
        pytest.param(odd_image, 400, "image", id="an image with a property that is none"),
        pytest.param(same_group_twice, 409, "security_groups", id="two groups of that name"),
        pytest.param(
            lambda here: plain(here, availability_zone="nowhere"),
            400,
            "availability_zone",
            id="an unknown availability zone",
        ),
        pytest.param(
            lambda here: plain(here, availability_zone="az1:r1-h1"),
            403,
            "availability_zone",
            id="a zone that names a host",
        ),
        pytest.param(
            lambda here: plain(here, personality=[{"path": "/x", "contents": "eA=="}]),
            400,
            "personality",
            id="injected files",
        ),
    ],
)
@pytest.mark.parametrize("path", ["", "/plans"], ids=["create", "dry run"])
def test_what_nova_would_refuse_is_refused_at_once_with_its_field(
    here: Cloud, path: str, setting: Any, status: int, field: str
) -> None:
    before = here.operator.left_behind()
    with setting(here) as server:
        odd = here.demo.tier("odd", 1)
        odd["server"] |= server
        body = here.demo.body("odd", [here.demo.tier("fine", 1), odd])
        response = here.demo.request("POST", path, body)
        if response.status_code == 202:
            here.demo.delete(response.json()["ensemble"]["id"])
    assert response.status_code == status, response.text
    (fault,) = response.json().values()
    assert fault["details"]["field"] == f"ensemble.tiers[1].server.{field}", fault
    assert fault["message"].startswith(f"ensemble.tiers[1].server.{field}: "), fault
    assert "roup" not in fault["message"] or field == "security_groups", (
        "Nova's words, not a probe's"
    )
    assert here.operator.left_behind() == before


def test_what_nova_takes_is_not_refused(here: Cloud) -> None:
    """Two tiers that differ in nearly everything; nothing is left of asking Nova."""
    before = here.operator.left_behind()
    groups = here.operator.connection.compute.get("/os-server-groups?all_projects=1").json()
    user_data = "IyEvYmlu\nL3NoCg==\n"
    tiers = [
        here.demo.tier("web", 2, networks="auto", metadata={"a": "b"}, config_drive=True),
        here.demo.tier("db", 2, security_groups=["default"], user_data=user_data),
        here.demo.tier("dark", 1, networks="none"),
    ]
    body = here.demo.body("  name with: odd ✓ characters/  ", tiers)
    plan = here.demo.request("POST", "/plans", body)
    assert plan.status_code == 200, plan.text
    assert plan.json()["plan"]["feasible"]
    after = here.operator.connection.compute.get("/os-server-groups?all_projects=1").json()
    assert after == groups
    assert here.operator.left_behind() == before


@pytest.mark.parametrize(
    ("limits", "resource", "networks"),
    [
        pytest.param({"instances": 1}, "Instances", "auto", id="servers"),
        pytest.param({"cores": 1}, "Cores", "auto", id="VCPUs"),
        pytest.param({"ram": 512}, "RAMSize", "auto", id="memory"),
        pytest.param({"ports": 1}, "Ports", "auto", id="ports"),
        pytest.param({"ports": 0}, None, "none", id="ports, of which none is needed"),
    ],
)
def test_a_plan_beyond_the_quota_says_so_and_is_not_built(
    here: Cloud, limits: dict[str, int], resource: str | None, networks: str
) -> None:
    before = here.operator.left_behind()
    body = here.demo.body("big", [here.demo.tier("web", 2, networks=networks)])
    used = here.demo.connection.compute.get("/limits").json()["limits"]["absolute"]
    already = {"instances": "Instances", "cores": "Cores", "ram": "RAM"}
    ports = limits.pop("ports", None) if "ports" in limits else None
    limits = {key: n + used[f"total{already[key]}Used"] for key, n in limits.items()}
    setting = free_ports(here, ports) if ports is not None else quotas(here, **limits)
    with setting:
        plan = here.demo.request("POST", "/plans", body).json()["plan"]
        created = here.demo.request("POST", body=body) if resource else None
        if created is not None and created.status_code == 202:
            here.demo.delete(created.json()["ensemble"]["id"])
    assert plan["feasible"], "there is room in the cloud"
    assert [each["resource"] for each in plan["over_quota"]] == ([resource] if resource else [])
    if created is not None:
        assert created.status_code == 403, created.text
        fault = created.json()["forbidden"]
        shortage = plan["over_quota"][0]
        assert fault["message"] == shortage.pop("message")
        assert fault["details"] == {"code": "ensemble.quota", **shortage}
    assert here.operator.left_behind() == before


def test_a_plan_within_the_quota_is_over_none(here: Cloud) -> None:
    plan = here.demo.request("POST", "/plans", here.demo.body("s", [here.demo.tier("web", 2)]))
    assert plan.json()["plan"]["over_quota"] == []
