# SPDX-License-Identifier: Apache-2.0
"""What a request that goes wrong is answered: its status, its shape, and what it says."""

import re
from dataclasses import replace
from typing import Any

import pytest
from keystoneauth1 import exceptions as keystone
from routed import (
    ADMIN,
    BODY,
    ID,
    MEMBER,
    REASON,
    Ensembles,
    call,
    error,
)

from ensemble_api import exception, routes


@pytest.mark.parametrize(
    ("fails", "status", "key", "details"),
    [
        pytest.param(
            exception.Invalid("no", field="f"),
            400,
            "badRequest",
            {"code": "ensemble.invalid", "field": "f", "reason": "no", "label": "f"},
            id="invalid",
        ),
        pytest.param(
            exception.UnknownFlavor("no", field="f"),
            400,
            "badRequest",
            {"code": "ensemble.unknown_flavor", "field": "f", "reason": "no", "label": "f"},
            id="unknown flavor",
        ),
        pytest.param(
            exception.OverQuota("Too much", resource="Cores", limit=1, used=0, needed=2),
            403,
            "forbidden",
            {"code": "ensemble.quota", "resource": "Cores", "limit": 1, "used": 0, "needed": 2},
            id="over quota",
        ),
        pytest.param(
            exception.Conflict("Not now"),
            409,
            "conflictingRequest",
            {"code": "ensemble.conflict"},
            id="conflict",
        ),
        pytest.param(
            exception.InfeasibleEnsemble("No", reasons=[REASON], proved=True),
            409,
            "conflictingRequest",
            {
                "code": "ensemble.infeasible",
                "proved": True,
                "message": "The ensemble does not fit.",
                "reasons": [
                    {
                        "code": "no-capacity",
                        "message": "There is room for 1.",
                        "policy": None,
                        "level": "host",
                        "tiers": ["web"],
                        "demand": 3,
                        "supply": 1,
                        "suggestion": None,
                        "changes": [],
                    }
                ],
            },
            id="infeasible",
        ),
        pytest.param(
            exception.Unavailable("Later"),
            503,
            "serviceUnavailable",
            {"code": "ensemble.unavailable"},
            id="unavailable",
        ),
    ],
)
def test_errors_have_nova_s_shape_with_our_code(
    service: Ensembles, fails: Exception, status: int, key: str, details: dict[str, Any]
) -> None:
    service.fails = fails
    response = call(service, "POST", "/os-ensembles", body=BODY)
    assert response.status_int == status
    assert error(response, key, details["code"]) == details


@pytest.mark.parametrize(
    "fails",
    [
        keystone.ConnectFailure("http://10.1.2.3:8778/secret-endpoint"),
        keystone.Unauthorized("secret-password"),
        exception.CloudError(500, "secret-endpoint failed"),
    ],
    ids=["Placement does not answer", "our credentials are refused", "Nova failed"],
)
def test_a_service_that_does_not_answer_is_503_and_not_described(
    service: Ensembles, fails: Exception
) -> None:
    service.fails = fails
    response = call(service, "POST", "/os-ensembles", body=BODY)
    assert response.status_int == 503
    error(response, "serviceUnavailable", "ensemble.unavailable")
    assert "secret" not in response.text


def test_an_unforeseen_error_is_500_without_its_words(
    service: Ensembles, caplog: pytest.LogCaptureFixture
) -> None:
    service.fails = RuntimeError("secret-table at /secret/path line 7")
    response = call(service, "GET", "/os-ensembles")
    assert response.status_int == 500
    error(response, "computeFault", "ensemble.internal")
    assert "secret" not in response.text
    assert "secret-table" in caplog.text


@pytest.mark.parametrize(
    ("body", "field"),
    [(b"", "body"), (b"<ensemble/>", "body"), ({"ensemble": {}}, None), ([], "body")],
)
def test_malformed_bodies_are_400_on_both_routes(
    service: Ensembles, body: Any, field: str | None
) -> None:
    for path in ("/os-ensembles", "/os-ensembles/plans"):
        response = call(service, "POST", path, body=body)
        assert response.status_int == 400
        details = error(response, "badRequest", "ensemble.invalid")
        assert details["field"] == field or field is None
    assert service.asked == []


def test_html_in_a_name_comes_back_as_json_text(service: Ensembles) -> None:
    name = "<script>alert('x')</script>"
    service.record = replace(service.record, name=name)
    response = call(service, "GET", f"/os-ensembles/{ID}")
    assert response.content_type == "application/json"
    assert response.json["ensemble"]["name"] == name


TWO_TIERS = {
    "ensemble": {
        **BODY["ensemble"],
        "tiers": [
            {**tier, "name": name, "count": count}
            for tier in BODY["ensemble"]["tiers"]
            for name, count in (("web", 1), ("db", 0))
        ],
    }
}


@pytest.mark.parametrize(
    ("method", "path", "body", "message", "details"),
    [
        pytest.param(
            "POST", "/os-ensembles", TWO_TIERS, "ensemble.tiers[1].count: muss mindestens 1 sein",
            {
                "code": "ensemble.invalid", "field": "ensemble.tiers[1].count",
                "reason": "muss mindestens 1 sein", "label": "Schicht 2, count",
            },
            id="a body",
        ),
        pytest.param(
            "POST", "/os-ensembles", b"{", None, {"field": "body", "label": "body"}, id="no JSON"
        ),
        pytest.param(
            "GET", "/os-ensembles?limit=0", None, "limit: muss eine ganze Zahl über 0 sein",
            {"field": "limit"},
            id="a parameter",
        ),
        pytest.param(
            "GET", "/os-ensembles?sort_key=size", None,
            "sort_key: muss eines von diesen sein: created_at, name, status", {},
            id="a choice",
        ),
        pytest.param(
            "GET", "/os-ensembles/nothing", None, "Es gibt kein Ensemble nothing.", {},
            id="no ensemble",
        ),
        pytest.param(
            "GET", "/os-ensembles/a/b/c", None, "Unter /os-ensembles/a/b/c gibt es nichts.", {},
            id="no path",
        ),
        pytest.param(
            "PUT", "/os-ensembles", None, "/os-ensembles nimmt nur GET und POST an.", {},
            id="no method",
        ),
        pytest.param(
            "GET", "/os-ensembles/hosts", None,
            "Die Richtlinien der Cloud erlauben ensembles:hosts nicht.", {},
            id="forbidden",
        ),
    ],
)  # fmt: skip
def test_errors_are_told_in_the_language_of_the_request(
    service: Ensembles, method: str, path: str, body: Any, message: str | None, details: Any
) -> None:
    response = call(service, method, path, body=body, Accept_Language="de")
    [(_, found)] = response.json.items()
    assert message is None or found["message"] == message
    assert details.items() <= found["details"].items()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (
            method,
            path.format(
                ensemble_id=ID, operation_id=ID, template_id=ID, host="h", level="host", domain="h"
            ),
        )
        for path, methods in routes.ROUTES.items()
        for method in methods
    ],
)
def test_no_route_takes_a_parameter_that_it_does_not_know(method: str, path: str) -> None:
    """A misspelt one would be left out without a word, as of a delete."""
    body = {"cancel": None} if path.endswith("/action") else BODY
    body = {"drain": {}} if path.endswith("/h/action") else body
    service = Ensembles()
    who = ADMIN if re.search("/(headroom|hosts|domains)", path) else MEMBER
    response = call(service, method, f"{path}?no-such=1", who, body if method == "POST" else None)
    assert response.status_code == 400, response.text
    assert error(response, "badRequest", "ensemble.invalid")["field"] == "no-such"
    assert not [each for each in service.asked if each[0] in ("create", "delete", "cancel", "plan")]
