# SPDX-License-Identifier: Apache-2.0
"""The operations of an ensemble."""

import urllib.parse
from typing import Any

from ensemble_api import limits, policies, views
from ensemble_api.handlers import parameters
from ensemble_api.handlers.call import Answer, Call
from ensemble_api.handlers.ensembles import authorized
from ensemble_api.handlers.parameters import Parameters

DEFAULT_LIMIT = 20
LIST: Parameters = {
    "limit": parameters.limit(DEFAULT_LIMIT, limits.PAGE),
    "marker": parameters.TEXT,
}


def index(call: Call, ensemble_id: str) -> Answer:
    """GET /os-ensembles/{id}/operations: one page, the newest first."""
    record = authorized(call, ensemble_id, "operations")
    call.only(*LIST)
    limit = call.number("limit", DEFAULT_LIMIT, limits.PAGE)
    found = call.service.operations(record, limit, call.query.get("marker"))
    zone, names = call.service.zone_level, policies.allowed(call.context, "names")
    body: dict[str, Any] = {
        "operations": [views.operation(each, record, zone, names=names) for each in found]
    }
    if len(found) == limit:
        query = urllib.parse.urlencode({**call.query, "marker": found[-1].id})
        body["operations_links"] = [{"rel": "next", "href": f"{call.url}?{query}"}]
    return Answer(200, body)


def show(call: Call, ensemble_id: str, operation_id: str) -> Answer:
    """GET /os-ensembles/{id}/operations/{operation_id}: one, with the goal of each member."""
    record = authorized(call, ensemble_id, "operations")
    call.only()
    found = call.service.operation(record, operation_id)
    zone, names = call.service.zone_level, policies.allowed(call.context, "names")
    return Answer(
        200, {"operation": views.operation(found, record, zone, names=names, detail=True)}
    )
