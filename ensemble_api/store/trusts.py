# SPDX-License-Identifier: Apache-2.0
"""What users have delegated to the service user, by the ids of Keystone's trusts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from oslo_db import exception as db_exception

from ensemble_api.operations import Trust
from ensemble_api.rights import WAITS_FOR_OWNER
from ensemble_api.store import models, rows
from ensemble_api.store.database import Database, retried

MOST = 100  # that are given in one go
TRIED = 10  # of a project, to act in the name of anybody
SPARED = timedelta(hours=1)  # for which a trust is kept that nothing needs


class _IsThereError(Exception):
    """Another process has saved a trust of the same user meanwhile."""


class Trusts:
    """Reads and writes of trusts, each one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, user_id: str, project_id: str) -> Trust | None:
        """The trust of a user in a project."""
        with self._database.reading() as session:
            return _trust(session.get(models.Trust, (user_id, project_id)))

    def newest(self, project_id: str) -> list[Trust]:
        """The newest trusts of anybody in a project, the newest one first; ``TRIED`` at most."""
        newest = (
            sa.select(models.Trust)
            .where(models.Trust.project_id == project_id, models.Trust.trust_id != "")
            .order_by(models.Trust.created_at.desc())
            .limit(TRIED)
        )
        with self._database.reading() as session:
            return [found for each in session.scalars(newest) if (found := _trust(each))]

    @retried
    def save(self, trust: Trust) -> Trust | None:
        """Keep a trust in the place of the one before it, and say which is of no use now.

        That is the one before, if any, or this one where another process was quicker.
        """
        made = {"trust_id": trust.id, "created_at": rows.now()}
        # Apart from the write: SQLite refuses a transaction that begins to write after it has read.
        with self._database.reading() as session:
            before = session.scalar(sa.select(models.Trust.trust_id).where(*_of(trust)))
        try:
            with self._database.writing() as session:
                if before is None:
                    key = {"user_id": trust.user_id, "project_id": trust.project_id}
                    session.add(models.Trust(**key, **made))
                    try:
                        session.flush()
                    except db_exception.DBDuplicateEntry as error:
                        raise _IsThereError from error
                else:
                    same = sa.update(models.Trust).where(
                        *_of(trust), models.Trust.trust_id == before
                    )
                    found: Any = session.execute(same.values(**made))
                    if not found.rowcount:
                        raise _IsThereError
        except _IsThereError:
            return trust
        return replace(trust, id=before) if before else None

    @retried
    def lose(self, trust_id: str) -> None:
        """Forget a trust that is of no use any more, and that its user had one."""
        with self._database.writing() as session:
            lost = sa.update(models.Trust).where(models.Trust.trust_id == trust_id)
            session.execute(lost.values(trust_id=""))

    def is_lost(self, user_id: str, project_id: str) -> bool:
        """Whether a user had a trust in a project that was lost."""
        with self._database.reading() as session:
            row = session.get(models.Trust, (user_id, project_id))
            return row is not None and not row.trust_id

    def is_awaited(self, user_id: str, project_id: str) -> bool:
        """Whether something in a project waits for a user who asked for it."""
        operation = models.Operation
        waiting = (
            sa.select(models.Ensemble.blocked, operation.requester)
            .join(operation, operation.ensemble_id == models.Ensemble.id)
            .where(
                models.Ensemble.project_id == project_id,
                models.Ensemble.blocked.is_not(None),
                operation.ended_at.is_(None),
            )
        )
        with self._database.reading() as session:
            return any(
                blocked == WAITS_FOR_OWNER() and requester["user_id"] == user_id
                for blocked, requester in session.execute(waiting)
            )

    @retried
    def renew(self, trust: Trust) -> None:
        """Have a trust count as made now, unless that would change little."""
        old = models.Trust.created_at < rows.now() - SPARED / 2
        with self._database.writing() as session:
            found = sa.update(models.Trust).where(
                *_of(trust), models.Trust.trust_id == trust.id, old
            )
            session.execute(found.values(created_at=rows.now()))

    @retried
    def remove(self, trust: Trust) -> None:
        """Forget a trust that nothing needs."""
        with self._database.writing() as session:
            known = models.Trust.trust_id.in_(("", trust.id))
            session.execute(sa.delete(models.Trust).where(*_of(trust), known))

    def unneeded(self) -> list[Trust]:
        """Trusts in projects that have no ensemble, and that nobody has needed for a while."""
        with self._database.reading() as session:
            some = session.scalars(sa.select(models.Trust).where(*_unneeded()).limit(MOST))
            return [found for each in some if (found := _trust(each))]

    def is_unneeded(self, trust: Trust) -> bool:
        """Whether a trust is still one of those."""
        it = sa.select(models.Trust).where(*_of(trust), *_unneeded())
        with self._database.reading() as session:
            return _trust(session.scalar(it)) == trust


def _unneeded() -> tuple[sa.ColumnElement[bool], ...]:
    has_some = sa.exists().where(models.Ensemble.project_id == models.Trust.project_id)
    return ~has_some, models.Trust.created_at < rows.now() - SPARED


def _of(trust: Trust) -> tuple[sa.ColumnElement[bool], ...]:
    """The condition for the row of a user in a project."""
    return (
        models.Trust.user_id == trust.user_id,
        models.Trust.project_id == trust.project_id,
    )


def _trust(row: models.Trust | None) -> Trust | None:
    return (
        None
        if row is None or not row.trust_id
        else Trust(row.trust_id, row.user_id, row.project_id)
    )
