# SPDX-License-Identifier: Apache-2.0
"""All ensembles that are built, with their members."""

import sqlalchemy as sa

from ensemble_api.records import EnsembleRecord, Status
from ensemble_api.store import models, rows
from ensemble_api.store.database import Database

_BUILT = tuple(each.value for each in Status if each.built)


class BuiltEnsembles:
    """Reads the ensembles of all projects that are built."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def oldest(self, most: int) -> tuple[list[EnsembleRecord], int]:
        """So many of them at most, the oldest first, and how many there are in all."""
        model = models.Ensemble
        built = sa.select(model).where(model.status.in_(_BUILT))
        with self._database.reading() as session:
            count = session.scalar(sa.select(sa.func.count()).select_from(built.subquery()))
            first = session.scalars(built.order_by(model.created_at, model.id).limit(most)).all()
            return rows.with_members(session, first), count or 0
