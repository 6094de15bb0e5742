# SPDX-License-Identifier: Apache-2.0
"""Operations: what was under way of ensembles becomes one, with who asked for it."""

import json
import uuid
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0013"
down_revision = "0012"

JSON = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")

# What each status of an ensemble was under way for, and how far.
UNDER_WAY = {
    "RESERVING": ("create", "RESERVING"),
    "BUILDING": ("create", "RUNNING"),
    "ROLLING_BACK": ("create", "UNDOING"),
    "DELETING": ("delete", "RUNNING"),
}


def upgrade() -> None:
    op.create_table(
        "operations",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column(
            "ensemble_id",
            sa.String(36),
            sa.ForeignKey("ensembles.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("type", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("requester", JSON, nullable=False),
        sa.Column("goals", JSON, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
    )
    op.create_index(
        "operations_ensemble_started_idx", "operations", ["ensemble_id", "started_at", "id"]
    )
    op.create_index("operations_ended_idx", "operations", ["ended_at"])
    _record_what_is_under_way()
    op.drop_column("ensembles", "requester")


def _record_what_is_under_way() -> None:
    columns = ("id", "user_id", "status", "requester", "fault")
    ensembles = sa.table("ensembles", *map(sa.column, columns), sa.column("created_at", MOMENT))
    members = sa.table(
        "members", *map(sa.column, ("id", "ensemble_id", "position", "tier", "number", "host"))
    )
    connection = op.get_bind()
    found = connection.execute(sa.select(ensembles).where(ensembles.c.status.in_(UNDER_WAY))).all()
    for row in found:
        kind, status = UNDER_WAY[row.status]
        there = connection.execute(
            sa.select(members).where(members.c.ensemble_id == row.id).order_by(members.c.position)
        ).all()
        wanted = status != "UNDOING" and kind == "create"
        goals = [
            {
                "member_id": each.id,
                "name": f"{each.tier}-{each.number}",
                "host": each.host if wanted else None,
            }
            for each in there
        ]
        # One from before revision 0003 was asked for by its creator, who is a member.
        asked = {"user_id": row.user_id, "roles": ["member", "reader"]}
        connection.execute(
            sa.insert(_operations()).values(
                id=str(uuid.uuid4()),
                ensemble_id=row.id,
                type=kind,
                status=status,
                requester=row.requester or _json(asked),
                goals=_json(goals),
                attempts=1,
                reason=row.fault if status == "UNDOING" else None,
                started_at=row.created_at,
            )
        )


def _operations() -> Any:
    names = ["id", "ensemble_id", "type", "status", "requester", "goals", "attempts", "reason"]
    return sa.table("operations", *map(sa.column, names), sa.column("started_at", MOMENT))


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
