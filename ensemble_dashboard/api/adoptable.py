# SPDX-License-Identifier: Apache-2.0
"""What servers of a project can be adopted by: its server groups, and the servers themselves."""

import itertools
import logging
from typing import Any, Final

from django.http import HttpRequest
from openstack.connection import Connection

from ensemble_dashboard.api.connection import connection

LOG = logging.getLogger(__name__)

MOST: Final = 1000
"""How many servers are listed at most; an adoption can name as many."""

Item = dict[str, Any]


def sources(request: HttpRequest) -> dict[str, Any]:
    """Give {"server_groups", "servers", "more": whether there are more servers, "missing"}.

    What Nova does not list is an empty list, and its name is in ``missing``.
    """
    cloud = connection(request)
    found: dict[str, list[Item]] = {}
    for kind, ask in (("server_groups", _server_groups), ("servers", _servers)):
        try:
            found[kind] = ask(cloud)
        except Exception:
            LOG.exception("The %s for an adoption could not be listed", kind)
    servers = found.get("servers", [])
    return {
        "server_groups": found.get("server_groups", []),
        "servers": servers[:MOST],
        "more": len(servers) > MOST,
        "missing": [kind for kind in ("server_groups", "servers") if kind not in found],
    }


def _server_groups(cloud: Connection) -> list[Item]:
    """List those that have servers, as nothing else can be adopted by them."""
    listed = (
        {"id": each.id, "name": each.name, "policy": each.policy, "count": len(each.member_ids)}
        for each in cloud.compute.server_groups()
        if each.member_ids
    )
    return sorted(listed, key=lambda group: (group["name"], group["id"]))


def _servers(cloud: Connection) -> list[Item]:
    listed = (
        {
            "id": each.id,
            "name": each.name or each.id,
            "status": each.status,
            "tags": sorted(each.tags or ()),
        }
        for each in itertools.islice(cloud.compute.servers(details=True), MOST + 1)
    )
    return sorted(listed, key=lambda server: (server["name"], server["id"]))
