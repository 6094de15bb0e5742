# SPDX-License-Identifier: Apache-2.0
"""Threads that read and then write one SQLite file, each in one transaction."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy
from oslo_db.sqlalchemy import enginefacade
from sqlalchemy import exc


def count_up(url: str, threads: int = 8, times: int = 10) -> int:
    """Let every thread read a number and write its successor; return what it is in the end."""
    facade = enginefacade.transaction_context()
    facade.configure(connection=url)
    engine = facade.writer.get_engine()
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(sqlalchemy.text("INSERT INTO counter VALUES (0)"))

    def work(_: int) -> None:
        for _ in range(times):
            with engine.begin() as connection:
                n = connection.execute(sqlalchemy.text("SELECT n FROM counter")).scalar_one()
                connection.execute(sqlalchemy.text("UPDATE counter SET n = :n"), {"n": n + 1})

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))
    with engine.connect() as connection:
        total: int = connection.execute(sqlalchemy.text("SELECT n FROM counter")).scalar_one()
    engine.dispose()
    return total


def test_no_update_is_lost_and_nothing_is_locked(tmp_path: Path) -> None:
    assert count_up(f"sqlite:///{tmp_path}/a.sqlite?plugin=ensemblecloud&timeout=60") == 80


def test_without_the_plugin_two_who_have_read_lock_each_other_out(tmp_path: Path) -> None:
    facade = enginefacade.transaction_context()
    facade.configure(connection=f"sqlite:///{tmp_path}/b.sqlite?timeout=1")
    engine = facade.writer.get_engine()
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(sqlalchemy.text("INSERT INTO counter VALUES (0)"))
    read = sqlalchemy.text("SELECT n FROM counter")
    write = sqlalchemy.text("UPDATE counter SET n = n + 1")
    with engine.connect() as one, engine.connect() as other:
        for connection in (one, other):
            connection.execute(read)
        one.execute(write)
        with pytest.raises(exc.OperationalError, match="database is locked"):
            other.execute(write)
    engine.dispose()


def test_sessions_one_after_another_use_one_connection(tmp_path: Path) -> None:
    facade = enginefacade.transaction_context()
    facade.configure(connection=f"sqlite:///{tmp_path}/c.sqlite?plugin=ensemblecloud&timeout=60")
    engine = facade.writer.get_engine()
    made: list[object] = []
    sqlalchemy.event.listen(engine, "connect", lambda connection, _record: made.append(connection))
    for _ in range(5):
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text("SELECT 1"))
    assert len(made) <= 1, "oslo.db itself may have had the first one"
    engine.dispose()
