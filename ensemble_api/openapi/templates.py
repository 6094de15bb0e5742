# SPDX-License-Identifier: Apache-2.0
"""The answers about ensemble templates, and the bodies of requests about them."""

from typing import Any

from ensemble_api import schemas, server_schema, template_schemas
from ensemble_api.ensemble_templates.record import Visibility
from ensemble_api.openapi.plans import PLAN
from ensemble_api.openapi.shapes import (
    ANYTHING,
    COUNT,
    STRING,
    TIME,
    by_name,
    component,
    one,
    or_null,
    several,
    words,
)
from ensemble_api.views.joint_plans import OF_ALL

_LISTED = {
    "id": server_schema.UUID,
    "name": STRING,
    "description": STRING,
    "project_id": STRING,
    "visibility": words(Visibility),
    "projects": several(STRING),
    "user_id": or_null(STRING),
    "version": COUNT,
    "created_at": TIME,
    "updated_at": TIME,
}
_REFERRING = {
    "type": "object",
    "description": "As an ensemble is described, with parameters in the place of values.",
}


def _with_parameters(body: dict[str, Any]) -> dict[str, Any]:
    """A body whose parameters have a name of their own in the document."""
    template = body["properties"]["template"]
    parameters = template_schemas.PARAMETERS
    parts = {
        **template["properties"],
        "parameters": {**parameters, "additionalProperties": component("Parameter")},
        "ensemble": _REFERRING,
    }
    return {**body, "properties": {"template": {**template, "properties": parts}}}


def _one_or_several(body: dict[str, Any]) -> dict[str, Any]:
    """A body that says what one ensemble is to be, or what several are to be."""
    forms = [template_schemas.ONE_INSTANCE, template_schemas.INSTANCES]
    return {**body, "properties": {"instantiate": {"oneOf": forms}}}


ORIGIN = or_null(one({"parameters": by_name(ANYTHING)}, id=server_schema.UUID, version=COUNT))
_PARTS = schemas.ENSEMBLE["properties"]["ensemble"]["properties"]
DESCRIBED = one(
    {"metadata": server_schema.METADATA, "recovery": schemas.RECOVERY},
    name=STRING,
    description=_PARTS["description"],
    tiers=several(component("Tier")),
    policies=several(component("Policy")),
)
INSTANCES = several(one(ensemble=DESCRIBED, plan=or_null(component("Plan"))))
COMPONENTS: dict[str, Any] = {
    "ListedTemplate": one(**_LISTED),
    "Parameter": template_schemas.PARAMETER,
    "Template": one(
        **_LISTED,
        latest_version=COUNT,
        parameters=by_name(component("Parameter")),
        ensemble=_REFERRING,
        versions=several(one(version=COUNT, user_id=or_null(STRING), created_at=TIME)),
        instances=COUNT,
        deleted_at=or_null(TIME),
    ),
    "JointPlan": one(**{name: PLAN["properties"][name] for name in OF_ALL}),
    "TemplateActionRequest": _one_or_several(template_schemas.ACTION),
    "TemplateChangeRequest": _with_parameters(template_schemas.CHANGE),
    "TemplateRequest": _with_parameters(template_schemas.CREATE),
}
