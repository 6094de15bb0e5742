# SPDX-License-Identifier: Apache-2.0
"""The JSON views between the page's script and the API."""

import json
from datetime import datetime
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.fakes.dashboard_answers import ensemble
from tests.fakes.dashboard_cloud import SCRIPT, DashboardCloud

PLAN = "/project/ensembles/plan/"
CREATE = "/project/ensembles/create/"
API = "/v2.1/os-ensembles"
DRAWN = {"ensemble": {"name": "shop", "tiers": [], "policies": []}}


def send(client: Client, path: str, body: Any = DRAWN, **headers: str) -> HttpResponse:
    """Post as the page's script does, unless a header says otherwise."""
    script = {
        **SCRIPT,
        "X-CSRFToken": client.cookies["csrftoken"].value,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    kind = script.pop("Content-Type", "application/json")
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(
        path, text, content_type=kind, headers={k: v for k, v in script.items() if v}
    )


def test_a_plan_comes_back_as_the_api_gave_it(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    plan = {"feasible": True, "assignments": [{"member": "web-0"}], "reasons": []}
    dashboard_cloud.answers["POST", API + "/plans"] = (200, {"plan": plan})
    answer = send(demo, PLAN)
    assert answer.status_code == 200
    assert answer.json() == {"plan": plan}
    assert answer["Cache-Control"] == "no-store"
    assert dashboard_cloud.bodies("POST", API + "/plans") == [DRAWN]


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        pytest.param("", [{}], id="a plan alone"),
        pytest.param("?headroom=1", [{"headroom": "1"}], id="the headroom too"),
        pytest.param("?domains=all", [{"domains": "all"}], id="all domains"),
        pytest.param("?fail=a%26b", [{"fail": "a&b"}], id="what fails"),
        pytest.param("?headroom=yes&limit=9&domains=x", [{}], id="nothing else is passed on"),
    ],
)
def test_more_is_asked_of_the_api_when_the_script_asks(
    demo: Client, dashboard_cloud: DashboardCloud, query: str, asked: list[dict[str, str]]
) -> None:
    dashboard_cloud.answers["POST", API + "/plans"] = (200, {"plan": {"feasible": True}})
    assert send(demo, PLAN + query).status_code == 200
    assert dashboard_cloud.queries("POST", API + "/plans") == asked


def test_a_create_gives_the_address_of_the_new_ensemble(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    answer = send(demo, CREATE)
    made = dashboard_cloud.ensembles[0]
    assert answer.json() == {"id": made["id"], "url": f"/project/ensembles/{made['id']}/"}
    assert dashboard_cloud.bodies("POST", API) == [DRAWN]


def test_what_was_previewed_is_created_by_the_id_of_its_plan(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    assert send(demo, CREATE, DRAWN | {"plan": "an-id"}).status_code == 200
    assert dashboard_cloud.bodies("POST", API) == [DRAWN | {"plan": "an-id"}]


def test_a_create_is_sent_once_with_the_key_of_the_page(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    assert send(demo, CREATE, DRAWN | {"key": "a-key"}).status_code == 200
    assert dashboard_cloud.bodies("POST", API) == [DRAWN]
    assert dashboard_cloud.keys == ['"a-key"']
    dashboard_cloud.answers["POST", API] = (0, None)
    assert send(demo, CREATE, DRAWN | {"key": "a-key"}).status_code == 503
    assert dashboard_cloud.keys == ['"a-key"'] * 2


def test_a_create_without_a_key_of_the_page_is_sent_once_too(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    """Whoever waits at the browser tries again; a thread of the dashboard does not sleep."""
    dashboard_cloud.answers["POST", API] = (0, None)
    assert send(demo, CREATE, DRAWN).status_code == 503
    assert len(dashboard_cloud.keys) == 1


def test_what_is_no_key_is_refused_here(demo: Client, dashboard_cloud: DashboardCloud) -> None:
    answer = send(demo, CREATE, DRAWN | {"key": 7})
    assert answer.json()["error"]["details"]["code"] == "dashboard.no_key"


def test_what_is_no_id_of_a_plan_is_refused_here(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    answer = send(demo, CREATE, DRAWN | {"plan": ["an-id"]})
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["code"] == "dashboard.no_plan"
    assert dashboard_cloud.bodies("POST", API) == []


REASON = {
    "code": "too-few-domains",
    "message": "9 racks are needed, there are 6",
    "suggestion": "x",
}


@pytest.mark.parametrize(
    ("status", "key", "message", "details"),
    [
        pytest.param(
            400,
            "badRequest",
            "ensemble.tiers[0].count: 0 is less than the minimum of 1",
            {"code": "ensemble.invalid", "field": "ensemble.tiers[0].count"},
            id="a bad field with its place",
        ),
        pytest.param(
            409,
            "conflictingRequest",
            "The ensemble does not fit",
            {"code": "ensemble.infeasible", "reasons": [REASON]},
            id="a refusal with its reasons",
        ),
        pytest.param(403, "forbidden", "Quota exceeded", {"code": "ensemble.quota"}, id="a quota"),
        pytest.param(503, "serviceUnavailable", "Placement is away", {}, id="a service away"),
    ],
)
@pytest.mark.parametrize("path", [PLAN, CREATE])
def test_an_error_of_the_api_passes_with_its_words(
    demo: Client,
    dashboard_cloud: DashboardCloud,
    path: str,
    status: int,
    key: str,
    message: str,
    details: dict[str, Any],
) -> None:
    error = {key: {"code": status, "message": message, "details": details}}
    for where in (API, API + "/plans"):
        dashboard_cloud.answers["POST", where] = (status, error)
    answer = send(demo, path)
    assert answer.status_code == status
    assert answer.json() == {"error": {"status": status, "message": message, "details": details}}


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        pytest.param("{", {}, 400, id="no JSON"),
        pytest.param(b"\xff\xfe", {}, 400, id="no text"),
        pytest.param("[" * 200_000, {}, 400, id="JSON that is nested without an end"),
        pytest.param([], {}, 400, id="a list"),
        pytest.param({"ensemble": "shop"}, {}, 400, id="an ensemble that is a text"),
        pytest.param(DRAWN, {"Content_Type": "text/plain"}, 415, id="another type"),
        pytest.param("x" * (2 * 1024 * 1024 + 1), {}, 413, id="too much"),
        pytest.param(DRAWN, {"X_Requested_With": ""}, 400, id="no mark of a script"),
        pytest.param(DRAWN, {"X_CSRFToken": ""}, 302, id="no token"),
        pytest.param(DRAWN, {"X_CSRFToken": "x" * 32}, 302, id="a wrong token"),
    ],
)
def test_what_our_script_never_sends_is_refused_before_the_api(
    demo: Client, dashboard_cloud: DashboardCloud, body: Any, headers: dict[str, str], status: int
) -> None:
    answer = send(demo, CREATE, body, **headers)
    # Horizon leads to the login when the token is wrong; a script is told so by a 401.
    assert answer.status_code in (status, 401 if status == 302 else status)
    assert dashboard_cloud.bodies("POST", API) == []


def test_the_session_s_end_is_a_401_for_the_script(dashboard_cloud: DashboardCloud) -> None:
    answer = Client().get(
        f"/project/ensembles/{ensemble('x')['id']}/state/",
        headers={"X-Requested-With": "XMLHttpRequest"},
    )
    assert answer.status_code == 401


def test_the_state_is_what_the_api_says_now(demo: Client, dashboard_cloud: DashboardCloud) -> None:
    made = ensemble("shop", "BUILDING", 1)
    dashboard_cloud.ensembles = [made]
    headers = SCRIPT
    path = f"/project/ensembles/{made['id']}/state/"
    answer = demo.get(path, headers=headers).json()
    assert answer["ensemble"] == made
    assert datetime.fromisoformat(answer["now"]).tzinfo is not None
    dashboard_cloud.ensembles.clear()
    gone = demo.get(path, headers=headers)
    assert gone.status_code == 404
    assert gone.json()["error"]["details"] == {"code": "ensemble.not_found"}


def test_a_cloud_that_cannot_be_reached_is_told_as_that(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    dashboard_cloud.answers["POST", API + "/plans"] = (0, None)
    answer = send(demo, PLAN)
    assert answer.status_code == 503
    assert "cannot be reached" in answer.json()["error"]["message"]
