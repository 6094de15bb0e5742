# SPDX-License-Identifier: Apache-2.0
"""The properties of the resource: those of the API's request, by the same names."""

from typing import Any, Final

from heat.engine import constraints
from heat.engine.properties import Schema

from ensemble_heat.servers import SERVER

REPLACE_MEMBERS: Final = "REPLACE_MEMBERS"
REPLACE: Final = "REPLACE"
KEEP: Final = "KEEP"

_AT_LEAST_ONE: Final = [constraints.Range(min=1)]
_LEVEL: Final = "The level of failure domains, such as host, rack or zone."


def _text(description: str, **more: Any) -> Schema:
    return Schema(Schema.STRING, description, **more)


def _number(description: str, **more: Any) -> Schema:
    return Schema(Schema.INTEGER, description, **{"constraints": _AT_LEAST_ONE, **more})


def _words(description: str, *words: str, **more: Any) -> Schema:
    return _text(description, constraints=[constraints.AllowedValues(list(words))], **more)


def _names(description: str, **more: Any) -> Schema:
    return Schema(Schema.LIST, description, schema=Schema(Schema.STRING), **more)


TIER: Final = {
    "name": _text(
        "The name of the tier, such as web; its members are web-0, web-1 ...", required=True
    ),
    "count": _number("How many members the tier has.", required=True),
    "server": Schema(
        Schema.MAP, "What each server of the tier is made from.", schema=SERVER, required=True
    ),
    "after": _names(
        "The tiers that are ready before members of this one are built or brought back; they are "
        "removed after it."
    ),
    "gate": Schema(
        Schema.MAP,
        "What lets the tiers after this one begin.",
        schema={
            "wait_for": _words("What of each member is waited for.", "active", "signal"),
            "timeout": _number("How many seconds without a signal are too many."),
            "then": _words("What comes of it.", "fail", "go-on"),
        },
    ),
    "recovery": Schema(
        Schema.MAP,
        "What is done for lost members of this tier.",
        schema={
            "rebuild": Schema(
                Schema.BOOLEAN,
                "Whether others are built for those that Nova cannot bring back.",
            ),
        },
    ),
}

POLICY: Final = {
    "type": _words(
        "What the policy asks for.",
        *("affinity", "anti-affinity", "spread", "near", "survive", "exclusive", "selector"),
        required=True,
    ),
    "level": _text(_LEVEL, required=True),
    "tiers": _names(
        "The tiers that it is about.", required=True, constraints=[constraints.Length(min=1)]
    ),
    "enforcement": _words(
        "hard: without it nothing is built; soft: as far as possible.", "hard", "soft"
    ),
    "max_per_domain": _number("Of anti-affinity: how many members one domain may have."),
    "max_skew": _number("Of spread: by how many members two domains may differ."),
    "min_domains": _number("Of spread: in how many domains there must be members."),
    "shares": Schema(
        Schema.MAP, "Of spread: the share of members that each zone is to have, as whole numbers."
    ),
    "to": _text("Of near: the tier beside which the members are to be."),
    "failures": _number("Of survive: how many domains may fail at once."),
    "min_available": _text(
        "Of survive: how many members are left then, as a number or as a percentage."
    ),
    "other": _words("Of exclusive: whose members stay out.", "ensemble", "project"),
    "key": _text("Of selector: the key of the hosts' property, such as disk."),
    "values": _names("Of selector: the values of the property."),
    "rule": _words("Of selector: whether hosts have one of the values.", "only", "not"),
}

RECOVERY: Final = {
    "mode": _words("Whether lost members are repaired by themselves.", "auto", "manual"),
    "delay": _number(
        "Seconds from a failure to its repair.", constraints=[constraints.Range(min=0)]
    ),
    "at_once": _number("How many members are repaired at a time."),
    "locked": _words("What becomes of members whose servers are locked.", "evacuate", "leave"),
    "rebalance": _words("Whether members move by themselves.", "auto", "manual"),
    "reserve": Schema(
        Schema.MAP,
        "Capacity that is held so that lost members find places.",
        schema={
            "level": _text(_LEVEL, required=True),
            "failures": _number("How many domains may fail at once."),
        },
    ),
}

PROPERTIES: Final = {
    "name": _text(
        "The name of the ensemble; one is made from the stack's if there is none.",
        update_allowed=True,
    ),
    "description": _text("What the ensemble is for.", update_allowed=True),
    "metadata": Schema(Schema.MAP, "Properties of the ensemble.", update_allowed=True),
    "tiers": Schema(
        Schema.LIST,
        "The tiers, each a number of identical servers.",
        schema=Schema(Schema.MAP, schema=TIER),
        constraints=[constraints.Length(min=1)],
        required=True,
        update_allowed=True,
    ),
    "policies": Schema(
        Schema.LIST,
        "How the members stand to each other in the hosts, racks and zones of the cloud.",
        schema=Schema(Schema.MAP, schema=POLICY),
        update_allowed=True,
    ),
    "recovery": Schema(
        Schema.MAP, "What is done after failures.", schema=RECOVERY, update_allowed=True
    ),
    "server_update_policy": _words(
        "What becomes of members that run when the server of their tier is changed: others are "
        "built in their place first, or the whole ensemble is replaced, or they stay as they are.",
        *(REPLACE_MEMBERS, REPLACE, KEEP),
        default=REPLACE_MEMBERS,
        update_allowed=True,
    ),
    "server_update_batch": _number(
        "How many members are replaced at a time; all of them if that is not given.",
        update_allowed=True,
    ),
}
