# SPDX-License-Identifier: Apache-2.0
"""The table of ensembles in a project."""

import html
import re

import pytest
from django.test import Client

from ensemble_dashboard.content.ensembles.tables import EnsemblesTable
from tests.fakes.dashboard_answers import ensemble
from tests.fakes.dashboard_cloud import FORM, DashboardCloud

INDEX = "/project/ensembles/"
API = "/v2.1/os-ensembles"


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


def test_a_service_of_its_own_in_the_catalog_is_asked_and_nova_is_not(
    dashboard_cloud: DashboardCloud,
) -> None:
    dashboard_cloud.apart = True
    client = Client()
    who = {"username": "demo", "password": "secret", "region": "default"}
    assert client.post("/auth/login/", who).status_code == 302
    dashboard_cloud.ensembles = [ensemble("shop")]
    assert names(page(client)) == ["shop"]
    asked = {path for _, path, _ in dashboard_cloud.asked if "os-ensembles" in path}
    assert asked and all(path.startswith("/v1/os-ensembles") for path in asked)


def test_the_table_shows_tiers_members_and_what_a_failure_leaves(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    dashboard_cloud.ensembles = [ensemble("shop")]
    text = page(demo)
    assert names(text) == ["shop"]
    assert "web ×\N{NO-BREAK SPACE}2" in text
    assert re.findall(r'ens-chip-(\w+)".*?</span> (\w+: \w+)<', text) == [
        ("works", "host: works"),
        ("degraded", "rack: degraded"),
        ("down", "zone: down"),
    ]
    assert "The ensemble degraded after the loss of any one rack." in text
    assert "Draw your first ensemble" not in text


@pytest.mark.parametrize(
    ("status", "lacks"), [("DEGRADED", True), ("BUILDING", False), ("DELETING", False)]
)
def test_the_table_tells_how_many_members_of_each_tier_run_where_some_do_not(
    demo: Client, dashboard_cloud: DashboardCloud, status: str, lacks: bool
) -> None:
    standing = [
        {"tier": "web", "running": 3, "count": 4, "message": "3 of 4 members of web run."},
        {"tier": "db", "running": 1000, "count": 1000, "message": "All of db."},
    ]
    dashboard_cloud.ensembles = [ensemble("shop", status, standing=standing)]
    text = page(demo)
    assert ('ens-chip ens-chip-lacks" title="3 of 4 members of web run.">' in text) is lacks
    assert "web 3 of 4</span>" in text
    assert "1,003 of 1,004" in text


@pytest.mark.parametrize("status", ["ACTIVE", "BUILDING"])
def test_what_a_failure_would_leave_is_told_as_planned_until_it_is_built(
    demo: Client, dashboard_cloud: DashboardCloud, status: str
) -> None:
    dashboard_cloud.ensembles = [ensemble("shop", status)]
    assert ('title="As planned: The ensemble works' in page(demo)) is (status == "BUILDING")


@pytest.mark.parametrize("status", ["DELETING", "ROLLING_BACK"])
def test_what_is_being_removed_is_no_casualty(
    demo: Client, dashboard_cloud: DashboardCloud, status: str
) -> None:
    dashboard_cloud.ensembles = [ensemble("shop", status, 1)]
    text = page(demo)
    assert "being removed</span>" in text
    assert "ens-chip-down" not in text and "ens-chip-degraded" not in text


def test_a_building_ensemble_shows_its_progress_and_updates_its_row(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    building = ensemble("shop", "BUILDING", 1)
    dashboard_cloud.ensembles = [building]
    text = page(demo)
    assert "Building</span>" in text and "1 of 2 members are active." in text
    assert 'aria-valuenow="1" aria-valuemax="2"' in text
    row = re.search(r'data-update-url="([^"]+)"', text)
    assert row is not None and "warning" in text
    building |= {"status": "ACTIVE", "status_label": "Active", "settled": True}
    url = html.unescape(html.unescape(row[1]))
    fresh = demo.get(url, headers={"X-Requested-With": "XMLHttpRequest"})
    assert fresh.status_code == 200
    assert "Active" in fresh.content.decode() and "progress" not in fresh.content.decode()
    dashboard_cloud.ensembles.clear()
    assert demo.get(url, headers={"X-Requested-With": "XMLHttpRequest"}).status_code == 404


def test_a_row_that_is_asked_for_meanwhile_takes_nothing_from_the_page(
    demo: Client, dashboard_cloud: DashboardCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    dashboard_cloud.ensembles = [ensemble("shop", "BUILDING", 1)]
    row = re.search(r'data-update-url="([^"]+)"', page(demo))
    assert row is not None
    asked: list[str] = []
    render = EnsemblesTable.render

    def while_a_row_is_asked_for(table: EnsemblesTable) -> str:
        if not asked:
            asked.append(html.unescape(html.unescape(row[1])))
            assert demo.get(asked[0], headers={"X-Requested-With": "XMLHttpRequest"}).content
        return str(render(table))

    monkeypatch.setattr(EnsemblesTable, "render", while_a_row_is_asked_for)
    text = page(demo)
    assert asked
    assert 'id="ensembles__action_delete"' in text
    assert "multi_select_column hidden" not in text


def test_a_degraded_ensemble_says_what_does_not_hold_and_asks_for_nothing(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    said = ("web-0 is gone.", "<b>Too many</b>.", "Too few.")
    told = [{"code": "degraded.gone", "message": each} for each in said]
    shop = ensemble("shop", "DEGRADED")
    shop["degraded"] = {"since": "2026-11-22T12:00:00Z", "reasons": told}
    dashboard_cloud.ensembles = [shop]
    text = page(demo)
    assert "Degraded</span>" in text
    assert ">And 2 more.</span>" in text
    assert "&lt;b&gt;Too many&lt;/b&gt;." in text
    assert "<b>Too" not in text
    assert "As Nova had it at " in text
    assert not re.search(r'<tr class="[^"]*warning', text)


def test_a_settled_row_asks_for_nothing(demo: Client, dashboard_cloud: DashboardCloud) -> None:
    dashboard_cloud.ensembles = [ensemble("good"), ensemble("bad", "ERROR", 0)]
    text = page(demo)
    assert "status_up" in text and "status_down" in text
    assert not re.search(r'<tr class="[^"]*warning', text)


def test_pages_follow_the_marker_in_both_directions(
    demo: Client, dashboard_cloud: DashboardCloud, settings: object
) -> None:
    settings.API_RESULT_PAGE_SIZE = 2  # type: ignore[attr-defined]
    dashboard_cloud.ensembles = [ensemble(f"e{number}") for number in range(5)]
    first = page(demo)
    assert names(first) == ["e4", "e3"]
    assert "Next" in links(first) and "Prev" not in links(first)
    second = page(demo, INDEX + "?marker=" + dashboard_cloud.ensembles[3]["id"])
    assert names(second) == ["e2", "e1"]
    assert "Next" in links(second) and "Prev" in links(second)
    last = page(demo, INDEX + "?marker=" + dashboard_cloud.ensembles[1]["id"])
    assert names(last) == ["e0"]
    assert "Next" not in links(last) and "Prev" in links(last)
    back = page(demo, INDEX + "?prev_marker=" + dashboard_cloud.ensembles[2]["id"])
    assert names(back) == ["e4", "e3"]
    assert "Next" in links(back) and "Prev" not in links(back)


def _csrf(client: Client) -> str:
    return client.cookies["csrftoken"].value


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("?q=sh", ["shop"], id="a part of the name finds it"),
        pytest.param("?status=BUILDING", ["queue"], id="a status"),
        pytest.param("?q=u&status=BUILDING", ["queue"], id="a name and a status"),
        pytest.param("?status=ERROR", [], id="a status that nobody has finds nothing"),
        pytest.param("?status=nonsense", ["queue", "shop"], id="nonsense is not sent to the API"),
    ],
)
def test_the_search_searches_in_the_api(
    demo: Client, dashboard_cloud: DashboardCloud, query: str, found: list[str]
) -> None:
    dashboard_cloud.ensembles = [ensemble("shop"), ensemble("queue", "BUILDING")]
    shown = page(demo, INDEX + query)
    assert names(shown) == found
    assert "Draw your first ensemble" not in shown, "nothing found is not nothing there"
    assert found or "No ensemble matches the search." in shown


def test_a_heading_sorts_in_the_api_and_sorts_back(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    dashboard_cloud.ensembles = [ensemble("shop")]
    asked = [
        {key: query.get(key) for key in ("sort_key", "sort_dir")}
        for query in (
            page(demo, INDEX) and dashboard_cloud.queries("GET", API)[-1],
            page(demo, INDEX + "?sort=name&dir=asc") and dashboard_cloud.queries("GET", API)[-1],
            page(demo, INDEX + "?sort=id&dir=asc") and dashboard_cloud.queries("GET", API)[-1],
        )
    ]
    newest = {"sort_key": "created_at", "sort_dir": "desc"}
    assert asked == [newest, {"sort_key": "name", "sort_dir": "asc"}, newest]
    text = page(demo, INDEX + "?q=s&sort=name&dir=asc")
    assert re.search(r'<th[^>]*aria-sort="ascending"[^>]*>\s*<a class="ens-sort"', text)
    assert 'href="?q=s&amp;sort=name&amp;dir=desc"' in text, "the same again turns it round"
    assert 'href="?q=s&amp;sort=status&amp;dir=asc"' in text, "another one begins anew"


def test_the_search_and_the_order_go_on_to_other_pages(
    demo: Client, dashboard_cloud: DashboardCloud, settings: object
) -> None:
    settings.API_RESULT_PAGE_SIZE = 1  # type: ignore[attr-defined]
    dashboard_cloud.ensembles = [ensemble("shop-1"), ensemble("shop-2"), ensemble("queue")]
    foot = links(page(demo, INDEX + "?q=shop&sort=name&dir=desc"))
    assert re.search(r"marker=[0-9a-f-]{36}&amp;q=shop&amp;sort=name&amp;dir=desc", foot)


def test_a_page_after_one_that_was_deleted_begins_anew(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    dashboard_cloud.answers["GET", API] = (400, {"badRequest": {"code": 400, "message": "marker"}})
    answer = demo.get(INDEX + "?q=shop&marker=" + ensemble("x")["id"])
    assert (answer.status_code, answer["Location"]) == (302, INDEX + "?q=shop")


def test_who_watched_one_go_is_told_so_on_the_table(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    dashboard_cloud.ensembles = [ensemble("<b>{$ 1 $}</b>")]
    details = page(demo, f"{INDEX}{dashboard_cloud.ensembles[0]['id']}/")
    address = re.search(r'"goneUrl": "([^"]+)"', details)
    assert address is not None
    answer = demo.get(address[1], follow=True)
    assert answer.redirect_chain == [(INDEX, 302)], "a reload says nothing"
    told = answer.content.decode()
    assert "Nothing of it is left." in told
    assert "&lt;b&gt;{\u2060$ 1 $\u2060}&lt;/b&gt;" in told and "<b>{" not in told


def test_nobody_can_make_the_table_say_what_they_like(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    answer = demo.get(INDEX + "?gone=your-account", follow=True)
    assert "your-account" not in answer.content.decode()


def test_several_are_deleted_at_once(demo: Client, dashboard_cloud: DashboardCloud) -> None:
    dashboard_cloud.ensembles = [ensemble("one"), ensemble("two"), ensemble("three")]
    page(demo)
    chosen = [dashboard_cloud.ensembles[0]["id"], dashboard_cloud.ensembles[2]["id"]]
    answer = demo.post(
        INDEX,
        {
            **FORM,
            "csrfmiddlewaretoken": _csrf(demo),
            "action": "ensembles__delete",
            "object_ids": chosen,
        },
        follow=True,
    )
    assert "Scheduled deletion of Ensembles: one, three" in answer.content.decode()
    assert [row["status"] for row in dashboard_cloud.ensembles] == [
        "DELETING",
        "ACTIVE",
        "DELETING",
    ]


def test_one_on_another_page_can_be_deleted_from_its_details(
    demo: Client, dashboard_cloud: DashboardCloud, settings: object
) -> None:
    settings.API_RESULT_PAGE_SIZE = 1  # type: ignore[attr-defined]
    dashboard_cloud.ensembles = [ensemble("old"), ensemble("new")]
    page(demo)
    token = {**FORM, "csrfmiddlewaretoken": _csrf(demo)}
    action = f"ensembles__delete__{dashboard_cloud.ensembles[0]['id']}"
    demo.post(INDEX, {**token, "action": action})
    assert dashboard_cloud.ensembles[0]["status"] == "DELETING"


def test_a_delete_without_the_token_is_refused(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    dashboard_cloud.ensembles = [ensemble("shop")]
    action = f"ensembles__delete__{dashboard_cloud.ensembles[0]['id']}"
    demo.post(INDEX, {"action": action})
    assert dashboard_cloud.ensembles[0]["status"] == "ACTIVE"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("<script>alert(1)</script>", id="HTML"),
        pytest.param("{$ constructor.constructor('x')() $}", id="an AngularJS expression"),
        pytest.param("{{ 7|add:7 }} {% now 'Y' %}", id="a Django template"),
        pytest.param("x" * 255, id="255 letters"),
        pytest.param("\N{OCTOPUS}" * 255, id="255 emoji"),
        pytest.param('" onmouseover="alert(1)', id="an attribute"),
        pytest.param("\u202egnirts", id="text that turns its direction"),
    ],
)
def test_a_hostile_name_is_text_on_every_page(
    demo: Client, dashboard_cloud: DashboardCloud, name: str
) -> None:
    dashboard_cloud.ensembles = [ensemble(name)]
    index = page(demo)
    shown = name.replace("\u202e", "\\u202e")
    assert names(index) == [shown]
    details = page(demo, f"/project/ensembles/{dashboard_cloud.ensembles[0]['id']}/")
    title = re.search(
        r'<h1 class="h1 word-wrap" dir="auto" title="([^"]*)">(.*?)</h1>', details, re.DOTALL
    )
    assert title is not None and [*map(html.unescape, title.groups())] == [shown, shown]
    for text in (index, details):
        assert "<script>alert" not in text
        assert ' onmouseover="alert' not in text
    # AngularJS leaves the inside of this attribute alone; the table's rows have it themselves,
    # because Horizon compiles a row that arrives later.
    assert re.search(r"<tr[^>]*ng-non-bindable", index)
    token = {**FORM, "csrfmiddlewaretoken": _csrf(demo)}
    action = f"ensembles__delete__{dashboard_cloud.ensembles[0]['id']}"
    told = demo.post(INDEX, {**token, "action": action}, follow=True).content.decode()
    message = re.search(r"Scheduled deletion of Ensemble: (.*?)</p>", told)
    assert message is not None and "{$" not in message[1] and "<script" not in message[1]
    assert html.unescape(message[1]).replace("\u2060", "") == shown


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param((500, {"computeFault": {"code": 500, "message": "boom"}}), "boom", id="error"),
        pytest.param((0, None), "cannot be reached at the moment", id="no answer"),
        pytest.param(
            (403, {"forbidden": {"code": 403, "message": "no"}}),
            "does not let you see",
            id="no right",
        ),
    ],
)
def test_an_api_that_fails_is_told_with_what_to_do(
    demo: Client, dashboard_cloud: DashboardCloud, answer: tuple[int, object], told: str
) -> None:
    dashboard_cloud.answers["GET", API] = answer
    text = page(demo)
    assert told in text and "Try again" in text
    assert "Draw your first ensemble" not in text
    assert "No ensemble matches" not in text, "an error is not an empty table"


def test_nobody_who_is_not_logged_in_sees_anything(dashboard_cloud: DashboardCloud) -> None:
    answer = Client().get(INDEX)
    assert answer.status_code == 302 and "/auth/login/" in answer["Location"]
