# SPDX-License-Identifier: Apache-2.0
"""The ensembles database: its engine, its schema, and its transactions."""

import contextlib
import logging
from collections.abc import Iterator

import sqlalchemy as sa
from oslo_db import exception as db_exception
from oslo_db.sqlalchemy import enginefacade
from sqlalchemy import orm

from ensemble_api import exception
from ensemble_api.store import migration

LOG = logging.getLogger(__name__)


class Database:
    """The database behind one SQLAlchemy URL."""

    def __init__(self, connection: str) -> None:
        self._facade = enginefacade.transaction_context()
        self._facade.configure(connection=connection, sqlite_fk=True)

    @property
    def engine(self) -> sa.Engine:
        """The engine, for migrations."""
        engine: sa.Engine = self._facade.writer.get_engine()
        return engine

    def upgrade(self) -> None:
        """Bring the schema up to date."""
        migration.upgrade(self.engine)

    @contextlib.contextmanager
    def reading(self) -> Iterator[orm.Session]:
        """A transaction that reads."""
        with _answering(), self._facade.reader.using(_Context()) as session:
            yield session

    @contextlib.contextmanager
    def writing(self) -> Iterator[orm.Session]:
        """A transaction that writes."""
        with _answering(), self._facade.writer.using(_Context()) as session:
            yield session


@enginefacade.transaction_context_provider
class _Context:
    """What oslo.db's enginefacade hangs its session on."""


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    """Say that the database is the cause when it is; what it said goes to the log."""
    try:
        yield
    except db_exception.DBError as error:
        LOG.exception("The ensembles database failed")
        raise exception.Unavailable(
            "The ensembles database does not answer; try again later."
        ) from error
