# SPDX-License-Identifier: Apache-2.0
"""The table of ensembles in a project."""

import html
import re

import pytest
from django.test import Client

from tests.unit.ensemble_dashboard.little_cloud import LittleCloud, ensemble

INDEX = "/project/ensembles/"


def page(client: Client, path: str = INDEX) -> str:
    """Read a page that must be there."""
    answer = client.get(path)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def links(text: str) -> str:
    """Give the foot of the table, with the links to other pages."""
    foot = re.search(r"<tfoot>(.*?)</tfoot>", text, re.DOTALL)
    assert foot is not None
    return foot[1]


def names(text: str) -> list[str]:
    """List the names in the table, from the top, as the browser shows them."""
    return [
        html.unescape(name)
        for name in re.findall(r'/project/ensembles/[0-9a-f-]{36}/">([^<]*)<', text)
    ]


def test_an_empty_project_is_invited_to_draw(demo: Client) -> None:
    text = page(demo)
    assert "Draw your first ensemble" in text
    assert '<table id="ensembles"' not in text


def test_the_table_shows_tiers_members_and_what_is_survived(
    demo: Client, little_cloud: LittleCloud
) -> None:
    little_cloud.ensembles = [ensemble("shop")]
    text = page(demo)
    assert names(text) == ["shop"]
    assert "web &times;&nbsp;2" in text
    assert "every tier outlives the loss of any one rack" in text
    assert "the loss of one zone can end a tier" in text
    assert "Draw your first ensemble" not in text


def test_a_building_ensemble_shows_its_progress_and_updates_its_row(
    demo: Client, little_cloud: LittleCloud
) -> None:
    building = ensemble("shop", "BUILDING", 1)
    little_cloud.ensembles = [building]
    text = page(demo)
    assert "Building: 1 of 2" in text
    assert 'aria-valuenow="1" aria-valuemax="2"' in text
    row = re.search(r'data-update-url="([^"]+)"', text)
    assert row is not None and "warning" in text
    building["status"] = "ACTIVE"
    url = html.unescape(html.unescape(row[1]))
    fresh = demo.get(url, headers={"X-Requested-With": "XMLHttpRequest"})
    assert fresh.status_code == 200
    assert "Active" in fresh.content.decode() and "progress" not in fresh.content.decode()
    little_cloud.ensembles.clear()
    assert demo.get(url, headers={"X-Requested-With": "XMLHttpRequest"}).status_code == 404


def test_a_settled_row_asks_for_nothing(demo: Client, little_cloud: LittleCloud) -> None:
    little_cloud.ensembles = [ensemble("good"), ensemble("bad", "ERROR", 0)]
    text = page(demo)
    assert "status_up" in text and "status_down" in text
    assert not re.search(r'<tr class="[^"]*warning', text)


def test_pages_follow_the_marker_in_both_directions(
    demo: Client, little_cloud: LittleCloud, settings: object
) -> None:
    settings.API_RESULT_PAGE_SIZE = 2  # type: ignore[attr-defined]
    little_cloud.ensembles = [ensemble(f"e{number}") for number in range(5)]
    first = page(demo)
    assert names(first) == ["e4", "e3"]
    assert "Next" in links(first) and "Prev" not in links(first)
    second = page(demo, INDEX + "?marker=" + little_cloud.ensembles[3]["id"])
    assert names(second) == ["e2", "e1"]
    assert "Next" in links(second) and "Prev" in links(second)
    last = page(demo, INDEX + "?marker=" + little_cloud.ensembles[1]["id"])
    assert names(last) == ["e0"]
    assert "Next" not in links(last) and "Prev" in links(last)
    back = page(demo, INDEX + "?prev_marker=" + little_cloud.ensembles[2]["id"])
    assert names(back) == ["e4", "e3"]
    assert "Next" in links(back) and "Prev" not in links(back)


def _csrf(client: Client) -> str:
    return client.cookies["csrftoken"].value


@pytest.mark.parametrize(
    ("field", "text", "found"),
    [
        pytest.param("name", "sh", ["shop"], id="a part of the name finds it"),
        pytest.param("status", "building", ["queue"], id="a status is found by its word"),
        pytest.param("status", "ERROR", [], id="a status that nobody has finds nothing"),
    ],
)
def test_the_filter_searches_in_the_api(
    demo: Client, little_cloud: LittleCloud, field: str, text: str, found: list[str]
) -> None:
    little_cloud.ensembles = [ensemble("shop"), ensemble("queue", "BUILDING")]
    page(demo)
    answer = demo.post(
        INDEX,
        {
            "csrfmiddlewaretoken": _csrf(demo),
            "ensembles__filter__q": text,
            "ensembles__filter__q_field": field,
        },
        follow=True,
    )
    shown = answer.content.decode()
    assert names(shown) == found
    assert "Draw your first ensemble" not in shown, "nothing found is not nothing there"


def test_several_are_deleted_at_once(demo: Client, little_cloud: LittleCloud) -> None:
    little_cloud.ensembles = [ensemble("one"), ensemble("two"), ensemble("three")]
    page(demo)
    chosen = [little_cloud.ensembles[0]["id"], little_cloud.ensembles[2]["id"]]
    answer = demo.post(
        INDEX,
        {
            "csrfmiddlewaretoken": _csrf(demo),
            "action": "ensembles__delete",
            "object_ids": chosen,
        },
        follow=True,
    )
    assert "Scheduled deletion of Ensembles: one, three" in answer.content.decode()
    assert [row["status"] for row in little_cloud.ensembles] == ["DELETING", "ACTIVE", "DELETING"]


def test_one_on_another_page_can_be_deleted_from_its_details(
    demo: Client, little_cloud: LittleCloud, settings: object
) -> None:
    settings.API_RESULT_PAGE_SIZE = 1  # type: ignore[attr-defined]
    little_cloud.ensembles = [ensemble("old"), ensemble("new")]
    page(demo)
    token = {"csrfmiddlewaretoken": _csrf(demo)}
    action = f"ensembles__delete__{little_cloud.ensembles[0]['id']}"
    demo.post(INDEX, {**token, "action": action})
    assert little_cloud.ensembles[0]["status"] == "DELETING"


def test_a_delete_without_the_token_is_refused(demo: Client, little_cloud: LittleCloud) -> None:
    little_cloud.ensembles = [ensemble("shop")]
    action = f"ensembles__delete__{little_cloud.ensembles[0]['id']}"
    demo.post(INDEX, {"action": action})
    assert little_cloud.ensembles[0]["status"] == "ACTIVE"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("<script>alert(1)</script>", id="HTML"),
        pytest.param("{$ constructor.constructor('x')() $}", id="an AngularJS expression"),
        pytest.param("{{ 7|add:7 }} {% now 'Y' %}", id="a Django template"),
        pytest.param("x" * 255, id="255 letters"),
        pytest.param("\N{OCTOPUS}" * 255, id="255 emoji"),
        pytest.param('" onmouseover="alert(1)', id="an attribute"),
    ],
)
def test_a_hostile_name_is_text_on_every_page(
    demo: Client, little_cloud: LittleCloud, name: str
) -> None:
    little_cloud.ensembles = [ensemble(name)]
    index = page(demo)
    assert names(index) == [name]
    details = page(demo, f"/project/ensembles/{little_cloud.ensembles[0]['id']}/")
    title = re.search(r'<span class="h1 word-wrap">(.*?)</span>', details)
    assert title is not None and html.unescape(title[1]) == name
    for text in (index, details):
        assert "<script>alert" not in text
        assert ' onmouseover="alert' not in text
    # AngularJS leaves the inside of this attribute alone; the table's rows have it themselves,
    # because Horizon compiles a row that arrives later.
    assert re.search(r"<tr[^>]*ng-non-bindable", index)
    token = {"csrfmiddlewaretoken": _csrf(demo)}
    action = f"ensembles__delete__{little_cloud.ensembles[0]['id']}"
    told = demo.post(INDEX, {**token, "action": action}, follow=True).content.decode()
    message = re.search(r"Scheduled deletion of Ensemble: (.*?)</p>", told)
    assert message is not None and "{$" not in message[1] and "<script" not in message[1]
    assert html.unescape(message[1]).replace("\u2060", "") == name


def test_an_api_that_fails_is_told(demo: Client, little_cloud: LittleCloud) -> None:
    broken = {"computeFault": {"code": 500, "message": "boom"}}
    little_cloud.answers["GET", "/v2.1/os-ensembles"] = (500, broken)
    text = page(demo)
    assert "Unable to retrieve ensembles." in text
    assert "Draw your first ensemble" not in text


def test_nobody_who_is_not_logged_in_sees_anything(little_cloud: LittleCloud) -> None:
    answer = Client().get(INDEX)
    assert answer.status_code == 302 and "/auth/login/" in answer["Location"]
