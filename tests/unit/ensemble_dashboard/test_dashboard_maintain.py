# SPDX-License-Identifier: Apache-2.0
"""The drain of a host, a rack or a zone from the operators' pages: who may, and what is asked."""

import json
from typing import Any

import pytest
from django.test import Client
from test_dashboard_admin import HOSTS, LEVELS, PROJECT, RECORDS, SHOP, page
from test_dashboard_hosts_live import data

from tests.fakes.dashboard_answers import CAPABILITIES
from tests.fakes.dashboard_cloud import SCRIPT, DashboardCloud

RACK = "/v2.1/os-ensembles/domains/rack/r1"
OWNED = {"ensemble_id": SHOP, "ensemble_name": "shop", "project_id": PROJECT}
DOMAIN = {
    "level": "rack",
    "name": "r1",
    "state": "draining",
    "moving": [{**OWNED, "progress": {"message": "A server is being moved."}}],
    "drain": {"fits": True, "message": "So it is.", "ensembles": [{**OWNED, "moves": []}]},
}


@pytest.fixture(autouse=True)
def filled(dashboard_cloud: DashboardCloud) -> DashboardCloud:
    """Five hosts and two ensembles, and a rack that is drained."""
    dashboard_cloud.capabilities = {**CAPABILITIES, "levels": LEVELS}
    dashboard_cloud.hosts, dashboard_cloud.records = HOSTS, RECORDS
    dashboard_cloud.answers["GET", RACK] = (200, {"domain": DOMAIN})
    dashboard_cloud.answers["POST", f"{RACK}/action"] = (202, {"domain": DOMAIN})
    return dashboard_cloud


def maintain(client: Client, sent: Any) -> Any:
    return client.post(
        "/admin/ensembles/maintain/",
        json.dumps(sent),
        content_type="application/json",
        headers={**SCRIPT, "X-CSRFToken": client.cookies["csrftoken"].value},
    )


def test_each_host_rack_and_zone_has_its_button(admin: Client) -> None:
    shown = page(admin, "/admin/ensembles/")
    assert data(shown)["maintainUrl"] == "/admin/ensembles/maintain/"
    for label in ("az1", "r1"):
        assert f'aria-label="Drain {label}"' in shown
    host = page(admin, "/admin/ensembles/hosts/h1/")
    assert "Drain this host" in host
    assert data(host)["maintainUrl"] == "/admin/ensembles/maintain/"


def test_what_would_come_of_it_has_projects_by_name_and_pages_of_ensembles(
    admin: Client, filled: DashboardCloud
) -> None:
    answer = admin.get("/admin/ensembles/maintain/?rack=r1&zone=az1&check=1", headers=SCRIPT)
    assert answer.status_code == 200, answer.content
    domain = answer.json()["domain"]
    for each in (*domain["moving"], *domain["drain"]["ensembles"]):
        assert each["url"] == f"/admin/ensembles/{SHOP}/"
        assert each["project"] != PROJECT
    assert filled.queries("GET", RACK) == [{"check": "1", "zone": "az1"}]


@pytest.mark.parametrize(
    ("action", "sent"), [("drain", {"drain": {"dry_run": False}}), ("cancel", {"cancel": None})]
)
def test_it_is_begun_and_cancelled(
    admin: Client, filled: DashboardCloud, action: str, sent: Any
) -> None:
    page(admin, "/admin/ensembles/")
    answer = maintain(admin, {"action": action, "domain": {"rack": "r1", "zone": "az1"}})
    assert answer.status_code == 200, answer.content
    assert filled.bodies("POST", f"{RACK}/action") == [sent]


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param({"action": "enable", "domain": {"rack": "r1"}}, id="another action"),
        pytest.param({"action": "drain", "domain": {}}, id="no domain"),
        pytest.param({"action": "drain", "domain": "r1"}, id="a domain that is no object"),
        pytest.param({"action": "drain", "domain": {"floor": "1"}}, id="no level of the cloud"),
        pytest.param({"action": "drain", "domain": {"rack": 1}}, id="a name that is no text"),
    ],
)
def test_what_names_nothing_drains_nothing(
    admin: Client, filled: DashboardCloud, sent: Any
) -> None:
    page(admin, "/admin/ensembles/")
    answer = maintain(admin, sent)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["code"] == "dashboard.no_domain"
    assert not [path for how, path, _ in filled.asked if how == "POST" and "domains" in path]


def test_who_may_not_maintain_has_no_button_and_drains_nothing(
    admin: Client, filled: DashboardCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ensemble_dashboard import rights

    usual = rights.may
    monkeypatch.setattr(
        rights,
        "may",
        lambda request, action, *more: action != "maintain" and usual(request, action),
    )
    assert "data-maintain" not in page(admin, "/admin/ensembles/")
    assert "data-maintain" not in page(admin, "/admin/ensembles/hosts/h1/")
    answer = maintain(admin, {"action": "drain", "domain": {"rack": "r1", "zone": "az1"}})
    assert answer.status_code == 403
    assert filled.bodies("POST", f"{RACK}/action") == []
