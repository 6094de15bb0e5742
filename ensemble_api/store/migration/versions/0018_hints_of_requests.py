# SPDX-License-Identifier: Apache-2.0
"""The hints of the requests for a member's server."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0018"
down_revision = "0017"

JSON = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")


def upgrade() -> None:
    op.add_column("members", sa.Column("hints", JSON, nullable=True))
