# SPDX-License-Identifier: Apache-2.0
"""From the properties of the resource to the description that the API takes, and back."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from ensemble_client import writer

Json = dict[str, Any]

LASTING: Final = ("availability_zone", "fixed_ips", "ports", "root_volume", "volumes")
"""What no tier that runs can get otherwise: with another one, the ensemble is replaced."""
DESCRIBED: Final = ("name", "description", "metadata", "tiers", "policies", "recovery")
MARKER: Final = "heat:resource"
"""The key among an ensemble's metadata under which is whose it is: the UUID of the resource."""
_LEFT_OUT: Final[tuple[Any, ...]] = (None, {}, [])


def described(properties: Mapping[str, Any], name: str) -> Json:
    """Give the whole description, each of DESCRIBED, of an ensemble of that name.

    `properties` are Heat's, with None or nothing in them for what a template does not say.
    """
    return {
        "name": name,
        "description": properties.get("description") or "",
        "metadata": _texts(properties.get("metadata") or {}),
        "tiers": [_tier(each) for each in properties["tiers"]],
        "policies": [_policy(each) for each in properties.get("policies") or ()],
        "recovery": _given(properties.get("recovery") or {}),
    }


def live_properties(wanted: Mapping[str, Any], ensemble: Mapping[str, Any]) -> Json:
    """Give the properties that are otherwise than described, as they are.

    `ensemble` is the API's answer. What it has beside what is wanted are defaults.
    """
    live = writer.description(ensemble)
    found = {key: live[key] for key in DESCRIBED if not _agrees(wanted[key], live[key])}
    if "metadata" in found:
        found["metadata"] = {key: value for key, value in live["metadata"].items() if key != MARKER}
    if "tiers" in found:
        found["tiers"] = [{**each, "server": _live_server(each)} for each in live["tiers"]]
    if "policies" in found:
        found["policies"] = [
            {key: str(value) if key == "min_available" else value for key, value in each.items()}
            for each in live["policies"]
        ]
    return found


def servers_by_tier(tiers: Iterable[Mapping[str, Any]]) -> dict[str, Json]:
    """Give the server templates of tiers, as properties have them, by the names of the tiers."""
    return {each["name"]: _server(each["server"]) for each in tiers}


def _given(values: Mapping[str, Any]) -> Json:
    """Leave out what a template does not say, at every depth."""
    inner = {
        key: _given(value) if isinstance(value, Mapping) else value for key, value in values.items()
    }
    return {key: value for key, value in inner.items() if value not in _LEFT_OUT}


def _tier(tier: Mapping[str, Any]) -> Json:
    return {**_given(tier), "server": _server(tier["server"])}


def _server(server: Mapping[str, Any]) -> Json:
    found = _given({key: value for key, value in server.items() if key != "metadata"})
    if server.get("metadata"):
        found["metadata"] = _texts(server["metadata"])
    if (allocated := found.pop("allocate_network", None)) is not None:
        found["networks"] = allocated
    if "user_data" in found:
        found["user_data"] = base64.b64encode(str(found["user_data"]).encode()).decode()
    if "fixed_ips" in found:
        found["fixed_ips"] = [_given(each) for each in found["fixed_ips"]]
    if "scheduler_hints" in found:
        found["scheduler_hints"] = {
            key: [str(each) for each in value] if isinstance(value, list) else str(value)
            for key, value in found["scheduler_hints"].items()
        }
    return found


def _live_server(tier: Mapping[str, Any]) -> Json:
    server = dict(tier["server"])
    if isinstance(server.get("networks"), str):
        server["allocate_network"] = server.pop("networks")
    if "user_data" in server:
        server["user_data"] = base64.b64decode(server["user_data"]).decode(errors="replace")
    return server


def _policy(policy: Mapping[str, Any]) -> Json:
    found = _given(policy)
    if str(found.get("min_available", "")).isdigit():
        found["min_available"] = int(found["min_available"])
    if "shares" in found:
        found["shares"] = {zone: int(share) for zone, share in found["shares"].items()}
    return found


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Give metadata as Nova takes it: what is no text is written as JSON, as Heat's servers do."""
    return {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()
    }


def _agrees(wanted: Any, live: Any) -> bool:
    """Whether all that is wanted is so; defaults are beside it."""
    if isinstance(wanted, Mapping):
        return isinstance(live, Mapping) and all(
            key in live and _agrees(value, live[key]) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(live, list) and len(wanted) == len(live) and all(map(_agrees, wanted, live))
        )
    return bool(wanted == (live or "" if wanted == "" else live))
