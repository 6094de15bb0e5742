# SPDX-License-Identifier: Apache-2.0
"""What users have delegated to the service user, where Nova is called by HTTP."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0039"
down_revision = "0038"

MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")


def upgrade() -> None:
    op.create_table(
        "trusts",
        sa.Column("user_id", sa.String(64), primary_key=True),
        sa.Column("project_id", sa.String(64), primary_key=True),
        sa.Column("trust_id", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
    )
