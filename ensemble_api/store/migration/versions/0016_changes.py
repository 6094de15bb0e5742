# SPDX-License-Identifier: Apache-2.0
"""Changes of ensembles that run: how often, from what, and which members are about to go."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0016"
down_revision = "0015"

JSON = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")


def upgrade() -> None:
    op.add_column(
        "ensembles", sa.Column("generation", sa.Integer, nullable=False, server_default="1")
    )
    op.add_column(
        "members", sa.Column("leaving", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.add_column("operations", sa.Column("before", JSON, nullable=True))
