# SPDX-License-Identifier: Apache-2.0
"""The answers about plans, and what they share with those about ensembles."""

from typing import Any

from ensemble_api.openapi.shapes import (
    ANYTHING,
    COUNT,
    FLAG,
    INTEGER,
    REFERENCE,
    STRING,
    TIME,
    Shape,
    by_name,
    component,
    one,
    or_null,
    several,
    words,
)
from ensemble_api.planning.survivability import State

SAID = one(code=STRING, message=STRING)
ROOM = one(fits=or_null(FLAG), others=COUNT, message=STRING)

VERDICT: dict[str, Shape] = {
    "state": words(State),
    "label": STRING,
    "level_label": STRING,
    "ends": several(STRING),
    "short": several(STRING),
    "message": STRING,
}

LEVEL = one(
    {"headroom": one(fits=or_null(FLAG), message=STRING)},
    level=STRING,
    domains_used=COUNT,
    **VERDICT,
    worst=several(one(tier=STRING, left=COUNT, count=COUNT)),
    worst_message=STRING,
    any=several(one(failures=COUNT, state=words(State), left=by_name(COUNT), message=STRING)),
    losses=several(
        one(
            {"room": ROOM},
            domain=REFERENCE,
            state=words(State),
            left=by_name(COUNT),
            lost=by_name(COUNT),
        )
    ),
)

PROMISE = one(
    policy=COUNT,
    level=STRING,
    failures=COUNT,
    tiers=several(one(tier=STRING, left=COUNT, needed=COUNT, message=STRING)),
    holds=FLAG,
)

OBJECTIVE = one(
    {"stopped": STRING},
    name=STRING,
    label=STRING,
    value=INTEGER,
    bound=INTEGER,
    proved=FLAG,
    message=STRING,
)

DOMAIN = one(
    {
        "used": FLAG,
        "eligible": several(STRING),
        "room": several(STRING),
        "held": COUNT,
        "name": STRING,
    },
    ref=REFERENCE,
    level=STRING,
    parent=or_null(REFERENCE),
    label=STRING,
)

VIOLATION = one(policy=or_null(COUNT), level=or_null(STRING), message=STRING)

REASON = one(
    code=STRING,
    message=STRING,
    policy=or_null(COUNT),
    level=or_null(STRING),
    tiers=several(STRING),
    demand=or_null(COUNT),
    supply=or_null(COUNT),
    suggestion=or_null(STRING),
    changes=several(
        one(message=STRING, edits=several(one(field=STRING, value=ANYTHING))),
    ),
)

POLICY_SAID = one(policy=COUNT, holds=or_null(FLAG), message=STRING)

SHORTAGE = one(resource=STRING, limit=INTEGER, used=COUNT, needed=COUNT, message=STRING)

PLAN = one(
    {
        "totals": by_name(COUNT),
        "failed": one(domains=several(REFERENCE), left=by_name(COUNT), message=STRING, room=ROOM),
    },
    id=or_null(STRING),
    planned_at=TIME,
    capacity_seen_at=TIME,
    feasible=FLAG,
    message=STRING,
    proof=or_null(STRING),
    proved=FLAG,
    assignments=several(one(member=STRING, tier=STRING, domains=by_name(REFERENCE))),
    minima=by_name(COUNT),
    survivability=several(component("Level")),
    promises=several(component("Promise")),
    objectives=several(component("Objective")),
    violations=several(component("Violation")),
    reasons=several(component("Reason")),
    policies=several(POLICY_SAID),
    domains=several(component("Domain")),
    warnings=several(SAID),
    not_planned_with=several(one(code=STRING, tiers=several(STRING), message=STRING)),
    over_quota=several(SHORTAGE),
)

COMPONENTS: dict[str, Any] = {
    "Domain": DOMAIN,
    "Level": LEVEL,
    "Objective": OBJECTIVE,
    "Plan": PLAN,
    "Promise": PROMISE,
    "Reason": REASON,
    "Violation": VIOLATION,
}
