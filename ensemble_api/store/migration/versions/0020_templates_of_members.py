# SPDX-License-Identifier: Apache-2.0
"""Which template a member was built by, where that is not its tier's any more."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("members", sa.Column("template", sa.String(64), nullable=True))
