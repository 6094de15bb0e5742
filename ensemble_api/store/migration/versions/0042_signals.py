# SPDX-License-Identifier: Apache-2.0
"""The signals of guests that are waited for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0042"
down_revision = "0041"

MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")


def upgrade() -> None:
    op.add_column(
        "members",
        sa.Column("signal_awaited", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "signals",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column(
            "member_id",
            sa.String(36),
            sa.ForeignKey("members.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("until", MOMENT, nullable=False),
    )
    op.create_index("ix_signals_member_id", "signals", ["member_id"])
    op.create_index("signals_until_idx", "signals", ["until"])
