# SPDX-License-Identifier: Apache-2.0
"""The page that tells what failures would do to an ensemble."""

from typing import Any

import pytest
from django.test import Client

from tests.fakes.dashboard_answers import ensemble
from tests.fakes.dashboard_cloud import DashboardCloud

INDEX = "/project/ensembles/"
RACKS = [
    {"ref": "aa", "level": "rack", "parent": None, "label": "rack A"},
    {"ref": "bb", "level": "rack", "parent": None, "label": "rack B"},
    {"ref": "cc", "level": "host", "parent": "bb", "label": "host <C>"},
]
KEPT = {"tier": "web", "left": 1, "needed": 2, "message": "1 of web would be left."}
FAILURE: dict[str, Any] = {
    "domains": ["aa"],
    "title": "rack {$A",
    "state": "degraded",
    "label": "degraded",
    "lost": ["web-0", "web-1"],
    "left": {"web": 1},
    "message": "2 members are lost; 1 of 3 web is left.",
    "promises": [{"policy": 0, "level": "rack", "failures": 1, "tiers": [KEPT], "holds": False}],
    "repair": {
        "fits": True,
        "message": "A repair places 2 members again.",
        "moves": [{"member": "web-0", "lost": True, "domains": {"rack": "bb", "host": "cc"}}],
        "unmet": [{"policy": 0, "message": "2 racks are needed."}],
        "reasons": [],
    },
}


@pytest.fixture
def shop(dashboard_cloud: DashboardCloud) -> Any:
    found = ensemble("shop <b>")
    dashboard_cloud.ensembles = [found]
    drill = {"as_of": "2026-11-28T12:00:00Z", "level": "rack", "failures": [FAILURE]}
    path = f"/v2.1/os-ensembles/{found['id']}/action"
    dashboard_cloud.answers["POST", path] = (200, {"drill": {**drill, "domains": RACKS}})
    return found


def asked(cloud: DashboardCloud, shop: Any) -> list[Any]:
    return [*cloud.bodies("POST", f"/v2.1/os-ensembles/{shop['id']}/action")]


def test_the_page_says_what_each_failure_does_and_how_it_is_repaired(
    demo: Client, dashboard_cloud: DashboardCloud, shop: Any
) -> None:
    text = demo.get(f"{INDEX}{shop['id']}/drill/").content.decode()
    assert asked(dashboard_cloud, shop) == [{"drill": {"level": "rack"}}]
    for each in (
        "What failures do to “shop &lt;b&gt;”",
        "rack {$A",
        "2 members are lost; 1 of 3 web is left.",
        "web-0, web-1",
        "Not kept: 1 of web would be left.",
        "A repair places 2 members again.",
        "web-0 to rack B / host &lt;C&gt;",
        "2 racks are needed.",
    ):
        assert each in text, each


def test_another_level_is_chosen_and_an_unknown_one_is_not(
    demo: Client, dashboard_cloud: DashboardCloud, shop: Any
) -> None:
    page = f"{INDEX}{shop['id']}/drill/"
    assert 'href="?level=az"' in demo.get(page).content.decode()
    demo.get(page, {"level": "az"})
    demo.get(page, {"level": "<row>"})
    levels = [each["drill"]["level"] for each in asked(dashboard_cloud, shop)]
    assert levels == ["rack", "az", "rack"]


def test_the_page_of_an_ensemble_leads_there(demo: Client, shop: Any) -> None:
    text = demo.get(f"{INDEX}{shop['id']}/").content.decode()
    assert f'href="{INDEX}{shop["id"]}/drill/"' in text


def test_of_what_is_not_built_its_own_page_is_shown_with_the_reason(
    demo: Client, dashboard_cloud: DashboardCloud, shop: Any
) -> None:
    error = {"conflictingRequest": {"code": 409, "message": "This one is BUILDING."}}
    path = f"/v2.1/os-ensembles/{shop['id']}/action"
    dashboard_cloud.answers["POST", path] = (409, error)
    answer = demo.get(f"{INDEX}{shop['id']}/drill/", follow=True)
    assert answer.redirect_chain[0][0] == f"{INDEX}{shop['id']}/"
    assert "This one is BUILDING." in answer.content.decode()


def test_where_no_member_runs_nothing_can_be_lost(
    demo: Client, dashboard_cloud: DashboardCloud, shop: Any
) -> None:
    path = f"/v2.1/os-ensembles/{shop['id']}/action"
    nothing = {"as_of": "x", "level": "rack", "failures": [], "domains": []}
    dashboard_cloud.answers["POST", path] = (200, {"drill": nothing})
    assert "No member runs" in demo.get(f"{INDEX}{shop['id']}/drill/").content.decode()


def test_an_ensemble_that_is_gone_leads_back_to_the_table(
    demo: Client, dashboard_cloud: DashboardCloud, shop: Any
) -> None:
    dashboard_cloud.ensembles = []
    answer = demo.get(f"{INDEX}{shop['id']}/drill/", follow=True)
    assert answer.redirect_chain[-1][0] == INDEX
