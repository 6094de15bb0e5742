# SPDX-License-Identifier: Apache-2.0
"""The host impact as the API tells it: its own code on hosts and ensembles of the test."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ensemble_api import exception, views
from ensemble_api.observed import ObservedHost
from ensemble_api.records import EnsembleRecord
from ensemble_api.store.occupancy import Occupant
from ensemble_api.usecases.host_impact import Search, host_impacts

LEVELS = ("host", "rack", "zone")
SEEN = "2026-11-22T12:00:00Z"


def answer(
    hosts: Sequence[ObservedHost], ensembles: Sequence[EnsembleRecord], query: Mapping[str, str]
) -> tuple[int, Any]:
    """Answer GET /os-ensembles/hosts."""
    search = Search(
        limit=int(query.get("limit", 100)),
        marker=query.get("marker"),
        sort_key=query["sort_key"],
        descending=query["sort_dir"] == "desc",
        project_id=query.get("project_id"),
        ensemble_id=query.get("ensemble_id"),
        domains={level: query[level] for level in LEVELS if level in query},
        text=query.get("q", ""),
    )
    owners = {each.id: each for each in ensembles}
    occupants = [
        Occupant(owner.id, one.tier, one.index, one.host, one.status, one.server_id)
        for owner in ensembles
        for one in owner.members
    ]
    try:
        found = host_impacts(hosts, LEVELS, owners, occupants, search)
        found = replace(found, observed_at=SEEN)
    except exception.Invalid as error:
        return 400, views.translated(views.fault(error))
    return 200, views.translated(views.host_impacts(found, LEVELS, summary="summary" in query))


def one(
    hosts: Sequence[ObservedHost],
    ensembles: Sequence[EnsembleRecord],
    name: str,
    drain: Mapping[str, Any],
) -> tuple[int, Any]:
    """Answer GET /os-ensembles/hosts/{host}; what came of a drain is written by the test."""
    query = {"sort_key": "host", "sort_dir": "asc", "limit": "1000"}
    _status, told = answer(hosts, ensembles, query)
    for host in told["hosts"]:
        if host["host"] == name:
            here = {member["ensemble_id"] for member in host["members"]}
            broken = [each for each in told["broken"] if each["ensemble_id"] in here]
            seen = {"observed_at": told["observed_at"]}
            whole = {**host, **seen, "broken": broken, "drain": {**host["drain"], **drain}}
            return 200, {"host": whole}
    details = {"code": "ensemble.not_found"}
    return 404, {"itemNotFound": {"code": 404, "message": "No such host", "details": details}}
