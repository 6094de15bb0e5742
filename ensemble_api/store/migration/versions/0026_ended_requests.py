# SPDX-License-Identifier: Apache-2.0
"""Requests for servers outlive their members for a while, so that a late server is still found."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0026"
down_revision = "0023"

JSON = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")


def upgrade() -> None:
    op.create_table(
        "ended_requests",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("project_id", sa.String(255), nullable=False),
        sa.Column("ensemble_id", sa.String(36), nullable=False),
        sa.Column("ensemble_name", sa.String(255), nullable=False),
        sa.Column("requester", JSON, nullable=True),
        sa.Column("kept_server", sa.String(36), nullable=True),
        sa.Column("ended_at", MOMENT, nullable=False),
    )
    op.create_index("ended_requests_project_idx", "ended_requests", ["project_id"])
    op.create_index("ended_requests_ended_idx", "ended_requests", ["ended_at"])
