# SPDX-License-Identifier: Apache-2.0
"""The ensembles collection and its items."""

import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from ensemble_api import exception, limits, policies, schemas, views
from ensemble_api.handlers import parameters, plans
from ensemble_api.handlers.call import Answer, Call
from ensemble_api.handlers.parameters import Parameters
from ensemble_api.handlers.recovery import check_wishes
from ensemble_api.planning.message import Sentence
from ensemble_api.records import EnsembleRecord, Status
from ensemble_api.service import CreateRequest, DrillRequest, Page

SORT_KEYS = ("created_at", "name", "status")
DEFAULT_LIMIT = 100
MAX_FAILURES = 1000
STATUSES = tuple(each.value for each in Status)
LIST: Parameters = {
    "limit": parameters.limit(DEFAULT_LIMIT, limits.PAGE),
    "marker": parameters.TEXT,
    "sort_key": parameters.one_of(SORT_KEYS),
    "sort_dir": parameters.one_of(parameters.DIRECTIONS),
    "name": parameters.TEXT,
    "status": parameters.one_of(STATUSES),
    "all_projects": parameters.FLAG,
    "project_id": parameters.TEXT,
    "template_id": parameters.TEXT,
}
SURVIVABILITY: Parameters = {"failures": parameters.limit(1, MAX_FAILURES)}

_ONLY_EVERYWHERE = Sentence(
    "invalid.only-with-all-projects",
    "is taken only with all_projects=1; without it the list is of your own project",
)


def create(call: Call) -> Answer:
    """POST /os-ensembles: plan, reserve, and start to build; the same key, the same answer."""
    policies.authorize(call.context, "create")
    return created(call, *schemas.check_create(call.json))


def created(call: Call, body: dict[str, Any], plan_id: str | None, collection: str = "") -> Answer:
    """Create an ensemble of which the description was checked.

    ``collection`` is the URL of all ensembles, where that is not what was called.
    """
    check_wishes(call, body)
    key = call.idempotency_key
    request = CreateRequest.of(call.context, body, plan_id, key)
    found = answered_once(call, request, lambda: _made(call, body, plan_id, key))
    answer = found.body or {}
    where = (
        f"{collection or call.url.rstrip('/')}/{answer['ensemble']['id']}"
        if "ensemble" in answer
        else None
    )
    return Answer(found.status, answer, where)


def answered_once(
    call: Call, request: CreateRequest, make: Callable[[], tuple[Answer, bool]]
) -> Answer:
    """What the same request was answered before, or else what ``make`` gives, if that lasts."""
    stored_answer = call.service.stored_answer(request)
    if stored_answer is None:
        made, lasts = make()
        stored_answer = {
            "status": made.status,
            "body": views.translated(made.body, call.language),
        }
        if lasts:
            stored_answer = call.service.store_answer(request, stored_answer)
    return Answer(stored_answer["status"], stored_answer["body"])


def _made(
    call: Call, body: dict[str, Any], plan_id: str | None, key: str | None
) -> tuple[Answer, bool]:
    """What a create comes to, be it that it does not fit; whatever else is wrong is raised.

    Also whether that lasts: what is refused and not proved may be asked again with the same key.
    """
    call.begin()
    try:
        record = call.service.create(call.context, body, plan_id, plans.plan_options(call), key)
    except exception.InfeasibleEnsemble as refusal:
        return refused(call, refusal)
    except exception.PlanChanged as changed:
        names = policies.allowed(call.context, "names")
        facts = views.changed(
            changed.facts["plan"],
            changed.facts["moved"],
            changed.facts["worst"],
            call.context.project_id,
            names=names,
            capacity=policies.allowed(call.context, "capacity"),
        )
        fault = views.fault(exception.PlanChanged(changed.message, **facts))
        return Answer(changed.status, fault), True
    return Answer(202, {"ensemble": shown(call, record)}), True


def refused(call: Call, refusal: exception.InfeasibleEnsemble) -> tuple[Answer, bool]:
    """The answer about what does not fit, and whether that lasts."""
    capacity = policies.allowed(call.context, "capacity")
    answer = Answer(refusal.status, views.fault(refusal, capacity=capacity))
    return answer, bool(refusal.facts.get("proved"))


def index(call: Call) -> Answer:
    """GET /os-ensembles: one page."""
    policies.authorize(call.context, "list")
    call.only(*LIST)
    everywhere = call.flag("all_projects")
    if everywhere:
        policies.authorize(call.context, "all_projects")
    elif "project_id" in call.query:  # else another project's list would look like one's own
        raise exception.Invalid(_ONLY_EVERYWHERE(), field="project_id")
    limit = call.number("limit", DEFAULT_LIMIT, limits.PAGE)
    status = call.choice("status", "", STATUSES) if "status" in call.query else None
    page = Page(
        limit=limit,
        marker=call.query.get("marker"),
        sort_key=call.choice("sort_key", "created_at", SORT_KEYS),
        descending=call.choice("sort_dir", "desc", parameters.DIRECTIONS) == "desc",
        project_id=call.query.get("project_id") if everywhere else call.context.project_id,
        name=call.query.get("name"),
        status=status,
        template_id=call.query.get("template_id"),
    )
    records = call.service.select(page)
    now = call.service.members_now(records)
    names = policies.allowed(call.context, "names")
    body: dict[str, Any] = {
        "ensembles": [
            views.ensemble(
                each,
                names=names,
                detail=False,
                zone_level=call.service.zone_level,
                now=now[each.id],
            )
            for each in records
        ]
    }
    if len(records) == limit:
        query = urllib.parse.urlencode({**call.query, "marker": records[-1].id})
        body["ensembles_links"] = [{"rel": "next", "href": f"{call.url}?{query}"}]
    return Answer(200, body)


def show(call: Call, ensemble_id: str) -> Answer:
    """GET /os-ensembles/{id}."""
    record = authorized(call, ensemble_id, "show")
    call.only()
    return Answer(200, {"ensemble": shown(call, record)})


def survivability(call: Call, ensemble_id: str) -> Answer:
    """GET /os-ensembles/{id}/survivability: where the servers are now, and what that breaks."""
    record = authorized(call, ensemble_id, "survivability")
    call.only(*SURVIVABILITY)
    failures = call.number("failures", 1, MAX_FAILURES)
    found = call.service.survivability(
        call.context, record, whole=policies.allowed(call.context, "domains")
    )
    names = policies.allowed(call.context, "names")
    return Answer(200, {"survivability": views.current_state(found, failures, names=names)})


def delete(call: Call, ensemble_id: str) -> Answer:
    """DELETE /os-ensembles/{id}: start to remove everything."""
    authorized(call, ensemble_id, "delete")
    call.only()
    call.begin()
    return Answer(202, {"ensemble": shown(call, call.service.delete(call.context, ensemble_id))})


def act(call: Call, ensemble_id: str) -> Answer:
    """POST /os-ensembles/{id}/action: what the body names, as Nova's server actions do."""
    action, needs = schemas.check_action(call.json)
    record = authorized(call, ensemble_id, action)
    call.only()
    if action == "drill":
        return _drill(call, record, needs)
    if action == "repair":
        return _repair(call, record, dry_run=needs.get("dry_run", False))
    if action == "rebalance":
        return _rebalance(call, record, needs)
    call.begin()
    return Answer(202, {"ensemble": shown(call, _ACTIONS[action](call, ensemble_id))})


def _drill(call: Call, record: EnsembleRecord, needs: Mapping[str, Any]) -> Answer:
    asked = DrillRequest(needs.get("level"), tuple(needs.get("domains", ())))
    whole = policies.allowed(call.context, "domains")
    found = call.service.drill(call.context, record, asked, whole=whole)
    names = policies.allowed(call.context, "names")
    capacity = policies.allowed(call.context, "capacity")
    return Answer(200, {"drill": views.drill(found, names=names, capacity=capacity)})


def _repair(call: Call, record: EnsembleRecord, *, dry_run: bool) -> Answer:
    if not dry_run:
        call.begin()
        return Answer(202, {"ensemble": shown(call, call.service.repair(call.context, record))})
    whole = policies.allowed(call.context, "domains")
    found = call.service.preview_repair(call.context, record, whole=whole)
    names = policies.allowed(call.context, "names")
    capacity = policies.allowed(call.context, "capacity")
    return Answer(200, {"repair": views.repair_preview(found, names=names, capacity=capacity)})


def _rebalance(call: Call, record: EnsembleRecord, needs: Mapping[str, Any]) -> Answer:
    if not needs.get("dry_run", False):
        plan_id = needs.get("plan", "").lower() or None
        call.begin()
        begun = call.service.rebalance(call.context, record, plan_id)
        return Answer(202, {"ensemble": shown(call, begun)})
    found = call.service.preview_rebalance(call.context, record)
    names = policies.allowed(call.context, "names")
    capacity = policies.allowed(call.context, "capacity")
    plan = views.plan(found.dry_run, record.project_id, names=names, capacity=capacity)
    moved = views.moved(found.moves, found.dry_run.topology, record.project_id)
    return Answer(200, {"rebalance": {"message": found.message, "plan": plan, "moved": moved}})


_ACTIONS: Mapping[str, Callable[[Call, str], EnsembleRecord]] = {
    "cancel": lambda call, ensemble_id: call.service.cancel(call.context, ensemble_id),
    "release": lambda call, ensemble_id: call.service.release(call.context, ensemble_id),
}


def authorized(call: Call, ensemble_id: str, action: str) -> EnsembleRecord:
    """The ensemble, if the caller may do ``action`` on it.

    Another project's ensemble is not found rather than forbidden: that it exists is not told.
    """
    record = call.service.get(ensemble_id)
    if not policies.allowed(call.context, "show", record.project_id):
        raise exception.no_ensemble(ensemble_id)
    policies.authorize(call.context, action, record.project_id)
    return record


def shown(call: Call, record: EnsembleRecord) -> dict[str, Any]:
    """An ensemble in detail, as far as the caller may see it."""
    names = policies.allowed(call.context, "names")
    user_data = policies.sees_user_data(call.context, record.project_id, record.user_id)
    return views.ensemble(
        record,
        names=names,
        detail=True,
        zone_level=call.service.zone_level,
        now=call.service.members_now([record])[record.id],
        user_data=user_data,
        namesakes=call.service.namesakes(record),
    )
