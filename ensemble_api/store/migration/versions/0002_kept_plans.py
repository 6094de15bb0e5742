# SPDX-License-Identifier: Apache-2.0
"""Plans that are kept for a while, and names with any character."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"

JSON = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")


def upgrade() -> None:
    op.create_table(
        "kept_plans",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("project_id", sa.String(255), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_index("kept_plans_project_created_idx", "kept_plans", ["project_id", "created_at"])
    op.create_index("kept_plans_created_idx", "kept_plans", ["created_at"])
    if op.get_bind().dialect.name in ("mysql", "mariadb"):
        # Where the database's own characters end at U+FFFF, names do not.
        op.execute("ALTER TABLE ensembles MODIFY name VARCHAR(255) CHARACTER SET utf8mb4 NOT NULL")
