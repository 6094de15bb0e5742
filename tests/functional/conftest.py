# SPDX-License-Identifier: Apache-2.0
"""One Placement a process, and a fresh cloud and database for every test."""

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from oslo_config import cfg
from placement_service import PlacementService
from small_cloud import SmallCloud

from ensemble_api.store.api import Store


@pytest.fixture(scope="session")
def placement(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlacementService]:
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    service = PlacementService(tmp_path_factory.mktemp("placement"))
    yield service
    service.stop()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database, to be copied."""
    path = tmp_path_factory.mktemp("database") / "empty.sqlite"
    store = Store(f"sqlite:///{path}")
    store.upgrade()
    store.engine.dispose()
    return path


@pytest.fixture
def store(empty_database: Path, tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "ensembles.sqlite"
    shutil.copy(empty_database, path)
    store = Store(f"sqlite:///{path}")
    yield store
    store.engine.dispose()


@pytest.fixture
def cloud(placement: PlacementService, store: Store) -> SmallCloud:
    return SmallCloud.build(placement, store)


@pytest.fixture(scope="session", autouse=True)
def configuration() -> None:
    """oslo.policy looks for its file through the configuration, so one must have been read."""
    cfg.CONF([], project="nova", default_config_files=[])
