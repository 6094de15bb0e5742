# SPDX-License-Identifier: Apache-2.0
"""The resource provider of each host, for who begins while a cell does not answer."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.add_column("hosts", sa.Column("provider", sa.String(36), nullable=True))
