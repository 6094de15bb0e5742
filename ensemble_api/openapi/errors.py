# SPDX-License-Identifier: Apache-2.0
"""The answers of refusals: Nova's error body with our code and facts, one shape for each status."""

from typing import Any

from ensemble_api import exception, views
from ensemble_api.openapi.shapes import (
    COUNT,
    FLAG,
    INTEGER,
    STRING,
    Shape,
    component,
    one,
    or_null,
    several,
)
from ensemble_api.records import Status

# What is told beside the code; which of these belongs to which code is in the reference.
_FACTS: dict[str, Shape] = {
    "field": STRING,
    "reason": STRING,
    "label": STRING,
    "allow": several(STRING),
    "min": STRING,
    "max": STRING,
    "status": {"enum": [each.value for each in Status]},
    "operation": STRING,
    "generation": COUNT,
    "ensemble_id": or_null(STRING),
    "retry_after": INTEGER,
    "resource": STRING,
    "limit": INTEGER,
    "used": COUNT,
    "needed": COUNT,
    "message": STRING,
    "proved": FLAG,
    "reasons": several(component("Reason")),
    "plan": {"anyOf": [component("Plan"), component("JointPlan")]},
    "instances": several({"type": "object"}),
    "moved": several({"type": "object"}),
    "worst": or_null(several({"type": "object"})),
    "earlier_domains": several(component("Domain")),
}


def _all(kind: type[exception.EnsembleError]) -> set[type[exception.EnsembleError]]:
    return {kind}.union(*map(_all, kind.__subclasses__()))


def _codes() -> dict[int, set[str]]:
    codes: dict[int, set[str]] = {}
    for each in _all(exception.EnsembleError):
        codes.setdefault(each.status, set()).add(each.code)
    return codes


def _body(status: int, codes: set[str]) -> dict[str, Any]:
    name = views.FAULT_NAMES.get(status, "computeFault")
    details = one(_FACTS, code={"enum": sorted(codes)})
    return one(**{name: one(code={"const": status}, message=STRING, details=details)})


COMPONENTS = {f"Error{status}": _body(status, codes) for status, codes in sorted(_codes().items())}
