# SPDX-License-Identifier: Apache-2.0
"""Ensembles, their members and their events."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None

JSON = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")


def upgrade() -> None:
    op.create_table(
        "ensembles",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("project_id", sa.String(255), nullable=False),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("plan", JSON, nullable=False),
        sa.Column("exclusive", sa.Boolean, nullable=False),
        sa.Column("fault", JSON),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("lease_owner", sa.String(255)),
        sa.Column("lease_until", MOMENT),
    )
    op.create_index(
        "ensembles_project_created_idx", "ensembles", ["project_id", "created_at", "id"]
    )
    op.create_index("ensembles_status_lease_idx", "ensembles", ["status", "lease_until"])
    op.create_table(
        "members",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column(
            "ensemble_id",
            sa.String(36),
            sa.ForeignKey("ensembles.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("tier", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("provider", sa.String(36), nullable=False),
        sa.Column("resources", JSON, nullable=False),
        sa.Column("domains", JSON, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("server_id", sa.String(36)),
    )
    op.create_index("members_status_idx", "members", ["status"])
    op.create_index("ix_members_ensemble_id", "members", ["ensemble_id"])
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column(
            "ensemble_id",
            sa.String(36),
            sa.ForeignKey("ensembles.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
    )
    op.create_index("ix_events_ensemble_id", "events", ["ensemble_id"])
