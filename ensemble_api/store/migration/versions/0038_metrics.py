# SPDX-License-Identifier: Apache-2.0
"""What is counted and measured for operators, so that every process tells the same."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0038"
down_revision = "0037"

MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")


def upgrade() -> None:
    op.create_table(
        "metrics",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("labels", sa.String(128), primary_key=True),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
    )
