# SPDX-License-Identifier: Apache-2.0
"""Requests to answers: routes, methods, versions, rights, parameters and the shape of errors."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import webob
from callers import Caller, caller
from keystoneauth1 import exceptions as keystone
from records import IMAGE, Status, ensemble, member, stable_id

from ensemble_api import exception, policies, routes, schemas
from ensemble_api.cloud.inventory import Host
from ensemble_api.kept import Move
from ensemble_api.planning import result
from ensemble_api.planning.lifecycle import EnsembleRecord
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.topology import Topology
from ensemble_api.resolver import stored_ensemble
from ensemble_api.service import Asked, Page, Planned
from ensemble_api.spread import Search, Spread, spread
from ensemble_api.truth import Truth

MEMBER = caller("shop-project", "member", "reader")
READER = caller("shop-project", "reader")
ADMIN = caller("admin-project", "admin")
FOREIGN = caller("other-project", "member", "reader")
ID = stable_id("ensemble")
TRUTH = f"/os-ensembles/{ID}/survivability"
BODY = {
    "ensemble": {
        "name": "shop",
        "tiers": [{"name": "web", "count": 1, "server": {"flavor": "1", "image": IMAGE}}],
    }
}
REASON = result.Reason("no-capacity", "There is room for 1.", None, "host", ("web",), 3, 1)


@dataclass
class Ensembles:
    """A service with one ensemble; it notes what it is asked, and may fail."""

    record: EnsembleRecord = field(default_factory=lambda: ensemble(member()))
    fails: Exception | None = None
    asked: list[Any] = field(default_factory=list)
    levels: tuple[str, ...] = ("host", "rack", "zone")

    def _ask(self, *what: Any) -> None:
        self.asked.append(what)
        if self.fails is not None:
            raise self.fails

    def get(self, ensemble_id: str) -> EnsembleRecord:
        self._ask("get", ensemble_id)
        if ensemble_id != self.record.id:
            raise exception.NotFound(f"There is no ensemble {ensemble_id}.")
        return self.record

    def select(self, page: Page) -> list[EnsembleRecord]:
        self._ask("select", page)
        return [self.record][: page.limit]

    def create(self, context: Any, body: Any, plan_id: Any, asked: Asked) -> EnsembleRecord:
        self._ask("create", body, plan_id)
        return self.record

    def plan(self, context: Any, body: Any, asked: Asked) -> Planned:
        self._ask("plan", body, asked)
        return Planned(result.Infeasible((REASON,), True), Topology.build(("host",), {}))

    def survivability(self, context: Any, record: EnsembleRecord, *, whole: bool) -> Truth:
        self._ask("survivability", record.id, whole)
        topology = Topology.build(self.levels, {})
        return Truth(record, stored_ensemble(record), topology, (), {}, (), {}, "now")

    def delete(self, ensemble_id: str) -> EnsembleRecord:
        self._ask("delete", ensemble_id)
        return replace(self.record, status=Status.DELETING)

    def spread(self, context: Any, search: Search) -> Spread:
        self._ask("spread", search)
        return spread(
            [Host(f"h{n}", "u", "up", (None, "az1")) for n in (1, 2)], self.levels, {}, [], search
        )


@pytest.fixture
def service() -> Ensembles:
    return Ensembles()


def call(
    service: Ensembles,
    method: str,
    path: str,
    who: Caller = MEMBER,
    body: Any = None,
    **headers: str,
) -> webob.Response:
    environ = {"SCRIPT_NAME": "/v2.1", "nova.context": who}
    request = webob.Request.blank(path, method=method, environ=environ)
    request.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    if body is not None:
        request.body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return routes.dispatch(request, service, request.environ["PATH_INFO"])  # type: ignore[arg-type]


def error(response: webob.Response, key: str, code: str) -> dict[str, Any]:
    """The details of an error body, whose shape is checked."""
    assert response.content_type == "application/json"
    assert response.json.keys() == {key}
    fault = response.json[key]
    assert fault["code"] == response.status_int
    assert fault["message"]
    assert fault["details"]["code"] == code
    return dict(fault["details"])


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
        ("POST", "/os-ensembles/spread", "GET"),
        ("DELETE", "/os-ensembles/spread/h1", "GET"),
        ("POST", f"/os-ensembles/{ID}", "GET, DELETE"),
        ("PATCH", f"/os-ensembles/{ID}", "GET, DELETE"),
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
        pytest.param(READER, "GET", TRUTH, 200, id="a reader sees the truth"),
        pytest.param(FOREIGN, "GET", TRUTH, 404, id="the truth of another project's: hidden"),
        pytest.param(ADMIN, "GET", TRUTH, 200, id="an admin sees the truth of any"),
        pytest.param(READER, "POST", "/os-ensembles", 403, id="a reader does not create"),
        pytest.param(READER, "POST", "/os-ensembles/plans", 403, id="a reader does not plan"),
        pytest.param(READER, "DELETE", f"/os-ensembles/{ID}", 403, id="a reader does not delete"),
        pytest.param(MEMBER, "GET", "/os-ensembles/spread", 403, id="a member sees no spread"),
        pytest.param(
            MEMBER, "GET", "/os-ensembles?all_projects=1", 403, id="a member lists no others"
        ),
        pytest.param(FOREIGN, "GET", f"/os-ensembles/{ID}", 404, id="another project's: hidden"),
        pytest.param(FOREIGN, "DELETE", f"/os-ensembles/{ID}", 404, id="another's: not deleted"),
        pytest.param(ADMIN, "GET", f"/os-ensembles/{ID}", 200, id="an admin shows any"),
        pytest.param(ADMIN, "DELETE", f"/os-ensembles/{ID}", 202, id="an admin deletes any"),
        pytest.param(ADMIN, "GET", "/os-ensembles/spread", 200, id="an admin sees the spread"),
        pytest.param(ADMIN, "GET", "/os-ensembles?all_projects=1", 200, id="an admin lists all"),
    ],
)
def test_rights(service: Ensembles, who: Caller, method: str, path: str, status: int) -> None:
    response = call(service, method, path, who, BODY if method == "POST" else None)
    assert response.status_int == status
    if status == 403:
        error(response, "forbidden", "ensemble.forbidden")
        assert not {each[0] for each in service.asked} - {"get"}
    if status == 404:
        details = error(response, "itemNotFound", "ensemble.not_found")
        assert details == {"code": "ensemble.not_found"}
        assert ("delete", ID) not in service.asked


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
        ("project_id=other-project", Page(project_id="shop-project")),
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
def test_a_bad_question_about_the_truth_is_named(service: Ensembles, query: str) -> None:
    details = error(call(service, "GET", f"{TRUTH}?{query}"), "badRequest", "ensemble.invalid")
    assert details["field"] == query.partition("=")[0]


REF = "ab" * 28


@pytest.mark.parametrize("path", ["/os-ensembles/plans", "/os-ensembles"])
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("headroom=yes", "headroom"),
        ("domains=", "domains"),
        ("domains=every", "domains"),
        ("fail=rack", "fail"),
        (f"fail={REF[:-1]}", "fail"),
        (f"fail={REF}&fail=", "fail"),
        ("&".join(f"fail={number:056x}" for number in range(17)), "fail"),
        ("colour=red", "colour"),
    ],
)
def test_a_bad_question_about_a_plan_is_named(
    service: Ensembles, path: str, query: str, field: str
) -> None:
    response = call(service, "POST", f"{path}?{query}", body=BODY)
    assert response.status_int == 400
    assert error(response, "badRequest", "ensemble.invalid")["field"] == field
    assert service.asked == []


def test_what_is_asked_of_a_plan_reaches_the_service(service: Ensembles) -> None:
    query = f"headroom=1&domains=all&fail={REF}&fail={'cd' * 28}&fail={REF}"
    call(service, "POST", f"/os-ensembles/plans?{query}", body=BODY)
    assert service.asked[0][2] == Asked(
        headroom=True, open=True, everywhere=True, fail=(REF, "cd" * 28)
    )


def test_a_rule_keeps_all_domains_from_who_may_plan(
    service: Ensembles, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = policies.allowed
    monkeypatch.setattr(
        policies,
        "allowed",
        lambda who, what, *rest: what != "domains" and allowed(who, what, *rest),
    )
    assert call(service, "POST", "/os-ensembles/plans?domains=all", body=BODY).status_int == 200
    assert not service.asked[0][2].open


@pytest.mark.parametrize(
    ("plan", "told"),
    [("", "must be a UUID"), ("p1", "must be a UUID"), (7, "not of type"), (None, "not of type")],
)
def test_a_plan_that_is_no_id_is_refused(service: Ensembles, plan: Any, told: str) -> None:
    response = call(service, "POST", "/os-ensembles", body={**BODY, "plan": plan})
    assert error(response, "badRequest", "ensemble.invalid")["field"] == "plan"
    assert told in response.text
    assert service.asked == []


def test_a_plan_s_id_is_no_part_of_a_plan(service: Ensembles) -> None:
    response = call(service, "POST", "/os-ensembles/plans", body={**BODY, "plan": ID})
    assert error(response, "badRequest", "ensemble.invalid")["field"] == "plan"


def test_a_plan_that_changed_is_answered_with_the_new_one(service: Ensembles) -> None:
    topology = Topology.build(("host",), {"secret1": (), "secret2": ()})
    web = Member("web", 0)
    plan = result.Plan(Ensemble((Tier("web", 1, {"VCPU": 1}),)), {web: "secret2"}, ())
    moved = (Move(web, None, {"host": topology.domain_of("secret2", "host")}),)
    service.fails = exception.PlanChanged(
        "Changed.", plan=Planned(plan, topology, id="new"), moved=moved
    )
    response = call(service, "POST", "/os-ensembles", body={**BODY, "plan": ID})
    assert response.status_int == 409
    facts = error(response, "conflictingRequest", "ensemble.plan_changed")
    assert service.asked == [("create", schemas.check_ensemble(BODY), ID)]
    assert (facts["plan"]["id"], facts["moved"][0]["from"]) == ("new", None)
    assert facts["moved"][0]["to"] == facts["plan"]["assignments"][0]["domains"]
    assert "secret" not in response.text


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


@pytest.mark.parametrize(
    ("fails", "status", "key", "details"),
    [
        pytest.param(
            exception.Invalid("f: no", field="f"),
            400,
            "badRequest",
            {"code": "ensemble.invalid", "field": "f"},
            id="invalid",
        ),
        pytest.param(
            exception.UnknownFlavor("f: no", field="f"),
            400,
            "badRequest",
            {"code": "ensemble.unknown_flavor", "field": "f"},
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
            exception.InfeasibleEnsemble("No", reasons=[REASON]),
            409,
            "conflictingRequest",
            {
                "code": "ensemble.infeasible",
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


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("marker=h9", "marker"),
        ("marker=%00", "marker"),
        ("sort_key=name", "sort_key"),
        ("sort_dir=up", "sort_dir"),
        ("summary=yes", "summary"),
        ("host=h1", "host"),
        ("row=r1", "row"),
        ("q=%ff", "url"),
    ],
)
def test_a_bad_query_of_the_spread_names_its_field(
    service: Ensembles, query: str, field: str
) -> None:
    response = call(service, "GET", f"/os-ensembles/spread?{query}", ADMIN)
    assert response.status_int == 400
    assert error(response, "badRequest", "ensemble.invalid")["field"] == field


def test_the_spread_passes_its_query_on_and_links_to_the_next_page(service: Ensembles) -> None:
    query = "limit=1&sort_key=host&rack=&q=H%C3%A9&project_id=p&ensemble_id=e&summary=1"
    response = call(service, "GET", f"/os-ensembles/spread?{query}", ADMIN)
    assert response.status_int == 200 and "summary" in response.json["spread"]
    assert service.asked[-1][1] == Search(1, None, "host", False, "p", "e", {"rack": ""}, "H\u00e9")
    response = call(service, "GET", "/os-ensembles/spread?limit=1&sort_dir=asc&zone=az1", ADMIN)
    shown = response.json["spread"]
    assert [host["host"] for host in shown["hosts"]] == ["h2"] and "summary" not in shown
    [link] = shown["hosts_links"]
    assert link["rel"] == "next" and link["href"].endswith(
        "/v2.1/os-ensembles/spread?limit=1&sort_dir=asc&zone=az1&marker=h2"
    )
    last = call(service, "GET", link["href"].partition("/v2.1")[2], ADMIN).json["spread"]
    assert [host["host"] for host in last["hosts"]] == ["h1"] and "hosts_links" not in last
