# SPDX-License-Identifier: Apache-2.0
"""Which ensembles are repaired and rebalanced by themselves; none of those before asked for it."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    for name in ("auto_repair", "auto_rebalance"):
        column = sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())
        op.add_column("ensembles", column)
