# SPDX-License-Identifier: Apache-2.0
"""Ensembles of servers that were there before, and that stay: adopted and released."""

from typing import Any

import sqlalchemy as sa
from oslo_db import exception as db_exception
from sqlalchemy import orm

from ensemble_api import exception
from ensemble_api.occurrences import ADOPTED, RELEASED
from ensemble_api.planning.message import Message
from ensemble_api.records import EnsembleRecord, Status
from ensemble_api.store import (
    create_requests,
    late_servers,
    models,
    occurrences,
    operations,
    rows,
)
from ensemble_api.store.database import Database, retried
from ensemble_api.store.leases import UNSETTLED

_BUILT = tuple(each.value for each in Status if each.built)


class Adoption(Database):
    """Writes of adopting and releasing, a transaction each, and what has to be known before."""

    def servers_of_ensembles(self, project_id: str) -> dict[str, str]:
        """The servers of a project that are members', with the names of their ensembles, by id.

        Also those that were replaced, and are about to go.
        """
        query = (
            sa.select(
                models.Member.server_id, models.Member.discarded_servers, models.Ensemble.name
            )
            .join(models.Ensemble, models.Member.ensemble_id == models.Ensemble.id)
            .where(models.Ensemble.project_id == project_id)
        )
        with self.reading() as session:
            return {
                server_id: name
                for own, discarded, name in session.execute(query)
                for server_id in (own, *(discarded or ()))
                if server_id is not None
            }

    def told(self, ensemble_id: str) -> dict[str, dict[str, str | None]]:
        """What the guests of an ensemble were told of where they are, by their servers' ids."""
        query = sa.select(models.Member.server_id, models.Member.told).where(
            models.Member.ensemble_id == ensemble_id, models.Member.server_id.is_not(None)
        )
        with self.reading() as session:
            return {str(row.server_id): row.told for row in session.execute(query) if row.told}

    @retried
    def adopt(self, record: EnsembleRecord, message: Message) -> None:
        """Save an ensemble whose servers run; ``reasons`` of the record say what does not hold.

        :raises ensemble_api.exception.ServersTaken: when one of them is a member's by now.
        """
        with self.writing() as session:
            try:
                rows.add_ensemble(
                    session,
                    record,
                    reasons=[each.stored for each in record.reasons] or None,
                    degraded_at=rows.now() if record.reasons else None,
                )
                session.flush()
            except db_exception.DBDuplicateEntry as error:
                raise exception.ServersTaken from error
            rows.event(session, record.id, "adopted", message)
            occurrences.note(session, record.id, ADOPTED, reasons=record.reasons)
            _look_again(session)

    @retried
    def give_back(self, ensemble_id: str) -> bool:
        """Forget an ensemble whose servers stay; say whether it was built and nothing under way."""
        model = models.Ensemble
        with self.writing() as session:
            found: Any = session.execute(
                sa.update(model)
                .where(model.id == ensemble_id, model.status.in_(_BUILT), ~UNSETTLED)
                .values(id=model.id)
            )
            if not found.rowcount:
                return False
            occurrences.note(session, ensemble_id, RELEASED)
            forget(session, ensemble_id)
            _look_again(session)
            return True


def forget(session: orm.Session, ensemble_id: str) -> None:
    """Forget an ensemble and all that belongs to it, of which the database removes the rest."""
    operations.note_forgotten(session, ensemble_id)
    late_servers.end(session, models.Member.ensemble_id == ensemble_id)
    for table in (rows.EVENTS, rows.MEMBERS, rows.OPERATIONS):
        session.execute(sa.delete(table).where(table.c.ensemble_id == ensemble_id))
    create_requests.forget_unreserved(session, ensemble_id)
    session.execute(sa.delete(rows.ENSEMBLES).where(rows.ENSEMBLES.c.id == ensemble_id))


def _look_again(session: orm.Session) -> None:
    """Where members are matters to the ensembles that want to be without them."""
    model = models.Ensemble
    session.execute(sa.update(model).where(model.exclusive).values(unjudged=True))
