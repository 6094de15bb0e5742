# SPDX-License-Identifier: Apache-2.0
"""Which hosts get no new servers."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column(
        "hosts", sa.Column("disabled", sa.Boolean, nullable=False, server_default=sa.false())
    )
