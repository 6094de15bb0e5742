# SPDX-License-Identifier: Apache-2.0
"""Records of ensembles and members for tests, with defaults for all that a test does not say."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ensemble_api import codec
from ensemble_api.operations import Operation, OperationStatus, OperationType, Requester
from ensemble_api.records import (
    EnsembleRecord,
    MemberRecord,
    MemberStatus,
    Status,
)

IMAGE = "11111111-1111-4111-8111-111111111111"
NAMES = ("secrethost1", "secrethost2", "secrethost3", "secretrack1", "secretrack2", "secretzone")
PLACES = {
    "secrethost1": ("secretzone", "secretrack1", "secrethost1"),
    "secrethost2": ("secretzone", "secretrack1", "secrethost2"),
    "secrethost3": ("secretzone", "secretrack2", "secrethost3"),
}


def stable_id(text: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, text))


def member(number: int = 0, tier: str = "web", **changes: Any) -> MemberRecord:
    host = changes.pop("host", list(PLACES)[number % 3])
    zone, rack, name = PLACES[host]
    facts: dict[str, Any] = {
        "id": stable_id(f"{tier}-{number}"),
        "tier": tier,
        "index": number,
        "host": host,
        "provider": stable_id(host),
        "resources": {"VCPU": 4242, "MEMORY_MB": 31337},
        "domains": {"host": (zone, rack, name), "rack": (zone, rack), "zone": (zone,)},
    }
    return MemberRecord(**(facts | changes))


def tier(name: str = "web", count: int = 2) -> dict[str, Any]:
    return {
        "name": name,
        "count": count,
        "server": {"flavor": "m1.small", "image": IMAGE, "networks": "auto"},
    }


UNDER_WAY = {
    Status.RESERVING: (OperationType.CREATE, OperationStatus.RESERVING),
    Status.BUILDING: (OperationType.CREATE, OperationStatus.RUNNING),
    Status.ROLLING_BACK: (OperationType.CREATE, OperationStatus.UNDOING),
    Status.DELETING: (OperationType.DELETE, OperationStatus.RUNNING),
}


def operation(status: Status, members: Sequence[MemberRecord]) -> Operation | None:
    """What is under way of an ensemble of this status, in which it is the same for all members."""
    if status not in UNDER_WAY:
        return None
    wanted = status in (Status.RESERVING, Status.BUILDING)
    goals = tuple(each.goal if wanted else replace(each.goal, host=None) for each in members)
    return Operation(str(uuid.uuid4()), *UNDER_WAY[status], Requester("ada"), goals)


def ensemble(
    *members: MemberRecord, status: Status = Status.BUILDING, **changes: Any
) -> EnsembleRecord:
    counts: dict[str, int] = {}
    for each in members:
        counts[each.tier] = counts.get(each.tier, 0) + 1
    facts: dict[str, Any] = {
        "id": stable_id("ensemble"),
        "project_id": "shop-project",
        "user_id": "ada",
        "name": "shop",
        "status": status,
        "body": {
            "name": "shop",
            "description": "",
            "tiers": [tier(name, count) for name, count in counts.items()] or [tier()],
            "policies": [],
        },
        "plan": {"objectives": [], "violations": []},
        "members": members,
        "operation": operation(status, members),
        "created_at": "2026-11-22T10:00:00Z",
        "updated_at": "2026-11-22T10:00:01Z",
    }
    facts |= changes
    resources = {each.tier: each.resources for each in members}
    facts.setdefault("ensemble", codec.stored_ensemble(facts["body"], resources))
    return EnsembleRecord(**facts)


__all__ = ["MemberStatus", "Status", "ensemble", "member", "operation", "stable_id", "tier"]
