# SPDX-License-Identifier: Apache-2.0
"""What a template can read of the resource: always as it is now."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from heat.engine.attributes import Schema

MEMBERS: Final = "members"
ADDRESSES: Final = "addresses"
SURVIVABILITY: Final = "survivability"
STATUS: Final = "status"

_SHOWN: Final = ("id", "name", "tier", "status", "server_id", "server_status", "domains")


def _schema(description: str, kind: str) -> Schema:
    # The ensemble changes without Heat: by failures, repairs and drains.
    return Schema(description, cache_mode=Schema.CACHE_NONE, type=kind)


ATTRIBUTES: Final = {
    MEMBERS: _schema(
        "The members, as maps of id, name, tier, status, server_id, server_status, addresses, and "
        "domains: a reference of its failure domain at each level.",
        Schema.LIST,
    ),
    ADDRESSES: _schema(
        "By the name of each member, and by the network, its addresses.", Schema.MAP
    ),
    SURVIVABILITY: _schema(
        "Where the members are now, and what the failure of any domain leaves, as the API "
        "tells it: members, domains, levels, promises, violations.",
        Schema.MAP,
    ),
    STATUS: _schema("The status of the ensemble, such as ACTIVE or DEGRADED.", Schema.STRING),
}


def addresses(
    survivability: Mapping[str, Any], of_server: Callable[[str], Mapping[str, list[str]]]
) -> dict[str, dict[str, list[str]]]:
    """Give the addresses of each member by network, from what the API tells of where they are.

    A member that was not observed yet, as right after its build, has none there: `of_server` asks
    for those of its server by its id. Others of a stack may wait for them.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for member in survivability["members"]:
        networks = found.setdefault(member["name"], {})
        for each in member["addresses"]:
            networks.setdefault(each["network"], []).append(each["address"])
        if not networks and member["server_id"]:
            networks.update(of_server(member["server_id"]))
    return found


def members(
    shown: Iterable[Mapping[str, Any]], by_member: Mapping[str, Mapping[str, list[str]]]
) -> list[dict[str, Any]]:
    """Give the members with the addresses of each."""
    return [
        {
            **{key: each[key] for key in _SHOWN},
            "addresses": [
                address for some in by_member.get(each["name"], {}).values() for address in some
            ],
        }
        for each in shown
    ]
