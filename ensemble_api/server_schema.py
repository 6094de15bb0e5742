# SPDX-License-Identifier: Apache-2.0
"""The shape of what servers are made of, as JSON Schema."""

from typing import Any

from ensemble_api import limits, schema_errors

UUID: dict[str, Any] = {
    "type": "string",
    "pattern": r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z",
    "description": schema_errors.UUID.text,
}
TIER_NAME: dict[str, Any] = {
    "type": "string",
    "pattern": r"^[a-z][a-z0-9-]{0,31}\Z",
    "description": schema_errors.TIER_NAME.text,
}
TEXT: dict[str, Any] = {
    "type": "string",
    "minLength": 1,
    "maxLength": limits.NAME,
    "pattern": r"\S",
    "description": schema_errors.BLANK.text,
    "format": "line",
}
NAME: dict[str, Any] = {**TEXT, "format": "printable"}

# Things of which each member needs its own, in the order of the members.
PER_MEMBER: dict[str, Any] = {
    "type": "array",
    "items": UUID,
    "minItems": 1,
    "maxItems": limits.PORTS_OR_VOLUMES,
    "uniqueItems": True,
}

FIXED_IPS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "network": UUID,
        "addresses": {
            "description": schema_errors.ADDRESSES.text,
            "oneOf": [
                {"type": "string", "minLength": 1, "maxLength": 2 * limits.ADDRESS + 1},
                {
                    "type": "array",
                    "items": {"type": "string", "maxLength": limits.ADDRESS},
                    "minItems": 1,
                    "maxItems": limits.MEMBERS_OF_TIER,
                },
            ],
        },
    },
    "required": ["network", "addresses"],
    "additionalProperties": False,
}

# As Nova takes it of a server.
METADATA: dict[str, Any] = {
    "type": "object",
    "maxProperties": limits.METADATA_ITEMS,
    "propertyNames": {
        "pattern": rf"^[a-zA-Z0-9-_:. ]{{1,{limits.METADATA}}}\Z",
        "description": schema_errors.METADATA_KEYS.text,
    },
    "additionalProperties": {
        "type": "string",
        "maxLength": limits.METADATA,
        "format": "text",
    },
}

HINT: dict[str, Any] = {"type": "string", "maxLength": limits.NAME, "format": "line"}

# The root disk of each member, as a volume that is made for it.
ROOT_VOLUME: dict[str, Any] = {
    "type": "object",
    "properties": {
        "size": {"type": "integer", "minimum": 1, "maximum": limits.VOLUME_SIZE},
        "snapshot": UUID,
        "type": TEXT,
        "delete_on_termination": {"type": "boolean"},
    },
    "required": ["size"],
    "additionalProperties": False,
}

SERVER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": NAME,
        "hostname": {**TEXT, "format": "line"},
        "flavor": {"type": "string", "minLength": 1, "maxLength": 255, "format": "line"},
        "image": UUID,
        "volumes": PER_MEMBER,
        "root_volume": ROOT_VOLUME,
        "networks": {
            "description": schema_errors.NETWORKS.text,
            "oneOf": [
                {"enum": ["auto", "none"]},
                {"type": "array", "items": UUID, "minItems": 1, "maxItems": limits.NETWORKS},
            ],
        },
        "ports": PER_MEMBER,
        "fixed_ips": {
            "type": "array",
            "items": FIXED_IPS,
            "minItems": 1,
            "maxItems": limits.NETWORKS,
        },
        "key_name": TEXT,
        "security_groups": {
            "type": "array",
            "items": TEXT,
            "maxItems": limits.SECURITY_GROUPS,
            "uniqueItems": True,
        },
        "user_data": {"type": "string", "format": "base64", "maxLength": limits.USER_DATA},
        "metadata": METADATA,
        "fill_in": {
            "type": "array",
            "items": {"enum": ["metadata", "user_data"]},
            "maxItems": 2,
            "uniqueItems": True,
        },
        "scheduler_hints": {
            "type": "object",
            "maxProperties": limits.HINTS,
            "propertyNames": {"maxLength": limits.NAME},
            "additionalProperties": {
                "description": schema_errors.HINT.text,
                "oneOf": [
                    HINT,
                    {"type": "array", "items": HINT, "minItems": 1, "maxItems": limits.HINTS},
                ],
            },
        },
        "domains_in_metadata": {"type": "boolean"},
        "config_drive": {"type": "boolean"},
        "disk_config": {"enum": ["AUTO", "MANUAL"]},
        "description": {
            "type": "string",
            "maxLength": limits.SERVER_DESCRIPTION,
            "format": "described",
        },
        "tags": {
            "type": "array",
            "items": {
                "type": "string",
                "minLength": 1,
                "maxLength": limits.TAG,
                "pattern": r"^[^,/]*\Z",
                "description": schema_errors.TAG.text,
            },
            "maxItems": limits.TAGS,
            "uniqueItems": True,
        },
        "trusted_image_certificates": {
            "type": "array",
            "items": TEXT,
            "minItems": 1,
            "maxItems": limits.CERTIFICATES,
            "uniqueItems": True,
        },
        "availability_zone": TEXT,
    },
    "required": ["flavor"],
    "if": {"required": ["volumes"]},
    "then": {
        "description": schema_errors.IMAGE_OR_VOLUMES.text,
        "not": {"anyOf": [{"required": ["image"]}, {"required": ["root_volume"]}]},
    },
    "else": {
        "if": {
            "properties": {"root_volume": {"required": ["snapshot"]}},
            "required": ["root_volume"],
        },
        "then": {
            "description": schema_errors.IMAGE_OR_SNAPSHOT.text,
            "not": {"required": ["image"]},
        },
        "else": {"required": ["image"]},
    },
    "additionalProperties": False,
}
