# SPDX-License-Identifier: Apache-2.0
"""What is on each host and what its failure breaks, for operators."""

import urllib.parse

from ensemble_api import limits, policies, schemas, views
from ensemble_api.handlers import parameters
from ensemble_api.handlers.call import Answer, Call
from ensemble_api.handlers.parameters import Parameters
from ensemble_api.service import DomainSearch, Search
from ensemble_api.usecases.host_impact import SORT_KEYS

DEFAULT_LIMIT = 100
LIST: Parameters = {
    "limit": parameters.limit(DEFAULT_LIMIT, limits.PAGE),
    "marker": parameters.TEXT,
    "sort_key": parameters.one_of(SORT_KEYS),
    "sort_dir": parameters.one_of(parameters.DIRECTIONS),
    "project_id": parameters.TEXT,
    "ensemble_id": parameters.TEXT,
    "q": parameters.TEXT,
    "summary": parameters.FLAG,
}
HOST: Parameters = {"check": parameters.FLAG}


def index(call: Call) -> Answer:
    """GET /os-ensembles/hosts: one page of hosts."""
    policies.authorize(call.context, "hosts")
    levels = call.service.levels
    call.only(*LIST, *levels[1:])
    sort_key = call.choice("sort_key", "impact", SORT_KEYS)
    usual = "asc" if sort_key == "host" else "desc"
    search = Search(
        limit=call.number("limit", DEFAULT_LIMIT, limits.PAGE),
        marker=call.query.get("marker"),
        sort_key=sort_key,
        descending=call.choice("sort_dir", usual, parameters.DIRECTIONS) == "desc",
        project_id=call.query.get("project_id"),
        ensemble_id=call.query.get("ensemble_id"),
        domains={level: call.query[level] for level in levels[1:] if level in call.query},
        text=call.query.get("q", ""),
    )
    summary = call.flag("summary")
    found = call.service.hosts(call.context, search)
    view = views.host_impacts(found, levels, summary=summary)
    if found.more:
        query = urllib.parse.urlencode({**call.query, "marker": found.page[-1].host.name})
        view["hosts_links"] = [{"rel": "next", "href": f"{call.url}?{query}"}]
    return Answer(200, view)


def show(call: Call, host: str) -> Answer:
    """GET /os-ensembles/hosts/{host}; ?check=1 tries to drain it, which takes a while."""
    policies.authorize(call.context, "hosts")
    call.only(*HOST)
    check = call.flag("check")
    found, tried = call.service.host(call.context, host, drain=check)
    return Answer(200, {"host": views.host_impact(found, tried, call.service.levels)})


def act(call: Call, host: str) -> Answer:
    """POST /os-ensembles/hosts/{host}/action: have a host drained, or no longer."""
    policies.authorize(call.context, "maintain")
    call.only()
    action, dry_run = schemas.check_maintenance(call.json)
    if not dry_run:
        call.service.maintain(call.context, DomainSearch(call.service.levels[0], host), action)
    found, tried = call.service.host(call.context, host, drain=action == "drain")
    view = views.host_impact(found, tried, call.service.levels)
    return Answer(200 if dry_run else 202, {"host": view})
