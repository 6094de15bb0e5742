# SPDX-License-Identifier: Apache-2.0
"""The embedded cloud that the cloud and browser tests share: started once for a test run."""

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
_SCRIPTS = Path(sysconfig.get_path("scripts"))
_START_SECONDS = 900


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
def shared_cloud(run_id: str) -> Iterator[EmbeddedCloud]:
    """The cloud of a test run, whose workers may be several processes.

    The first one starts it, the last one stops it. A cloud of your own is used, and left running,
    when ENSEMBLE_TEST_CLOUD names its state directory.
    """
    named = os.environ.get("ENSEMBLE_TEST_CLOUD")
    if named:
        cloud = EmbeddedCloud(Path(named))
        assert cloud.status["state"] == "up", f"the embedded cloud in {named} is not running"
        yield cloud
        return
    BUILD.mkdir(exist_ok=True)
    users = BUILD / f"cloud-{run_id}.users"
    with _locked(users) as counted:
        if not counted:
            _remove_left_overs()
        cloud = EmbeddedCloud(Path(counted[0]) if counted else _new_state())
        if not counted:
            started = cloud.ensemble_cloud("up", "--detach", "--port-base", str(free_base()))
            assert started.returncode == 0, started.stdout + started.stderr
        _write(users, [str(cloud.state), *counted[1:], str(os.getpid())])
    try:
        yield cloud
    finally:
        with _locked(users) as counted:
            left = [pid for pid in counted[1:] if pid != str(os.getpid())]
            _write(users, [str(cloud.state), *left])
            if not left:
                cloud.ensemble_cloud("down")
                shutil.rmtree(LOGS, ignore_errors=True)
                shutil.copytree(cloud.state / "log", LOGS)
                shutil.rmtree(cloud.state, ignore_errors=True)
                users.unlink()


def _new_state() -> Path:
    return Path(tempfile.mkdtemp(prefix="cloud-", dir=BUILD))


def _remove_left_overs() -> None:
    """Stop and remove the clouds of test runs that were killed."""
    for users in BUILD.glob("cloud-*.users"):
        state, *pids = users.read_text().splitlines() or [""]
        if state and not any(psutil.pid_exists(int(pid)) for pid in pids):
            EmbeddedCloud(Path(state)).ensemble_cloud("down")
            shutil.rmtree(state, ignore_errors=True)
            users.unlink(missing_ok=True)


@contextmanager
def _locked(users: Path) -> Iterator[list[str]]:
    """Hold the lock and give the lines of its file: the state, and who uses it."""
    with (BUILD / "cloud.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield users.read_text().splitlines() if users.exists() else []


def _write(users: Path, lines: Sequence[str]) -> None:
    users.write_text("\n".join(lines) + "\n")
