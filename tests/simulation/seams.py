# SPDX-License-Identifier: Apache-2.0
"""Where a schedule takes the place of clock, threads, chance and the solver's process."""

import contextlib
import gc
import logging
import random
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import sqlalchemy as sa
from oslo_config import cfg
from oslo_db.sqlalchemy import engines
from sqlalchemy import orm

from ensemble_api import threads
from ensemble_api.execution import observer, worker
from ensemble_api.solver import process as solver
from ensemble_api.store import models, rows
from ensemble_api.store.api import Store
from tests.simulation.tasks import Tasks
from tests.simulation.threads import Threads

_MEMORY = Path("/dev/shm")


@contextlib.contextmanager
def installed(tasks: Tasks) -> Iterator[None]:
    """Nothing of ours knows the real time, starts a real thread or gets a real random number."""
    chance = random.Random(tasks.seed)
    state = random.getstate()
    random.seed(tasks.seed)
    simulated = Threads(tasks)

    def new_id() -> uuid.UUID:
        return uuid.UUID(int=chance.getrandbits(128), version=4)

    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.ExitStack() as patches:
            for module in (threads, worker, observer):
                patches.enter_context(mock.patch.object(module, "threading", simulated))
            patches.enter_context(mock.patch.object(rows, "now", tasks.moment))
            patches.enter_context(mock.patch.object(uuid, "uuid4", new_id))
            # Without a Python to start one, the solver runs here.
            patches.enter_context(mock.patch.object(solver, "_interpreter", lambda: None))
            yield
    finally:
        logging.disable(disabled)
        random.setstate(state)


class OneSession(orm.Session):
    """A session of one connection, to which it gives at once what is no matter of the ORM's."""

    def __init__(self, connection: sa.Connection) -> None:
        super().__init__(connection, expire_on_commit=False)
        self._one = connection

    @property
    def is_under_way(self) -> bool:
        """Whether a transaction is."""
        return self._one.in_transaction()

    def execute(self, statement: Any, params: Any = None, **options: Any) -> Any:
        return self._taker(statement, options).execute(statement, params, **options)

    def scalars(self, statement: Any, params: Any = None, **options: Any) -> Any:
        return self._taker(statement, options).scalars(statement, params, **options)

    def scalar(self, statement: Any, params: Any = None, **options: Any) -> Any:
        return self._taker(statement, options).scalar(statement, params, **options)

    def _taker(self, statement: Any, options: Any) -> Any:
        if options or statement._propagate_attrs:
            return super()
        if not self._is_clean():
            self.flush()
        return self._one

    def commit(self) -> None:
        if self.in_transaction() or not self._is_clean():
            super().commit()
        self._one.commit()

    def end(self) -> None:
        """Give the connection back."""
        self._one.close()

    def close(self) -> None:
        if self.in_transaction() or self.identity_map or not self._is_clean():
            super().close()
        self._one.rollback()


_stores: list[Store] = []
_sessions: list[OneSession] = []
_looks: list[sqlite3.Connection] = []


def empty_database() -> Store:
    """The one database of this interpreter, without any rows."""
    if not _stores:
        cfg.CONF([], project="nova", default_config_files=[])  # the policies are as they come
        folder = tempfile.mkdtemp(prefix="ensembles-", dir=_MEMORY if _MEMORY.is_dir() else None)
        # oslo.db opens a file anew for each transaction, and lets other threads run after each.
        with mock.patch.object(sa.pool, "NullPool", sa.pool.QueuePool):
            store = Store(f"sqlite:///{folder}/simulation.sqlite")
            store.upgrade()
        sa.event.remove(store.engine, "checkin", engines._thread_yield)
        store.engine.dispatch.begin.clear()
        sa.event.listen(store.engine, "begin", _begin)
        sa.event.listen(store.engine, "connect", _forgetful)
        store.engine.dispose()
        _stores.append(store)
        look = sqlite3.connect(f"{folder}/simulation.sqlite", isolation_level=None)
        look.row_factory = sqlite3.Row
        _looks.append(look)
        # What was imported stays, and is not searched for garbage again and again.
        gc.freeze()
        gc.set_threshold(100_000)
    store = _stores[0]
    while _sessions:
        _sessions.pop().end()  # what listens now is not heard by an older one
    with store.engine.begin() as connection:
        for table in reversed(models.Base.metadata.sorted_tables):
            connection.execute(sa.delete(table))
    return store


def session() -> OneSession:
    """The session of all transactions of a schedule, of which one is under way at most."""
    if not _sessions:
        _sessions.append(OneSession(_stores[0].engine.connect()))
    return _sessions[0]


def second_look() -> sqlite3.Connection:
    """A connection of its own, which sees what others have committed, and takes no time."""
    return _looks[0]


def _begin(connection: sa.Connection) -> None:
    """As oslo.db does, which takes a longer way."""
    driver: Any = connection.connection.dbapi_connection
    driver.execute("BEGIN")


def _forgetful(connection: sqlite3.Connection, _: object) -> None:
    """Nobody needs this database after a power failure."""
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA journal_mode = MEMORY")
