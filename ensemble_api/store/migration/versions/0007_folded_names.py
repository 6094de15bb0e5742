# SPDX-License-Identifier: Apache-2.0
"""Names without case, for a search that is the same on every database."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

MANY = 500  # rows that are read at a time


def upgrade() -> None:
    op.add_column("ensembles", sa.Column("folded_name", sa.Text(), nullable=True))
    rows = sa.table(
        "ensembles", *(sa.column(name, sa.String) for name in ("id", "name", "folded_name"))
    )
    connection = op.get_bind()
    query = sa.select(rows.c.id, rows.c.name).order_by(rows.c.id).limit(MANY)
    last = ""
    while found := connection.execute(query.where(rows.c.id > last)).all():
        for key, name in found:
            changed = sa.update(rows).where(rows.c.id == key)
            connection.execute(changed.values(folded_name=_folded(name)))
        last = found[-1][0]


def _folded(name: str) -> str:
    """As ensemble_api.store.folding did when this was written."""
    plain = name.casefold().replace("\u0131", "i").replace("i\u0307", "i")
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", plain).casefold())
