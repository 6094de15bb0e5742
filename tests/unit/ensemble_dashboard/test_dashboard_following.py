# SPDX-License-Identifier: Apache-2.0
"""What the page of an ensemble asks for: the current state, the file, the end."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from tests.fakes.dashboard_answers import POLICY, ensemble
from tests.fakes.dashboard_cloud import SCRIPT, DashboardCloud

API = "/v2.1/os-ensembles"


def member(name: str, status: str | None, server: str | None) -> dict[str, Any]:
    """Give a member as the current state lists it."""
    places = {"host": "h1", "rack": "r1", "zone": "z1"}
    return {
        "name": name,
        "tier": "web",
        "status": status,
        "server_id": server,
        "domains": places if status else {},
        "planned": places,
        "moved": False,
    }


def current_state(*members: dict[str, Any]) -> dict[str, Any]:
    """Give what the API says of where Nova has the members."""
    return {
        "as_of": "2026-11-22T12:00:00Z",
        "members": list(members),
        "domains": [],
        "levels": [],
        "promises": [],
        "violations": [],
    }


@pytest.fixture
def shop(dashboard_cloud: DashboardCloud) -> dict[str, Any]:
    """An ensemble."""
    made = ensemble("web shop", tiers=[{
        "name": "web", "count": 2, "server": {"flavor": "f1", "image": "i1", "networks": ["n1"]}
    }])  # fmt: skip
    dashboard_cloud.ensembles = [made]
    return made


def url(made: dict[str, Any], what: str) -> str:
    """Give one of the addresses below an ensemble's page."""
    return f"/project/ensembles/{made['id']}/{what}/"


def test_nova_says_why_a_member_is_in_error(
    demo: Client, dashboard_cloud: DashboardCloud, shop: dict[str, Any]
) -> None:
    told = current_state(member("web-0", "ACTIVE", "s0"), member("web-1", "ERROR", "s1"))
    dashboard_cloud.answers["GET", f"{API}/{shop['id']}/survivability"] = (
        200,
        {"survivability": told},
    )
    fault = {"code": 500, "message": "No valid host was found.", "created": "x"}
    broken = {
        "server": {"id": "s1", "name": "web-1", "status": "ERROR", "fault": fault, "links": []}
    }
    dashboard_cloud.answers["GET", "/v2.1/servers/s1"] = (200, broken)
    found = demo.get(url(shop, "survivability"), headers=SCRIPT).json()["survivability"]
    assert [each.get("fault") for each in found["members"]] == [None, "No valid host was found."]


def test_the_current_state_is_told_also_when_nova_gives_no_reason(
    demo: Client, dashboard_cloud: DashboardCloud, shop: dict[str, Any]
) -> None:
    told = current_state(member("web-0", None, None), member("web-1", "ERROR", "s1"))
    dashboard_cloud.answers["GET", f"{API}/{shop['id']}/survivability"] = (
        200,
        {"survivability": told},
    )
    found = demo.get(url(shop, "survivability"), headers=SCRIPT).json()["survivability"]
    assert [each.get("fault") for each in found["members"]] == [None, ""]


def test_an_api_without_the_current_state_is_passed_on(
    demo: Client, dashboard_cloud: DashboardCloud, shop: dict[str, Any]
) -> None:
    answer = demo.get(url(shop, "survivability"), headers=SCRIPT)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"]


def test_the_file_has_names_and_the_commands_for_it(demo: Client, shop: dict[str, Any]) -> None:
    document = demo.get(url(shop, "document"), headers=SCRIPT).json()["document"]
    assert document["name"] == "web-shop.yaml"
    assert "flavor: m1.tiny" in document["yaml"] and "networks: [private]" in document["yaml"]
    assert "openstack ensemble create web-shop.yaml --wait" in document["commands"]
    assert f"openstack ensemble show {shop['id']}" in document["commands"]


def test_the_file_can_be_downloaded(demo: Client, shop: dict[str, Any]) -> None:
    answer = demo.get(url(shop, "document") + "?download=1")
    assert answer["Content-Disposition"] == 'attachment; filename="web-shop.yaml"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer.content.decode().startswith("name: web shop\n")


def test_a_file_of_nothing_leads_back(demo: Client, dashboard_cloud: DashboardCloud) -> None:
    answer = demo.get(url(ensemble("x"), "document") + "?download=1", follow=True)
    assert answer.redirect_chain[-1][0] == "/project/ensembles/"


@pytest.mark.parametrize(("act", "status"), [("delete", "ACTIVE"), ("cancel", "BUILDING")])
def test_an_ensemble_is_deleted_or_cancelled_by_the_script_alone(
    demo: Client, shop: dict[str, Any], act: str, status: str
) -> None:
    shop["status"] = status
    demo.get(url(shop, "document"), headers=SCRIPT)
    demo.get(f"/project/ensembles/{shop['id']}/")
    token = {"X-CSRFToken": demo.cookies["csrftoken"].value}
    assert demo.post(url(shop, act), headers=SCRIPT).status_code != 200
    assert demo.post(url(shop, act), headers=token).status_code == 400
    assert shop["status"] == status
    assert demo.post(url(shop, act), headers={**SCRIPT, **token}).status_code == 200
    assert shop["status"] == "DELETING"


def test_a_repair_is_previewed_and_begun_by_the_script_alone(
    demo: Client, dashboard_cloud: DashboardCloud, shop: dict[str, Any]
) -> None:
    path = f"{API}/{shop['id']}/action"
    preview = {"repair": {"message": "A repair places 1 member again.", "moves": []}}
    dashboard_cloud.answers["POST", path] = 200, preview
    assert demo.get(url(shop, "repair"), headers=SCRIPT).json() == preview
    assert dashboard_cloud.bodies("POST", path) == [{"repair": {"dry_run": True}}]
    demo.get(f"/project/ensembles/{shop['id']}/")
    token = {"X-CSRFToken": demo.cookies["csrftoken"].value}
    assert demo.post(url(shop, "repair"), headers=token).status_code == 400
    nothing = {"conflictingRequest": {"code": 409, "message": "No member is lost."}}
    dashboard_cloud.answers["POST", path] = 409, nothing
    refused = demo.post(url(shop, "repair"), headers={**SCRIPT, **token})
    assert (refused.status_code, refused.json()["error"]["message"]) == (409, "No member is lost.")
    dashboard_cloud.answers["POST", path] = 202, {"ensemble": shop}
    assert demo.post(url(shop, "repair"), headers={**SCRIPT, **token}).status_code == 200
    assert dashboard_cloud.bodies("POST", path)[1:] == [{"repair": {}}] * 2


def test_a_cancel_of_what_is_built_deletes_nothing_and_says_why(
    demo: Client, shop: dict[str, Any]
) -> None:
    demo.get(f"/project/ensembles/{shop['id']}/")
    token = {"X-CSRFToken": demo.cookies["csrftoken"].value}
    answer = demo.post(url(shop, "cancel"), headers={**SCRIPT, **token})
    assert answer.status_code == 409
    assert answer.json()["error"]["message"] == "There is no build to cancel."
    assert shop["status"] == "ACTIVE"


def test_what_cannot_be_deleted_now_says_why(
    demo: Client, dashboard_cloud: DashboardCloud, shop: dict[str, Any]
) -> None:
    said = {"conflictingRequest": {"code": 409, "message": "It is RESERVING; try again."}}
    dashboard_cloud.answers["DELETE", f"{API}/{shop['id']}"] = (409, said)
    demo.get(f"/project/ensembles/{shop['id']}/")
    token = {"X-CSRFToken": demo.cookies["csrftoken"].value}
    answer = demo.post(url(shop, "delete"), headers={**SCRIPT, **token})
    assert answer.status_code == 409
    assert "try again" in answer.json()["error"]["message"]


def _begins_with(text: str) -> Any:
    found = re.search(r'<script id="ens-data" type="application/json">(.*?)</script>', text)
    assert found is not None
    return json.loads(found[1])["like"]


def test_a_drawing_can_begin_with_what_is_there(demo: Client, shop: dict[str, Any]) -> None:
    text = demo.get(f"/project/ensembles/draw/?like={shop['id']}").content.decode()
    posted = {key: shop[key] for key in ("name", "description", "metadata", "tiers", "recovery")}
    assert _begins_with(text) == {**posted, "policies": [POLICY]}, "and not what answers say"


def test_a_drawing_begins_as_ever_when_that_has_gone(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    text = demo.get(f"/project/ensembles/draw/?like={ensemble('x')['id']}").content.decode()
    assert _begins_with(text) is None
    assert "could not be fetched" in text


def operation(number: int, user_id: str = "somebody-else") -> dict[str, Any]:
    """Give an operation as the API lists it."""
    return {"id": f"o{number}", "type_label": "Create", "user_id": user_id, "ended_at": None}


def test_operations_come_page_by_page_with_who_asked_for_them(
    demo: Client, dashboard_cloud: DashboardCloud, shop: dict[str, Any]
) -> None:
    mine = demo.get("/project/ensembles/").wsgi_request.user.id
    listed = [operation(number) for number in range(21)]
    listed[0]["user_id"] = mine
    dashboard_cloud.answers["GET", f"{API}/{shop['id']}/operations"] = (
        200,
        {"operations": listed},
    )
    found = demo.get(url(shop, "operations"), headers=SCRIPT).json()
    assert [each["id"] for each in found["operations"]] == [f"o{number}" for number in range(20)]
    assert [each["asked_by"] for each in found["operations"][:2]] == ["demo", "somebody-else"]
    assert found["next"] == "o19"
    dashboard_cloud.answers["GET", f"{API}/{shop['id']}/operations"] = (
        200,
        {"operations": listed[20:]},
    )
    last = demo.get(url(shop, "operations"), {"marker": "o19"}, headers=SCRIPT).json()
    assert ([each["id"] for each in last["operations"]], last["next"]) == (["o20"], None)
    asked = dashboard_cloud.queries("GET", f"{API}/{shop['id']}/operations")
    assert asked == [{"limit": "21"}, {"limit": "21", "marker": "o19"}]
