# SPDX-License-Identifier: Apache-2.0
"""The values that a host's aggregates give to the keys that policies may ask for."""

import sqlalchemy as sa
from alembic import op

from ensemble_api.store.columns import JsonText

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("hosts", sa.Column("selectors", JsonText(), nullable=True))
