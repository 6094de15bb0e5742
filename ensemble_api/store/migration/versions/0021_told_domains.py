# SPDX-License-Identifier: Apache-2.0
"""What servers' metadata were told of their domains, and whether that is to be told anew."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0021"
down_revision = "0020"

JSON = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")


def upgrade() -> None:
    op.add_column("members", sa.Column("told", JSON, nullable=True))
    op.add_column(
        "members", sa.Column("untold", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.create_index("members_untold_idx", "members", ["untold"])
