# SPDX-License-Identifier: Apache-2.0
"""Ensembles as a service of its own: who may what, and what is asked of whom."""

from typing import Any

import pytest
from small_cloud import SmallCloud, body, caller
from standalone_service import ALL, Start, login, standing_alone
from test_who_may_what import BODIES, CALLERS, ROWS

__all__ = ["standing_alone"]


def test_versions_and_health_are_told_without_a_token_and_nothing_else_is(
    standing_alone: Start,
) -> None:
    service = standing_alone()
    (version,) = service.ask(None, "GET", "/").json["versions"]
    assert (version["id"], version["max_version"]) == ("v1.0", "1.0")
    assert version["links"] == [{"rel": "self", "href": "http://cloud:8780/v1/"}]
    assert service.ask(None, "GET", "/v1/").json["version"] == version
    assert service.ask(None, "GET", "/healthcheck").status_int == 200
    for path in (ALL, f"{ALL}/capabilities", "/v1/servers", "/v2.1/os-ensembles"):
        assert service.ask(None, "GET", path).status_int == 401, path
        assert service.ask("forged", "GET", path).status_int == 401, path


def test_whatever_is_not_ours_is_not_there(standing_alone: Start) -> None:
    service = standing_alone()
    token = login(service)
    for path in ("/v1", "/v1/servers", "/v2.1/os-ensembles", "/v1/os-ensemblesx", "/x", "/v1x"):
        answer = service.ask(token, "GET", path)
        assert answer.status_int == (200 if path == "/v1" else 404), path
    assert service.ask(token, "GET", "/v1/servers").json["itemNotFound"]["details"]["code"]


@pytest.mark.parametrize("trusts", [True, False], ids=["by a trust", "without trusts"])
def test_capabilities_say_which_mount_it_is_and_whether_what_is_begun_goes_on(
    standing_alone: Start, trusts: bool
) -> None:
    service = standing_alone(use_trusts=trusts)
    found = service.ask(login(service), "GET", f"{ALL}/capabilities").json["capabilities"]
    assert found["mount"] == "service"
    assert ("outlives-tokens" in found["features"]) is trusts


def test_a_service_that_neither_works_nor_has_trusts_serves_nothing(
    standing_alone: Start, caplog: pytest.LogCaptureFixture
) -> None:
    service = standing_alone(run_worker=False, use_trusts=False)
    assert service.ask(login(service), "GET", ALL).status_int == 503
    assert "use_trusts or run_worker must be on" in caplog.text


ONE, TEMPLATE = "/os-ensembles/{ensemble_id}", "/os-ensembles/templates/{template_id}"
CREATE = {"ensemble": body(("db", 1), networks="none")}  # there is no Neutron
DESCRIBED = {"ensemble": {"generation": 1, "description": "new"}}
DOCUMENT = {"name": "shop", "ensemble": {"tiers": CREATE["ensemble"]["tiers"]}}
ADOPT = {"adopt": {"name": "web", "from": {"project": True}}}
BEGINNINGS: tuple[tuple[str, str, Any, bool], ...] = (
    ("GET", ONE, None, False),
    ("POST", "/os-ensembles", CREATE, True),
    ("POST", "/os-ensembles/plans", CREATE, False),
    ("POST", "/os-ensembles/plans/", CREATE, False),
    ("POST", "/os-ensembles/adopt", ADOPT, True),
    ("POST", "/os-ensembles/adopt?dry_run=1", ADOPT, False),
    ("POST", "/os-ensembles/templates", {"template": DOCUMENT}, False),
    ("PATCH", TEMPLATE, {"template": {"description": "new"}}, False),
    ("DELETE", TEMPLATE, None, False),
    ("POST", f"{TEMPLATE}/action", {"instantiate": {"name": "made"}}, True),
    ("POST", f"{TEMPLATE}/action", {"instantiate": {"name": "made", "dry_run": True}}, False),
    ("POST", f"{TEMPLATE}/action", {"instantiate": {"instances": [{"name": "made"}]}}, True),
    ("POST", "/os-ensembles/hosts/{host}/action", {"drain": {}}, False),
    ("POST", "/os-ensembles/domains/{level}/{domain}/action", {"drain": {}}, False),
    ("PATCH", ONE, DESCRIBED, True),
    ("PATCH", f"{ONE}?dry_run=False", DESCRIBED, True),
    ("PATCH", f"{ONE}?dry_run=1", DESCRIBED, False),
    ("PATCH", f"{ONE}?dry_run=maybe", DESCRIBED, False),
    ("DELETE", ONE, None, True),
    ("DELETE", f"{ONE}?no=1", None, False),
    ("POST", f"{ONE}/action", {"cancel": None}, True),
    ("POST", f"{ONE}/action", {"release": None}, True),
    ("POST", f"{ONE}/action", {"drill": {}}, False),
    ("POST", f"{ONE}/action", {"repair": {}}, True),
    ("POST", f"{ONE}/action", {"repair": {"dry_run": True}}, False),
    ("POST", f"{ONE}/action", {"rebalance": {}}, True),
    ("POST", f"{ONE}/action", {"rebalance": {"dry_run": True}}, False),
    ("POST", f"{ONE}/action", {"no such": {}}, False),
)


@pytest.mark.parametrize(
    ("method", "path", "sent", "begins"),
    BEGINNINGS,
    ids=[f"{method} {path} {sent and list(sent)}" for method, path, sent, _ in BEGINNINGS],
)
def test_a_trust_is_made_for_what_goes_on_after_the_request_alone(
    standing_alone: Start, cloud: SmallCloud, method: str, path: str, sent: Any, begins: bool
) -> None:
    service = standing_alone(run_worker=False)
    places = {"host": "secrethost1", "level": "rack", "domain": "secretrack1"}
    if "{ensemble_id}" in path:
        places["ensemble_id"] = cloud.service().create(caller(), body(("web", 1))).id
    if "{template_id}" in path:
        made = service.ask(login(service), "POST", f"{ALL}/templates", {"template": DOCUMENT})
        assert made.status_int == 201, made.text
        places["template_id"] = made.json["template"]["id"]
    service.ask(login(service), method, f"/v1{path.format(**places)}", sent)
    assert len(service.keystone.trusts) == int(begins)


def test_of_each_request_that_changes_something_it_is_seen_whether_it_needs_a_trust() -> None:
    changing = {(method, path) for method, path in ROWS if method != "GET"}
    assert changing <= {(method, path.partition("?")[0]) for method, path, *_ in BEGINNINGS}


@pytest.mark.parametrize(("method", "path"), ROWS, ids=[" ".join(row) for row in ROWS])
def test_who_may_what_is_as_in_nova_api(
    standing_alone: Start, cloud: SmallCloud, method: str, path: str
) -> None:
    service = standing_alone(run_worker=False)
    sent = BODIES.get(path)
    if sent and "ensemble" in sent and "tiers" in sent["ensemble"]:
        sent = {"ensemble": body(("db", 1), networks="none")}  # there is no Neutron
    record = cloud.service().create(caller(), body(("web", 1)))
    for who, expected in zip(CALLERS, ROWS[method, path], strict=True):
        if "{ensemble_id}" in path:
            record = cloud.service().create(caller(), body(("web", 1)))
        owner = login(service)
        listed = service.ask(owner, "GET", f"{ALL}/{record.id}/operations").json["operations"]
        document = {
            "name": "shop",
            "ensemble": {"tiers": body(("db", 1), networks="none")["tiers"]},
        }
        template = cloud.service().templates.create(caller(), document)
        filled = path.format(
            ensemble_id=record.id,
            template_id=template.id,
            operation_id=listed[0]["id"],
            host="secrethost1",
            level="rack",
            domain="secretrack1",
        )
        token = login(service, who)
        response = service.ask(token, method, f"/v1{filled}", sent)
        assert response.status_int == expected, (who, response.text)
