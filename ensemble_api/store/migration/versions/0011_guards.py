# SPDX-License-Identifier: Apache-2.0
"""Guards of hosts on which members are handed over from their holds to their servers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0011"
down_revision = "0010"

MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")


def upgrade() -> None:
    op.create_table(
        "guards",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column(
            "ensemble_id",
            sa.String(36),
            sa.ForeignKey("ensembles.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("member_id", sa.String(36), nullable=False, unique=True),
        sa.Column("project_id", sa.String(255), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("flavor", sa.String(255), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("server_id", sa.String(36)),
    )
    op.create_index("guards_until_idx", "guards", ["until"])
    turns = op.create_table(
        "guard_turns",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    )
    op.bulk_insert(turns, [{"id": 1}])
