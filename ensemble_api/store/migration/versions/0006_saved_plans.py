# SPDX-License-Identifier: Apache-2.0
"""Plans are saved and capacity is reserved: the table and the column are named so."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.rename_table("kept_plans", "saved_plans")
    op.drop_index("kept_plans_project_created_idx", table_name="saved_plans")
    op.drop_index("kept_plans_created_idx", table_name="saved_plans")
    op.create_index("saved_plans_project_created_idx", "saved_plans", ["project_id", "created_at"])
    op.create_index("saved_plans_created_idx", "saved_plans", ["created_at"])
    op.alter_column(
        "create_requests",
        "promised",
        new_column_name="reserved",
        existing_type=sa.Boolean(),
        existing_nullable=False,
    )
