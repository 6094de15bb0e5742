# SPDX-License-Identifier: Apache-2.0
"""For how long what happened to ensembles, and what was done with them, is kept."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from ensemble_api.store import late_servers, models, rows, signals
from ensemble_api.store.database import Database, retried

MANY = 1000  # that go in one transaction, which others wait for


class History:
    """Events and ended operations of all ensembles, which go when older than ``lifetime``.

    So do requests of members that are gone, when no server is waited for that may come of them,
    and signals that nobody can use any more.
    """

    def __init__(self, database: Database, lifetime: timedelta) -> None:
        self._database = database
        self._lifetime = lifetime

    @retried
    def purge(self) -> int:
        """Remove some that are too old, the oldest first; give how many, 0 for none left."""
        limit = rows.now() - self._lifetime
        ended = self._purge_ended_requests(rows.now() - late_servers.KEPT)
        late = self._purge_signals()
        return self._purge_events(limit) + self._purge_operations(limit) + ended + late

    def _purge_signals(self) -> int:
        with self._database.writing() as session:
            return signals.purge_expired(session, MANY)

    def _purge_events(self, limit: datetime) -> int:
        model = models.Event
        with self._database.writing() as session:
            # Ids come in the order of time, so the oldest are found without an index on that.
            oldest = session.execute(
                sa.select(model.id, model.at).order_by(model.id).limit(MANY)
            ).all()
            old = [event_id for event_id, at in oldest if at < limit]
            session.execute(sa.delete(model).where(model.id.in_(old)))
            return len(old)

    def _purge_operations(self, limit: datetime) -> int:
        model = models.Operation
        with self._database.writing() as session:
            query = sa.select(model.id).where(model.ended_at < limit).limit(MANY)
            old = session.scalars(query).all()
            session.execute(sa.delete(model).where(model.id.in_(old)))
            return len(old)

    def _purge_ended_requests(self, limit: datetime) -> int:
        model = models.EndedRequest
        with self._database.writing() as session:
            query = sa.select(model.id).where(model.ended_at < limit).limit(MANY)
            old = session.scalars(query).all()
            session.execute(sa.delete(model).where(model.id.in_(old)))
            return len(old)
