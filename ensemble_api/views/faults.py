# SPDX-License-Identifier: Apache-2.0
"""Refusals as JSON: Nova's error body, with our stable code and the facts under ``details``."""

from typing import Any

from ensemble_api import exception
from ensemble_api.views.fields import label
from ensemble_api.views.plans import reasons, refused, without_capacity

# The names of Nova's error bodies (nova/api/openstack/wsgi.py, Fault), and one of ours: 422.
FAULT_NAMES = {
    400: "badRequest",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    406: "notAcceptable",
    409: "conflictingRequest",
    413: "overLimit",
    422: "unprocessableEntity",
    503: "serviceUnavailable",
}


def fault(error: exception.EnsembleError, *, capacity: bool = False) -> dict[str, Any]:
    """The body of a refusal; ``capacity`` is whether it may tell how much of the request fits."""
    facts: dict[str, Any] = {"code": error.code, **error.facts}
    message = error.message
    if "field" in facts:
        facts["label"] = label(facts["field"])
    if "reasons" in facts:
        if not capacity:
            message = exception.does_not_fit(map(without_capacity, facts["reasons"]))
        facts["reasons"] = reasons(facts["reasons"], capacity=capacity)
        facts["message"] = refused(facts.get("proved", True))
    name = FAULT_NAMES.get(error.status, "computeFault")
    return {name: {"code": error.status, "message": message, "details": facts}}
