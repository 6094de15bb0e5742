# SPDX-License-Identifier: Apache-2.0
"""Where Nova has the members now, and what the scheduler has given them, beside the plan."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0008"
down_revision = "0007"

MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
TEXT = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")


def upgrade() -> None:
    op.add_column("members", sa.Column("current_host", sa.String(255)))
    op.add_column("members", sa.Column("server_status", sa.String(32)))
    op.create_index("members_server_idx", "members", ["server_id"])
    op.create_table(
        "hosts",
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("above", TEXT, nullable=False),
        sa.Column("up", sa.Boolean, nullable=False),
    )
    op.create_table(
        "moves",
        sa.Column("server_id", sa.String(36), primary_key=True),
        sa.Column(
            "ensemble_id",
            sa.String(36),
            sa.ForeignKey("ensembles.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("target", sa.String(255), primary_key=True),
        sa.Column("source", sa.String(255)),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_table(
        "observations",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("owner", sa.String(255)),
        sa.Column("until", MOMENT),
        sa.Column("watermark", MOMENT),
        sa.Column("compared_at", MOMENT),
        sa.Column("hosts_version", sa.Integer, nullable=False),
    )
