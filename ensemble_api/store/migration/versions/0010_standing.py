# SPDX-License-Identifier: Apache-2.0
"""What of an ensemble holds now, and what was observed of servers and hosts for it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0010"
down_revision = "0009"

MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
TEXT = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")


def upgrade() -> None:
    op.add_column(
        "ensembles", sa.Column("unjudged", sa.Boolean, nullable=False, server_default=sa.true())
    )
    op.add_column("ensembles", sa.Column("reasons", TEXT))
    op.add_column("ensembles", sa.Column("degraded_at", MOMENT))
    op.create_index("ensembles_unjudged_idx", "ensembles", ["unjudged"])
    op.add_column("members", sa.Column("server_flavor", sa.String(255)))
    op.add_column("members", sa.Column("addresses", TEXT))
    op.add_column(
        "hosts", sa.Column("silent", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.add_column("observations", sa.Column("observed_at", MOMENT))
