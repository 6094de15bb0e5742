# SPDX-License-Identifier: Apache-2.0
"""The bodies of requests, put together from the same parts as the schemas that check them.

Where these say "if" and "then", which gives better words for what is wrong, the document lists what
may be: tools that make clients or requests do not know conditions.
"""

from typing import Any

from ensemble_api import adoption_schemas, schemas, server_schema
from ensemble_api.openapi.shapes import component


def _booting(by: str, *others: str) -> dict[str, Any]:
    """A server that boots from an image or from volumes, and so has nothing of the others."""
    properties = {
        name: schema
        for name, schema in server_schema.SERVER["properties"].items()
        if name not in others
    }
    root = server_schema.ROOT_VOLUME
    if by == "image":
        made = {key: each for key, each in root["properties"].items() if key != "snapshot"}
        properties["root_volume"] = {**root, "properties": made}
    elif by == "root_volume":
        properties["root_volume"] = {**root, "required": [*root["required"], "snapshot"]}
    return {
        "type": "object",
        "properties": properties,
        "required": [*server_schema.SERVER["required"], by],
        "additionalProperties": False,
    }


def _policy(kind: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"type": {"const": kind}, **schemas.COMMON, **schemas.POLICIES[kind]},
        "required": schemas.POLICY["required"],
        "additionalProperties": False,
    }


def _wanting(body: dict[str, Any], tier: str) -> dict[str, Any]:
    """A body whose ensemble has tiers of this component, and policies of one kind each."""
    wanted = body["properties"]["ensemble"]
    parts = wanted["properties"]
    described = {
        **wanted,
        "properties": {
            **parts,
            "tiers": {**parts["tiers"], "items": component(tier)},
            "policies": {**parts["policies"], "items": component("Policy")},
        },
    }
    return {**body, "properties": {**body["properties"], "ensemble": described}}


def _tier(tier: dict[str, Any]) -> dict[str, Any]:
    return {**tier, "properties": {**tier["properties"], "server": component("Server")}}


_CHANGED = schemas.CHANGE["properties"]["ensemble"]["properties"]["tiers"]["items"]


def _adopting(body: dict[str, Any]) -> dict[str, Any]:
    """The body of an adoption, whose servers are from one place."""
    adopt = body["properties"]["adopt"]
    places = adopt["properties"]["from"]["properties"]
    one_place = [
        {
            "type": "object",
            "properties": {name: shape},
            "required": [name],
            "additionalProperties": False,
        }
        for name, shape in places.items()
    ]
    policies = {**adopt["properties"]["policies"], "items": component("Policy")}
    parts = {**adopt["properties"], "from": {"oneOf": one_place}, "policies": policies}
    return {**body, "properties": {**body["properties"], "adopt": {**adopt, "properties": parts}}}


COMPONENTS: dict[str, Any] = {
    "ActionRequest": schemas.ACTION,
    "AdoptRequest": _adopting(adoption_schemas.ADOPTION),
    "ChangeRequest": _wanting(schemas.CHANGE, "ChangedTier"),
    "ChangedTier": _tier(_CHANGED),
    "CreateRequest": _wanting(schemas.CREATE, "Tier"),
    "MaintenanceRequest": schemas.MAINTENANCE,
    "PlanRequest": _wanting(schemas.ENSEMBLE, "Tier"),
    "Policy": {"oneOf": [_policy(kind) for kind in schemas.POLICIES]},
    "Server": {
        "oneOf": [
            _booting("image", "volumes"),
            _booting("volumes", "image", "root_volume"),
            _booting("root_volume", "image", "volumes"),
        ]
    },
    "Tier": _tier(schemas.TIER),
}
