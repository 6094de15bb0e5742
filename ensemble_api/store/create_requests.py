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
class RequestKey:
    """What a create request is known by: ``id`` of owner and name, ``digest`` of its content."""

    id: str
    project_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class CreateOutcome:
    """What came of a create; a refusal has an answer and no ensemble.

    ``reserved`` is whether the capacity was held for good, so that the ensemble counts as built
    whatever comes after.
    """

    digest: str
    ensemble_id: str | None
    reserved: bool
    answer: Mapping[str, Any] | None


class CreateRequests:
    """The create requests of all projects, each kept for ``lifetime``."""

    def __init__(self, database: Database, lifetime: timedelta) -> None:
        self._database = database
        self._lifetime = lifetime

    def find(self, key: RequestKey) -> CreateOutcome | None:
        """The outcome under this key; an expired one is forgotten."""
        with self._database.reading() as session:
            row = session.get(models.CreateRequest, key.id)
            if row is None:
                return None
            expired = row.created_at < rows.now() - self._lifetime
            outcome = CreateOutcome(row.digest, row.ensemble_id, row.reserved, row.answer)
        if expired:
            self._forget([key.id])
            return None
        return outcome

    @retried
    def forget_refusal(self, key: RequestKey) -> None:
        """Let a create that was refused be tried anew."""
        model = models.CreateRequest
        with self._database.writing() as session:
            session.execute(sa.delete(model).where(model.id == key.id, model.ensemble_id.is_(None)))

    @retried
    def store_answer(self, key: RequestKey, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """Keep what a create was answered, and give what is kept: the first answer stays."""
        model = models.CreateRequest
        with self._database.writing() as session:
            result: Any = session.execute(
                sa.update(model)
                .where(model.id == key.id, model.answer.is_(None))
                .values(answer=answer)
            )
            new = not result.rowcount and session.get(model, key.id) is None
        if new:  # a refusal, which left no record
            try:
                self._add(key, answer)
            except exception.DuplicateCreate:
                LOG.debug("The same create was answered twice at the same time")
        self._purge(key.project_id)
        outcome = self.find(key)
        return outcome.answer if outcome is not None and outcome.answer is not None else answer

    @retried
    def _add(self, key: RequestKey, answer: Mapping[str, Any]) -> None:
        with self._database.writing() as session:
            add(session, [key], None, answer)

    def purge(self) -> int:
        """Drop some of what has expired; give how many, 0 for none left.

        Rows are looked for first and dropped by id: a range would be locked against new ones.
        """
        model = models.CreateRequest
        expired = model.created_at < rows.now() - self._lifetime
        with self._database.reading() as session:
            old = session.scalars(sa.select(model.id).where(expired).limit(PURGED)).all()
        if old:
            self._forget(old)
        return len(old)

    def _purge(self, project_id: str) -> None:
        """Drop what has expired, and the oldest answers of a project that has too many."""
        model = models.CreateRequest
        with self._database.reading() as session:
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
        self.purge()

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
    keys: Any,
    ensemble_id: str | None,
    answer: Mapping[str, Any] | None = None,
) -> None:
    """Add keys in the caller's transaction, which decides who is first.

    :raises ensemble_api.exception.DuplicateCreate: when one of them is there already.
    """
    now = rows.now()
    found = [
        {
            "id": key.id,
            "project_id": key.project_id,
            "digest": key.digest,
            "ensemble_id": ensemble_id,
            "reserved": False,
            "answer": answer,
            "created_at": now,
        }
        # In one order for all, so that two that have two keys in common do not wait in a circle.
        for key in sorted(keys, key=lambda each: each.id)
    ]
    try:
        if found:
            session.execute(sa.insert(models.CreateRequest), found)
    except db_exception.DBDuplicateEntry as error:
        raise exception.DuplicateCreate from error


def set_reserved(session: Any, ensemble_id: str) -> None:
    """The creates of an ensemble have been kept; from now on they are not done again."""
    model = models.CreateRequest
    session.execute(sa.update(model).where(model.ensemble_id == ensemble_id).values(reserved=True))


def forget_unreserved(session: Any, ensemble_id: str) -> None:
    """The creates of an ensemble that came to nothing may be done again."""
    model = models.CreateRequest
    session.execute(
        sa.delete(model).where(model.ensemble_id == ensemble_id, sa.not_(model.reserved))
    )
