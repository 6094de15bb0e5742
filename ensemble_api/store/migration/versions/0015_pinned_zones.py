# SPDX-License-Identifier: Apache-2.0
"""The availability zone that Nova keeps a member's server in."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("members", sa.Column("pinned_zone", sa.String(255), nullable=True))
