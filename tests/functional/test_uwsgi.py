# SPDX-License-Identifier: Apache-2.0
"""The filter in a real uWSGI with two processes: when its threads start, and how they end."""

import configparser
import json
import os
import re
import signal
import socket
import subprocess
import sysconfig
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa
from placement_service import PlacementService
from test_store import record

from ensemble_api.records import MemberStatus, Status
from ensemble_api.store import models
from ensemble_api.store.api import Store
from tests.fakes.keystone import FakeKeystone

HERE = Path(__file__).parent
INSTALLING = HERE.parents[1] / "doc/admin/install.md"
OWN = {"module", "http-socket", "processes"}  # what the test says itself
PROCESSES = 2

PASTE = """
[composite:osapi_compute]
use = egg:Paste#urlmap
/v2: legacy
/v2.1: current

[pipeline:legacy]
pipeline = context ensembles compute

[pipeline:current]
pipeline = context ensembles compute

[filter:context]
paste.filter_factory = uwsgi_application:context_factory

[filter:ensembles]
paste.filter_factory = ensemble_api.middleware:filter_factory

[app:compute]
paste.app_factory = uwsgi_application:compute_factory
"""

NOVA = """
[ensembles]
connection = {connection}
poll_interval = 0.2
lease_seconds = 60
auth_section = placement

[placement]
auth_type = password
auth_url = {keystone}
username = nova
password = secret
project_name = service
user_domain_name = Default
project_domain_name = Default

[neutron]
auth_section = placement
"""


class Uwsgi:
    """One uWSGI with its log."""

    def __init__(self, directory: Path, *options: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as http:
            address = f"127.0.0.1:{http.getsockname()[1]}"
        self.url = f"http://{address}"
        self.stats = directory / "stats.socket"
        self.log = directory / "uwsgi.log"
        environment = {
            **os.environ,
            "ENSEMBLE_TEST_CONF": str(directory / "nova.conf"),
            "ENSEMBLE_TEST_PASTE": str(directory / "paste.ini"),
            "OS_NOVA_DISABLE_EVENTLET_PATCHING": "true",
        }
        command = [
            Path(sysconfig.get_path("scripts")) / "uwsgi",
            *("--master", "--die-on-term", "--need-app", "--enable-threads"),
            *("--processes", str(PROCESSES), "--http-socket", address),
            *("--worker-reload-mercy", "15", "--reload-mercy", "15"),
            *("--stats", self.stats),
            *("--pythonpath", HERE, "--module", "uwsgi_application:application"),
            *options,
        ]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self, condition: Callable[[], bool], seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)

    def until_spawned(self) -> None:
        self.wait(lambda: f"spawned uWSGI worker {PROCESSES}" in self.log.read_text())

    def threads(self) -> dict[int, Counter[str]]:
        """The threads of each process by name, asked of both pipelines until all have answered."""
        found: dict[int, Counter[str]] = {}

        def asked() -> bool:
            for pipeline in ("v2", "v2.1"):
                told = requests.get(f"{self.url}/{pipeline}/whoami", timeout=30).json()
                found[told["process"]] = Counter(told["threads"])
            return len(found) == PROCESSES

        self.wait(asked)
        return found

    def until_idle(self) -> None:
        """Until no worker has a request, as it does for a moment after its client has the answer.

        One that is busy when it is told to end does so without its exit handlers.
        """

        def idle() -> bool:
            with socket.socket(socket.AF_UNIX) as stats:
                stats.connect(str(self.stats))
                workers = json.load(stats.makefile())["workers"]
            return [each["status"] for each in workers] == ["idle"] * PROCESSES

        self.wait(idle)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)  # a worker that hangs outlives its master
        self.process.wait()


@pytest.fixture
def start(
    store: Store, placement: PlacementService, tmp_path: Path
) -> Iterator[Callable[..., Uwsgi]]:
    keystone = FakeKeystone(placement.url)
    (tmp_path / "paste.ini").write_text(PASTE)
    (tmp_path / "nova.conf").write_text(
        NOVA.format(
            connection=store.engine.url.render_as_string(hide_password=False),
            keystone=keystone.url,
        )
    )
    started: list[Uwsgi] = []

    def begin(*options: str) -> Uwsgi:
        started.append(Uwsgi(tmp_path, *options))
        return started[-1]

    yield begin
    for each in started:
        if each.process.poll() is None:
            each.kill()
    keystone.stop()


def of_the_page() -> tuple[str, ...]:
    """The options with which the page has operators serve nova-api."""
    found = re.search(r"```ini\n(\[uwsgi\]\n.*?)```", INSTALLING.read_text(), re.DOTALL)
    assert found
    page = configparser.ConfigParser()
    page.read_string(found[1])
    assert set(page["uwsgi"]) >= OWN
    return tuple(
        f"--{name}" if value == "true" else f"--{name}={value}"
        for name, value in page["uwsgi"].items()
        if name not in OWN
    )


SERVER = "00000000-0000-4000-8000-000000000000"


def waiting(store: Store, server_id: str = SERVER) -> str:
    """An ensemble whose only server is never built, which nobody works on; gives its id."""
    new = record(members=1)
    server = replace(new.members[0], status=MemberStatus.BUILDING)
    store.create(replace(new, members=(server,)), "api", 60)
    store.transition(new.id, [Status.RESERVING], Status.BUILDING)
    store.update_member(new, server, "api", server_id=server_id)
    store.release(new.id, "api")
    return new.id


def owner(store: Store, ensemble_id: str) -> str | None:
    with store.reading() as session:
        return session.scalar(
            sa.select(models.Ensemble.lease_owner).where(models.Ensemble.id == ensemble_id)
        )


@pytest.mark.parametrize(
    "options",
    [
        pytest.param((), id="loaded before the fork"),
        pytest.param(("--threads", "4"), id="several threads, loaded before the fork"),
        pytest.param(of_the_page(), id="as the page about the installation says"),
    ],
)
def test_a_start_has_one_worker_a_process_which_takes_what_waits_and_gives_it_up_on_sigterm(
    start: Callable[..., Uwsgi], store: Store, options: tuple[str, ...]
) -> None:
    ensemble_id = waiting(store)
    uwsgi = start(*options)
    uwsgi.until_spawned()
    # No request has come, whose process would have begun to work.
    uwsgi.wait(lambda: owner(store, ensemble_id) is not None)
    # uWSGI itself loses a signal, or the exit handlers of all, while its processes come up.
    uwsgi.threads()
    uwsgi.wait(lambda: all(each["ensemble-dispatch"] == 1 for each in uwsgi.threads().values()))
    uwsgi.until_idle()
    uwsgi.stop()
    assert owner(store, ensemble_id) is None, uwsgi.log.read_text()
    # This is what uWSGI writes when a process did not end by itself in the time that it has.
    assert "NO MERCY" not in uwsgi.log.read_text()
