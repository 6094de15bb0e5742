# SPDX-License-Identifier: Apache-2.0
"""Who asked, what a removal waits for, and when and how often Nova was asked for each server."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0003"
down_revision = "0002"

JSON = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")


def upgrade() -> None:
    op.add_column("ensembles", sa.Column("requester", JSON))
    op.add_column("ensembles", sa.Column("blocked", sa.Text))
    op.add_column("members", sa.Column("asked_at", MOMENT))
    op.add_column("members", sa.Column("tries", sa.Integer, nullable=False, server_default="0"))
    op.add_column("members", sa.Column("refusal", sa.Text))
    op.add_column("members", sa.Column("retry_at", MOMENT))
