# SPDX-License-Identifier: Apache-2.0
"""Hosts, racks and zones that are maintained, for operators."""

import urllib.parse

from ensemble_api import limits, policies, schemas, views
from ensemble_api.handlers import parameters
from ensemble_api.handlers.call import Answer, Call
from ensemble_api.handlers.parameters import Parameters
from ensemble_api.service import DomainSearch

DEFAULT_LIMIT = 100
DOMAIN: Parameters = {
    "check": parameters.FLAG,
    "limit": parameters.limit(DEFAULT_LIMIT, limits.PAGE),
    "marker": parameters.TEXT,
}


def show(call: Call, level: str, domain: str) -> Answer:
    """GET /os-ensembles/domains/{level}/{domain}; ?check=1 tries to drain it."""
    policies.authorize(call.context, "hosts")
    call.only(*DOMAIN, *call.service.levels[1:])
    check = call.flag("check")
    return Answer(200, _shown(call, _search(call, level, domain), check=check))


def act(call: Call, level: str, domain: str) -> Answer:
    """POST /os-ensembles/domains/{level}/{domain}/action: have it drained, or no longer."""
    policies.authorize(call.context, "maintain")
    call.only(*call.service.levels[1:])
    action, dry_run = schemas.check_maintenance(call.json)
    asked = _search(call, level, domain)
    if not dry_run:
        call.service.maintain(call.context, asked, action)
    view = _shown(call, asked, check=action == "drain")
    return Answer(200 if dry_run else 202, view)


def _search(call: Call, level: str, domain: str) -> DomainSearch:
    return DomainSearch(
        level,
        domain,
        {each: call.query[each] for each in call.service.levels[1:] if each in call.query},
        limit=call.number("limit", DEFAULT_LIMIT, limits.PAGE),
        marker=call.query.get("marker"),
    )


def _shown(call: Call, asked: DomainSearch, *, check: bool) -> dict[str, object]:
    found = call.service.domain(call.context, asked, check=check)
    view = views.maintained(found, call.service.levels)
    if found.more and found.page:
        query = urllib.parse.urlencode({**call.query, "marker": found.page[-1].name})
        url = call.url.removesuffix("/action")
        view["hosts_links"] = [{"rel": "next", "href": f"{url}?{query}"}]
    return {"domain": view}
