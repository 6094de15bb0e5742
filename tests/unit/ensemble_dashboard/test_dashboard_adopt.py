# SPDX-License-Identifier: Apache-2.0
"""The page that adopts servers, as it leaves the server, and what its script sends; releases."""

import json
import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from ensemble_dashboard.api import adoptable
from tests.fakes.dashboard_answers import ensemble
from tests.fakes.dashboard_cloud import FORM, SCRIPT, DashboardCloud

INDEX = "/project/ensembles/"
ADOPT = INDEX + "adopt/"
API = "/v2.1/os-ensembles"
WANTED = {"adopt": {"name": "shop", "from": {"tag": "shop"}}}


def send(client: Client, path: str, body: Any) -> HttpResponse:
    """Post as the page's script does."""
    headers = {**SCRIPT, "X-CSRFToken": client.cookies["csrftoken"].value}
    return client.post(path, json.dumps(body), content_type="application/json", headers=headers)


def test_the_page_comes_with_where_its_script_asks(demo: Client) -> None:
    text = demo.get(ADOPT).content.decode()
    found = re.search(r'<script id="ens-data" type="application/json">(.*?)</script>', text)
    assert found is not None
    data = json.loads(found[1])
    assert (data["sourcesUrl"], data["planUrl"], data["adoptUrl"]) == (
        f"{ADOPT}sources/",
        f"{ADOPT}plan/",
        f"{ADOPT}submit/",
    )
    assert data["session"]["project"]["name"] == "demo"
    assert f'href="{ADOPT}"' in demo.get(INDEX).content.decode()


def test_a_reader_adopts_nothing(reader: Client) -> None:
    assert reader.get(ADOPT).status_code == 403
    assert f'href="{ADOPT}"' not in reader.get(INDEX).content.decode()


def test_servers_and_groups_that_have_some_are_there_to_choose_from(demo: Client) -> None:
    answer = demo.get(ADOPT + "sources/", headers=SCRIPT)
    assert answer.json() == {
        "server_groups": [{"id": "sg2", "name": "web", "policy": "anti-affinity", "count": 2}],
        "servers": [
            {"id": "s3", "name": "s3", "status": "ERROR", "tags": []},
            {"id": "s1", "name": "web-1", "status": "ACTIVE", "tags": []},
            {"id": "s2", "name": "web-2", "status": "SHUTOFF", "tags": ["old", "shop"]},
        ],
        "more": False,
        "missing": [],
    }


def test_what_is_not_listed_is_told_and_so_is_that_there_is_more(
    demo: Client, dashboard_cloud: DashboardCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = (403, {"forbidden": {"code": 403, "message": "no"}})
    dashboard_cloud.answers["GET", "/v2.1/os-server-groups"] = fault
    monkeypatch.setattr(adoptable, "MOST", 2)
    answer = demo.get(ADOPT + "sources/", headers=SCRIPT).json()
    assert (answer["server_groups"], answer["missing"]) == ([], ["server_groups"])
    assert (len(answer["servers"]), answer["more"]) == (2, True)


def test_what_was_shown_is_adopted_by_its_id(demo: Client, dashboard_cloud: DashboardCloud) -> None:
    shown = {"plan": "an-id", "members": []}
    dashboard_cloud.answers["POST", f"{API}/adopt"] = (200, {"adoption": shown})
    assert send(demo, ADOPT + "plan/", WANTED).json() == {"adoption": shown}
    made = ensemble("shop")
    dashboard_cloud.answers["POST", f"{API}/adopt"] = (201, {"ensemble": made})
    answer = send(demo, ADOPT + "submit/", WANTED | {"plan": "an-id"})
    assert answer.json() == {"id": made["id"], "url": f"{INDEX}{made['id']}/"}
    assert dashboard_cloud.queries("POST", f"{API}/adopt") == [{"dry_run": "1"}, {}]
    assert dashboard_cloud.bodies("POST", f"{API}/adopt") == [WANTED, WANTED | {"plan": "an-id"}]


def test_a_refusal_names_its_field(demo: Client, dashboard_cloud: DashboardCloud) -> None:
    details = {"code": "invalid", "field": "adopt.from.tag", "reason": "has no servers"}
    fault = {"code": 400, "message": "adopt.from.tag: has no servers", "details": details}
    dashboard_cloud.answers["POST", f"{API}/adopt"] = (400, {"badRequest": fault})
    answer = send(demo, ADOPT + "plan/", WANTED)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"] == details


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param({"plan": "p"}, "dashboard.no_adoption", id="nothing to adopt"),
        pytest.param({"plan": "p", "adopt": []}, "dashboard.no_adoption", id="of another kind"),
        pytest.param(WANTED, "dashboard.no_plan", id="no plan"),
        pytest.param(WANTED | {"plan": 7}, "dashboard.no_plan", id="a plan of another kind"),
    ],
)
def test_a_submit_that_makes_no_sense_goes_to_nobody(
    demo: Client, dashboard_cloud: DashboardCloud, body: Any, code: str
) -> None:
    answer = send(demo, ADOPT + "submit/", body)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["code"] == code
    assert dashboard_cloud.bodies("POST", f"{API}/adopt") == []


def test_a_release_goes_to_the_api_and_the_table_says_what_became_of_it(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    shop = ensemble("<b>shop</b>")
    dashboard_cloud.ensembles = [shop]
    text = demo.get(f"{INDEX}{shop['id']}/").content.decode()
    found = re.search(r'<script id="ens-data" type="application/json">(.*?)</script>', text)
    assert found is not None
    data = json.loads(found[1])
    path = f"{API}/{shop['id']}/action"
    dashboard_cloud.answers["POST", path] = (202, {"ensemble": shop})
    assert send(demo, data["releaseUrl"], {}).status_code == 200
    assert dashboard_cloud.bodies("POST", path) == [{"release": None}]
    said = demo.get(data["releasedUrl"], follow=True).content.decode()
    assert "“&lt;b&gt;shop&lt;/b&gt;” is no ensemble any more." in said


def test_the_table_releases_and_says_of_each_that_is_refused_why(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    one, two = dashboard_cloud.ensembles = [ensemble("one"), ensemble("two")]
    dashboard_cloud.answers["POST", f"{API}/{one['id']}/action"] = (202, {"ensemble": one})
    error = {"conflictingRequest": {"code": 409, "message": "Wait for it."}}
    dashboard_cloud.answers["POST", f"{API}/{two['id']}/action"] = (409, error)
    demo.get(INDEX)
    token = {"csrfmiddlewaretoken": demo.cookies["csrftoken"].value}
    said = ""
    for each in (one, two):
        sent = {**FORM, **token, "action": f"ensembles__release__{each['id']}"}
        said += demo.post(INDEX, sent, follow=True).content.decode()
    assert "Released the servers of: one" in said
    assert "“two” is not released: Wait for it." in said


def test_only_what_is_built_and_settled_is_released(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    for status, more in (("BUILDING", {}), ("ERROR", {}), ("ACTIVE", {"settled": False})):
        dashboard_cloud.ensembles = [ensemble("shop", status, **more)]
        assert "Release Servers" not in demo.get(INDEX).content.decode()
    dashboard_cloud.ensembles = [ensemble("shop", "DEGRADED")]
    assert "All its servers stay as they are" in demo.get(INDEX).content.decode()
