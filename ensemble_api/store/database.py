# SPDX-License-Identifier: Apache-2.0
"""The ensembles database: its engine, its schema, and its transactions."""

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import ParamSpec, TypeVar

import sqlalchemy as sa
from oslo_db import api as oslo_db_api
from oslo_db import exception as db_exception
from oslo_db.sqlalchemy import enginefacade
from sqlalchemy import orm

from ensemble_api import advice, exception
from ensemble_api.occurrences import Occurrence
from ensemble_api.planning.message import Sentence
from ensemble_api.store import characters, migration, occurrences

_NO_ANSWER = Sentence(
    "unavailable.database", "The ensembles database does not answer; try again later."
)
_NOT_SAVED = Sentence(
    "invalid.not-saved",
    "A text in this request is too long, or has a character that cannot be saved.",
)

LOG = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")


class Database:
    """The database behind one SQLAlchemy URL.

    :raises ensemble_api.exception.Unavailable: when the URL does not do.
    """

    def __init__(self, connection: str) -> None:
        self._facade = enginefacade.transaction_context()
        url = characters.connection_url(connection)
        # Without retries: whoever waits for an answer is told at once, and we ask again anyway.
        self._facade.configure(connection=url, sqlite_fk=True, max_retries=0)
        self._listeners: list[Callable[[Sequence[Occurrence]], None]] = []

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

    def check(self) -> None:
        """See that the schema is what this release works with, and holds every character.

        :raises ensemble_api.exception.Unavailable: for operators, with what to do.
        """
        migration.check(self.engine)
        with _answering():
            characters.check(self.engine)

    @contextlib.contextmanager
    def reading(self) -> Iterator[orm.Session]:
        """A transaction that reads."""
        with _answering(), self._facade.reader.using(_Context()) as session:
            yield session

    @contextlib.contextmanager
    def writing(self) -> Iterator[orm.Session]:
        """A transaction that writes; once it is committed, its listeners are told what happened."""
        noted: list[Occurrence] = []
        with _answering(), self._facade.writer.using(_Context()) as session:
            if self._listeners:
                noted = occurrences.collect(session)
            yield session
        if noted:
            self._tell(noted)

    def listen(self, listener: Callable[[Sequence[Occurrence]], None]) -> None:
        """Have ``listener`` called with all that this process commits; it must not wait."""
        self._listeners.append(listener)

    def _tell(self, noted: Sequence[Occurrence]) -> None:
        for listener in self._listeners:
            try:
                listener(noted)
            except Exception:
                # What is done is done, whoever could not be told of it.
                LOG.exception("What happened to ensembles could not be told")


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
    except (db_exception.DBError, sa.exc.SQLAlchemyError) as error:
        if _is_of_the_data(error):
            raise _refused() from error
        if not isinstance(error, db_exception.DBDeadlock):  # which is tried again
            advice.log(LOG, "A transaction failed", error)
        raise exception.Unavailable(_NO_ANSWER()) from error


def _is_of_the_data(error: Exception) -> bool:
    """Whether the same would be refused at any time; oslo.db knows it of MySQL's errors alone.

    PostgreSQL's driver refuses a NUL with a ValueError.
    """
    cause = getattr(error, "inner_exception", None)
    return isinstance(error, db_exception.DBDataError) or isinstance(
        cause, sa.exc.DataError | ValueError
    )


def _refused() -> exception.Invalid:
    return exception.Invalid(_NOT_SAVED())


def _deadlocked(error: Exception) -> bool:
    """Whether the database gave this transaction up for another one."""
    return isinstance(error.__cause__, db_exception.DBDeadlock)


def retried(method: Callable[P, R]) -> Callable[P, R]:
    """Try a method that is one transaction again when the database gave it up for others."""
    wrapped: Callable[P, R] = oslo_db_api.wrap_db_retry(
        retry_interval=0.1, max_retries=5, max_retry_interval=2, exception_checker=_deadlocked
    )(method)
    return wrapped
