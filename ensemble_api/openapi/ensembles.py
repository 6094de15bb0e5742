# SPDX-License-Identifier: Apache-2.0
"""The answers about ensembles: as listed, in detail, where they are now, and their operations."""

from typing import Any

from ensemble_api import schemas, server_schema
from ensemble_api.openapi.plans import POLICY_SAID, SAID, VERDICT
from ensemble_api.openapi.shapes import (
    COUNT,
    FLAG,
    PROGRESS,
    REFERENCE,
    STRING,
    TIME,
    by_name,
    component,
    one,
    or_null,
    several,
    words,
)
from ensemble_api.openapi.templates import ORIGIN
from ensemble_api.operations import MoveKind, MoveStatus, OperationStatus, OperationType
from ensemble_api.planning.survivability import State
from ensemble_api.records import MemberStatus, Status
from ensemble_api.recovery_hold import ReserveStatus

_OPERATION = {
    "id": server_schema.UUID,
    "type": words(OperationType),
    "type_label": STRING,
    "status": words(OperationStatus),
    "status_label": STRING,
    "user_id": STRING,
    "attempts": COUNT,
    "members": one(present=COUNT, absent=COUNT, moved=COUNT),
    "cancellable": FLAG,
    "started_at": TIME,
    "ended_at": or_null(TIME),
    "reason": or_null(SAID),
}
_GOAL = one(
    {"host": or_null(STRING)},
    member_id=server_schema.UUID,
    member=STRING,
    goal=words(("absent", "moved", "present", "released")),
    move=or_null(words(MoveStatus)),
    move_kind=or_null(words(MoveKind)),
    reason=or_null(SAID),
)

# As it was posted; a caller who may not see the user data is told that it is there.
_TIER = {
    **schemas.TIER,
    "properties": {**schemas.TIER["properties"], "hidden": several(STRING)},
}

_LISTED = {
    "id": server_schema.UUID,
    "name": STRING,
    "description": STRING,
    "metadata": server_schema.METADATA,
    "recovery": schemas.RECOVERY,
    "project_id": STRING,
    "user_id": STRING,
    "status": words(Status),
    "status_label": STRING,
    "settled": FLAG,
    "generation": COUNT,
    "template": ORIGIN,
    "adopted": FLAG,
    "created_at": TIME,
    "updated_at": TIME,
    "progress": PROGRESS,
    "tiers": several(_TIER),
    "operation": or_null(component("Operation")),
    "fault": or_null(
        one(
            code=STRING,
            member={"type": ["string", "integer", "null"]},
            since=or_null(TIME),
            message=STRING,
            reasons=several(component("Reason")),
        )
    ),
    "degraded": or_null(one(since=TIME, reasons=several(SAID))),
    "observed_at": or_null(TIME),
    "standing": several(one(tier=STRING, running=COUNT, count=COUNT, message=STRING)),
    "survives": several(one(level=STRING, **VERDICT)),
}

_MEMBER = one(
    {"host": STRING, "current_host": or_null(STRING)},
    id=server_schema.UUID,
    name=STRING,
    tier=STRING,
    status=words(MemberStatus),
    server_id=or_null(server_schema.UUID),
    root_volume_id=or_null(server_schema.UUID),
    server_status=or_null(STRING),
    outdated=FLAG,
    domains=by_name(REFERENCE),
)

_POLICY = {
    "type": "object",
    "properties": {"type": words(schemas.POLICIES), "message": STRING, "holds": or_null(FLAG)},
    "required": ["type", "level", "tiers", "enforcement", "message", "holds"],
    "description": "A policy as it was posted, and whether it is met.",
}

_DETAILS = {
    "recovery_messages": several(SAID),
    "reserve": or_null(one(status=words(ReserveStatus), since=or_null(TIME), message=STRING)),
    "warnings": several(SAID),
    "policies": several(_POLICY),
    "members": several(_MEMBER),
    "domains": several(component("Domain")),
    "minima": by_name(COUNT),
    "survivability": several(component("Level")),
    "survivability_message": or_null(STRING),
    "promises": several(component("Promise")),
    "objectives": several(component("Objective")),
    "violations": several(component("Violation")),
    "events": several(one(at=TIME, type=STRING, code=STRING, message=STRING)),
}

_MEMBER_NOW = one(
    {"host": or_null(STRING)},
    name=STRING,
    tier=STRING,
    status=or_null(STRING),
    server_id=or_null(server_schema.UUID),
    running=FLAG,
    unknown=FLAG,
    addresses=several(one(network=STRING, address=STRING)),
    domains=by_name(REFERENCE),
    planned=by_name(REFERENCE),
    moved=FLAG,
)

_DIFFERENCE = one(
    member=STRING,
    tier=STRING,
    kind=words(("gone", "unknown", "moved", "cut-off", "down")),
    planned=several(REFERENCE),
    now=several(REFERENCE),
    message=STRING,
)

_FAILED_DOMAIN = one(
    domain=REFERENCE,
    level=STRING,
    title=STRING,
    since=or_null(TIME),
    members=several(STRING),
    message=STRING,
)

SURVIVABILITY = one(
    as_of=or_null(TIME),
    as_planned=FLAG,
    message=STRING,
    members=several(_MEMBER_NOW),
    domains=several(component("Domain")),
    failures=several(_FAILED_DOMAIN),
    minima=by_name(COUNT),
    levels=several(component("Level")),
    promises=several(component("Promise")),
    policies=several(POLICY_SAID),
    violations=several(
        one(
            policy=COUNT,
            level=or_null(STRING),
            message=STRING,
            enforcement=schemas.COMMON["enforcement"],
            domains=several(REFERENCE),
            planned=FLAG,
        )
    ),
    differences=several(_DIFFERENCE),
    costs=several(
        one(
            level=STRING,
            tier=STRING,
            domains=several(REFERENCE),
            left=COUNT,
            planned=COUNT,
            count=COUNT,
            message=STRING,
        )
    ),
)

_ADOPTION = one(
    plan=server_schema.UUID,
    ensemble=one(
        name=STRING,
        description=STRING,
        tiers=several(schemas.TIER),
        policies=several(component("Policy")),
    ),
    members=several(
        one(
            name=STRING,
            tier=STRING,
            server_id=server_schema.UUID,
            server_name=STRING,
            server_status=STRING,
        )
    ),
    degraded=several(SAID),
    survivability=component("Survivability"),
    mending=or_null(
        one(
            moves=several(component("Move")),
            domains=several(component("Domain")),
            reasons=several(component("Reason")),
        )
    ),
    left_out=several(
        one(server_id=server_schema.UUID, server_name=STRING, code=STRING, message=STRING)
    ),
    notes=several(SAID),
    warnings=several(SAID),
)

_REPAIR: dict[str, Any] = {
    "fits": or_null(FLAG),
    "message": STRING,
    "moves": several(
        one(
            {"host": STRING},
            member=STRING,
            lost=FLAG,
            domains=by_name(REFERENCE),
        )
    ),
    "unmet": several(one(policy=or_null(COUNT), message=STRING)),
    "reasons": several(component("Reason")),
}
_FAILURE = one(
    domains=several(REFERENCE),
    title=STRING,
    state=words(State),
    label=STRING,
    lost=several(STRING),
    left=by_name(COUNT),
    message=STRING,
    promises=several(component("Promise")),
    repair=one(**_REPAIR),
)

COMPONENTS: dict[str, Any] = {
    "Adoption": _ADOPTION,
    "Drill": one(
        as_of=TIME,
        level=or_null(STRING),
        failures=several(_FAILURE),
        domains=several(component("Domain")),
    ),
    "Move": one(**{"member": STRING, "from": by_name(REFERENCE), "to": by_name(REFERENCE)}),
    "RebalancePreview": one(
        message=STRING, plan=component("Plan"), moved=several(component("Move"))
    ),
    "Ensemble": one(**_LISTED, **_DETAILS),
    "ListedEnsemble": one(**_LISTED),
    "Operation": one(**_OPERATION),
    "OperationDetails": one(
        **_OPERATION,
        goals=several(_GOAL),
        on_failure=STRING,
        plan=or_null(
            one(
                objectives=several(component("Objective")),
                violations=several(component("Violation")),
            )
        ),
    ),
    "RepairPreview": one(
        as_of=TIME,
        lost=several(STRING),
        **_REPAIR,
        left=several(one(member=STRING, message=STRING)),
        domains=several(component("Domain")),
    ),
    "Survivability": SURVIVABILITY,
}
