# SPDX-License-Identifier: Apache-2.0
"""How each service's process is started and how its tools are called."""

import os
import shutil
import sys
import sysconfig
import time
from collections.abc import Sequence
from pathlib import Path

import requests

from ensemble_cloud.config.cloud import Cloud
from ensemble_cloud.processes import NOVA, SERVICES, Child, Processes

ENGINE = "ensemble-engine"  # which has no port
_READY_SECONDS = 180
# Placement gets one: with more, a read on SQLite may wait for the write that waits for it.
_THREADS = {
    "keystone": 8,
    "placement": 1,
    "glance": 4,
    "neutron": 12,
    "dashboard": 8,
    "ensembles": 8,
}
# Below 500: the service itself answers, if only that it wants a login.
_ROOTS = {
    "keystone": "/v3",
    "placement": "/",
    "glance": "/versions",
    "neutron": "/",
    "cinder": "/",
    "heat": "/healthcheck",
    "nova": "/",
    "dashboard": "/auth/login/",
    "ensembles": "/",
}


class Services:
    """The processes of one cloud, with the command and the environment each of them needs."""

    def __init__(self, cloud: Cloud, processes: Processes) -> None:
        self._cloud = cloud
        self._processes = processes

    def start(self, service: str) -> Child:
        """Start a service; it is not ready yet."""
        log = self._cloud.state.log(service)
        layer = NOVA if service in ("nova", "dashboard", "ensembles", ENGINE) else SERVICES
        return self._processes.start(
            service, self._command(service), log, self.environment(), layer=layer
        )

    def wait_ready(self, child: Child) -> None:
        """Wait until a service answers. Raises ChildError when it ends or is silent too long."""
        url = self._cloud.ports.url(child.name) + _ROOTS[child.name]
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if child.process.poll() is not None:
                raise child.failure()
            try:
                if requests.get(url, timeout=60).status_code < 500:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.2)
        raise child.silence(_READY_SECONDS)

    def run_tool(self, name: str, tool: str, arguments: Sequence[str]) -> None:
        """Run one of the services' command line tools, with its output in the log of that name."""
        script = Path(sysconfig.get_path("scripts")) / tool
        self._run(name, [sys.executable, str(script), *arguments])

    def run_module(self, name: str, module: str, arguments: Sequence[str]) -> None:
        """Run a Python module as a program, with its output in the log of that name."""
        self._run(name, [sys.executable, "-m", module, *arguments])

    def environment(self) -> dict[str, str]:
        """Return the environment of all children: it tells each service its configuration."""
        etc = self._cloud.state.etc
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("OS_", "PYTHON", "DJANGO_"))
        }
        return {
            **kept,
            "PYTHONPATH": str(etc / "dashboard"),
            "PYTHONWARNINGS": "ignore",
            "PYTHONUNBUFFERED": "1",
            "OS_KEYSTONE_CONFIG_DIR": str(etc / "keystone"),
            "OS_PLACEMENT_CONFIG_DIR": str(etc / "placement"),
            "OS_GLANCE_CONFIG_DIR": str(etc / "glance"),
            "OS_NEUTRON_CONFIG_DIR": str(etc / "neutron"),
            "OS_NEUTRON_CONFIG_FILES": "neutron.conf",
            "OS_NOVA_CONFIG_DIR": str(etc / "nova"),
            "OS_ENSEMBLES_CONFIG_FILES": str(etc / "ensembles/ensembles.conf"),
            "OS_NOVA_DISABLE_EVENTLET_PATCHING": "true",
            "OS_CINDER_DISABLE_EVENTLET_PATCHING": "true",
            "DJANGO_SETTINGS_MODULE": "openstack_dashboard.settings",
        }

    def _command(self, service: str) -> list[str]:
        """Return the command that serves a service."""
        if service == ENGINE:
            config = str(self._cloud.state.etc / "ensembles/ensembles.conf")
            return [sys.executable, "-m", "ensemble_cloud.engine_process", config]
        port = str(self._cloud.ports.of(service.removesuffix("-engine")))
        if service == "nova":
            needed = [self._cloud.auth_url, self._cloud.ports.url("placement")]
            command = ["ensemble_cloud.nova_process", str(self._cloud.state.root), port, *needed]
        elif service == "cinder":
            config = str(self._cloud.state.etc / "cinder/cinder.conf")
            command = ["ensemble_cloud.cinder_process", config, port]
        elif service.startswith("heat"):
            config = str(self._cloud.state.etc / "heat/heat.conf")
            command = ["ensemble_cloud.heat_process", config, self._part_of_heat(service), port]
        else:
            threads = str(self._threads(service))
            command = ["ensemble_cloud.serve", service, port, threads]
        return [sys.executable, "-m", *command]

    def _part_of_heat(self, _service: str) -> str:
        """Return what of Heat is in a process; its messages stay in one."""
        return "all"

    def _threads(self, service: str) -> int:
        """Return how many requests a service answers at the same time."""
        return _THREADS[service]

    def clear_static(self) -> None:
        """Remove the dashboard's static files."""
        shutil.rmtree(self._cloud.state.static, ignore_errors=True)

    def _run(self, name: str, command: Sequence[str]) -> None:
        self._processes.run(name, command, self._cloud.state.log(name), self.environment())
