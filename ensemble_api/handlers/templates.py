# SPDX-License-Identifier: Apache-2.0
"""Ensemble templates: the collection, its items, and what is made of them."""

import urllib.parse
from collections.abc import Mapping
from typing import Any

from ensemble_api import exception, limits, policies, template_schemas, views
from ensemble_api.ensemble_templates.record import TemplateRecord, Visibility
from ensemble_api.handlers import ensembles, instances, parameters, plans
from ensemble_api.handlers.call import Answer, Call
from ensemble_api.handlers.parameters import Parameters
from ensemble_api.planning.message import Sentence
from ensemble_api.service import Instantiation, TemplatePage

SORT_KEYS = ("created_at", "name", "updated_at")
VISIBILITIES = (*(each.value for each in Visibility), "all")
DEFAULT_LIMIT = 100
LIST: Parameters = {
    "limit": parameters.limit(DEFAULT_LIMIT, limits.PAGE),
    "marker": parameters.TEXT,
    "sort_key": parameters.one_of(SORT_KEYS),
    "sort_dir": parameters.one_of(parameters.DIRECTIONS),
    "name": parameters.TEXT,
    "visibility": parameters.one_of(VISIBILITIES),
    "all_projects": parameters.FLAG,
}
SHOW: Parameters = {
    "version": {"type": "integer", "minimum": 1, "maximum": limits.TEMPLATE_VERSIONS}
}

_NO_SUCH_VERSION = Sentence("invalid.template-version", "must be a version, from 1 to %(most)s")


def index(call: Call) -> Answer:
    """GET /os-ensembles/templates: one page of those that the caller's project sees."""
    policies.authorize(call.context, "list_templates")
    call.only(*LIST)
    everywhere = call.flag("all_projects")
    if everywhere:
        policies.authorize(call.context, "all_projects")
    limit = call.number("limit", DEFAULT_LIMIT, limits.PAGE)
    found = call.service.templates.select(
        TemplatePage(
            None if everywhere else call.context.project_id,
            limit=limit,
            marker=call.query.get("marker"),
            sort_key=call.choice("sort_key", "created_at", SORT_KEYS),
            descending=call.choice("sort_dir", "desc", parameters.DIRECTIONS) == "desc",
            name=call.query.get("name"),
            visibility=(
                call.choice("visibility", "", VISIBILITIES) if "visibility" in call.query else None
            ),
        )
    )
    body: dict[str, Any] = {
        "templates": [views.listed_template(each, own=_is_own(call, each)) for each in found]
    }
    if len(found) == limit:
        query = urllib.parse.urlencode({**call.query, "marker": found[-1].id})
        body["templates_links"] = [{"rel": "next", "href": f"{call.url}?{query}"}]
    return Answer(200, body)


def create(call: Call) -> Answer:
    """POST /os-ensembles/templates: save a template with its first version."""
    policies.authorize(call.context, "create_template")
    call.only()
    given = template_schemas.check_shape(call.json)
    _check_publishing(call, given)
    made = call.service.templates.create(call.context, given)
    return Answer(201, _shown(call, made), f"{call.url.rstrip('/')}/{made.id}")


def show(call: Call, template_id: str) -> Answer:
    """GET /os-ensembles/templates/{id}: with the document of its latest version, or another."""
    record = _authorized(call, template_id, "show_template", _version(call))
    call.only(*SHOW)
    return Answer(200, _shown(call, record))


def change(call: Call, template_id: str) -> Answer:
    """PATCH /os-ensembles/templates/{id}: other parameters or another ensemble: a new version."""
    record = _authorized(call, template_id, "change_template")
    call.only()
    given = template_schemas.check_change(call.json)
    if record.visibility is not Visibility.PUBLIC:
        _check_publishing(call, given)
    elif given.keys() & {"parameters", "ensemble"}:
        # All projects apply the latest version of it unless they ask for another.
        policies.authorize(call.context, "publish_template")
    return Answer(200, _shown(call, call.service.templates.change(call.context, record, given)))


def delete(call: Call, template_id: str) -> Answer:
    """DELETE /os-ensembles/templates/{id}: what was made from it goes on."""
    record = _authorized(call, template_id, "delete_template")
    call.only()
    call.service.templates.delete(record)
    return Answer(204)


def act(call: Call, template_id: str) -> Answer:
    """POST /os-ensembles/templates/{id}/action: make ensembles, or tell what would come of it."""
    call.only()
    asked = template_schemas.check_instantiate(call.json)
    record = _authorized(call, template_id, "show_template", asked.get("version"))
    dry_run, plan_id = asked.get("dry_run", False), asked.get("plan", "").lower() or None
    policies.authorize(call.context, "plan" if dry_run else "create")
    if "instances" in asked:
        wanted = [_instantiation(asked, each) for each in asked["instances"]]
        bodies = call.service.templates.apply_all(call.context, record, wanted)
        if dry_run:
            return instances.planned(call, bodies)
        return instances.created(call, bodies, plan_id)
    body = call.service.templates.apply(call.context, record, _instantiation(asked, asked))
    if dry_run:
        found = plans.planned(call, body)
        return Answer(found.status, {**(found.body or {}), "ensemble": views.described(body)})
    collection = call.url.rstrip("/").rsplit("/", 3)[0]
    return ensembles.created(call, body, plan_id, collection)


def _instantiation(asked: Mapping[str, Any], instance: Mapping[str, Any]) -> Instantiation:
    """One of what is asked for; what all have in common comes after what it has itself."""
    return Instantiation(
        instance["name"].strip(),
        {**asked.get("parameters", {}), **instance.get("parameters", {})},
        asked.get("version"),
        instance.get("description", asked.get("description")),
    )


def _version(call: Call) -> int | None:
    if "version" not in call.query:
        return None
    text = call.query["version"]
    if not text.isascii() or not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise exception.Invalid(_NO_SUCH_VERSION(most=limits.TEMPLATE_VERSIONS), field="version")
    return int(text)


def _authorized(
    call: Call, template_id: str, action: str, version: int | None = None
) -> TemplateRecord:
    """The template, if the caller may do ``action`` with it.

    One that the caller's project does not see is not found rather than forbidden.
    """
    everywhere = policies.allowed(call.context, "all_projects")
    if not everywhere:
        policies.authorize(call.context, "show_template")
    record = call.service.templates.get(call.context, template_id, version, everywhere=everywhere)
    owner = call.context.project_id if action == "show_template" else record.project_id
    policies.authorize(call.context, action, owner)
    return record


def _is_own(call: Call, record: TemplateRecord) -> bool:
    """Whether the caller is of the template's project, or an operator."""
    own = record.project_id == call.context.project_id
    return own or policies.allowed(call.context, "all_projects")


def _check_publishing(call: Call, given: dict[str, Any]) -> None:
    if given.get("visibility") == Visibility.PUBLIC:
        policies.authorize(call.context, "publish_template")


def _shown(call: Call, record: TemplateRecord) -> dict[str, Any]:
    instances = call.service.templates.instances(call.context, record)
    view = views.template(record, own=_is_own(call, record), instances=instances)
    return {"template": view}
