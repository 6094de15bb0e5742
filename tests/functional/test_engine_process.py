# SPDX-License-Identifier: Apache-2.0
"""``ensemble-engine`` as a real process: it works without nova-api, and ends when it is told."""

import os
import signal
import subprocess
import sysconfig
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from placement_service import PlacementService
from test_uwsgi import NOVA, owner, waiting

from ensemble_api.store.api import Store
from tests.fakes.keystone import FakeKeystone

MORE = """
[DEFAULT]
transport_url = fake:/
[database]
connection = sqlite://
[api_database]
connection = sqlite://
"""


class EngineProcess:
    """One ensemble-engine with its log."""

    def __init__(self, directory: Path) -> None:
        self.log = directory / "engine.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    Path(sysconfig.get_path("scripts")) / "ensemble-engine",
                    *("--config-file", directory / "nova.conf"),
                ],
                env={**os.environ, "OS_NOVA_DISABLE_EVENTLET_PATCHING": "true"},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def until(self, condition: Callable[[], bool]) -> None:
        pause = threading.Event()
        for _ in range(1200):
            if condition():
                return
            assert self.process.poll() is None, self.log.read_text()
            pause.wait(0.05)
        raise AssertionError(self.log.read_text())


@pytest.fixture
def engine(
    store: Store, placement: PlacementService, tmp_path: Path
) -> Iterator[Callable[[], EngineProcess]]:
    keystone = FakeKeystone(placement.url)
    (tmp_path / "nova.conf").write_text(
        MORE
        + NOVA.format(
            connection=store.engine.url.render_as_string(hide_password=False),
            keystone=keystone.url,
        )
    )
    started: list[EngineProcess] = []

    def begin() -> EngineProcess:
        started.append(EngineProcess(tmp_path))
        return started[-1]

    yield begin
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()
    keystone.stop()


def test_an_engine_takes_what_waits_goes_on_after_sighup_and_gives_it_up_on_sigterm(
    engine: Callable[[], EngineProcess], store: Store
) -> None:
    ensemble_id = waiting(store)
    started = engine()
    started.until(lambda: owner(store, ensemble_id) is not None)
    started.process.send_signal(signal.SIGHUP)
    second = waiting(store, "00000000-0000-4000-8000-000000000001")
    started.until(lambda: owner(store, second) is not None)
    started.process.send_signal(signal.SIGTERM)
    assert started.process.wait(30) == 0, started.log.read_text()
    assert owner(store, ensemble_id) is None and owner(store, second) is None


def test_an_engine_of_a_service_without_trusts_says_why_it_does_not_work(
    engine: Callable[[], EngineProcess], store: Store, tmp_path: Path
) -> None:
    ensemble_id = waiting(store)
    file = tmp_path / "nova.conf"
    more = "[ensembles]\nmount = service\nuse_trusts = false\n"
    file.write_text(file.read_text().replace("[ensembles]\n", more))
    started = engine()
    started.until(lambda: "use_trusts must be on for ensemble-engine" in started.log.read_text())
    assert owner(store, ensemble_id) is None


def test_an_engine_without_a_database_says_what_is_wrong_and_ends_when_it_is_told(
    engine: Callable[[], EngineProcess], tmp_path: Path
) -> None:
    file = tmp_path / "nova.conf"
    file.write_text(file.read_text().replace("\nconnection = ", "\n# connection = "))
    started = engine()
    started.until(lambda: "[ensembles] connection is not set" in started.log.read_text())
    started.process.send_signal(signal.SIGTERM)
    assert started.process.wait(30) == 0, started.log.read_text()
