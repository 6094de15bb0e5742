# SPDX-License-Identifier: Apache-2.0
"""Requests that are refused before anything is held, on the real services."""

import uuid
from typing import Any

import pytest

from tests.cloud.ensembles import Operator, Project

pytestmark = pytest.mark.cloud

ANTI_AFFINITY = {"type": "anti-affinity", "level": "host"}


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        pytest.param(
            lambda e: e["tiers"][0].update(count=0),
            400,
            "ensemble.invalid",
            "ensemble.tiers[0].count",
            id="a count of 0",
        ),
        pytest.param(
            lambda e: e["tiers"][0].update(count=10_000),
            400,
            "ensemble.invalid",
            "ensemble.tiers[0].count",
            id="a count of 10 000",
        ),
        pytest.param(
            lambda e: e.update(name="x" * 300),
            400,
            "ensemble.invalid",
            "ensemble.name",
            id="a name of 300 characters",
        ),
        pytest.param(
            lambda e: e.update(surprise=1),
            400,
            "ensemble.invalid",
            "ensemble.surprise",
            id="an unknown key",
        ),
        pytest.param(
            lambda e: e["tiers"][0]["server"].update(flavor="no-such"),
            400,
            "ensemble.unknown_flavor",
            "ensemble.tiers[0].server.flavor",
            id="an unknown flavor",
        ),
        pytest.param(
            lambda e: e["tiers"][0]["server"].update(image=str(uuid.uuid4())),
            400,
            "ensemble.unknown_image",
            "ensemble.tiers[0].server.image",
            id="an unknown image",
        ),
        pytest.param(
            lambda e: e["tiers"][0]["server"].update(networks=[str(uuid.uuid4())]),
            400,
            "ensemble.unknown_network",
            "ensemble.tiers[0].server.networks[0]",
            id="an unknown network",
        ),
        pytest.param(
            lambda e: e["tiers"][0]["server"].update(key_name="no such"),
            400,
            "ensemble.unknown_key",
            "ensemble.tiers[0].server.key_name",
            id="an unknown key pair",
        ),
        pytest.param(
            lambda e: e["tiers"][0]["server"].update(security_groups=["no such"]),
            400,
            "ensemble.unknown_security_group",
            "ensemble.tiers[0].server.security_groups[0]",
            id="an unknown security group",
        ),
        pytest.param(
            lambda e: e["policies"][0].update(level="planet"),
            400,
            "ensemble.invalid",
            "ensemble.policies[0].level",
            id="an unknown level",
        ),
        pytest.param(
            lambda e: e["policies"][0].update(tiers=["nope"]),
            400,
            "ensemble.invalid",
            "ensemble.policies[0].tiers[0]",
            id="a policy on an unknown tier",
        ),
        pytest.param(
            lambda e: e["tiers"].append(e["tiers"][0]),
            400,
            "ensemble.invalid",
            "ensemble.tiers[1].name",
            id="the same tier twice",
        ),
    ],
)
@pytest.mark.parametrize("path", ["", "/plans"], ids=["create", "dry run"])
def test_bad_input_gets_an_error_that_names_the_field(
    demo: Project, path: str, change: Any, status: int, code: str, field: str
) -> None:
    body = demo.body("shop", [demo.tier("web", 2)], {**ANTI_AFFINITY, "tiers": ["web"]})
    change(body["ensemble"])
    response = demo.request("POST", path, body)
    assert response.status_code == status, response.text
    fault = response.json()["badRequest"]
    assert (fault["details"]["code"], fault["details"]["field"]) == (code, field)
    assert fault["message"].startswith(f"{field}: ")


def test_a_body_that_is_not_json_is_refused(demo: Project) -> None:
    response = demo.connection.compute.request(
        "/os-ensembles", "POST", data=b"{not json", raise_exc=False
    )
    assert response.status_code == 400
    assert response.json()["badRequest"]["details"]["field"] == "body"


def test_a_network_of_another_project_is_unknown(demo: Project, other_project: Project) -> None:
    private = other_project.connection.network.create_network(name="theirs")
    try:
        body = demo.body("shop", [demo.tier("web", 1, networks=[private.id])])
        response = demo.request("POST", "/plans", body)
        assert response.json()["badRequest"]["details"]["code"] == "ensemble.unknown_network"
    finally:
        other_project.connection.network.delete_network(private)


def test_an_external_network_is_refused_though_the_tenant_sees_it(
    demo: Project, operator: Operator
) -> None:
    public = operator.connection.network.create_network(name="public", is_router_external=True)
    try:
        body = demo.body("shop", [demo.tier("web", 1, networks=[public.id])])
        fault = demo.request("POST", "/plans", body).json()["badRequest"]
        assert fault["details"]["field"] == "ensemble.tiers[0].server.networks[0]"
    finally:
        operator.connection.network.delete_network(public)


def test_a_private_flavor_of_others_is_unknown(demo: Project, operator: Operator) -> None:
    flavor = operator.connection.compute.create_flavor(
        name=f"secret-{uuid.uuid4().hex[:8]}", vcpus=1, ram=512, disk=1, is_public=False
    )
    try:
        body = demo.body("shop", [demo.tier("web", 1) | {"count": 1}])
        body["ensemble"]["tiers"][0]["server"]["flavor"] = flavor.id
        response = demo.request("POST", "/plans", body)
        assert response.json()["badRequest"]["details"]["code"] == "ensemble.unknown_flavor"
    finally:
        operator.connection.compute.delete_flavor(flavor)


def test_more_than_the_quota_is_refused_before_anything_is_built(
    demo: Project, operator: Operator
) -> None:
    before = operator.left_behind()
    project = demo.connection.current_project_id
    operator.connection.set_compute_quotas(project, instances=1)
    try:
        response = demo.request("POST", body=demo.body("shop", [demo.tier("web", 2)]))
        assert response.status_code == 403
        assert response.json()["forbidden"]["details"]["code"] == "ensemble.quota"
        assert operator.left_behind() == before
    finally:
        operator.connection.delete_compute_quotas(project)
