# SPDX-License-Identifier: Apache-2.0
"""Answers of the ensembles API as tests script them: a plan, an ensemble, a refusal."""

import uuid
from typing import Any

Answer = tuple[int, Any]

PROJECT = "9f1b6bd0c3a24d2e8a3d5a9f0b1c2d3e"
IMAGES = {"cirros": "70a599e0-31e7-49b7-b260-868f441e862b"}


def refusal(status: int, message: str, **details: Any) -> Answer:
    """Build an error answer in Nova's style with our details."""
    keys = {400: "badRequest", 403: "forbidden", 404: "itemNotFound", 409: "conflictingRequest"}
    if "field" in details:
        details = {"label": "count of web", "reason": message, **details}
    if "reasons" in details:
        details = {**details, "message": "The ensemble does not fit."}
    error = {"code": status, "message": message, "details": details}
    return status, {keys.get(status, "computeFault"): error}


CAPABILITIES: dict[str, Any] = {
    "limits": {"max_members": 500, "max_body_bytes": 114_688},
    "levels": [
        {"name": "host", "label": "host", "zone": False},
        {"name": "az", "label": "zone", "zone": True},
    ],
    "selectors": [{"key": "disk", "values": ["hdd", "nvme"]}],
    "policies": [
        {"type": "affinity", "fields": {}},
        {"type": "spread", "fields": {"max_skew": {"type": "integer", "minimum": 1}}},
    ],
    "statuses": [
        {"name": "BUILDING", "label": "Building", "settled": False},
        {"name": "ACTIVE", "label": "Active", "settled": True},
        {"name": "ERROR", "label": "Error", "settled": True},
    ],
    "member_statuses": [{"name": "RESERVED"}],
    "sort_keys": {"ensembles": ["name"], "hosts": ["host"]},
    "features": ["create", "plan"],
    "mount": "service",
}


def not_found() -> Answer:
    return refusal(404, "Ensemble not found.", code="ensemble.not_found")


DOMAINS = [
    {"ref": "z1", "level": "zone", "parent": None, "label": "zone A"},
    {"ref": "r1", "level": "rack", "parent": "z1", "label": "rack A"},
    {"ref": "r2", "level": "rack", "parent": "z1", "label": "rack B"},
    {"ref": "h1", "level": "host", "parent": "r1", "label": "host A"},
    {"ref": "h2", "level": "host", "parent": "r2", "label": "host B"},
]
PLACES = [
    {"host": "h1", "rack": "r1", "zone": "z1"},
    {"host": "h2", "rack": "r2", "zone": "z1"},
]
SURVIVABILITY = [
    {
        "level": level,
        "domains_used": used,
        "state": "down",
        "label": "down",
        "ends": ["cache"] if left else ["web", "cache"],
        "short": [],
        "message": f"The ensemble is down after the loss of any one {level}.",
        "worst": [
            {"tier": "web", "left": left, "count": 2},
            {"tier": "cache", "left": 0, "count": 1},
        ],
        "worst_message": f"At worst, {left} of 2 web and 0 of 1 cache are left.",
        "any": [],
        "losses": [],
    }
    for level, used, left in (("host", 2, 1), ("rack", 2, 1), ("zone", 1, 0))
]
MEMBERS = [("web-0", "web", 0), ("web-1", "web", 1), ("cache-0", "cache", 0)]


def plan(**changes: Any) -> dict[str, Any]:
    """Build a feasible plan: two web members on two hosts, a cache on the first."""
    base = {
        "id": str(uuid.UUID(int=9)),
        "feasible": True,
        "proved": True,
        "message": "3 members fit on 2 hosts.",
        "proof": "It is proved that no plan is better.",
        "policies": [],
        "warnings": [],
        "not_planned_with": [],
        "over_quota": [],
        "assignments": [
            {"member": name, "tier": tier, "domains": PLACES[place]}
            for name, tier, place in MEMBERS
        ],
        "domains": DOMAINS,
        "survivability": SURVIVABILITY,
        "objectives": [
            {
                "name": "worst host loss",
                "value": 2,
                "bound": 2,
                "proved": True,
                "message": "worst host loss: 2, proved optimal",
            }
        ],
        "violations": [],
        "reasons": [],
    }
    return base | changes


CURRENT_STATE = {
    "as_of": "2026-11-22T12:03:00Z",
    "as_planned": False,
    "message": "1 of 3 members run where they were planned.",
    "differences": [
        {"member": "web-1", "kind": "moved", "message": "web-1 is now in rack A."},
        {"member": "cache-0", "kind": "gone", "message": "cache-0 is gone."},
    ],
    "costs": [{"message": "The loss of rack A now leaves nothing of web."}],
    "policies": [
        {"policy": 0, "holds": False, "message": "No two members of web may share a host."}
    ],
    "members": [
        {
            "name": name,
            "tier": tier,
            "status": status,
            "server_id": str(uuid.UUID(int=200 + index)),
            "running": status == "ACTIVE",
            "domains": {} if now is None else PLACES[now],
            "planned": PLACES[place],
            "moved": now not in (None, place),
        }
        for index, ((name, tier, place), status, now) in enumerate(
            zip(MEMBERS, ("ACTIVE", "ACTIVE", None), (0, 0, None), strict=True)
        )
    ],
    "domains": DOMAINS,
    "levels": SURVIVABILITY,
    "promises": [],
    "violations": [
        {
            "policy": 0,
            "level": "host",
            "message": "1 web too many.",
            "enforcement": "hard",
            "domains": ["h1"],
        }
    ],
}


PROGRESS = {
    "RESERVING": "The capacity of 3 members is being reserved.",
    "ROLLING_BACK": "The build failed; 0 of 3 members are removed.",
    "ERROR": "The build failed, and nothing is left of it in the cloud.",
    "DELETING": "0 of 3 members are removed.",
}


def ensemble(status: str, active: int = 0, **changes: Any) -> dict[str, Any]:
    """Build an ensemble as GET shows it."""
    member_status = "ACTIVE" if status == "ACTIVE" else "BUILDING"
    template = {"flavor": "1", "image": IMAGES["cirros"]}
    base = {
        "id": str(uuid.UUID(int=7)),
        "name": "shop",
        "description": "",
        "metadata": {},
        "recovery": {},
        "recovery_messages": [],
        "project_id": PROJECT,
        "user_id": "u1",
        "status": status,
        "settled": status in ("ACTIVE", "ERROR"),
        "generation": 1,
        "adopted": False,
        "operation": None,
        "created_at": "2026-11-22T12:00:00Z",
        "updated_at": "2026-11-22T12:00:09Z",
        "progress": {
            "active": active,
            "removed": 0,
            "done": active,
            "total": 3,
            "message": PROGRESS.get(status, f"{active} of 3 members are active."),
        },
        "tiers": [
            {"name": "web", "count": 2, "server": template},
            {"name": "cache", "count": 1, "server": template},
        ],
        "policies": [
            {
                "type": "anti-affinity",
                "level": "host",
                "tiers": ["web"],
                "max_per_domain": 1,
                "message": "No two members of web may share a host.",
                "holds": True,
            }
        ],
        "fault": None,
        "members": [
            {
                "id": str(uuid.UUID(int=100 + index)),
                "name": name,
                "tier": tier,
                "status": member_status,
                "server_id": str(uuid.UUID(int=200 + index)),
                "domains": PLACES[place],
            }
            for index, (name, tier, place) in enumerate(MEMBERS)
        ],
        "domains": DOMAINS,
        "survivability": SURVIVABILITY,
        "violations": [],
        "objectives": [],
        "events": [{"at": "2026-11-22T12:00:00Z", "type": "planned", "message": "Planned."}],
        "standing": [
            _running("web", min(active, 2), 2),
            _running("cache", max(active - 2, 0), 1),
        ],
        "survives": [
            {"level": "host", "state": "works", "label": "works", "ends": [], "short": []},
            {"level": "rack", "state": "works", "label": "works", "ends": [], "short": []},
            {
                "level": "zone",
                "state": "down",
                "label": "down",
                "ends": ["web", "cache"],
                "short": [],
            },
        ],
    }
    return base | changes


def _running(tier: str, running: int, count: int) -> dict[str, Any]:
    message = f"{running} of {count} members of {tier} run."
    return {"tier": tier, "running": running, "count": count, "message": message}


def listed(status: str, active: int = 0, **changes: Any) -> dict[str, Any]:
    """Build an ensemble as a list shows it."""
    left_out = ("members", "policies", "survivability", "events", "domains", "violations")
    full = ensemble(status, active, **changes)
    return {key: value for key, value in full.items() if key not in left_out}
