# SPDX-License-Identifier: Apache-2.0
"""Which failures would leave ensembles without places, for operators."""

import urllib.parse

from ensemble_api import limits, policies, views
from ensemble_api.handlers import parameters
from ensemble_api.handlers.call import Answer, Call
from ensemble_api.handlers.parameters import Parameters
from ensemble_api.service import HeadroomSearch
from ensemble_api.usecases.headroom import marker

DEFAULT_LIMIT = 100
LIST: Parameters = {
    "level": parameters.TEXT,
    "limit": parameters.limit(DEFAULT_LIMIT, limits.PAGE),
    "marker": parameters.TEXT,
}


def index(call: Call) -> Answer:
    """GET /os-ensembles/headroom: one page of the domains of a level, the worst first."""
    policies.authorize(call.context, "headroom")
    call.only(*LIST)
    search = HeadroomSearch(
        level=call.query.get("level", "host"),
        limit=call.number("limit", DEFAULT_LIMIT, limits.PAGE),
        marker=call.query.get("marker"),
    )
    found = call.service.headroom(call.context, search)
    view = views.headroom(found)
    if found.more:
        query = urllib.parse.urlencode({**call.query, "marker": marker(found)})
        view["headroom_links"] = [{"rel": "next", "href": f"{call.url}?{query}"}]
    return Answer(200, view)
