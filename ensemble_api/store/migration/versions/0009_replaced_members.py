# SPDX-License-Identifier: Apache-2.0
"""The hosts on which a member's servers failed during a build, and those servers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0009"
down_revision = "0008"

JSON = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")


def upgrade() -> None:
    op.add_column("members", sa.Column("failed_hosts", JSON, nullable=True))
    op.add_column("members", sa.Column("discarded_servers", JSON, nullable=True))
