# SPDX-License-Identifier: Apache-2.0
"""The shape of the body of an adoption, as JSON Schema."""

from typing import Any

from ensemble_api import limits, schema_errors, schemas
from ensemble_api.server_schema import NAME, SERVER, TEXT, TIER_NAME, UUID

_DESCRIPTION = schemas.ENSEMBLE["properties"]["ensemble"]

# Servers that run already: where they are from, and what is to be made of them where that is not
# what is proposed.
_SERVERS: dict[str, Any] = {
    "type": "array",
    "items": UUID,
    "minItems": 1,
    "maxItems": limits.ADOPTED,
    "uniqueItems": True,
}
ADOPTED_TIER: dict[str, Any] = {
    "type": "object",
    "properties": {"name": TIER_NAME, "servers": _SERVERS},
    "required": ["name", "servers"],
    "additionalProperties": False,
}
ADOPTION: dict[str, Any] = {
    "type": "object",
    "properties": {
        "adopt": {
            "type": "object",
            "properties": {
                "name": NAME,
                "description": _DESCRIPTION["properties"]["description"],
                "from": {
                    "type": "object",
                    "description": schema_errors.SERVERS_FROM.text,
                    "properties": {
                        "server_group": UUID,
                        "tag": SERVER["properties"]["tags"]["items"],
                        "servers": _SERVERS,
                        "stack": TEXT,
                        "project": {"enum": [True]},
                    },
                    "minProperties": 1,
                    "maxProperties": 1,
                    "additionalProperties": False,
                },
                "tiers": {
                    "type": "array",
                    "items": ADOPTED_TIER,
                    "minItems": 1,
                    "maxItems": limits.TIERS,
                },
                "policies": _DESCRIPTION["properties"]["policies"],
            },
            "required": ["name", "from"],
            "additionalProperties": False,
        },
        "plan": UUID,
    },
    "required": ["adopt"],
    "additionalProperties": False,
}

_ADOPTION = schemas.validator(ADOPTION)


def check_adoption(body: Any) -> tuple[dict[str, Any], str | None]:
    """Check an adoption and give its inner object, and the id of what was previewed, if any.

    Ids of servers and of a server group are in lower case, as Nova has them.

    :raises ensemble_api.exception.Invalid: with ``field``, when the shape is wrong.
    """
    schemas.check(_ADOPTION, body)
    given = {**body["adopt"], "name": body["adopt"]["name"].strip()}
    source = dict(given["from"])
    if "server_group" in source:
        source["server_group"] = source["server_group"].lower()
    if "servers" in source:
        source["servers"] = [each.lower() for each in source["servers"]]
    given["from"] = source
    if "tiers" in given:
        given["tiers"] = [
            {**tier, "servers": [each.lower() for each in tier["servers"]]}
            for tier in given["tiers"]
        ]
    if "policies" in given:
        given["policies"] = [{"enforcement": "hard", **each} for each in given["policies"]]
    return given, body.get("plan", "").lower() or None
