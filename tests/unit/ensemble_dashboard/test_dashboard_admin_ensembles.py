# SPDX-License-Identifier: Apache-2.0
"""The operators' list of all ensembles, and the page of one."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from tests.fakes.dashboard_answers import PROJECT, ensemble
from tests.fakes.dashboard_cloud import DashboardCloud


def page(client: Client, path: str) -> str:
    """Read a page that must be there."""
    answer = client.get(path)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def test_all_projects_ensembles_are_listed_with_the_project(
    admin: Client, dashboard_cloud: DashboardCloud
) -> None:
    dashboard_cloud.ensembles = [ensemble("shop"), ensemble("bank", "BUILDING", 0)]
    text = page(admin, "/admin/ensembles/all/")
    assert ("GET", "/v2.1/os-ensembles") in [asked[:2] for asked in dashboard_cloud.asked]
    assert dashboard_cloud.bodies("GET", "/v2.1/os-ensembles")[-1]["all_projects"] == "1"
    assert re.findall(r'/admin/ensembles/[0-9a-f-]{36}/">(\w+)<', text) == ["bank", "shop"]
    assert len(re.findall(r"<td[^>]*>\s*demo\s*</td>", text)) == 2
    update = "?action=row_update&table=all_ensembles&obj_id=" + dashboard_cloud.ensembles[1]["id"]
    update += "&ensembles_project=" + PROJECT
    fresh = admin.get(
        "/admin/ensembles/all/" + update, headers={"X-Requested-With": "XMLHttpRequest"}
    ).content.decode()
    assert re.search(r"<td[^>]*>\s*demo\s*</td>", fresh) and "Building" in fresh


def test_all_ensembles_are_searched_by_project_name_and_status(
    admin: Client, dashboard_cloud: DashboardCloud
) -> None:
    dashboard_cloud.ensembles = [ensemble("shop"), ensemble("bank")]
    text = page(admin, f"/admin/ensembles/all/?project={PROJECT}&q=sho&status=ACTIVE&sort=name")
    asked = dashboard_cloud.queries("GET", "/v2.1/os-ensembles")[-1]
    wanted = {"project_id": PROJECT, "name": "sho", "status": "ACTIVE", "all_projects": "1"}
    assert {key: asked[key] for key in wanted} == wanted
    assert f'<option value="{PROJECT}" selected>demo</option>' in text
    assert "Show all" in text and f"project={PROJECT}" in text.partition("ens-sort")[2]
    unknown = page(admin, "/admin/ensembles/all/?project=gone")
    assert '<option value="gone" selected>gone</option>' in unknown


def test_the_pages_of_all_ensembles_keep_the_search(
    admin: Client, dashboard_cloud: DashboardCloud, settings: Any
) -> None:
    settings.API_RESULT_PAGE_SIZE = 2
    dashboard_cloud.ensembles = [ensemble(f"shop-{number}") for number in range(3)]
    text = page(admin, f"/admin/ensembles/all/?project={PROJECT}")
    link = re.findall(r"href=\"([^\"]*marker=[^\"]*)\"", text)[-1]
    follow = page(admin, f"/admin/ensembles/all/{html.unescape(link)}")
    assert re.findall(r'/admin/ensembles/[0-9a-f-]{36}/">([\w-]+)<', follow) == ["shop-0"]
    assert dashboard_cloud.queries("GET", "/v2.1/os-ensembles")[-1]["project_id"] == PROJECT


def test_an_operator_sees_an_ensemble_under_admin(
    admin: Client, dashboard_cloud: DashboardCloud
) -> None:
    made = ensemble("shop")
    dashboard_cloud.ensembles = [made]
    text = page(admin, f"/admin/ensembles/{made['id']}/")
    assert f"/admin/ensembles/{made['id']}/state/" in text
    assert "/admin/instances/00000000/" in text


@pytest.mark.parametrize(
    "path", ["/admin/ensembles/", "/admin/ensembles/all/", "/admin/ensembles/hosts/h1/"]
)
def test_a_member_of_a_project_is_no_operator(
    demo: Client, dashboard_cloud: DashboardCloud, path: str
) -> None:
    assert demo.get(path).status_code == 403
    assert not [asked for asked in dashboard_cloud.asked if "os-ensembles" in asked[1]]


def test_an_operator_is_told_whose_ensemble_a_delete_takes(
    admin: Client, dashboard_cloud: DashboardCloud
) -> None:
    made = ensemble("shop")
    dashboard_cloud.ensembles = [made]
    text = page(admin, "/admin/ensembles/all/")
    assert 'data-display="shop (project demo, owner daisy)"' in html.unescape(text)
    data = page(admin, f"/admin/ensembles/{made['id']}/").partition('id="ens-data"')[2]
    assert '"owner": {"project": "demo", "user": "daisy"}' in data
