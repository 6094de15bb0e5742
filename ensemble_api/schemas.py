# SPDX-License-Identifier: Apache-2.0
"""The shape of request bodies, as JSON Schema, and the one way to check them."""

from collections.abc import Mapping
from typing import Any

import jsonschema

from ensemble_api import exception, limits, recovery, schema_errors, template_rules, tier_order
from ensemble_api.planning.policies.exclusive import OTHERS
from ensemble_api.planning.policies.selector import RULES
from ensemble_api.schema_formats import FORMATS
from ensemble_api.server_schema import METADATA, NAME, SERVER, TEXT, TIER_NAME, UUID

LEVEL: dict[str, Any] = {"type": "string", "pattern": r"^[a-z][a-z0-9_-]{0,31}\Z"}

RECOVERY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "mode": {"enum": [*recovery.Mode]},
        "delay": {"type": "integer", "minimum": 0, "maximum": limits.RECOVERY_DELAY},
        "at_once": {"type": "integer", "minimum": 1, "maximum": limits.RECOVERY_AT_ONCE},
        "locked": {"enum": [*recovery.Locked]},
        "rebalance": {"enum": [*recovery.Mode]},
        "reserve": {
            "type": "object",
            "properties": {
                "level": LEVEL,
                "failures": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": limits.RESERVE_FAILURES,
                },
            },
            "required": ["level"],
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}

TIER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": TIER_NAME,
        "count": {"type": "integer", "minimum": 1, "maximum": limits.MEMBERS_OF_TIER},
        "server": SERVER,
        recovery.FIELD: {
            "type": "object",
            "properties": {"rebuild": {"type": "boolean"}},
            "additionalProperties": False,
        },
        tier_order.AFTER: {
            "type": "array",
            "items": TIER_NAME,
            "maxItems": limits.TIERS,
            "uniqueItems": True,
        },
        tier_order.GATE: {
            "type": "object",
            "properties": {
                "wait_for": {"enum": [*tier_order.WaitFor]},
                "timeout": {
                    "type": "integer",
                    "minimum": limits.GATE_TIMEOUT[0],
                    "maximum": limits.GATE_TIMEOUT[1],
                },
                "then": {"enum": [*tier_order.Then]},
            },
            "additionalProperties": False,
        },
    },
    "required": ["name", "count", "server"],
    "additionalProperties": False,
}

COMMON: dict[str, Any] = {
    "level": LEVEL,
    "tiers": {
        "type": "array",
        "items": TIER_NAME,
        "minItems": 1,
        "maxItems": limits.TIERS,
        "uniqueItems": True,
    },
    "enforcement": {"enum": ["hard", "soft"]},
}

PERCENT = r"^(100|[1-9]?[0-9])%\Z"
NUMBER: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": limits.MEMBERS_OF_TIER}

POLICIES: dict[str, dict[str, Any]] = {
    "affinity": {},
    "anti-affinity": {"max_per_domain": NUMBER},
    "spread": {
        "max_skew": NUMBER,
        "min_domains": NUMBER,
        "shares": {
            "type": "object",
            "additionalProperties": {"type": "integer", "minimum": 1, "maximum": limits.SHARE},
            "maxProperties": limits.SHARES,
        },
    },
    "near": {"to": TIER_NAME},
    "survive": {
        "failures": NUMBER,
        "min_available": {
            "description": schema_errors.SHARE.text,
            "oneOf": [
                {"type": "integer", "minimum": 0, "maximum": limits.MEMBERS_OF_TIER},
                {"type": "string", "pattern": PERCENT, "description": schema_errors.SHARE.text},
            ],
        },
    },
    "exclusive": {"other": {"enum": list(OTHERS)}},
    "selector": {
        "key": TEXT,
        "values": {
            "type": "array",
            "items": TEXT,
            "minItems": 1,
            "maxItems": limits.SELECTOR_VALUES,
            "uniqueItems": True,
        },
        "rule": {"enum": list(RULES)},
    },
}

POLICY = {
    "type": "object",
    "properties": {"type": {"enum": list(POLICIES)}},
    "required": ["type", "level", "tiers"],
    "allOf": [
        {
            "if": {"properties": {"type": {"const": kind}}, "required": ["type"]},
            "then": {
                "properties": {"type": True, **COMMON, **own},
                "additionalProperties": False,
            },
        }
        for kind, own in POLICIES.items()
    ],
}

ENSEMBLE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "ensemble": {
            "type": "object",
            "properties": {
                "name": NAME,
                "description": {
                    "type": "string",
                    "maxLength": limits.DESCRIPTION,
                    "format": "text",
                },
                "metadata": METADATA,
                "tiers": {
                    "type": "array",
                    "items": TIER,
                    "minItems": 1,
                    "maxItems": limits.TIERS,
                },
                "policies": {"type": "array", "items": POLICY, "maxItems": limits.POLICIES},
                recovery.FIELD: RECOVERY,
            },
            "required": ["name", "tiers"],
            "additionalProperties": False,
        }
    },
    "required": ["ensemble"],
    "additionalProperties": False,
}

CREATE: dict[str, Any] = {
    **ENSEMBLE,
    "properties": {"ensemble": ENSEMBLE["properties"]["ensemble"], "plan": UUID},
}

# What is to be otherwise; tiers and policies are all that there are to be. A tier that the ensemble
# has keeps its server template, and its recovery, where that is left out.
_DESCRIPTION = ENSEMBLE["properties"]["ensemble"]
_MEMBERS: dict[str, Any] = {
    "type": "array",
    "items": {"type": "string", "maxLength": 64, "format": "line"},
    "maxItems": limits.REMOVED,
    "uniqueItems": True,
}
CHANGE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "ensemble": {
            **_DESCRIPTION,
            "properties": {
                **_DESCRIPTION["properties"],
                "generation": {"type": "integer", "minimum": 1, "maximum": limits.GENERATION},
                "tiers": {
                    **_DESCRIPTION["properties"]["tiers"],
                    "description": schema_errors.TIERS_LEFT.text,
                    "items": {**TIER, "required": ["name", "count"]},
                },
            },
            "required": ["generation"],
        },
        "remove": _MEMBERS,
        "replace": _MEMBERS,
        "release": _MEMBERS,
        "mend": {"type": "boolean"},
        "template": {
            "type": "object",
            "properties": {
                "version": {"type": "integer", "minimum": 1, "maximum": limits.TEMPLATE_VERSIONS},
                "parameters": {"type": "object", "maxProperties": limits.PARAMETERS},
            },
            "additionalProperties": False,
        },
        "plan": UUID,
    },
    "required": ["ensemble"],
    "additionalProperties": False,
}

# One action and what it needs, as in Nova's bodies of server actions.
ACTION: dict[str, Any] = {
    "type": "object",
    "properties": {
        "cancel": {"type": "null"},
        "release": {"type": "null"},
        "repair": {
            "type": "object",
            "properties": {"dry_run": {"type": "boolean"}},
            "additionalProperties": False,
        },
        "rebalance": {
            "type": "object",
            "properties": {"dry_run": {"type": "boolean"}, "plan": UUID},
            "additionalProperties": False,
        },
        "drill": {
            "type": "object",
            "description": schema_errors.DRILL.text,
            "properties": {
                "level": TEXT,
                "domains": {
                    "type": "array",
                    "items": TEXT,
                    "minItems": 1,
                    "maxItems": limits.FAILED_DOMAINS,
                },
            },
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
        },
    },
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}

# One action on a host, or on all hosts of a domain.
MAINTENANCE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "cancel": {"type": "null"},
        "drain": {
            "type": "object",
            "properties": {"dry_run": {"type": "boolean"}},
            "additionalProperties": False,
        },
    },
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}

# By JSON Schema 2.0 is an integer; what counts with it later is not made for that.
_TYPES = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
    "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
)
_Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=_TYPES)  # type: ignore[no-untyped-call]


def validator(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    """What checks bodies of this shape, with the formats of texts."""
    made: jsonschema.Draft202012Validator = _Validator(schema, format_checker=FORMATS)
    return made


_VALIDATOR = validator(ENSEMBLE)
_CREATE = validator(CREATE)
_CHANGE = validator(CHANGE)
_ACTION = validator(ACTION)
_MAINTENANCE = validator(MAINTENANCE)


def check_create(body: Any) -> tuple[dict[str, Any], str | None]:
    """Check a create body and give the ensemble, and the id of the plan to build, if any.

    :raises ensemble_api.exception.Invalid: with ``field``, when the shape is wrong.
    """
    check(_CREATE, body)
    return _completed(body["ensemble"]), body.get("plan", "").lower() or None


def check_ensemble(body: Any) -> dict[str, Any]:
    """Check a plan's body and give its inner object with defaults filled in.

    :raises ensemble_api.exception.Invalid: with ``field``, when the shape is wrong.
    """
    check(_VALIDATOR, body)
    return _completed(body["ensemble"])


def check_change(body: Any, before: Mapping[str, Any]) -> dict[str, Any]:
    """Check a change of what is described ``before``.

    Gives the ``generation`` that is changed, the whole ``body`` as it is to be, the names of
    members to ``remove``, to ``replace`` and to ``release``, whether to ``mend``, and the
    ``plan_id`` of what was previewed, None without one.

    :raises ensemble_api.exception.Invalid: with ``field``, when the shape is wrong.
    """
    check(_CHANGE, body)
    given = {key: each for key, each in body["ensemble"].items() if key != "generation"}
    if "tiers" in given:
        gone = {tier["name"] for tier in before["tiers"]} - {
            each["name"] for each in given["tiers"]
        }
        known = {tier["name"]: tier_order.without(tier, gone) for tier in before["tiers"]}
        given["tiers"] = [{**known.get(each["name"], {}), **each} for each in given["tiers"]]
    described = check_ensemble({"ensemble": {**before, **given}})
    return {
        "generation": int(body["ensemble"]["generation"]),
        "body": described,
        **{name: tuple(body.get(name, ())) for name in ("remove", "replace", "release")},
        "mend": bool(body.get("mend")),
        "plan_id": body.get("plan", "").lower() or None,
    }


def check_maintenance(body: Any) -> tuple[str, bool]:
    """Check an action on hosts; give its name, and whether it is only told what comes of it.

    :raises ensemble_api.exception.Invalid: with ``field``, when the shape is wrong.
    """
    check(_MAINTENANCE, body)
    ((name, needs),) = body.items()
    return name, bool((needs or {}).get("dry_run", False))


def check_action(body: Any) -> tuple[str, Any]:
    """Check an action's body, {"cancel": null}, and give the action's name and what it needs.

    :raises ensemble_api.exception.Invalid: with ``field``, when it is none.
    """
    check(_ACTION, body)
    ((name, needs),) = body.items()
    return name, needs


def check(shape: jsonschema.Draft202012Validator, body: Any) -> None:
    """Refuse a body that does not have a shape.

    :raises ensemble_api.exception.Invalid: with ``field``.
    """
    error = jsonschema.exceptions.best_match(shape.iter_errors(body))
    if error is not None:
        raise exception.Invalid(schema_errors.reason(error), field=schema_errors.field(error))


def _completed(given: Mapping[str, Any]) -> dict[str, Any]:
    """An ensemble with its defaults.

    :raises ensemble_api.exception.Invalid: when a member's own could not be filled in.
    """
    completed: dict[str, Any] = {
        "name": given["name"].strip(),
        "description": given.get("description", ""),
        "tiers": [
            tier_order.completed(
                recovery.completed({**tier, "server": {"networks": "auto", **tier["server"]}})
            )
            for tier in given["tiers"]
        ],
        "policies": [{"enforcement": "hard", **policy} for policy in given.get("policies", [])],
    }
    if given.get("metadata"):  # without any it is as what was stored before there were any
        completed["metadata"] = given["metadata"]
    if wanted := recovery.Recovery.of(given).described:
        completed[recovery.FIELD] = wanted
    template_rules.check(completed)
    return completed
