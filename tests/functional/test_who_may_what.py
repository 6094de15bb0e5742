# SPDX-License-Identifier: Apache-2.0
"""Each route and action by each kind of caller, and what belongs to somebody else.

A row is a route; its columns are what callers of these kinds are answered. An ensemble that they
may not see is not there for them (404), and what they may not do is forbidden (403).
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
import webob
from small_cloud import FLAVOR, IMAGE, NETWORK, SmallCloud, body, caller

from ensemble_api import routes
from tests.fakes.networks import FakeNetworks
from tests.fakes.volumes import FakeVolumes

CALLERS = {
    "admin": ("operators", "admin"),
    "member": ("shop-project", "member", "reader"),
    "reader": ("shop-project", "reader"),
    "member of another project": ("other-project", "member", "reader"),
    "somebody without a role": ("shop-project", "none"),
    "a service": ("services", "service"),
}
ONE = "/os-ensembles/{ensemble_id}"
TEMPLATE = "/os-ensembles/templates/{template_id}"
ROWS: Mapping[tuple[str, str], tuple[int, int, int, int, int, int]] = {
    ("GET", "/os-ensembles"): (200, 200, 200, 200, 403, 403),
    ("POST", "/os-ensembles"): (202, 202, 403, 202, 403, 403),
    ("GET", "/os-ensembles/capabilities"): (200, 200, 200, 200, 403, 403),
    ("POST", "/os-ensembles/plans"): (200, 200, 200, 200, 403, 403),
    ("POST", "/os-ensembles/adopt"): (
        403,
        400,
        403,
        400,
        403,
        403,
    ),  # allowed: there are no servers
    ("GET", "/os-ensembles/templates"): (200, 200, 200, 200, 403, 403),
    ("POST", "/os-ensembles/templates"): (201, 201, 403, 201, 403, 403),
    ("GET", TEMPLATE): (200, 200, 200, 404, 403, 403),
    ("PATCH", TEMPLATE): (200, 200, 403, 404, 403, 403),
    ("DELETE", TEMPLATE): (204, 204, 403, 404, 403, 403),
    ("POST", f"{TEMPLATE}/action"): (202, 202, 403, 404, 403, 403),
    ("GET", "/os-ensembles/headroom"): (200, 403, 403, 403, 403, 403),
    ("GET", "/os-ensembles/hosts"): (200, 403, 403, 403, 403, 403),
    ("GET", "/os-ensembles/hosts/{host}"): (200, 403, 403, 403, 403, 403),
    ("POST", "/os-ensembles/hosts/{host}/action"): (202, 403, 403, 403, 403, 403),
    ("GET", "/os-ensembles/domains/{level}/{domain}"): (200, 403, 403, 403, 403, 403),
    ("POST", "/os-ensembles/domains/{level}/{domain}/action"): (202, 403, 403, 403, 403, 403),
    ("GET", ONE): (200, 200, 200, 404, 404, 404),
    ("PATCH", ONE): (403, 409, 403, 404, 404, 404),  # it is allowed, and another one is under way
    ("DELETE", ONE): (202, 202, 403, 404, 404, 404),
    ("POST", f"{ONE}/action"): (202, 202, 403, 404, 404, 404),
    ("GET", f"{ONE}/operations"): (200, 200, 200, 404, 404, 404),
    ("GET", f"{ONE}/operations/{{operation_id}}"): (200, 200, 200, 404, 404, 404),
    ("GET", f"{ONE}/survivability"): (200, 200, 200, 404, 404, 404),
}
DOCUMENT = {"name": "shop template", "ensemble": {"tiers": body(("db", 1))["tiers"]}}
# What a request without a body of its own takes along.
BODIES = {
    "/os-ensembles": {"ensemble": body(("db", 1))},
    "/os-ensembles/plans": {"ensemble": body(("db", 1))},
    "/os-ensembles/adopt": {"adopt": {"name": "web", "from": {"project": True}}},
    ONE: {"ensemble": {"generation": 1, "description": "changed"}},
    f"{ONE}/action": {"cancel": None},
    "/os-ensembles/templates": {"template": DOCUMENT},
    TEMPLATE: {"template": {"description": "changed"}},
    f"{TEMPLATE}/action": {"instantiate": {"name": "made"}},
    "/os-ensembles/hosts/{host}/action": {"drain": {}},
    "/os-ensembles/domains/{level}/{domain}/action": {"drain": {}},
}


def ask(
    cloud: SmallCloud,
    who: Any,
    method: str,
    path: str,
    sent: Any = None,
    parts: Mapping[str, Any] = MappingProxyType({}),
    **headers: str,
) -> webob.Response:
    request = webob.Request.blank(
        path, method=method, base_url="http://cloud:8774/v2.1", environ={"nova.context": who}
    )
    request.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    if sent is not None:
        request.body = json.dumps(sent).encode()
    return routes.dispatch(request, cloud.service(**parts), request.environ["PATH_INFO"])


def code(response: webob.Response) -> str:
    (fault,) = response.json.values()
    return str(fault["details"]["code"])


def test_every_route_has_a_row() -> None:
    assert set(ROWS) == {
        (method, path) for path, methods in routes.ROUTES.items() for method in methods
    }


@pytest.mark.parametrize("who", CALLERS)
@pytest.mark.parametrize(("method", "path"), ROWS, ids=[" ".join(row) for row in ROWS])
def test_who_may(cloud: SmallCloud, method: str, path: str, who: str) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    (operation,) = ask(cloud, caller(), "GET", f"/os-ensembles/{record.id}/operations").json[
        "operations"
    ]
    template = cloud.service().templates.create(caller(), DOCUMENT)
    filled = path.format(
        ensemble_id=record.id,
        template_id=template.id,
        operation_id=operation["id"],
        host="secrethost1",
        level="rack",
        domain="secretrack1",
    )
    response = ask(cloud, caller(*CALLERS[who]), method, filled, BODIES.get(path))
    assert response.status_code == ROWS[method, path][list(CALLERS).index(who)], response.text
    there = cloud.store.get(record.id)
    if response.status_code in (403, 404):
        assert replace(there, idle=record.idle) == record, "nothing of it has changed"
        assert cloud.service().templates.get(caller(), template.id, None, everywhere=False) == (
            template
        )
        assert "shop" not in response.text and "secrethost" not in response.text.replace(filled, "")


def test_a_list_has_the_ensembles_of_the_caller_s_project_alone(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    listed = {}
    for who in ("admin", "member", "reader", "member of another project"):
        found = ask(cloud, caller(*CALLERS[who]), "GET", "/os-ensembles").json["ensembles"]
        listed[who] = [each["id"] for each in found]
    assert listed == {
        "admin": [],
        "member": [record.id],
        "reader": [record.id],
        "member of another project": [],
    }
    everywhere = ask(cloud, caller("other-project"), "GET", "/os-ensembles?all_projects=1")
    assert everywhere.status_code == 403


@pytest.mark.parametrize(
    ("given", "field"),
    [
        pytest.param({"networks": [str(uuid.uuid4())]}, "networks[0]", id="a network"),
        pytest.param({"image": str(uuid.uuid4())}, "image", id="an image"),
        pytest.param({"flavor": "private"}, "flavor", id="a flavor"),
        pytest.param({"key_name": "another-s"}, "key_name", id="a key pair"),
        pytest.param({"security_groups": ["another-s"]}, "security_groups[0]", id="a group"),
        pytest.param({"ports": [str(uuid.uuid4())]}, "ports[0]", id="a port"),
        pytest.param({"volumes": [str(uuid.uuid4())], "image": None}, "volumes[0]", id="a volume"),
    ],
)
@pytest.mark.parametrize("path", ["/os-ensembles", "/os-ensembles/plans"])
def test_what_the_project_does_not_have_is_refused_with_its_field(
    cloud: SmallCloud, path: str, given: dict[str, Any], field: str
) -> None:
    wanted = body(("web", 1), **given)
    if given.get("image", IMAGE) is None:
        del wanted["tiers"][0]["server"]["image"]
    nothing = {"networks": FakeNetworks(ports={}), "volumes": FakeVolumes()}
    response = ask(cloud, caller(), "POST", path, {"ensemble": wanted}, nothing)
    assert response.status_code == 400, response.text
    details = response.json["badRequest"]["details"]
    assert details["field"] == f"ensemble.tiers[0].server.{field}"
    cloud.assert_clean()


def test_another_project_s_plan_builds_nothing(cloud: SmallCloud) -> None:
    wanted = {"ensemble": body(("web", 1), networks=[NETWORK], flavor=FLAVOR)}
    plan = ask(cloud, caller(), "POST", "/os-ensembles/plans", wanted).json["plan"]["id"]
    other = caller("other-project")
    taken = ask(cloud, other, "POST", "/os-ensembles", {**wanted, "plan": plan})
    never_made = {**wanted, "plan": str(uuid.uuid4())}
    unknown = ask(cloud, other, "POST", "/os-ensembles", never_made)
    assert (taken.status_code, code(taken)) == (unknown.status_code, code(unknown))
    cloud.assert_clean()
    built = ask(cloud, caller(), "POST", "/os-ensembles", {**wanted, "plan": plan})
    assert built.status_code == 202, built.text


def test_another_project_s_idempotency_key_is_nobody_s(cloud: SmallCloud) -> None:
    wanted = {"ensemble": body(("web", 1))}
    first = ask(cloud, caller(), "POST", "/os-ensembles", wanted, Idempotency_Key="k")
    second = ask(
        cloud, caller("other-project"), "POST", "/os-ensembles", wanted, Idempotency_Key="k"
    )
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json["ensemble"]["id"] != second.json["ensemble"]["id"]
    assert second.json["ensemble"]["project_id"] == "other-project"
