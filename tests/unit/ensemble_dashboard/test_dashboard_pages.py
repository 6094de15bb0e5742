# SPDX-License-Identifier: Apache-2.0
"""The details and the drawing page as they leave the server."""

import json
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


def data(text: str) -> Any:
    """Read the data that the page gives its script."""
    found = re.search(r'<script id="ens-data" type="application/json">(.*?)</script>', text)
    assert found is not None
    return json.loads(found[1])


def test_the_drawing_page_offers_what_the_project_has(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    given = data(page(demo, "/project/ensembles/draw/"))
    choices = given["choices"]
    assert [flavor["name"] for flavor in choices["flavors"]] == ["m1.tiny", "m1.small"]
    assert choices["flavors"][1] == {
        "id": "f2", "name": "m1.small", "vcpus": 1, "ram": 2048, "disk": 20, "scarce": False,
    }  # fmt: skip
    assert [image["id"] for image in choices["images"]] == ["i1"], "no kernels"
    assert choices["networks"] == [{"id": "n1", "name": "private"}]
    assert choices["key_pairs"] == [{"id": "mine", "name": "mine"}]
    assert choices["security_groups"] == [
        {"id": "g1", "name": "default (g1)"},
        {"id": "g2", "name": "default (g2)"},
        {"id": "web", "name": "web"},
    ]
    assert choices["missing"] == []
    assert given["planUrl"] == "/project/ensembles/plan/"
    assert given["draftsOf"] == "ensembles.draft.u-demo."


def test_a_service_that_fails_is_named_and_the_rest_is_there(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    dashboard_cloud.answers["GET", "/network/v2.0/security-groups"] = (500, {})
    dashboard_cloud.answers["GET", "/image/v2/images"] = (503, {})
    choices = data(page(demo, "/project/ensembles/draw/"))["choices"]
    assert sorted(choices["missing"]) == ["images", "security_groups", "snapshots"]
    assert choices["images"] == [] and len(choices["flavors"]) == 2


def test_our_scripts_are_on_our_pages_alone(demo: Client, dashboard_cloud: DashboardCloud) -> None:
    scripts = re.compile(r'src="/static/ensembles/js/([\w/]+)\.js"')
    drawing = page(demo, "/project/ensembles/draw/")
    # What a <template> names is fetched when it is first wanted.
    at_once = re.sub(r"<template.*?</template>", "", drawing, flags=re.DOTALL)
    found = scripts.findall(at_once)
    assert found[0] == "core/formats" and found[-1] == "draw/draw"
    assert scripts.findall(page(demo, "/project/ensembles/")) == ["table/refill"]
    assert scripts.findall(page(demo, "/project/key_pairs/")) == []


def test_nothing_of_ours_is_an_inline_script(demo: Client, dashboard_cloud: DashboardCloud) -> None:
    drawing = page(demo, "/project/ensembles/draw/")
    ours = drawing[drawing.index('<div class="ens"') : drawing.index("ens-data")]
    assert not re.search(r'<script(?! src="/static/)', ours.removesuffix('<script id="'))
    assert not re.search(r"\son\w+=|javascript:|\sstyle=", ours)


def test_the_details_give_the_script_the_whole_ensemble(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    metadata = {"items": "all", "b": "<i>{$ 7*7 $}"}
    made = ensemble("shop", "BUILDING", 1, description="our <b>shop</b>", metadata=metadata)
    dashboard_cloud.ensembles = [made]
    text = page(demo, f"/project/ensembles/{made['id']}/")
    given = data(text)
    assert given["ensemble"] == made
    assert given["names"] == {"f1": "m1.tiny", "f2": "m1.small", "i1": "cirros", "n1": "private"}
    assert given["stateUrl"] == f"/project/ensembles/{made['id']}/state/"
    assert given["instanceUrl"].replace("00000000", "x") == "/project/instances/x/"
    assert given["survivabilityUrl"] == f"/project/ensembles/{made['id']}/survivability/"
    assert given["deleteUrl"] == f"/project/ensembles/{made['id']}/delete/"
    assert given["session"] == {
        "project": {"id": PROJECT, "name": "demo"},
        "csrfCookie": "csrftoken",
        "loginUrl": "/auth/login/",
        "switchUrl": "/auth/switch/00000000/",
    }
    assert f"/project/ensembles/draw/?like={made['id']}" in text
    assert "our &lt;b&gt;shop&lt;/b&gt;" in text
    assert re.findall(r'<li class="ens-wrap" dir="auto">(\w+) = ([^<]*)</li>', text) == [
        ("b", "&lt;i&gt;{$ 7*7 $}"),
        ("items", "all"),
    ]
    assert "Nov. 22, 2026" in text


def test_a_script_in_the_data_cannot_end_it(demo: Client, dashboard_cloud: DashboardCloud) -> None:
    made = ensemble("</script><script>alert(1)</script>")
    dashboard_cloud.ensembles = [made]
    assert data(page(demo, f"/project/ensembles/{made['id']}/"))["ensemble"] == made


def test_an_ensemble_that_is_not_there_leads_back_with_a_message(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    answer = demo.get(f"/project/ensembles/{ensemble('x')['id']}/", follow=True)
    assert answer.redirect_chain[-1][0] == "/project/ensembles/"
    assert "There is no such ensemble here" in answer.content.decode()


@pytest.mark.parametrize(
    ("answer", "status", "told"),
    [
        pytest.param((0, None), 503, "cannot be reached", id="no answer"),
        pytest.param(
            (403, {"forbidden": {"code": 403, "message": "no"}}),
            403,
            "not let you see",
            id="no right",
        ),
        pytest.param(
            (500, {"computeFault": {"code": 500, "message": "<b>boom</b>"}}),
            502,
            "&lt;b&gt;boom&lt;/b&gt;",
            id="an error",
        ),
    ],
)
def test_a_page_that_cannot_be_shown_says_why_and_what_to_do(
    demo: Client, dashboard_cloud: DashboardCloud, answer: tuple[int, Any], status: int, told: str
) -> None:
    made = ensemble("shop")
    dashboard_cloud.answers["GET", f"/v2.1/os-ensembles/{made['id']}"] = answer
    shown = demo.get(f"/project/ensembles/{made['id']}/")
    assert shown.status_code == status
    assert told in shown.content.decode() and "Try again" in shown.content.decode()


def test_operators_draw_nothing_from_others_ensembles(
    admin: Client, dashboard_cloud: DashboardCloud
) -> None:
    made = ensemble("shop")
    dashboard_cloud.ensembles = [made]
    text = page(admin, f"/admin/ensembles/{made['id']}/")
    assert data(text)["stateUrl"] == f"/admin/ensembles/{made['id']}/state/"
    assert data(text)["goneUrl"].startswith("/admin/ensembles/all/?gone=")
    assert "?like=" not in text


@pytest.mark.parametrize(
    ("language", "zone", "created"),
    [
        pytest.param("de", "Asia/Tokyo", "22. November 2026 21:00", id="a German in Tokyo"),
        pytest.param("en", "UTC", "Nov. 22, 2026, noon", id="as Horizon comes"),
        pytest.param("ja", "America/New_York", "2026年11月22日7:00", id="not one of our languages"),
    ],
)
def test_a_page_gives_its_script_the_language_and_the_time_zone_of_the_settings(
    demo: Client, dashboard_cloud: DashboardCloud, language: str, zone: str, created: str
) -> None:
    made = ensemble("shop", created_at="2026-11-22T12:00:00Z")
    dashboard_cloud.ensembles = [made]
    demo.cookies["horizon_language"] = language
    demo.cookies["django_timezone"] = zone
    text = page(demo, f"/project/ensembles/{made['id']}/")
    assert f'data-language="{language}" data-time-zone="{zone}"' in text
    assert f'<time datetime="2026-11-22T12:00:00Z">{created}</time>' in text
