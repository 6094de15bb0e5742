# SPDX-License-Identifier: Apache-2.0
"""The shape of the bodies of requests about ensemble templates, and what is wrong with one."""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema

from ensemble_api import exception, limits, schema_errors, schemas
from ensemble_api.ensemble_templates.constraints import Kind, ParameterType
from ensemble_api.ensemble_templates.record import Visibility
from ensemble_api.ensemble_templates.template import EnsembleTemplate, Sample
from ensemble_api.planning.errors import ModelError
from ensemble_api.schema_errors import field, reason
from ensemble_api.server_schema import NAME, UUID

_DESCRIPTION = schemas.ENSEMBLE["properties"]["ensemble"]["properties"]["description"]
_WHOLE: dict[str, Any] = {"type": "integer", "minimum": -(2**53), "maximum": 2**53}
_BOUNDS: dict[str, Any] = {
    "type": "object",
    "properties": {"min": _WHOLE, "max": _WHOLE},
    "additionalProperties": False,
}
CONSTRAINT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "length": _BOUNDS,
        "range": _BOUNDS,
        "allowed_values": {"type": "array", "minItems": 1, "maxItems": limits.ALLOWED_VALUES},
        "allowed_pattern": {"type": "string", "maxLength": limits.PATTERN},
        "custom_constraint": {"enum": [each.value for each in Kind]},
        "description": _DESCRIPTION,
    },
    "additionalProperties": False,
}
PARAMETER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "type": {"enum": [each.value for each in ParameterType]},
        "default": {},
        "label": NAME,
        "description": _DESCRIPTION,
        "constraints": {
            "type": "array",
            "items": CONSTRAINT,
            "maxItems": limits.CONSTRAINTS,
        },
    },
    "required": ["type"],
    "additionalProperties": False,
}
PARAMETERS: dict[str, Any] = {
    "type": "object",
    "propertyNames": {
        "pattern": rf"^[a-zA-Z][a-zA-Z0-9_-]{{0,{limits.PARAMETER_NAME - 1}}}\Z",
        "description": schema_errors.PARAMETER_NAMES.text,
    },
    "additionalProperties": PARAMETER,
    "maxProperties": limits.PARAMETERS,
}
_PARTS: dict[str, Any] = {
    "name": NAME,
    "description": _DESCRIPTION,
    "visibility": {"enum": [each.value for each in Visibility]},
    "projects": {
        "type": "array",
        "items": {
            "type": "string",
            "pattern": r"^[a-zA-Z0-9_-]{1,64}\Z",
            "description": schema_errors.PROJECT_ID.text,
        },
        "maxItems": limits.TEMPLATE_PROJECTS,
        "uniqueItems": True,
    },
    "parameters": PARAMETERS,
    "ensemble": {"type": "object"},
}


def _about(required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "template": {
                "type": "object",
                "properties": _PARTS,
                "required": required,
                "additionalProperties": False,
            }
        },
        "required": ["template"],
        "additionalProperties": False,
    }


CREATE = _about(["name", "ensemble"])
CHANGE = _about([])
_VALUES: dict[str, Any] = {"type": "object", "maxProperties": limits.PARAMETERS}
_NAMED: dict[str, Any] = {"name": NAME, "description": _DESCRIPTION, "parameters": _VALUES}
_HOW: dict[str, Any] = {
    "version": {"type": "integer", "minimum": 1, "maximum": limits.TEMPLATE_VERSIONS},
    "dry_run": {"type": "boolean"},
    "plan": UUID,
}
ONE_INSTANCE: dict[str, Any] = {
    "type": "object",
    "properties": {**_NAMED, **_HOW},
    "required": ["name"],
    "additionalProperties": False,
}
INSTANCES: dict[str, Any] = {
    "type": "object",
    "properties": {
        "instances": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": _NAMED,
                "required": ["name"],
                "additionalProperties": False,
            },
            "minItems": 1,
            "maxItems": limits.INSTANCES,
        },
        "description": _DESCRIPTION,
        "parameters": _VALUES,
        **_HOW,
    },
    "required": ["instances"],
    "additionalProperties": False,
}
ACTION: dict[str, Any] = {
    "type": "object",
    "properties": {
        "instantiate": {
            "type": "object",
            "properties": {**ONE_INSTANCE["properties"], **INSTANCES["properties"]},
            "if": {"required": ["instances"]},
            "then": {
                "description": schema_errors.ONE_OR_SEVERAL.text,
                "not": {"required": ["name"]},
            },
            "else": {"required": ["name"]},
            "additionalProperties": False,
        }
    },
    "required": ["instantiate"],
    "additionalProperties": False,
}
_CREATE = schemas.validator(CREATE)
_CHANGE = schemas.validator(CHANGE)
_ACTION = schemas.validator(ACTION)
_DESCRIBED = schemas.validator(schemas.ENSEMBLE)


def check_shape(body: Any) -> dict[str, Any]:
    """Check the body of a new template and give its inner object, of which only the shape is known.

    :raises ensemble_api.exception.Invalid: with ``field``, when it is wrong.
    """
    schemas.check(_CREATE, body)
    return {**body["template"], "name": body["template"]["name"].strip()}


def check_change(body: Any) -> dict[str, Any]:
    """Check the body of a change and give its inner object, of which only the shape is known.

    :raises ensemble_api.exception.Invalid: with ``field``, when it is wrong.
    """
    schemas.check(_CHANGE, body)
    given = dict(body["template"])
    if "name" in given:
        given["name"] = given["name"].strip()
    return given


def check_instantiate(body: Any) -> dict[str, Any]:
    """Check the body of an action and give what is to be instantiated.

    :raises ensemble_api.exception.Invalid: with ``field``, when the shape is wrong.
    """
    schemas.check(_ACTION, body)
    given: dict[str, Any] = body["instantiate"]
    return given


def check_document(document: Mapping[str, Any]) -> None:
    """Check what a version has, as far as that is known before it is applied.

    :raises ensemble_api.exception.Invalid: with ``field``, when something is wrong.
    """
    try:
        template = EnsembleTemplate.of(document)
        sample = template.sample()
        wrong = jsonschema.exceptions.best_match(_known_errors(sample))
        if wrong is not None:
            raise ModelError(field(wrong), reason(wrong))
    except ModelError as error:
        raise exception.Invalid(error.reason, field=f"template.{error.field}") from error
    if not any(each.required for each in template.parameters.values()):
        _check_with_defaults(template)


def applied(
    template: EnsembleTemplate, given: Mapping[str, Any], name: str, description: str | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The ensemble that a template gives with these values, checked and with defaults.

    Also the values of all parameters.

    :raises ensemble_api.exception.Invalid: naming the field that is wrong: of the request where it
        is a parameter's, else of the ensemble that would be asked for.
    """
    try:
        made, known = template.apply(given)
    except ModelError as error:
        raise exception.Invalid(error.reason, field=error.field) from error
    made["name"] = name
    if description is not None:
        made["description"] = description
    return schemas.check_ensemble({"ensemble": made}), known


def _check_with_defaults(template: EnsembleTemplate) -> None:
    """Check what all rules say, where all values are known already."""
    try:
        applied(template, {}, "name", None)
    except exception.Invalid as error:
        where = f"template.{error.facts['field']}"
        raise exception.Invalid(error.facts["reason"], field=where) from error


def _known_errors(sample: Sample) -> Iterator[jsonschema.ValidationError]:
    """What is wrong with a sample, but for what depends on values that are not known."""
    body = {"ensemble": {**sample.ensemble, "name": "name"}}
    typed = sample.unknown - sample.untyped
    for error in _DESCRIBED.iter_errors(body):
        path = tuple(error.absolute_path)[1:]
        about = [each for each in sample.unknown if each[: len(path)] == path]
        of_type = error.validator == "type" and path in typed
        if not about or of_type or error.validator in ("required", "additionalProperties"):
            yield error
