# SPDX-License-Identifier: Apache-2.0
"""Creates that are done once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0004"
down_revision = "0003"

JSON = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")


def upgrade() -> None:
    op.create_table(
        "create_requests",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("project_id", sa.String(255), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("ensemble_id", sa.String(36)),
        sa.Column("promised", sa.Boolean, nullable=False),
        sa.Column("answer", JSON),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_index(
        "create_requests_project_created_idx", "create_requests", ["project_id", "created_at"]
    )
    op.create_index("create_requests_created_idx", "create_requests", ["created_at"])
    op.create_index("ix_create_requests_ensemble_id", "create_requests", ["ensemble_id"])
