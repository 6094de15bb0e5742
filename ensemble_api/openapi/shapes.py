# SPDX-License-Identifier: Apache-2.0
"""Shapes of answers in JSON Schema, in few words."""

from collections.abc import Mapping
from typing import Any, TypeAlias

Shape: TypeAlias = Mapping[str, Any]

STRING: Shape = {"type": "string"}
INTEGER: Shape = {"type": "integer"}
COUNT: Shape = {"type": "integer", "minimum": 0}
FLAG: Shape = {"type": "boolean"}
TIME: Shape = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
ANYTHING: Shape = {}
REFERENCE: Shape = {
    "type": "string",
    "pattern": "^[0-9a-f]{56}$",
    "description": "What the project knows a failure domain by.",
}


def one(optional: Mapping[str, Shape] | None = None, **fields: Shape) -> dict[str, Any]:
    """An object with these fields, and perhaps the ``optional`` ones; it has no others."""
    return {
        "type": "object",
        "properties": {**fields, **(optional or {})},
        "required": list(fields),
        "additionalProperties": False,
    }


def several(items: Shape) -> dict[str, Any]:
    """A list of such things."""
    return {"type": "array", "items": items}


def by_name(values: Shape) -> dict[str, Any]:
    """An object whose keys are names, as of tiers or levels."""
    return {"type": "object", "additionalProperties": values}


def or_null(shape: Shape) -> dict[str, Any]:
    """Such a thing, or null."""
    return {"anyOf": [shape, {"type": "null"}]}


def words(choices: Any) -> dict[str, Any]:
    """One of these words."""
    return {"enum": [str(each) for each in choices]}


def component(name: str) -> dict[str, Any]:
    """A shape that the document has under a name."""
    return {"$ref": f"#/components/schemas/{name}"}


NEXT: Shape = several(one(rel={"const": "next"}, href=STRING))
PROGRESS: Shape = one(active=COUNT, removed=COUNT, done=COUNT, total=COUNT, message=STRING)
