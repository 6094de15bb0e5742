# SPDX-License-Identifier: Apache-2.0
"""Ensemble templates, their versions and the projects that they are shared with."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0041"
down_revision = "0039"

MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
JSON = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")


def upgrade() -> None:
    op.create_table(
        "templates",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("project_id", sa.String(255), nullable=False),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("folded_name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("visibility", sa.String(16), nullable=False),
        sa.Column("latest", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("deleted_at", MOMENT, nullable=True),
    )
    op.create_index(
        "templates_project_created_idx", "templates", ["project_id", "created_at", "id"]
    )
    op.create_index(
        "templates_visibility_created_idx", "templates", ["visibility", "created_at", "id"]
    )
    op.create_index("templates_deleted_idx", "templates", ["deleted_at"])
    op.create_table(
        "template_versions",
        sa.Column(
            "template_id",
            sa.String(36),
            sa.ForeignKey("templates.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("document", JSON, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_table(
        "template_projects",
        sa.Column(
            "template_id",
            sa.String(36),
            sa.ForeignKey("templates.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("project_id", sa.String(64), primary_key=True),
    )
    op.create_index("template_projects_project_idx", "template_projects", ["project_id"])
    op.add_column("ensembles", sa.Column("template_id", sa.String(36), nullable=True))
    op.create_index("ensembles_template_idx", "ensembles", ["template_id", "project_id"])
