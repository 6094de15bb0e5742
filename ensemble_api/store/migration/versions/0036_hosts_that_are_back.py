# SPDX-License-Identifier: Apache-2.0
"""When each host was seen to be up again, and since when the cloud is observed without a gap."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0036"
down_revision = "0035"

MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")


def upgrade() -> None:
    op.add_column("hosts", sa.Column("back_at", MOMENT, nullable=True))
    op.add_column("observations", sa.Column("since", MOMENT, nullable=True))
