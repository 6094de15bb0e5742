# SPDX-License-Identifier: Apache-2.0
"""One Placement a process, and a fresh cloud and database for every test.

The database is SQLite; tests of a module that says ``EVERY_DATABASE = True`` run on MariaDB and
PostgreSQL too.
"""

import contextlib
import itertools
import logging
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import database_servers
import pytest
import sqlalchemy as sa
from nova import policy as nova_policy
from oslo_config import cfg
from oslo_policy import opts
from placement_service import PlacementService
from small_cloud import Clock, SmallCloud

from ensemble_api.cloud import cells, forgotten
from ensemble_api.cloud.session import NAMING_A_HOST, PLACER_ROLE
from ensemble_api.store import models, rows
from ensemble_api.store.api import Store

SERVERS = {"mariadb": database_servers.mariadb, "postgresql": database_servers.postgresql}


@sa.event.listens_for(sa.Engine, "connect")
def _forgetful(connection: object, _: object) -> None:
    """Nobody needs a test's database after a power failure."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames and getattr(metafunc.module, "EVERY_DATABASE", False):
        metafunc.parametrize("database", ["sqlite", *SERVERS], indirect=True)


@pytest.fixture(scope="session")
def running_placement(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlacementService]:
    """The one of this process."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    service = PlacementService(tmp_path_factory.mktemp("placement"))
    yield service
    service.stop()


@pytest.fixture
def placement(running_placement: PlacementService) -> Iterator[PlacementService]:
    """Placement without any provider, as each of a thousand tests adds some."""
    yield running_placement
    running_placement.empty()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database, to be copied."""
    path = tmp_path_factory.mktemp("database") / "empty.sqlite"
    store = Store(f"sqlite:///{path}")
    store.upgrade()
    store.engine.dispose()
    return path


@pytest.fixture(scope="session")
def server() -> Iterator[Callable[[str], sa.URL]]:
    """Gives the URL of a database server, which is started when it is first asked for."""
    started: dict[str, sa.URL] = {}
    with contextlib.ExitStack() as running:

        def start(kind: str) -> sa.URL:
            if kind not in started:
                started[kind] = running.enter_context(SERVERS[kind]())
            return started[kind]

        yield start


@pytest.fixture(scope="session")
def migrated(server: Callable[[str], sa.URL]) -> Iterator[Callable[[str], Store]]:
    """Gives the one migrated database of a server, without any rows."""
    stores: dict[str, Store] = {}

    def emptied(kind: str) -> Store:
        if kind not in stores:
            url = database_servers.fresh(server(kind), "migrated")
            stores[kind] = Store(url.render_as_string(hide_password=False))
            stores[kind].upgrade()
        with stores[kind].engine.begin() as connection:
            for table in reversed(models.Base.metadata.sorted_tables):
                connection.execute(sa.delete(table))
        return stores[kind]

    yield emptied
    for store in stores.values():
        store.engine.dispose()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    return str(getattr(request, "param", "sqlite"))


_numbers = itertools.count()


@pytest.fixture
def new_database(
    database: str, server: Callable[[str], sa.URL], tmp_path: Path
) -> Iterator[Callable[[], Store]]:
    """Gives a store on a new database without any tables."""
    stores = []

    def make() -> Store:
        name = f"new_{next(_numbers)}"
        url = f"sqlite:///{tmp_path}/{name}.sqlite"
        if database != "sqlite":
            fresh = database_servers.fresh(server(database), name)
            url = fresh.render_as_string(hide_password=False)
        stores.append(Store(url))
        return stores[-1]

    yield make
    for store in stores:
        store.engine.dispose()


@pytest.fixture
def store(
    database: str,
    empty_database: Path,
    migrated: Callable[[str], Store],
    tmp_path: Path,
) -> Iterator[Store]:
    if database != "sqlite":
        yield migrated(database)
        return
    path = tmp_path / "ensembles.sqlite"
    shutil.copy(empty_database, path)
    store = Store(f"sqlite:///{path}")
    yield store
    store.engine.dispose()


@pytest.fixture
def cloud(placement: PlacementService, store: Store) -> SmallCloud:
    return SmallCloud.build(placement, store)


@pytest.fixture
def clock(cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the store and of Nova."""
    clock = Clock()
    monkeypatch.setattr(rows, "now", clock)
    cloud.nova.now = clock
    return clock


@pytest.fixture(scope="session", autouse=True)
def configuration(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The configuration through which oslo.policy looks for its file, and such a file for Nova."""
    cfg.CONF([], project="nova", default_config_files=[])
    policy = tmp_path_factory.mktemp("etc") / "policy.yaml"
    policy.write_text(f'"{NAMING_A_HOST}": "role:admin or service_roles:{PLACER_ROLE}"\n')
    opts.set_defaults(cfg.CONF, policy_file=str(policy))
    nova_policy.reset()


@pytest.fixture(autouse=True)
def no_nova_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fake Nova has no databases in which to look for cells, and for what it has forgotten."""
    monkeypatch.setattr(forgotten, "recall", lambda server_id: False)
    monkeypatch.setattr(cells, "by_host", dict)
