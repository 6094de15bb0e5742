# SPDX-License-Identifier: Apache-2.0
"""The operators' page that tells which failures would leave members without places."""

from typing import Any

import pytest
from django.test import Client

from tests.fakes.dashboard_answers import PROJECT
from tests.fakes.dashboard_cloud import DashboardCloud

PAGE = "/admin/ensembles/headroom/"
API = "/v2.1/os-ensembles/headroom"
KEY = "11111111-1111-4111-8111-111111111111"
TOTALS = {
    "fits": 7,
    "does_not_fit": 1,
    "not_decided": 0,
    "ensembles": 5,
    "ensembles_without": 1,
    "left_out": 0,
}
ROOM: dict[str, Any] = {
    "name": "r1",
    "path": ["az1", "r<1>{$"],
    "members": 4,
    "ensembles": 2,
    "fits": False,
    "message": "1 of 4 members in it would find no place.",
    "without": [
        {
            "ensemble_id": KEY,
            "ensemble_name": "shop <b>",
            "project_id": PROJECT,
            "members": 3,
            "missing": 1,
            "fits": False,
        }
    ],
    "cure": {"host": "h9", "resources": {"VCPU": 4}, "message": "It would be enough if h9 had."},
}


@pytest.fixture
def answer(dashboard_cloud: DashboardCloud) -> dict[str, Any]:
    found = {
        "level": "rack",
        "as_of": "2026-11-28T12:03:00Z",
        "headroom": [ROOM],
        "found": 8,
        "first": 1,
        "totals": {**TOTALS},
    }
    dashboard_cloud.answers["GET", API] = (200, found)
    return found


def test_the_page_says_who_would_be_without_a_place_and_what_would_be_enough(
    admin: Client, dashboard_cloud: DashboardCloud, answer: Any
) -> None:
    text = admin.get(PAGE).content.decode()
    assert dashboard_cloud.queries("GET", API)[-1]["level"] == "rack"
    for each in (
        "r&lt;1&gt;{$",
        "1 of 4 members in it would find no place.",
        "shop &lt;b&gt;",
        f"/admin/ensembles/{KEY}/",
        "1 of 3",
        "It would be enough if h9 had.",
        "All find places: 7",
        "As Nova had it at 12:03:00.",
        "Ensembles that some failure leaves with members without a place: 1",
    ):
        assert each in " ".join(text.split()).replace("</span> 7", "7"), each
    assert ">More<" not in text


def test_another_level_and_the_next_page_can_be_asked_for(
    admin: Client, dashboard_cloud: DashboardCloud, answer: Any
) -> None:
    answer["headroom_links"] = [{"rel": "next", "href": "http://nova/?marker=then+az1%2Fh2"}]
    text = admin.get(f"{PAGE}?level=host&marker=then+az1/h1").content.decode()
    asked = dashboard_cloud.queries("GET", API)[-1]
    assert (asked["level"], asked["marker"]) == ("host", "then az1/h1")
    assert "?level=host&amp;marker=then+az1%2Fh2" in text


def test_a_cloud_without_members_says_so(admin: Client, answer: Any) -> None:
    answer["headroom"] = []
    assert "No host holds members" in admin.get(PAGE).content.decode()


def test_a_member_of_a_project_is_no_operator(
    demo: Client, dashboard_cloud: DashboardCloud, answer: Any
) -> None:
    assert demo.get(PAGE).status_code == 403
    assert not dashboard_cloud.queries("GET", API)


def test_a_refusal_is_said_in_the_place_of_the_page(
    admin: Client, dashboard_cloud: DashboardCloud
) -> None:
    fault = {"badRequest": {"code": 400, "message": "marker: is no domain", "details": {}}}
    dashboard_cloud.answers["GET", API] = (400, fault)
    assert "is no domain" in admin.get(f"{PAGE}?marker=x").content.decode()
