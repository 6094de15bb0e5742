# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a body that does not have the shape of its schema, and where.

A schema whose rule says little of itself, such as a pattern, has one of these sentences as its
description.
"""

import unicodedata
from typing import Any

import jsonschema

from ensemble_api.planning.message import Message, Sentence

ONE_OF = Sentence("invalid.one-of", "must be one of %(choices)s")
SHARE = Sentence("invalid.share", "must be a count or a percentage up to 100%")
NETWORKS = Sentence("invalid.networks", 'must be "auto", "none" or a list of network ids')
IMAGE_OR_VOLUMES = Sentence(
    "invalid.image-or-volumes",
    "must have volumes, or an image with or without a root volume, not both",
)
IMAGE_OR_SNAPSHOT = Sentence(
    "invalid.image-or-snapshot",
    "must have an image or a root volume of a snapshot, not both",
)
ADDRESSES = Sentence(
    "invalid.addresses",
    "must be a list of 1 to 200 addresses, or a range such as 10.0.0.5-10.0.0.9",
)
HINT = Sentence("invalid.hint", "must be a text of up to 255 characters, or a list of up to 16")
TIER_NAME = Sentence(
    "invalid.tier-name", "must start with a-z and hold at most 32 of a-z, 0-9 and -"
)
TIERS_LEFT = Sentence(
    "invalid.tiers-left",
    "must have a tier; to end an ensemble, delete it, or release it and keep its servers",
)
UUID = Sentence("invalid.uuid", "must be a UUID")
BLANK = Sentence("invalid.blank", "must not be blank")
TAG = Sentence("invalid.tag", "must have 1 to 60 characters without , and /")
METADATA_KEYS = Sentence(
    "invalid.metadata-keys", "must have keys of 1 to 255 letters a to z, digits, spaces and - _ : ."
)
SERVERS_FROM = Sentence(
    "invalid.servers-from", "must name one of server_group, tag, servers, stack and project"
)
DRILL = Sentence("invalid.drill", "must name either a level or domains that fail at once")
PARAMETER_NAMES = Sentence(
    "invalid.parameter-names",
    "must have names of 1 to 64 letters, digits, - and _, which begin with a letter",
)
PROJECT_ID = Sentence("invalid.project-id", "must be the id of a project")
ONE_OR_SEVERAL = Sentence(
    "invalid.one-or-several", "must have either a name, or instances with a name each"
)
_BAD_CHARACTER = Sentence("invalid.character", "has a bad character")
_BASE64 = Sentence("invalid.base64", "must be base64")
HIDDEN = Sentence("invalid.hidden", "holds a character that cannot be shown")
_NOT_IN_NOVA = Sentence("invalid.not-in-nova", "holds %(character)s, which Nova does not take here")
_DESCRIBED = {
    each.text: each
    for each in (
        SHARE,
        NETWORKS,
        IMAGE_OR_VOLUMES,
        IMAGE_OR_SNAPSHOT,
        ADDRESSES,
        HINT,
        TIER_NAME,
        TIERS_LEFT,
        UUID,
        BLANK,
        TAG,
        METADATA_KEYS,
        SERVERS_FROM,
        DRILL,
        PARAMETER_NAMES,
        PROJECT_ID,
        ONE_OR_SEVERAL,
    )
}
TYPES = {
    "object": Sentence("invalid.object", "must be an object"),
    "array": Sentence("invalid.array", "must be a list"),
    "string": Sentence("invalid.string", "must be text"),
    "integer": Sentence("invalid.integer", "must be a whole number"),
    "boolean": Sentence("invalid.boolean", "must be true or false"),
    "null": Sentence("invalid.null", "must be null"),
}
REASONS = {
    "required": Sentence("invalid.required", "is required"),
    "additionalProperties": Sentence("invalid.not-known", "is not known here"),
    "minProperties": Sentence("invalid.no-action", "names no action"),
    "uniqueItems": Sentence("invalid.twice", "has something twice"),
    "minimum": Sentence("invalid.minimum", "must be at least %(count)s"),
    "maximum": Sentence("invalid.maximum", "must be at most %(count)s"),
    "minLength": Sentence("invalid.empty", "must not be empty"),
    "maxLength": Sentence(
        "invalid.too-long",
        "is longer than %(count)s character",
        "is longer than %(count)s characters",
    ),
    "minItems": Sentence(
        "invalid.too-few",
        "must have at least %(count)s entry",
        "must have at least %(count)s entries",
    ),
    "maxItems": Sentence(
        "invalid.too-many", "may have at most %(count)s entry", "may have at most %(count)s entries"
    ),
    "maxProperties": Sentence(
        "invalid.too-many-names",
        "may have at most %(count)s name",
        "may have at most %(count)s names",
    ),
}


def not_described(text: str) -> str:
    """Give the first character that Nova does not take in the description of a server, or ''.

    As its own schema has it, which lets one line feed at the end pass.
    """
    for character in text.removesuffix("\n"):
        category = unicodedata.category(character)
        hidden = category.startswith("C") or (category.startswith("Z") and category != "Zs")
        if hidden or ord(character) >= 0xFFFF:
            return character
    return ""


def field(error: jsonschema.ValidationError) -> str:
    """The place of an error as a path, such as ``ensemble.tiers[0].count``."""
    place = ""
    for step in error.absolute_path:
        place += f"[{step}]" if isinstance(step, int) else f".{str(step)[:64]}"
    given: Any = error.instance
    schema: Any = error.schema
    rule: Any = error.validator_value
    if error.validator == "required":
        place += f".{next(name for name in rule if name not in given)}"
    elif error.validator == "additionalProperties":
        extra = next(name for name in given if name not in schema.get("properties", {}))
        place += f".{extra[:64]}"
    return place.lstrip(".") or "body"


def reason(error: jsonschema.ValidationError) -> Message:
    """What is wrong; values are not repeated, since a tenant may send megabytes."""
    schema: Any = error.schema
    rule: Any = error.validator_value
    described = _DESCRIBED.get(schema.get("description"))
    match error.validator:
        case "pattern":
            return (described or _BAD_CHARACTER)()
        case "oneOf" | "not" | "minItems" | "minProperties" | "maxProperties" if described:
            return described()
        case "format" if rule == "described":
            return _NOT_IN_NOVA(character=f"U+{ord(not_described(str(error.instance))):04X}")
        case "format":
            return _BASE64() if rule == "base64" else HIDDEN()
        case "type":
            return TYPES[rule]()
        case "enum":
            return ONE_OF(choices=", ".join("true" if each is True else str(each) for each in rule))
    return REASONS[str(error.validator)](count=rule if isinstance(rule, int) else 1)
