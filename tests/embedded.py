# SPDX-License-Identifier: Apache-2.0
"""The embedded cloud of the cloud and browser tests: one for each process that runs some."""

import fcntl
import json
import os
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openstack
import psutil

from ensemble_cloud.ports import free_base

BUILD = Path(__file__).parents[1] / "build"
LOGS = BUILD / "cloud-log"  # of the last run, for whoever looks for the cause of a failure
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
_SCRIPTS = Path(sysconfig.get_path("scripts"))
_START_SECONDS = 900
_PORTS_OF_WORKER = 1000


class EmbeddedCloud:
    """A running embedded cloud."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self._connections: dict[str, openstack.connection.Connection] = {}

    @property
    def status(self) -> dict[str, Any]:
        """What `ensemble-cloud status --json` says now."""
        found: dict[str, Any] = json.loads(self.ensemble_cloud("status", "--json").stdout)
        return found

    @property
    def env(self) -> dict[str, str]:
        """The environment for clients: only their configuration comes from this cloud."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
        return {
            **kept,
            "OS_CLIENT_CONFIG_FILE": str(self.state / "clouds.yaml"),
            "PYTHONWARNINGS": "ignore",
        }

    def connection(self, name: str) -> openstack.connection.Connection:
        """An SDK connection as demo, demo2, reader or admin."""
        if name not in self._connections:
            config = openstack.config.OpenStackConfig(
                config_files=[str(self.state / "clouds.yaml")], load_envvars=False
            )
            self._connections[name] = openstack.connection.Connection(config=config.get_one(name))
        return self._connections[name]

    def run(self, args: Sequence[str], **options: Any) -> "subprocess.CompletedProcess[str]":
        """Run the `openstack` command line to its end."""
        return self._run("openstack", args, **options)

    def ensemble_cloud(self, *args: str) -> "subprocess.CompletedProcess[str]":
        """Run `ensemble-cloud` on this cloud to its end."""
        return self._run("ensemble-cloud", ["--state", str(self.state), *args])

    def _run(
        self, tool: str, args: Sequence[str], **options: Any
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(_SCRIPTS / tool), *args],
            env=self.env,
            text=True,
            capture_output=True,
            timeout=_START_SECONDS,
            check=False,
            **options,
        )


@contextmanager
def started_cloud() -> Iterator[EmbeddedCloud]:
    """A cloud for this process alone, or the one whose state ENSEMBLE_TEST_CLOUD names.

    The latter is left running.
    """
    named = os.environ.get("ENSEMBLE_TEST_CLOUD")
    if named:
        cloud = EmbeddedCloud(Path(named))
        assert cloud.status["state"] == "up", f"the embedded cloud in {named} is not running"
        yield cloud
        return
    BUILD.mkdir(exist_ok=True)
    owner = BUILD / f"cloud-{os.getpid()}.owner"
    # One after another: a start keeps all processors busy, and tests can begin on the first.
    with _locked():
        _remove_left_overs()
        cloud = EmbeddedCloud(Path(tempfile.mkdtemp(prefix="cloud-", dir=BUILD)))
        owner.write_text(str(cloud.state))
        started = cloud.ensemble_cloud(
            "up", "--detach", "--with-volumes", "--port-base", str(free_port_base())
        )
    try:
        assert started.returncode == 0, started.stdout + started.stderr
        yield cloud
    finally:
        cloud.ensemble_cloud("down")
        logs = LOGS / WORKER
        shutil.rmtree(logs, ignore_errors=True)
        shutil.copytree(cloud.state / "log", logs)
        shutil.rmtree(cloud.state, ignore_errors=True)
        owner.unlink()


def free_port_base() -> int:
    """A base of free ports.

    Each worker of pytest-xdist has a range of its own: what another one has chosen, or restarts, is
    free for a while.
    """
    number = int(WORKER.removeprefix("gw"))
    first = 20000 + number * _PORTS_OF_WORKER
    return free_base(first, first + _PORTS_OF_WORKER)


def _remove_left_overs() -> None:
    """Stop and remove the clouds of test runs that were killed."""
    for owner in BUILD.glob("cloud-*.owner"):
        if not psutil.pid_exists(int(owner.stem.partition("-")[2])):
            state = Path(owner.read_text())
            EmbeddedCloud(state).ensemble_cloud("down")
            shutil.rmtree(state, ignore_errors=True)
            owner.unlink(missing_ok=True)


@contextmanager
def _locked() -> Iterator[None]:
    with (BUILD / "cloud.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
