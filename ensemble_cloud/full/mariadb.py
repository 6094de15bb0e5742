# SPDX-License-Identifier: Apache-2.0
"""The MariaDB of a full cloud: behind a socket in its state directory."""

import os
import shutil
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from ensemble_cloud.full import programs
from ensemble_cloud.full.guard import guarded
from ensemble_cloud.processes import FOUNDATION, Processes
from ensemble_cloud.state import StateDirectory

DATABASES = (
    *("keystone", "placement", "glance", "neutron", "heat"),
    *("nova_api", "nova_cell0", "nova_cell1", "nova_cell2"),
)
ENSEMBLES = "ensembles"  # which an operator makes by hand
_READY_SECONDS = 60
_CHARACTERS = "CHARACTER SET utf8mb4"


class MariaDB:
    """One server with the databases of one cloud."""

    def __init__(self, state: StateDirectory, environment: dict[str, str]) -> None:
        self._state = state
        self._environment = environment
        self._data = state.databases / "mariadb"

    def start(self, processes: Processes, databases: Collection[str]) -> None:
        """Start the server, with empty databases the first time, and wait until it answers."""
        log = self._state.log("mariadb")
        if not (self._data / "mysql").exists():
            shutil.rmtree(self._data, ignore_errors=True)
            processes.run("mariadb-install", self._install(), log, self._environment)
        child = processes.start(
            "mariadb", guarded(self._command()), log, self._environment, layer=FOUNDATION
        )
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if child.process.poll() is not None:
                raise child.failure()
            try:
                with self._connection() as connection:
                    for name in databases:
                        connection.exec_driver_sql(
                            f"CREATE DATABASE IF NOT EXISTS {name} {_CHARACTERS}"
                        )
                    return
            except sa.exc.OperationalError:
                time.sleep(0.1)
        raise child.silence(_READY_SECONDS)

    def create(self, name: str) -> None:
        """Make an empty database in the place of whatever has its name."""
        with self._connection() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
            connection.exec_driver_sql(f"CREATE DATABASE {name} {_CHARACTERS}")

    def copy_tables(self, source: str, target: str) -> None:
        """Make the tables of a database in an empty one, with no row but the schema's revision."""
        with self._connection() as connection:
            run = connection.exec_driver_sql
            run("SET FOREIGN_KEY_CHECKS = 0")
            run(f"USE {target}")
            for (table,) in run(f"SHOW TABLES FROM {source}").fetchall():
                run(run(f"SHOW CREATE TABLE {source}.{table}").one()[1])
            run(f"INSERT INTO alembic_version SELECT * FROM {source}.alembic_version")  # noqa: S608

    @contextmanager
    def _connection(self) -> Iterator[sa.Connection]:
        """A connection of the administrator; every statement is a transaction."""
        url = sa.make_url(url_of(self._state, "mysql"))
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            yield connection

    def _install(self) -> Sequence[str]:
        return [
            programs.path_of("mariadb-install-db"),
            *("--no-defaults", f"--datadir={self._data}", *_user()),
            *("--auth-root-authentication-method=normal", "--skip-test-db"),
        ]

    def _command(self) -> Sequence[str]:
        return [
            programs.path_of("mariadbd"),
            *("--no-defaults", f"--datadir={self._data}", *_user()),
            *(f"--socket={_socket(self._state)}", "--skip-networking", "--skip-log-bin"),
            *("--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci"),
            *("--max-connections=1000", "--innodb-buffer-pool-size=128M"),
            # A crash of the machine may lose the demo cloud; a crash of a process cannot.
            "--innodb-flush-log-at-trx-commit=2",
        ]


def url_of(state: StateDirectory, name: str) -> str:
    """Return the SQLAlchemy URL of a database."""
    socket = _socket(state)
    return f"mysql+pymysql://root@localhost/{name}?unix_socket={socket}&charset=utf8mb4"


def _socket(state: StateDirectory) -> Path:
    return state.run / "mariadb.sock"


def _user() -> list[str]:
    # As root it wants to be told so.
    return ["--user=root"] if os.geteuid() == 0 else []
