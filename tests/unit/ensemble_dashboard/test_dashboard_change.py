# SPDX-License-Identifier: Apache-2.0
"""The drawing of an ensemble that runs, as it leaves the server, and what its script sends."""

import json
import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.fakes.dashboard_answers import ensemble
from tests.fakes.dashboard_cloud import SCRIPT, DashboardCloud

INDEX = "/project/ensembles/"
API = "/v2.1/os-ensembles"
SEEN = {"members": [], "domains": [], "levels": [], "minima": {}}
WANTED = {"ensemble": {"generation": 1, "name": "store"}}


@pytest.fixture
def shop(dashboard_cloud: DashboardCloud) -> dict[str, Any]:
    """An ensemble that runs."""
    made = ensemble("shop")
    dashboard_cloud.ensembles.append(made)
    answer = (200, {"survivability": SEEN})
    dashboard_cloud.answers["GET", f"{API}/{made['id']}/survivability"] = answer
    return made


def change(shop: dict[str, Any], more: str = "") -> str:
    return f"{INDEX}{shop['id']}/change/{more}"


def send(client: Client, path: str, body: Any) -> HttpResponse:
    """Post as the page's script does."""
    headers = {**SCRIPT, "X-CSRFToken": client.cookies["csrftoken"].value}
    return client.post(path, json.dumps(body), content_type="application/json", headers=headers)


def test_the_drawing_comes_with_what_runs(demo: Client, shop: dict[str, Any]) -> None:
    text = demo.get(change(shop)).content.decode()
    found = re.search(r'<script id="ens-data" type="application/json">(.*?)</script>', text)
    assert found is not None
    data = json.loads(found[1])
    assert data["running"]["generation"] == 1 and data["running"]["now"] == SEEN
    described = data["running"]["described"]
    assert described["name"] == "shop" and "message" not in described["policies"][0]
    assert data["planUrl"] == change(shop, "plan/")
    assert data["createUrl"] == change(shop, "submit/")
    assert shop["id"] in data["draftsOf"]
    assert "Change Ensemble" in text and "Create Ensemble" not in text


def test_a_name_is_shown_as_it_is(demo: Client, shop: dict[str, Any]) -> None:
    shop["name"] = "R&D <b>"
    assert "<h1>Change “R&amp;D &lt;b&gt;”</h1>" in demo.get(change(shop)).content.decode()


@pytest.mark.parametrize(
    ("status", "more"),
    [
        pytest.param("BUILDING", {}, id="is being built"),
        pytest.param("ACTIVE", {"settled": False}, id="is being changed"),
    ],
)
def test_what_cannot_be_changed_now_is_shown_on_its_page_with_why(
    demo: Client, dashboard_cloud: DashboardCloud, status: str, more: dict[str, Any]
) -> None:
    busy = ensemble("busy", status, **more)
    dashboard_cloud.ensembles.append(busy)
    answer = demo.get(change(busy), follow=True)
    assert answer.redirect_chain == [(f"{INDEX}{busy['id']}/", 302)]
    assert "nothing else is done with it" in answer.content.decode()
    assert "/change/" not in demo.get(INDEX).content.decode()


def test_a_reader_changes_nothing(reader: Client, shop: dict[str, Any]) -> None:
    assert reader.get(change(shop)).status_code == 403


def test_one_that_has_gone_leads_to_the_table(demo: Client, shop: dict[str, Any]) -> None:
    gone = {"id": "5f2b8a3e-6c0d-4d1e-9a53-0f4f6a2c7b11"}
    answer = demo.get(change(gone), follow=True)
    assert answer.redirect_chain == [(INDEX, 302)]
    assert "There is no such ensemble here" in answer.content.decode()


def test_a_preview_and_a_submit_go_to_the_api_as_they_were_drawn(
    demo: Client, dashboard_cloud: DashboardCloud, shop: dict[str, Any]
) -> None:
    path = f"{API}/{shop['id']}"
    told = {"plan": {"feasible": True}, "change": {"added": [], "removed": ["web-1"]}}
    dashboard_cloud.answers["PATCH", path] = (200, told)
    drawn = WANTED | {"remove": ["web-1"], "replace": ["web-2"], "release": ["web-3"]}
    assert send(demo, change(shop, "plan/"), drawn).json() == told
    dashboard_cloud.answers["PATCH", path] = (202, {"ensemble": shop})
    answer = send(demo, change(shop, "submit/"), drawn | {"plan": "an-id"})
    assert answer.json()["url"] == f"{INDEX}{shop['id']}/"
    assert dashboard_cloud.queries("PATCH", path) == [{"dry_run": "1"}, {}]
    assert dashboard_cloud.bodies("PATCH", path) == [drawn, drawn | {"plan": "an-id"}]


def test_what_somebody_else_has_changed_meanwhile_is_told_as_the_api_tells_it(
    demo: Client, dashboard_cloud: DashboardCloud, shop: dict[str, Any]
) -> None:
    details = {"code": "ensemble.generation", "generation": 2}
    fault = {"code": 412, "message": "It was changed.", "details": details}
    dashboard_cloud.answers["PATCH", f"{API}/{shop['id']}"] = (412, {"preconditionFailed": fault})
    answer = send(demo, change(shop, "submit/"), WANTED | {"plan": "an-id"})
    assert answer.status_code == 412
    assert answer.json()["error"]["details"]["generation"] == 2


@pytest.mark.parametrize(
    ("more", "code"),
    [
        pytest.param({}, "dashboard.no_plan", id="no plan"),
        pytest.param({"plan": 7}, "dashboard.no_plan", id="a plan of another kind"),
        pytest.param({"plan": "p", "remove": "web-1"}, "dashboard.no_members", id="no list"),
        pytest.param({"plan": "p", "remove": [1]}, "dashboard.no_members", id="no names"),
    ],
)
def test_a_submit_that_makes_no_sense_goes_to_nobody(
    demo: Client, dashboard_cloud: DashboardCloud, shop: dict[str, Any], more: Any, code: str
) -> None:
    answer = send(demo, change(shop, "submit/"), WANTED | more)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["code"] == code
    assert dashboard_cloud.bodies("PATCH", f"{API}/{shop['id']}") == []
