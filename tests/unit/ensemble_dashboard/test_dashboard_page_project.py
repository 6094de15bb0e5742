# SPDX-License-Identifier: Apache-2.0
"""A page of one project in a session that is in another: every way that leads to the API."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from tests.fakes.dashboard_answers import PROJECT, ensemble
from tests.fakes.dashboard_cloud import FORM, OTHER_PROJECT, SCRIPT, DashboardCloud

INDEX = "/project/ensembles/"
API = "/v2.1/os-ensembles"
DRAWN = {"ensemble": {"name": "shop", "tiers": [], "policies": []}}


@pytest.fixture
def shop(dashboard_cloud: DashboardCloud) -> dict[str, Any]:
    """An ensemble that the API shows to anybody."""
    made = ensemble("shop", "BUILDING", 1)
    dashboard_cloud.ensembles = [made]
    return made


def switch(client: Client, project: str = OTHER_PROJECT) -> None:
    """Choose another project, as in another tab."""
    assert client.get(f"/auth/switch/{project}/", {"next": INDEX}).status_code == 302


def addresses(panel: str, made: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """Give what the scripts of a panel ask for: method, address, body."""
    own = [
        ("GET", f"{panel}{made['id']}/{what}/", None)
        for what in ("state", "survivability", "document")
    ]
    deletes = ("POST", f"{panel}{made['id']}/delete/", {})
    drawing = [
        ("POST", f"{INDEX}{what}/", DRAWN) for what in ("plan", "create", "write", "read")
    ] + [("GET", f"{INDEX}choices/flavors/", None)]
    return [*own, deletes, *(drawing if panel == INDEX else [])]


def ask(client: Client, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
    """Ask as a script does, with the token of now."""
    token = {"X-CSRFToken": client.cookies["csrftoken"].value}
    if method == "GET":
        return client.get(path, headers=headers)
    return client.post(path, body, content_type="application/json", headers={**headers, **token})


def reached(cloud: DashboardCloud) -> list[tuple[str, str, Any]]:
    """Give what the ensembles API was asked."""
    return [each for each in cloud.asked if each[1].startswith(API)]


@pytest.mark.parametrize(
    ("who", "panel"), [("demo", INDEX), ("admin", "/admin/ensembles/")], ids=("member", "operator")
)
def test_no_question_of_a_page_is_answered_from_another_project(
    request: pytest.FixtureRequest,
    dashboard_cloud: DashboardCloud,
    shop: dict[str, Any],
    who: str,
    panel: str,
) -> None:
    client: Client = request.getfixturevalue(who)
    client.get(f"{panel}{shop['id']}/")
    switch(client)
    dashboard_cloud.asked.clear()
    for method, path, body in addresses(panel, shop):
        answer = ask(client, method, path, body, SCRIPT)
        assert answer.status_code == 409, path
        assert answer.json()["error"] == {
            "status": 409,
            "message": "You are now in lab. This page was opened in another project.",
            "details": {
                "code": "dashboard.other_project",
                "project": {"id": OTHER_PROJECT, "name": "lab"},
            },
        }
    assert reached(dashboard_cloud) == []
    assert shop["status"] == "BUILDING"


def test_a_page_that_names_no_project_is_told_to_be_loaded_again(
    demo: Client, dashboard_cloud: DashboardCloud, shop: dict[str, Any]
) -> None:
    demo.get(f"{INDEX}{shop['id']}/")
    dashboard_cloud.asked.clear()
    for method, path, body in addresses(INDEX, shop):
        answer = ask(demo, method, path, body, {"X-Requested-With": "XMLHttpRequest"})
        assert answer.status_code == 400, path
        assert answer.json()["error"]["details"]["code"] == "dashboard.no_project"
        assert "Load it again" in answer.json()["error"]["message"]
    assert reached(dashboard_cloud) == []


@pytest.mark.parametrize(
    ("who", "index", "table"),
    [("demo", INDEX, "ensembles"), ("admin", "/admin/ensembles/all/", "all_ensembles")],
    ids=("member", "operator"),
)
def test_a_table_changes_nothing_from_another_project_and_leads_back(
    request: pytest.FixtureRequest,
    shop: dict[str, Any],
    who: str,
    index: str,
    table: str,
) -> None:
    client: Client = request.getfixturevalue(who)
    text = client.get(index).content.decode()
    named = re.search(r'<input type="hidden" name="ensembles_project" value="([^"]*)">', text)
    assert named is not None and named[1] == PROJECT
    switch(client)
    token = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    for action in (
        {"action": f"{table}__delete", "object_ids": [shop["id"]]},
        {"action": f"{table}__delete__{shop['id']}"},
    ):
        answer = client.post(index + "?q=sh", {**FORM, **token, **action})
        assert answer.status_code == 409
        said = answer.content.decode()
        assert "You are now in lab." in said
        assert "This page was opened in demo. Nothing was changed." in said
        back = f'href="/auth/switch/{PROJECT}/?next={index.replace("/", "%2F")}%3Fq%3Dsh"'
        assert back in html.unescape(said)
    assert shop["status"] == "BUILDING"
    switch(client, PROJECT)
    token = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    assert client.post(index, {**FORM, **token, **action}).status_code == 302
    assert shop["status"] == "DELETING"


def test_a_project_that_somebody_has_left_is_no_way_back(
    demo: Client, shop: dict[str, Any]
) -> None:
    demo.get(INDEX)
    token = {"csrfmiddlewaretoken": demo.cookies["csrftoken"].value}
    action = {"action": f"ensembles__delete__{shop['id']}"}
    for named in ("0" * 32, "<b>x</b>", ""):
        answer = demo.post(INDEX, {"ensembles_project": named, **token, **action})
        said = answer.content.decode()
        assert answer.status_code == 409
        assert "This page was opened in another project." in said
        assert "<b>x" not in said and f"/auth/switch/{named}/" not in said
    assert demo.post(INDEX, {**token, **action}).status_code == 400
    assert shop["status"] == "BUILDING"


def test_a_row_that_asks_for_news_is_not_told_that_it_is_gone(
    demo: Client, dashboard_cloud: DashboardCloud, shop: dict[str, Any]
) -> None:
    row = re.search(r'data-update-url="([^"]+)"', demo.get(INDEX).content.decode())
    assert row is not None
    news = html.unescape(html.unescape(row[1]))
    script = {"X-Requested-With": "XMLHttpRequest"}
    assert demo.get(news, headers=script).status_code == 200
    dashboard_cloud.ensembles.clear()  # as the API answers in another project
    switch(demo)
    assert demo.get(news, headers=script).status_code == 409


def test_the_script_is_told_in_which_cookie_the_token_is(
    demo: Client, shop: dict[str, Any], settings: Any
) -> None:
    settings.CSRF_COOKIE_NAME = "ours"
    for page in (f"{INDEX}{shop['id']}/", f"{INDEX}draw/"):
        assert '"csrfCookie": "ours"' in demo.get(page).content.decode()
