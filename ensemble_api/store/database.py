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
from ensemble_api.store import characters, migration

LOG = logging.getLogger(__name__)


class Database:
    """The database behind one SQLAlchemy URL.

    :raises ensemble_api.exception.Unavailable: when the URL does not do.
    """

    def __init__(self, connection: str) -> None:
        self._facade = enginefacade.transaction_context()
        self._facade.configure(connection=characters.connection_url(connection), sqlite_fk=True)

    @property
    def engine(self) -> sa.Engine:
        """The engine, for migrations."""
        engine: sa.Engine = self._facade.writer.get_engine()
        return engine

    def upgrade(self) -> None:
        """Bring the schema up to date."""
        characters.convert(self.engine)
        migration.upgrade(self.engine)
        characters.convert(self.engine)

    def check_characters(self) -> None:
        """Refuse a database that does not hold every character.

        :raises ensemble_api.exception.Unavailable: which says what to do.
        """
        with _answering():
            characters.check(self.engine)

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
    """Say that the database is the cause when it is; what it said goes to the log.

    :raises ensemble_api.exception.Invalid: when it refused what it was to save or to look for.
    """
    try:
        yield
    except db_exception.DBInvalidUnicodeParameter as error:
        raise _refused() from error
    except (db_exception.DBError, sa.exc.DBAPIError) as error:
        if _is_of_the_data(error):
            raise _refused() from error
        LOG.exception("The ensembles database failed")
        raise exception.Unavailable(
            "The ensembles database does not answer; try again later."
        ) from error


def _is_of_the_data(error: Exception) -> bool:
    """Whether the same would be refused at any time; oslo.db knows it of MySQL's errors alone.

    PostgreSQL's driver refuses a NUL with a ValueError.
    """
    cause = getattr(error, "inner_exception", None)
    return isinstance(error, db_exception.DBDataError) or isinstance(
        cause, sa.exc.DataError | ValueError
    )


def _refused() -> exception.Invalid:
    return exception.Invalid(
        "A text in this request is too long, or has a character that cannot be saved."
    )
