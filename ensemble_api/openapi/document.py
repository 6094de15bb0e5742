# SPDX-License-Identifier: Apache-2.0
"""The document: each route with its parameters, its body, and what it answers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ensemble_api import limits, routes, server_schema
from ensemble_api.handlers import (
    adoption,
    capabilities,
    changes,
    ensembles,
    headroom,
    host_impact,
    maintenance,
    operations,
    plans,
    templates,
)
from ensemble_api.handlers.call import KEY, Handler
from ensemble_api.handlers.parameters import TEXT, Parameters
from ensemble_api.openapi import cloud, errors, requests, shapes
from ensemble_api.openapi import ensembles as ensemble_answers
from ensemble_api.openapi import plans as plan_answers
from ensemble_api.openapi import templates as template_answers
from ensemble_api.openapi.shapes import Shape, component, one, several

ALWAYS = (400, 403, 404, 405, 406, 500, 503)
VERSION_HEADER = "OpenStack-API-Version"

# The levels of a cloud are its operator's; these are there unless others are set.
_LEVELS: Parameters = {"rack": TEXT, "zone": TEXT}

# What it says of other services is let through, as Nova does.
_VERSION = {"type": "string", "default": f"{routes.SERVICE_TYPE} {routes.VERSION}"}


@dataclass(frozen=True, slots=True)
class Request:
    """What the document says of one handler: what it takes and what it answers if all is well."""

    handler: Handler
    summary: str
    answer: Shape
    status: int = 200
    query: Parameters | None = None
    body: Shape | None = None
    refusals: Sequence[int] = ()
    preview: Shape | None = None  # what it answers to a dry run


REQUESTS = (
    Request(
        capabilities.show,
        "Tell limits, levels and features of this cloud's ensembles",
        one(capabilities=component("Capabilities")),
    ),
    Request(
        plans.create,
        "Plan an ensemble without building anything",
        one(plan=component("Plan")),
        query=plans.PLAN,
        body=component("PlanRequest"),
        refusals=(409, 413),
    ),
    Request(
        ensembles.create,
        "Plan an ensemble, hold all its capacity at once, and start to build it",
        one(ensemble=component("Ensemble")),
        202,
        query=plans.PLAN,
        body=component("CreateRequest"),
        refusals=(409, 413, 422),
    ),
    Request(
        adoption.adopt,
        "Make an ensemble of servers that run already, or tell what would come of that",
        one(ensemble=component("Ensemble")),
        201,
        query=adoption.ADOPT,
        body=component("AdoptRequest"),
        refusals=(409, 413),
        preview=one(adoption=component("Adoption")),
    ),
    Request(
        ensembles.index,
        "List ensembles",
        one({"ensembles_links": shapes.NEXT}, ensembles=several(component("ListedEnsemble"))),
        query=ensembles.LIST,
    ),
    Request(ensembles.show, "Show an ensemble", one(ensemble=component("Ensemble"))),
    Request(
        ensembles.survivability,
        "Tell where the servers of an ensemble are now, and what that breaks",
        one(survivability=component("Survivability")),
        query=ensembles.SURVIVABILITY,
    ),
    Request(
        operations.index,
        "List what was done with an ensemble and what is under way",
        one({"operations_links": shapes.NEXT}, operations=several(component("Operation"))),
        query=operations.LIST,
    ),
    Request(
        operations.show,
        "Show an operation with the goal of each member",
        one(operation=component("OperationDetails")),
    ),
    Request(
        ensembles.act,
        "Do what the body names with an ensemble",
        one(ensemble=component("Ensemble")),
        202,
        body=component("ActionRequest"),
        refusals=(409, 413),
        preview={
            "anyOf": [
                one(drill=component("Drill")),
                one(repair=component("RepairPreview")),
                one(rebalance=component("RebalancePreview")),
            ]
        },
    ),
    Request(
        changes.change,
        "Change an ensemble that runs, or tell what would come of that",
        one(ensemble=component("Ensemble")),
        202,
        query=changes.CHANGE,
        body=component("ChangeRequest"),
        refusals=(409, 412, 413),
        preview=one(
            plan=component("Plan"),
            change=one(
                added=several(shapes.STRING),
                removed=several(shapes.STRING),
                released=several(shapes.STRING),
                moved=several(component("Move")),
                outdated=several(shapes.STRING),
            ),
        ),
    ),
    Request(
        ensembles.delete,
        "Start to remove an ensemble with all its servers",
        one(ensemble=component("Ensemble")),
        202,
        refusals=(409,),
    ),
    Request(
        templates.index,
        "List ensemble templates",
        one({"templates_links": shapes.NEXT}, templates=several(component("ListedTemplate"))),
        query=templates.LIST,
    ),
    Request(
        templates.create,
        "Make an ensemble template",
        one(template=component("Template")),
        201,
        body=component("TemplateRequest"),
        refusals=(413,),
    ),
    Request(
        templates.show,
        "Show an ensemble template with one of its versions",
        one(template=component("Template")),
        query=templates.SHOW,
    ),
    Request(
        templates.change,
        "Change an ensemble template, or add a version to it",
        one(template=component("Template")),
        body=component("TemplateChangeRequest"),
        refusals=(409, 413),
    ),
    Request(templates.delete, "Delete an ensemble template", {}, 204),
    Request(
        templates.act,
        "Make ensembles from a template, or tell what would come of that",
        {
            "anyOf": [
                one(ensemble=component("Ensemble")),
                one(ensembles=several(component("Ensemble"))),
            ]
        },
        202,
        query=plans.PLAN,
        body=component("TemplateActionRequest"),
        refusals=(409, 413, 422),
        preview={
            "anyOf": [
                one(plan=component("Plan"), ensemble=template_answers.DESCRIBED),
                one(plan=component("JointPlan"), instances=template_answers.INSTANCES),
            ]
        },
    ),
    Request(
        headroom.index,
        "Tell which failures of a level would leave members without places",
        one(
            {"headroom_links": shapes.NEXT},
            level=shapes.STRING,
            as_of=shapes.TIME,
            headroom=several(component("DomainHeadroom")),
            found=shapes.COUNT,
            first=shapes.COUNT,
            totals=one(
                fits=shapes.COUNT,
                does_not_fit=shapes.COUNT,
                not_decided=shapes.COUNT,
                ensembles=shapes.COUNT,
                ensembles_without=shapes.COUNT,
                left_out=shapes.COUNT,
            ),
        ),
        query=headroom.LIST,
    ),
    Request(
        host_impact.index,
        "List hosts with the members on them, and what their failure breaks",
        one(
            {"hosts_links": shapes.NEXT, "summary": component("HostsSummary")},
            hosts=several(component("Host")),
            found=shapes.COUNT,
            first=shapes.COUNT,
            observed_at=shapes.or_null(shapes.TIME),
            broken=several(component("Break")),
        ),
        query={**host_impact.LIST, **_LEVELS},
    ),
    Request(
        host_impact.show,
        "Show a host, and try to drain it",
        one(host=component("HostInDetail")),
        query=host_impact.HOST,
    ),
    Request(
        host_impact.act,
        "Have the members of a host moved elsewhere or no longer, or tell what would come of that",
        one(host=component("HostInDetail")),
        202,
        body=component("MaintenanceRequest"),
        refusals=(409, 413),
        preview=one(host=component("HostInDetail")),
    ),
    Request(
        maintenance.show,
        "Show a host, a rack or a zone and how far its drain is, and try to drain it",
        one(domain=component("MaintainedDomain")),
        query={**maintenance.DOMAIN, **_LEVELS},
    ),
    Request(
        maintenance.act,
        "Have the members of a domain moved elsewhere or no longer, or tell what would come of it",
        one(domain=component("MaintainedDomain")),
        202,
        query=_LEVELS,
        body=component("MaintenanceRequest"),
        refusals=(409, 413),
        preview=one(domain=component("MaintainedDomain")),
    ),
)
_OF = {each.handler: each for each in REQUESTS}


def document() -> dict[str, Any]:
    """The API as an OpenAPI 3.1 document, JSON-ready.

    :raises KeyError: for a route of which ``REQUESTS`` says nothing.
    """
    paths = {
        path: {
            method.lower(): _operation(path, method, _OF[handler])
            for method, handler in methods.items()
        }
        for path, methods in routes.ROUTES.items()
    }
    components = {
        **requests.COMPONENTS,
        **cloud.COMPONENTS,
        **ensemble_answers.COMPONENTS,
        **plan_answers.COMPONENTS,
        **template_answers.COMPONENTS,
        **errors.COMPONENTS,
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ensembles",
            "version": routes.VERSION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/v2.1", "description": "The compute API's endpoint"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {name: _portable(components[name]) for name in sorted(components)},
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}
            },
        },
    }


def _operation(path: str, method: str, request: Request) -> dict[str, Any]:
    handler = request.handler
    once = handler in (ensembles.create, templates.act)
    made = once or request.status == 201
    said: dict[str, Any] = {
        "operationId": f"{handler.__module__.rpartition('.')[2]}-{handler.__name__}",
        "summary": request.summary,
        "parameters": [
            *(_in_path(name) for name in re.findall(r"\{(\w+)\}", path)),
            *(_in_query(name, shape) for name, shape in (request.query or {}).items()),
            _header(VERSION_HEADER, _VERSION),
            *([_header(KEY, {"type": "string", "maxLength": limits.KEY})] if once else []),
        ],
        "responses": {
            str(request.status): _answer(request.summary, request.answer, made=made),
            **(
                {"200": _answer("What would come of it", request.preview)}
                if request.preview
                else {}
            ),
            "401": {"description": "No valid token, as the pipeline before this extension says"},
            **{
                str(status): _answer("A refusal", component(f"Error{status}"))
                for status in sorted({*ALWAYS, *request.refusals})
            },
        },
    }
    if request.body is not None:
        content = {"application/json": {"schema": request.body}}
        said["requestBody"] = {"required": True, "content": content}
    return said


def _in_path(name: str) -> dict[str, Any]:
    shape = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^/]+$"}
    return {"name": name, "in": "path", "required": True, "schema": shape}


def _in_query(name: str, shape: Shape) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": _portable(shape)}


def _header(name: str, shape: Shape) -> dict[str, Any]:
    return {"name": name, "in": "header", "schema": shape}


def _answer(what: str, shape: Shape, *, made: bool = False) -> dict[str, Any]:
    headers: dict[str, Any] = {VERSION_HEADER: {"schema": {"type": "string"}}}
    if made:
        headers["Location"] = {"schema": {"type": "string"}}
    if not shape:  # nothing is answered
        return {"description": what, "headers": headers}
    content = {"application/json": {"schema": _portable(shape)}}
    return {"description": what, "headers": headers, "content": content}


def _portable(shape: Any) -> Any:
    r"""As JSON Schema has it: Python's ``\Z`` is ``$`` there, and UUIDs are a format."""
    match shape:
        case {"pattern": pattern, **rest} if pattern == server_schema.UUID["pattern"]:
            return {**rest, "format": "uuid"}
        case {"pattern": str(pattern), **rest}:
            return {**_portable(rest), "pattern": pattern.replace(r"\Z", "$")}
        case Mapping():
            return {name: _portable(value) for name, value in shape.items()}
        case list() | tuple():
            return [_portable(each) for each in shape]
    return shape
