# SPDX-License-Identifier: Apache-2.0
"""The SQLAlchemy engine plugin that lets several threads and processes write one SQLite file."""

from typing import Any

from sqlalchemy import URL, Engine, QueuePool, event
from sqlalchemy.engine import CreateEnginePlugin

_PRAGMAS = (
    "PRAGMA busy_timeout = 60000",  # milliseconds
    "PRAGMA journal_mode = WAL",
    # A crash of the machine may lose the demo cloud; a crash of a process cannot.
    "PRAGMA synchronous = OFF",
)
_KEPT = 10  # connections of one process to one file


class ImmediatePlugin(CreateEnginePlugin):
    """Take SQLite's write lock when a transaction begins, not at its first write.

    A transaction that reads first and writes later fails at once with "database is locked" when
    another one wrote in between, however long the busy timeout is. Taking the lock at BEGIN makes
    transactions queue instead. Use it with `sqlite:///file?plugin=ensemblecloud`.

    Connections are kept for the next who needs one. oslo.db would open a new one for each session:
    SQLite then reads the whole schema at its first statement, and the last connection that is
    closed copies the write-ahead log back and removes it.
    """

    def __init__(self, url: URL, kwargs: dict[str, Any]) -> None:
        super().__init__(url, kwargs)
        kwargs["poolclass"] = QueuePool
        kwargs["pool_size"] = _KEPT
        kwargs["max_overflow"] = -1  # nobody waits for another's connection

    def update_url(self, url: URL) -> URL:
        """Return the URL without the part that named this plugin."""
        return url.difference_update_query(["plugin"])

    def engine_created(self, engine: Engine) -> None:
        """Listen to every connection and statement of the new engine."""
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "before_cursor_execute", _begin_immediate, retval=True)


def _set_pragmas(connection: Any, _record: Any) -> None:
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin_immediate(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    return ("BEGIN IMMEDIATE" if statement == "BEGIN" else statement), parameters
