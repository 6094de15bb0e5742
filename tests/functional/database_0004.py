# SPDX-License-Identifier: Apache-2.0
"""Rows as revision 0004 stored them, written without any of our code, so that they stay so."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from small_cloud import FLAVOR, IMAGE, RESOURCES

PROJECT, USER = "shop-project", "user-of-shop-project"
TAKES = {"VCPU": RESOURCES["VCPU"], "MEMORY_MB": RESOURCES["MEMORY_MB"], "DISK_GB": 1}


@dataclass(frozen=True)
class OldMember:
    """One row of members; `path` is its host's zone, rack and name."""

    number: int
    path: tuple[str, str, str]
    provider: str
    status: str = "RESERVED"
    server_id: str | None = None

    @property
    def id(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.number} of {self.provider}"))

    @property
    def host(self) -> str:
        return self.path[2]

    def row(self, ensemble_id: str) -> dict[str, Any]:
        zone, rack, host = self.path
        return {
            "id": self.id,
            "ensemble_id": ensemble_id,
            "position": self.number,
            "tier": "web",
            "number": self.number,
            "host": host,
            "provider": self.provider,
            "resources": text(TAKES),
            "domains": text({"host": self.path, "rack": [zone, rack], "zone": [zone]}),
            "status": self.status,
            "server_id": self.server_id,
            "asked_at": now() if self.status != "RESERVED" else None,
            "tries": 0,
            "refusal": None,
            "retry_at": None,
        }


def now() -> datetime:
    """As these databases hold a moment: in UTC, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def described(count: int) -> dict[str, Any]:
    """The body of an ensemble, as it was posted, with the defaults of that time."""
    return {
        "name": "shop",
        "description": "",
        "tiers": [
            {
                "name": "web",
                "count": count,
                "server": {"networks": "auto", "flavor": FLAVOR, "image": IMAGE},
            }
        ],
        "policies": [
            {"enforcement": "hard", "type": "anti-affinity", "level": "host", "tiers": ["web"]},
            {
                "enforcement": "soft",
                "type": "survive",
                "level": "zone",
                "tiers": ["web"],
                "min_available": "50%",
            },
            {"enforcement": "hard", "type": "exclusive", "level": "host", "tiers": ["web"]},
        ],
    }


def add_ensemble(
    engine: sa.Engine,
    status: str,
    members: Sequence[OldMember],
    *,
    requester: bool = True,
    fault: str | None = None,
    blocked: str | None = None,
) -> str:
    """Write an ensemble that nobody works on; gives its id."""
    ensemble_id = str(uuid.uuid4())
    plan = {
        "objectives": [
            {"name": "soft-violations", "value": 1, "bound": 1, "proved": True},
            {"name": "worst-loss:zone", "value": 2, "bound": 1, "proved": False},
        ],
        "violations": [
            {
                "policy": 1,
                "level": "zone",
                "message": "at least 50% of web left when a zone fails: 1 too few",
            }
        ],
        "labels": {"0f" * 28: "rack A"},
        "traits": {"web": {"required": [], "forbidden": []}},
    }
    # One that was created before revision 0003 has no requester.
    asked = text({"user_id": USER, "roles": ["member", "reader"]}) if requester else None
    row = {
        "id": ensemble_id,
        "project_id": PROJECT,
        "user_id": USER,
        "name": "shop",
        "status": status,
        "body": text(described(max(1, len(members)))),
        "plan": text(plan),
        "exclusive": True,
        "fault": fault and text({"message": fault, "reasons": []}),
        "requester": asked,
        "blocked": blocked,
        "created_at": now(),
        "updated_at": now(),
        "lease_owner": None,
        "lease_until": None,
    }
    message = f"Capacity for {len(members)} members is reserved. Ünïcode \U0001f600".replace(
        "\U0001f600", "" if engine.dialect.name == "mysql" else "\U0001f600"
    )
    event = {"ensemble_id": ensemble_id, "at": now(), "type": "BUILDING", "message": message}
    insert(engine, "ensembles", [row])
    insert(engine, "members", [each.row(ensemble_id) for each in members])
    insert(engine, "events", [event])
    return ensemble_id


def insert(engine: sa.Engine, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows into a table as it is."""
    if rows:
        found = sa.Table(table, sa.MetaData(), autoload_with=engine)
        with engine.begin() as connection:
            connection.execute(sa.insert(found), list(rows))
