# SPDX-License-Identifier: Apache-2.0
"""What the small cloud of the dashboard's tests answers: its capabilities, and an ensemble."""

import uuid
from datetime import UTC, datetime
from typing import Any

PROJECT = "9f1b6bd0c3a24d2e8a3d5a9f0b1c2d3e"
TIER = {"name": "web", "count": 2, "server": {"flavor": "f1", "image": "i1", "networks": "auto"}}
POLICY = {
    "type": "anti-affinity",
    "level": "host",
    "tiers": ["web"],
    "enforcement": "hard",
    "max_per_domain": 1,
}


# What the page is to take as it is told: other numbers and another level than usual.
CAPABILITIES = {
    "limits": {"max_members": 321, "max_body_bytes": 114_688},
    "levels": [
        {"name": "host", "label": "host", "zone": False},
        {"name": "rack", "label": "rack", "zone": False},
        {"name": "az", "label": "zone", "zone": True},
    ],
    "statuses": [
        {"name": "RESERVING", "label": "Reserving", "settled": False},
        {"name": "BUILDING", "label": "Building", "settled": False},
        {"name": "ACTIVE", "label": "Active", "settled": True},
        {"name": "DEGRADED", "label": "Degraded", "settled": True},
        {"name": "ROLLING_BACK", "label": "Rolling back", "settled": False},
        {"name": "ERROR", "label": "Error", "settled": True},
        {"name": "DELETING", "label": "Deleting", "settled": False},
    ],
    "sort_keys": {
        "ensembles": ["created_at", "name", "status"],
        "hosts": ["impact", "members", "host"],
    },
}
_STATUSES = {each["name"]: each for each in CAPABILITIES["statuses"]}
_NOBODY = ("ERROR", "ROLLING_BACK", "DELETING")


SURVIVES = [
    {
        "level": level,
        "level_label": level,
        "state": state,
        "label": state,
        "ends": ends,
        "short": short,
        "message": f"The ensemble {state} after the loss of any one {level}.",
    }
    for level, state, ends, short in (
        ("host", "works", [], []),
        ("rack", "degraded", [], ["web"]),
        ("zone", "down", ["web"], []),
    )
]


def ensemble(name: str, status: str = "ACTIVE", active: int = 2, **more: Any) -> dict[str, Any]:
    """Give an ensemble of two members as the API shows it."""
    stamp = datetime(2026, 11, 22, 12, 0, tzinfo=UTC).isoformat().replace("+00:00", "Z")
    return {
        "id": str(uuid.uuid4()),
        "name": name,
        "description": None,
        "metadata": {},
        "recovery": {},
        "recovery_messages": [],
        "project_id": PROJECT,
        "user_id": "u-demo",
        "status": status,
        "status_label": _STATUSES[status]["label"],
        "settled": _STATUSES[status]["settled"],
        "generation": 1,
        "created_at": stamp,
        "updated_at": stamp,
        "progress": {
            "active": active,
            "removed": 0,
            "done": active,
            "total": 2,
            "message": f"{active} of 2 members are active.",
        },
        "tiers": [TIER],
        "policies": [{**POLICY, "message": "Racks keep web alive.", "holds": True}],
        "fault": None,
        "degraded": None,
        "observed_at": stamp,
        "standing": [
            {
                "tier": TIER["name"],
                "running": active,
                "count": 2,
                "message": f"{active} of 2 members of {TIER['name']} run.",
            }
        ],
        "members": [],
        "domains": [],
        "survivability": [],
        "violations": [],
        "objectives": [],
        "events": [],
        "survives": [] if status in _NOBODY else SURVIVES,
        **more,
    }
