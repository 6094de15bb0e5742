# SPDX-License-Identifier: Apache-2.0
"""Query parameters that several requests take, as JSON Schema; each name is that of a parameter.

Handlers refuse all others by these names, and the published document has them from here.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from ensemble_api.handlers.call import FLAGS

Parameters: TypeAlias = Mapping[str, Mapping[str, Any]]

TEXT: Mapping[str, Any] = {"type": "string"}


def limit(default: int, most: int) -> Mapping[str, Any]:
    """How many items a page has; more than ``most`` are cut."""
    return {
        "type": "integer",
        "minimum": 1,
        "maximum": 999_999_999,
        "default": default,
        "description": f"{most} at most; larger ones are cut.",
    }


def one_of(choices: tuple[str, ...]) -> Mapping[str, Any]:
    """One of some words."""
    return {"enum": list(choices)}


FLAG = one_of(tuple(FLAGS))
DIRECTIONS = ("asc", "desc")
