# SPDX-License-Identifier: Apache-2.0
"""One Placement a process, and a fresh cloud and database for every test."""

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from nova import policy as nova_policy
from oslo_config import cfg
from oslo_policy import opts
from placement_service import PlacementService
from small_cloud import Clock, SmallCloud

from ensemble_api.cloud.session import NAMING_A_HOST, PLACER_ROLE
from ensemble_api.store import rows
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
    policy.write_text(f'"{NAMING_A_HOST}": "role:admin or role:{PLACER_ROLE}"\n')
    opts.set_defaults(cfg.CONF, policy_file=str(policy))
    nova_policy.reset()
