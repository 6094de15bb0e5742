# SPDX-License-Identifier: Apache-2.0
"""A server is in one ensemble at most: members that are adopted may be asked for twice at once."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.drop_index("members_server_idx", table_name="members")
    op.create_index("members_server_idx", "members", ["server_id"], unique=True)
