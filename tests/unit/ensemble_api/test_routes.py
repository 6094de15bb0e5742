# SPDX-License-Identifier: Apache-2.0
"""Requests to answers: routes, methods, versions, rights, parameters and the shape of errors."""

from dataclasses import replace
from typing import Any

import pytest
import webob
from routed import (
    ACTION,
    ADMIN,
    BODY,
    FOREIGN,
    ID,
    MEMBER,
    READER,
    SURVIVABILITY,
    Ensembles,
    call,
    error,
)

from ensemble_api.service import Page
from tests.fakes.callers import Caller


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "key", "asked"),
    [
        ("GET", "/os-ensembles", None, 200, "ensembles", "select"),
        ("GET", "/os-ensembles/", None, 200, "ensembles", "select"),
        ("POST", "/os-ensembles", BODY, 202, "ensemble", "create"),
        ("POST", "/os-ensembles/plans", BODY, 200, "plan", "plan"),
        ("GET", f"/os-ensembles/{ID}", None, 200, "ensemble", "get"),
        (
            "GET",
            f"/os-ensembles/{ID}/survivability?failures=2",
            None,
            200,
            "survivability",
            "survivability",
        ),
        ("DELETE", f"/os-ensembles/{ID}", None, 202, "ensemble", "delete"),
        ("POST", ACTION, {"cancel": None}, 202, "ensemble", "cancel"),
    ],
)
def test_a_member_reaches_every_route(
    service: Ensembles, method: str, path: str, body: Any, status: int, key: str, asked: str
) -> None:
    response = call(service, method, path, body=body)
    assert response.status_int == status
    assert key in response.json
    assert service.asked[-1][0] == asked
    assert response.headers["OpenStack-API-Version"] == "ensemble 1.0"
    assert "OpenStack-API-Version" in response.headers["Vary"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/os-ensembles", "GET, POST"),
        ("DELETE", "/os-ensembles", "GET, POST"),
        ("GET", "/os-ensembles/plans", "POST"),
        ("POST", "/os-ensembles/hosts", "GET"),
        ("DELETE", "/os-ensembles/hosts/h1", "GET"),
        ("POST", f"/os-ensembles/{ID}", "GET, PATCH, DELETE"),
        ("PUT", f"/os-ensembles/{ID}", "GET, PATCH, DELETE"),
        ("BREW", "/os-ensembles", "GET, POST"),
    ],
)
def test_a_method_that_a_route_does_not_have_is_405(
    service: Ensembles, method: str, path: str, allow: str
) -> None:
    response = call(service, method, path)
    assert response.status_int == 405
    error(response, "badMethod", "ensemble.method_not_allowed")
    assert response.headers["Allow"] == allow
    assert service.asked == []


@pytest.mark.parametrize(
    "path",
    [
        "/os-ensembles/a/b",
        "/os-ensembles/nobody",
        f"/os-ensembles/{'x' * 300}",
        "/os-ensembles/%00",
        "/os-ensembles/%C3%A9",
        "/os-ensembles/..%2F..",
        "/os-ensembles/' OR 1=1",
    ],
)
def test_what_is_not_there_is_404(service: Ensembles, path: str) -> None:
    response = call(service, "GET", path)
    assert response.status_int == 404
    error(response, "itemNotFound", "ensemble.not_found")


@pytest.mark.parametrize("asked", ["ensemble 1.0", "ensemble latest", "compute 2.96", ""])
def test_a_version_that_exists_is_answered(service: Ensembles, asked: str) -> None:
    headers = {"OpenStack_API_Version": asked} if asked else {}
    assert call(service, "GET", "/os-ensembles", **headers).status_int == 200


@pytest.mark.parametrize("asked", ["1.1", "2.0", "0.9", "1", "one", "1.0.0"])
def test_a_version_that_does_not_exist_is_406(service: Ensembles, asked: str) -> None:
    response = call(service, "GET", "/os-ensembles", OpenStack_API_Version=f"ensemble {asked}")
    assert response.status_int == 406
    details = error(response, "notAcceptable", "ensemble.version")
    assert (details["min"], details["max"]) == ("1.0", "1.0")
    assert service.asked == []


@pytest.mark.parametrize(
    ("who", "method", "path", "status"),
    [
        pytest.param(READER, "GET", "/os-ensembles", 200, id="a reader lists"),
        pytest.param(READER, "GET", f"/os-ensembles/{ID}", 200, id="a reader shows"),
        pytest.param(READER, "GET", SURVIVABILITY, 200, id="a reader sees the current state"),
        pytest.param(FOREIGN, "GET", SURVIVABILITY, 404, id="another project's: hidden"),
        pytest.param(ADMIN, "GET", SURVIVABILITY, 200, id="an admin sees the current state of any"),
        pytest.param(READER, "POST", "/os-ensembles", 403, id="a reader does not create"),
        pytest.param(READER, "POST", "/os-ensembles/plans", 200, id="a reader plans"),
        pytest.param(READER, "DELETE", f"/os-ensembles/{ID}", 403, id="a reader does not delete"),
        pytest.param(MEMBER, "GET", "/os-ensembles/hosts", 403, id="a member sees no hosts"),
        pytest.param(
            MEMBER, "GET", "/os-ensembles?all_projects=1", 403, id="a member lists no others"
        ),
        pytest.param(FOREIGN, "GET", f"/os-ensembles/{ID}", 404, id="another project's: hidden"),
        pytest.param(FOREIGN, "DELETE", f"/os-ensembles/{ID}", 404, id="another's: not deleted"),
        pytest.param(ADMIN, "GET", f"/os-ensembles/{ID}", 200, id="an admin shows any"),
        pytest.param(ADMIN, "DELETE", f"/os-ensembles/{ID}", 202, id="an admin deletes any"),
        pytest.param(READER, "POST", ACTION, 403, id="a reader does not cancel"),
        pytest.param(FOREIGN, "POST", ACTION, 404, id="another's: not cancelled"),
        pytest.param(ADMIN, "POST", ACTION, 202, id="an admin cancels any"),
        pytest.param(ADMIN, "GET", "/os-ensembles/hosts", 200, id="an admin sees the hosts"),
        pytest.param(ADMIN, "GET", "/os-ensembles?all_projects=1", 200, id="an admin lists all"),
    ],
)
def test_rights(service: Ensembles, who: Caller, method: str, path: str, status: int) -> None:
    sent = {"cancel": None} if path == ACTION else BODY
    response = call(service, method, path, who, sent if method == "POST" else None)
    assert response.status_int == status
    if status == 403:
        error(response, "forbidden", "ensemble.forbidden")
        assert not {each[0] for each in service.asked} - {"get"}
    if status == 404:
        details = error(response, "itemNotFound", "ensemble.not_found")
        assert details == {"code": "ensemble.not_found"}
        assert not {("delete", ID), ("cancel", ID)} & set(service.asked)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"cancel": {}}, "cancel"),
        ({"cancel": None, "release": None}, "body"),
        ({"delete": None}, "delete"),
        ({"rebuild": None}, "rebuild"),
        ([], "body"),
        (None, "body"),
        (b"cancel", "body"),
    ],
)
def test_an_action_that_there_is_not_is_refused(service: Ensembles, body: Any, field: str) -> None:
    response = call(service, "POST", ACTION, body=b"null" if body is None else body)
    assert response.status_int == 400
    assert error(response, "badRequest", "ensemble.invalid")["field"] == field
    assert service.asked == []


def test_the_answer_about_another_s_ensemble_is_that_about_none(service: Ensembles) -> None:
    hidden = call(service, "GET", f"/os-ensembles/{ID}", FOREIGN)
    service.record = replace(service.record, id="gone")
    assert call(service, "GET", f"/os-ensembles/{ID}", FOREIGN).body == hidden.body


@pytest.mark.parametrize(
    ("who", "named"),
    [(MEMBER, False), (READER, False), (ADMIN, True)],
    ids=["member", "reader", "admin"],
)
def test_only_an_admin_sees_hosts_by_name(service: Ensembles, who: Caller, named: bool) -> None:
    shown = call(service, "GET", f"/os-ensembles/{ID}", who)
    listed = call(service, "GET", "/os-ensembles", who)
    assert ("secrethost1" in shown.text) == named
    assert "secrethost1" not in listed.text


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("", Page(project_id="shop-project")),
        ("limit=7", Page(limit=7, project_id="shop-project")),
        ("limit=5000", Page(limit=1000, project_id="shop-project")),
        (
            "sort_key=name&sort_dir=asc&marker=m&name=s&status=ACTIVE",
            Page(
                marker="m",
                sort_key="name",
                descending=False,
                project_id="shop-project",
                name="s",
                status="ACTIVE",
            ),
        ),
        ("all_projects=0", Page(project_id="shop-project")),
    ],
)
def test_a_tenant_s_list_is_of_the_tenant_s_project(
    service: Ensembles, query: str, page: Page
) -> None:
    assert call(service, "GET", f"/os-ensembles?{query}").status_int == 200
    assert service.asked == [("select", page)]


@pytest.mark.parametrize(
    ("query", "project"),
    [("all_projects=1", None), ("all_projects=true&project_id=p7", "p7"), ("", "admin-project")],
)
def test_an_admin_s_list(service: Ensembles, query: str, project: str | None) -> None:
    call(service, "GET", f"/os-ensembles?{query}", ADMIN)
    assert service.asked[0][1].project_id == project


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=", "limit"),
        ("limit=1.5", "limit"),
        (f"limit={'9' * 5000}", "limit"),
        ("limit=%C2%B2", "limit"),  # a superscript two
        ("sort_key=project_id", "sort_key"),
        ("sort_key=", "sort_key"),
        ("sort_dir=up", "sort_dir"),
        ("status=active", "status"),
        ("project_id=other-project", "project_id"),
        ("project_id=shop-project&all_projects=false", "project_id"),
        ("colour=red", "colour"),
        ("name=%FF", "url"),
        ("%FF=1", "url"),
    ],
)
def test_a_bad_parameter_is_named(service: Ensembles, query: str, field: str) -> None:
    response = call(service, "GET", f"/os-ensembles?{query}")
    assert response.status_int == 400
    assert error(response, "badRequest", "ensemble.invalid")["field"] == field
    assert service.asked == []


@pytest.mark.parametrize("query", ["failures=0", "failures=two", "failures=", "colour=red"])
def test_a_bad_question_about_the_current_state_is_named(service: Ensembles, query: str) -> None:
    details = error(
        call(service, "GET", f"{SURVIVABILITY}?{query}"), "badRequest", "ensemble.invalid"
    )
    assert details["field"] == query.partition("=")[0]


@pytest.mark.parametrize("path", ["/os-ensembles/%FF", "/os-ensembles/%C3%28"])
def test_a_path_that_is_not_text_is_400(service: Ensembles, path: str) -> None:
    response = call(service, "GET", path)
    assert response.status_int == 400
    assert error(response, "badRequest", "ensemble.invalid")["field"] == "url"


def test_a_full_page_links_to_the_next_with_the_same_filters(service: Ensembles) -> None:
    response = call(service, "GET", "/os-ensembles?limit=1&name=a%26b&sort_key=name")
    (link,) = response.json["ensembles_links"]
    following = webob.Request.blank(link["href"])
    assert (link["rel"], following.path) == ("next", "/v2.1/os-ensembles")
    assert dict(following.GET) == {
        "limit": "1",
        "name": "a&b",
        "sort_key": "name",
        "marker": ID,
    }
    assert "ensembles_links" not in call(service, "GET", "/os-ensembles?limit=2").json
