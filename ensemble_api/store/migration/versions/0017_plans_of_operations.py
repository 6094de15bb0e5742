# SPDX-License-Identifier: Apache-2.0
"""What the plan of an operation came to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0017"
down_revision = "0016"

JSON = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")


def upgrade() -> None:
    op.add_column("operations", sa.Column("plan", JSON, nullable=True))
