# SPDX-License-Identifier: Apache-2.0
"""Creates that are done once, known by a plan's id or by an idempotency key."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from oslo_db import exception as db_exception

from ensemble_api import exception
from ensemble_api.store import models, rows
from ensemble_api.store.database import Database, retried

LOG = logging.getLogger(__name__)

MOST = 50  # answers kept of one project, since one may be large
PURGED = 100  # rows that go at a time


@dataclass(frozen=True, slots=True)
class Mark:
    """By what a create is known: ``id`` is of whose it is and its name, ``digest`` of the rest."""

    id: str
    project_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class Known:
    """What came of a marked create; a refusal has an answer and no ensemble.

    ``promised`` is whether the capacity was held for good, so that the ensemble counts as built
    whatever comes after.
    """

    digest: str
    ensemble_id: str | None
    promised: bool
    answer: Mapping[str, Any] | None


class CreateRequests:
    """The marked creates of all projects, each kept for ``lifetime``."""

    def __init__(self, database: Database, lifetime: timedelta) -> None:
        self._database = database
        self._lifetime = lifetime

    def find(self, mark: Mark) -> Known | None:
        """What is known by this mark; one that has expired is forgotten."""
        with self._database.reading() as session:
            row = session.get(models.CreateRequest, mark.id)
            if row is None:
                return None
            expired = row.created_at < rows.now() - self._lifetime
            known = Known(row.digest, row.ensemble_id, row.promised, row.answer)
        if expired:
            self._forget([mark.id])
            return None
        return known

    @retried
    def forget_refusal(self, mark: Mark) -> None:
        """Let a create that was refused be tried anew."""
        model = models.CreateRequest
        with self._database.writing() as session:
            session.execute(
                sa.delete(model).where(model.id == mark.id, model.ensemble_id.is_(None))
            )

    @retried
    def keep(self, mark: Mark, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """Keep what a create was answered, and give what is kept: the first answer stays."""
        model = models.CreateRequest
        with self._database.writing() as session:
            result: Any = session.execute(
                sa.update(model)
                .where(model.id == mark.id, model.answer.is_(None))
                .values(answer=answer)
            )
            new = not result.rowcount and session.get(model, mark.id) is None
        if new:  # a refusal, which left no record
            try:
                self._add(mark, answer)
            except exception.DuplicateCreate:
                LOG.debug("The same create was answered twice at the same time")
        self._purge(mark.project_id)
        known = self.find(mark)
        return known.answer if known is not None and known.answer is not None else answer

    @retried
    def _add(self, mark: Mark, answer: Mapping[str, Any]) -> None:
        with self._database.writing() as session:
            add(session, [mark], None, answer)

    def _purge(self, project_id: str) -> None:
        """Drop what has expired, and the oldest answers of a project that has too many.

        Rows are looked for first and dropped by id: a range would be locked against new ones.
        """
        model = models.CreateRequest
        with self._database.reading() as session:
            old = session.scalars(
                sa.select(model.id)
                .where(model.created_at < rows.now() - self._lifetime)
                .limit(PURGED)
            ).all()
            surplus = session.scalars(
                sa.select(model.id)
                .where(model.project_id == project_id, model.answer.is_not(None))
                .order_by(model.created_at.desc(), model.id)
                .offset(MOST)
                .limit(PURGED)
            ).all()
        if surplus:
            with self._database.writing() as session:
                # A refusal may be tried anew; what was built is known without its first answer.
                refused = model.id.in_(surplus), model.ensemble_id.is_(None)
                session.execute(sa.delete(model).where(*refused))
                session.execute(sa.update(model).where(model.id.in_(surplus)).values(answer=None))
        if old:
            self._forget(old)

    @retried
    def _forget(self, ids: Any) -> None:
        model = models.CreateRequest
        with self._database.writing() as session:
            session.execute(
                sa.delete(model).where(
                    model.id.in_(ids), model.created_at < rows.now() - self._lifetime
                )
            )


def add(
    session: Any,
    marks: Any,
    ensemble_id: str | None,
    answer: Mapping[str, Any] | None = None,
) -> None:
    """Add marks in the caller's transaction, which decides who is first.

    :raises ensemble_api.exception.DuplicateCreate: when one of them is there already.
    """
    now = rows.now()
    found = [
        {
            "id": mark.id,
            "project_id": mark.project_id,
            "digest": mark.digest,
            "ensemble_id": ensemble_id,
            "promised": False,
            "answer": answer,
            "created_at": now,
        }
        # In one order for all, so that two that have two marks in common do not wait in a circle.
        for mark in sorted(marks, key=lambda each: each.id)
    ]
    try:
        if found:
            session.execute(sa.insert(models.CreateRequest), found)
    except db_exception.DBDuplicateEntry as error:
        raise exception.DuplicateCreate from error


def promise(session: Any, ensemble_id: str) -> None:
    """The creates of an ensemble have been kept; from now on they are not done again."""
    model = models.CreateRequest
    session.execute(sa.update(model).where(model.ensemble_id == ensemble_id).values(promised=True))


def forget_unpromised(session: Any, ensemble_id: str) -> None:
    """The creates of an ensemble that came to nothing may be done again."""
    model = models.CreateRequest
    session.execute(
        sa.delete(model).where(model.ensemble_id == ensemble_id, sa.not_(model.promised))
    )
