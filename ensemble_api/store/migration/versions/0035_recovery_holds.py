# SPDX-License-Identifier: Apache-2.0
"""Capacity that is held for recovery, which no ensemble before wanted.

Its rows outlive their ensembles: what is held goes before what is known of it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0035"
down_revision = "0034"

MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
JSON = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")


def upgrade() -> None:
    reserve = sa.Column("reserve", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("ensembles", reserve)
    op.add_column("ensembles", sa.Column("reserve_state", JSON, nullable=True))
    op.create_table(
        "recovery_holds",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("ensemble_id", sa.String(36), nullable=False),
        sa.Column("project_id", sa.String(255), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("provider", sa.String(36), nullable=False),
        sa.Column("resources", JSON, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("servers", JSON, nullable=True),
        sa.Column("until", MOMENT, nullable=True),
    )
    for name in ("ensemble_id", "project_id", "status"):
        short = name.removesuffix("_id")
        op.create_index(f"recovery_holds_{short}_idx", "recovery_holds", [name])
