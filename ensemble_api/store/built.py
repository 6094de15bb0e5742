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

    def version(self) -> tuple[object, ...]:
        """Another one whenever hosts, or the members of an ensemble, were seen to have changed."""
        host, model = models.Host, models.Ensemble
        columns = (
            sa.select(sa.func.max(models.Observation.hosts_version)),
            # Who may get new servers is no part of that.
            sa.select(sa.func.count()).where(host.disabled),
            sa.select(sa.func.count()).where(model.status.in_(_BUILT)),
            sa.select(sa.func.max(model.updated_at)),
            sa.select(sa.func.max(models.Event.id)),
        )
        with self._database.reading() as session:
            found = session.execute(sa.select(*(each.scalar_subquery() for each in columns)))
            return tuple(found.one())

    def oldest(self, most: int) -> tuple[list[EnsembleRecord], int]:
        """So many of them at most, the oldest first, and how many there are in all."""
        model = models.Ensemble
        built = sa.select(model).where(model.status.in_(_BUILT))
        with self._database.reading() as session:
            count = session.scalar(sa.select(sa.func.count()).select_from(built.subquery()))
            first = session.scalars(built.order_by(model.created_at, model.id).limit(most)).all()
            return rows.with_members(session, first), count or 0
