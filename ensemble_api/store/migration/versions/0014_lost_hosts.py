# SPDX-License-Identifier: Apache-2.0
"""Which hosts were full for a member when Nova looked, and until when they are left out."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0014"
down_revision = "0013"

JSON = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")


def upgrade() -> None:
    op.add_column("members", sa.Column("lost_hosts", JSON, nullable=True))
