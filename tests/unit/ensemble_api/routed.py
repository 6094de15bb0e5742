# SPDX-License-Identifier: Apache-2.0
"""Requests to a service that notes what it is asked, and the shape of its errors."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

import webob
from records import IMAGE, Status, ensemble, member, stable_id

from ensemble_api import exception, limits, routes
from ensemble_api.ensemble_templates.record import TemplateRecord, Visibility
from ensemble_api.observed import ObservedHost
from ensemble_api.planning import result
from ensemble_api.planning.message import legacy_text
from ensemble_api.planning.topology import Topology
from ensemble_api.records import EnsembleRecord
from ensemble_api.results.current_state import CurrentState
from ensemble_api.results.dry_run import DryRun
from ensemble_api.results.host_impact import HostImpacts
from ensemble_api.service import Page, PlanOptions
from ensemble_api.usecases.host_impact import Search, host_impacts
from tests.fakes.callers import Caller, caller

MEMBER = caller("shop-project", "member", "reader")
READER = caller("shop-project", "reader")
ADMIN = caller("admin-project", "admin")
FOREIGN = caller("other-project", "member", "reader")
ID = stable_id("ensemble")
SURVIVABILITY = f"/os-ensembles/{ID}/survivability"
ACTION = f"/os-ensembles/{ID}/action"
BODY = {
    "ensemble": {
        "name": "shop",
        "tiers": [{"name": "web", "count": 1, "server": {"flavor": "1", "image": IMAGE}}],
    }
}
REASON = result.Reason(
    "no-capacity", legacy_text("There is room for 1."), None, "host", ("web",), 3, 1
)


class Templates:
    """One template, of the members' project."""

    def get(
        self, context: Any, template_id: str, version: int | None, *, everywhere: bool
    ) -> TemplateRecord:
        return TemplateRecord(
            template_id, MEMBER.project_id, MEMBER.user_id, "web", "", Visibility.PRIVATE, 1
        )


@dataclass
class Ensembles:
    """A service with one ensemble; it notes what it is asked, and may fail."""

    record: EnsembleRecord = field(default_factory=lambda: ensemble(member()))
    fails: Exception | None = None
    asked: list[Any] = field(default_factory=list)
    levels: tuple[str, ...] = ("host", "rack", "zone")
    zone_level: str | None = "zone"
    max_body: int = limits.BODY
    templates: Templates = field(default_factory=Templates)

    def _ask(self, *what: Any) -> None:
        self.asked.append(what)
        if self.fails is not None:
            raise self.fails

    def get(self, ensemble_id: str) -> EnsembleRecord:
        self._ask("get", ensemble_id)
        if ensemble_id != self.record.id:
            raise exception.no_ensemble(ensemble_id)
        return self.record

    def namesakes(self, record: EnsembleRecord) -> int:
        return 0

    def select(self, page: Page) -> list[EnsembleRecord]:
        self._ask("select", page)
        return [self.record][: page.limit]

    def create(
        self, context: Any, body: Any, plan_id: Any, options: PlanOptions, key: Any
    ) -> EnsembleRecord:
        self._ask("create", body, plan_id)
        return self.record

    def stored_answer(self, request: Any) -> None:
        return None

    def store_answer(self, request: Any, answer: Any) -> Any:
        return answer

    def plan(self, context: Any, body: Any, options: PlanOptions) -> DryRun:
        self._ask("plan", body, options)
        return DryRun(result.Infeasible((REASON,), True), Topology.build(("host",), {}))

    def survivability(self, context: Any, record: EnsembleRecord, *, whole: bool) -> CurrentState:
        self._ask("survivability", record.id, whole)
        topology = Topology.build(self.levels, {}, self.zone_level)
        return CurrentState(record, record.ensemble, topology, (), {}, (), {}, "now")

    def delete(self, context: Any, ensemble_id: str) -> EnsembleRecord:
        self._ask("delete", ensemble_id)
        return replace(self.record, status=Status.DELETING)

    def members_now(self, records: Any) -> dict[str, None]:
        return dict.fromkeys(each.id for each in records)

    def cancel(self, context: Any, ensemble_id: str) -> EnsembleRecord:
        self._ask("cancel", ensemble_id)
        return replace(self.record, status=Status.DELETING)

    def hosts(self, context: Any, search: Search) -> HostImpacts:
        self._ask("hosts", search)
        return host_impacts(
            [ObservedHost(f"h{n}", (None, "az1"), up=True) for n in (1, 2)],
            self.levels,
            {},
            [],
            search,
        )


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
