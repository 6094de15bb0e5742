# SPDX-License-Identifier: Apache-2.0
"""The root volumes that were made for members."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("members", sa.Column("volume_id", sa.String(36), nullable=True))
    op.add_column(
        "members", sa.Column("owns_volume", sa.Boolean, nullable=False, server_default=sa.false())
    )
