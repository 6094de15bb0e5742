# SPDX-License-Identifier: Apache-2.0
"""For how long what happened to ensembles is kept."""

from datetime import timedelta

import sqlalchemy as sa

from ensemble_api.store import models, rows
from ensemble_api.store.database import Database, retried

MANY = 1000  # events that go in one transaction, which others wait for


class History:
    """The events of all ensembles, which go when they are older than ``lifetime``."""

    def __init__(self, database: Database, lifetime: timedelta) -> None:
        self._database = database
        self._lifetime = lifetime

    @retried
    def purge(self) -> int:
        """Remove some events that are too old, the oldest first; give how many, 0 for none left."""
        model, limit = models.Event, rows.now() - self._lifetime
        with self._database.writing() as session:
            # Ids come in the order of time, so the oldest are found without an index on that.
            oldest = session.execute(
                sa.select(model.id, model.at).order_by(model.id).limit(MANY)
            ).all()
            old = [event_id for event_id, at in oldest if at < limit]
            session.execute(sa.delete(model).where(model.id.in_(old)))
            return len(old)
