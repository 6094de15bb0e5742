# SPDX-License-Identifier: Apache-2.0
"""Any character in every table: what MySQL and MariaDB must be told, and others need not be."""

import contextlib
from collections.abc import Iterator

import sqlalchemy as sa

from ensemble_api import exception

CHARSET = "utf8mb4"
# Compares code points, as the other databases do: ids and names that differ in case are different.
COLLATION = "utf8mb4_bin"
REPLACEMENT = "\ufffd"
MOST = 10_000  # of four bytes at most, where a TEXT of MySQL has room for 65,535


def connection_url(text: str) -> sa.URL:
    """The URL with the charset that MySQL and MariaDB need; oslo.db's own ends at U+FFFF.

    :raises ensemble_api.exception.Unavailable: when it names another one.
    """
    url = sa.make_url(text)
    if url.get_backend_name() == "mariadb":  # whose errors oslo.db does not know
        raise exception.Unavailable(
            "[ensembles] connection: begin it with mysql+pymysql:// for MariaDB too."
        )
    if not _concerns(url.get_backend_name()):
        return url
    if url.query.get("charset", CHARSET) != CHARSET:
        raise exception.Unavailable(
            f"[ensembles] connection: say charset={CHARSET} or nothing of the charset."
        )
    return url.update_query_dict({"charset": CHARSET})


def storable(text: str) -> str:
    """As much of a text as a column of words holds, without what no database has in text."""
    held = text[:MOST].encode("utf-8", "replace").decode()
    return held.replace("\0", REPLACEMENT)


def convert(engine: sa.Engine) -> None:
    """Convert all tables, and see to it that new ones are made alike."""
    if not _concerns(engine.dialect.name):
        return
    with engine.begin() as connection:
        how = f"CHARACTER SET {CHARSET} COLLATE {COLLATION}"
        database = connection.scalar(sa.text("SELECT DATABASE()"))
        default = connection.scalar(sa.text("SELECT @@collation_database"))
        if default != COLLATION:
            connection.exec_driver_sql(f"ALTER DATABASE `{database}` {how}")
        tables = _tables_of_other_characters(connection)
        if tables:
            with _foreign_keys_away(connection):
                for table in tables:
                    connection.exec_driver_sql(f"ALTER TABLE `{table}` CONVERT TO {how}")
                    for column, nullable in _widened(connection, table):
                        null = "NULL" if nullable == "YES" else "NOT NULL"
                        connection.exec_driver_sql(
                            f"ALTER TABLE `{table}` MODIFY `{column}` TEXT {null}"
                        )


@contextlib.contextmanager
def _foreign_keys_away(connection: sa.Connection) -> Iterator[None]:
    """Both ends of a foreign key are text, and neither may change while it is there."""
    inspector = sa.inspect(connection)
    keys = [
        (table, key)
        for table in inspector.get_table_names()
        for key in inspector.get_foreign_keys(table)
    ]
    for table, key in keys:
        connection.exec_driver_sql(f"ALTER TABLE `{table}` DROP FOREIGN KEY `{key['name']}`")
    yield
    for table, key in keys:
        (column,), (referred,) = key["constrained_columns"], key["referred_columns"]
        connection.exec_driver_sql(
            f"ALTER TABLE `{table}` ADD CONSTRAINT `{key['name']}` FOREIGN KEY (`{column}`)"
            f" REFERENCES `{key['referred_table']}` (`{referred}`)"
            f" ON DELETE {key['options'].get('ondelete', 'RESTRICT')}"
        )


def check(engine: sa.Engine) -> None:
    """Refuse a database that does not hold every character.

    :raises ensemble_api.exception.Unavailable: which says what to do.
    """
    if _concerns(engine.dialect.name):
        with engine.connect() as connection:
            tables = _tables_of_other_characters(connection)
        if tables:
            raise exception.Unavailable(
                f"The ensembles database is not {CHARSET} ({', '.join(tables)}); "
                "run: ensemble-manage db sync"
            )


def _widened(connection: sa.Connection, table: str) -> list[tuple[str, str]]:
    """The text columns that a conversion made larger than the models have them."""
    found = connection.execute(
        sa.text(
            "SELECT column_name, is_nullable FROM information_schema.columns"
            " WHERE table_schema = DATABASE() AND table_name = :name AND data_type = 'mediumtext'"
        ),
        {"name": table},
    )
    return [(row[0], row[1]) for row in found]


def _concerns(dialect: str) -> bool:
    return dialect == "mysql"


def _tables_of_other_characters(connection: sa.Connection) -> list[str]:
    """The tables that have a column of other characters."""
    return list(
        connection.scalars(
            sa.text(
                "SELECT DISTINCT table_name FROM information_schema.columns"
                " WHERE table_schema = DATABASE() AND collation_name <> :collation"
                " AND table_name <> 'alembic_version' ORDER BY table_name"
            ),
            {"collation": COLLATION},
        )
    )
