# SPDX-License-Identifier: Apache-2.0
"""Private MariaDB and PostgreSQL servers: in a directory of their own, behind a socket in it."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import sqlalchemy as sa

_SECONDS = 60


@contextlib.contextmanager
def mariadb() -> Iterator[sa.URL]:
    """A MariaDB; gives the URL of its administrator. Its own characters end at U+FFFF."""
    with _directory("") as directory:
        # As root it wants to be told so.
        user = ["--user=root"] if os.geteuid() == 0 else []
        data, log = directory / "data", directory / "log"
        _run(
            [
                _found("mariadb-install-db"),
                *("--no-defaults", f"--datadir={data}", *user),
                *("--auth-root-authentication-method=normal", "--skip-test-db"),
            ],
            log,
        )
        command = [
            _found("mariadbd"),
            *("--no-defaults", f"--datadir={data}", *user),
            *(f"--socket={directory / 'socket'}", "--skip-networking", "--skip-log-bin"),
            *("--character-set-server=utf8mb3", "--collation-server=utf8mb3_general_ci"),
            *("--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M"),
        ]
        url = sa.URL.create(
            "mysql+pymysql",
            "root",
            host="localhost",
            database="mysql",
            query={"unix_socket": str(directory / "socket")},
        )
        with _running(command, url, log):
            yield url


@contextlib.contextmanager
def postgresql() -> Iterator[sa.URL]:
    """A PostgreSQL; gives the URL of its administrator. It refuses to run as root."""
    user = "postgres" if os.geteuid() == 0 else ""
    with _directory(user) as directory:
        data, log = directory / "data", directory / "log"
        _run(
            [
                _found("initdb"),
                *("--pgdata", data, "--username=ensembles", "--auth=trust", "--no-sync"),
                *("--encoding=UTF8", "--locale=C"),
            ],
            log,
            user,
        )
        command = [
            _found("postgres"),
            *("-D", data, "-k", directory, "-c", "listen_addresses="),
            *("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"),
        ]
        url = sa.URL.create(
            "postgresql+psycopg2",
            "ensembles",
            database="postgres",
            query={"host": str(directory)},
        )
        with _running(command, url, log, user):
            yield url


def fresh(server: sa.URL, name: str) -> sa.URL:
    """A new, empty database; gives its URL."""
    administer(server, f"CREATE DATABASE {name}")
    return server.set(database=name)


def administer(server: sa.URL, statement: str) -> None:
    """Run one statement outside of any transaction."""
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


@contextlib.contextmanager
def _directory(user: str) -> Iterator[Path]:
    """A directory with a short path, as those of sockets must be, which ``user`` owns."""
    directory = Path(tempfile.mkdtemp(prefix="ensembles-"))
    try:
        if user:
            shutil.chown(directory, user, user)
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _found(program: str) -> str:
    """The path of a program; Debian keeps PostgreSQL's by version, and off the PATH."""
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    path = str(kept[-1]) if kept else shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    assert path, f"{program} is missing: run tools/databases"
    return path


def _as(user: str, command: Sequence[object]) -> list[str]:
    """The command as ``user``; it ends with this process, however that ends."""
    other = [f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
    return ["setpriv", *other, "--pdeathsig=INT", *map(str, command)]


def _run(command: Sequence[object], log: Path, user: str = "") -> None:
    with log.open("ab") as output:
        done = subprocess.run(
            _as(user, command), stdout=output, stderr=subprocess.STDOUT, cwd="/", check=False
        )
    assert done.returncode == 0, log.read_text()


@contextlib.contextmanager
def _running(command: Sequence[object], url: sa.URL, log: Path, user: str = "") -> Iterator[None]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            _as(user, command), stdout=output, stderr=subprocess.STDOUT, cwd="/"
        )
    try:
        end = time.monotonic() + _SECONDS
        while True:
            try:
                administer(url, "SELECT 1")
                break
            except sa.exc.OperationalError:
                assert process.poll() is None and time.monotonic() < end, log.read_text()
                time.sleep(0.05)
        yield
    finally:
        process.kill()  # nothing in it is of use to anybody
        process.wait()
