# SPDX-License-Identifier: Apache-2.0
"""When each host was first seen down; of those that are down already it is not known."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0033"
down_revision = "0026"

MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")


def upgrade() -> None:
    op.add_column("hosts", sa.Column("down_since", MOMENT, nullable=True))
