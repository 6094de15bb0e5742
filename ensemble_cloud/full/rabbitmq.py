# SPDX-License-Identifier: Apache-2.0
"""The RabbitMQ of a full cloud: one virtual host for the API and one for each cell."""

import json
import socket
import time
from collections.abc import Sequence

from ensemble_cloud.full import programs
from ensemble_cloud.full.guard import guarded
from ensemble_cloud.ports import ADDRESS, Ports
from ensemble_cloud.processes import FOUNDATION, Child, Processes
from ensemble_cloud.state import StateDirectory, write_private

_READY_SECONDS = 90
_USER = "guest"  # whom RabbitMQ makes itself, and lets in from this machine alone


class RabbitMQ:
    """One broker, with the name service that Erlang wants beside it."""

    def __init__(self, state: StateDirectory, ports: Ports, environment: dict[str, str]) -> None:
        self._state = state
        self._ports = ports
        self._data = state.data / "rabbitmq"
        self._environment = {**environment, **self._variables()}

    def start(self, processes: Processes, virtual_hosts: Sequence[str]) -> None:
        """Start the broker with these virtual hosts, and wait until it answers."""
        self._write_files(virtual_hosts)
        self._begin(processes, "epmd", [programs.path_of("epmd")])
        child = self._begin(processes, "rabbitmq", [programs.path_of("rabbitmq-server")])
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if child.process.poll() is not None:
                raise child.failure()
            try:
                with socket.create_connection((ADDRESS, self._ports.of("rabbitmq")), 1):
                    return
            except OSError:
                time.sleep(0.2)
        raise child.silence(_READY_SECONDS)

    def _begin(self, processes: Processes, name: str, command: Sequence[str]) -> Child:
        log = self._state.log(name)
        return processes.start(name, guarded(command), log, self._environment, layer=FOUNDATION)

    def _variables(self) -> dict[str, str]:
        port = self._ports.of("rabbitmq")
        return {
            "HOME": str(self._data),  # where Erlang keeps its cookie
            "ERL_EPMD_PORT": str(self._ports.of("epmd")),
            "ERL_EPMD_ADDRESS": ADDRESS,
            "RABBITMQ_NODENAME": f"ensembles{port}@localhost",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(self._data / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._data / "enabled_plugins"),
            "RABBITMQ_PLUGINS_EXPAND_DIR": str(self._data / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(self._data / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self._data / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(self._data / "pid"),
            "RABBITMQ_DIST_PORT": str(self._ports.of("rabbitmq nodes")),
        }

    def _write_files(self, virtual_hosts: Sequence[str]) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        definitions = self._data / "definitions.json"
        content = {
            "vhosts": [{"name": name} for name in virtual_hosts],
            "users": [{"name": _USER, "password": _USER, "tags": "administrator"}],
            "permissions": [
                {"user": _USER, "vhost": name, "configure": ".*", "write": ".*", "read": ".*"}
                for name in virtual_hosts
            ],
            # Nova makes a queue for its notifications, which nobody reads here: ours is another.
            "policies": [
                {
                    "vhost": name,
                    "name": "notifications",
                    "pattern": "^versioned_notifications",
                    "apply-to": "queues",
                    "definition": {"max-length": 1000},
                }
                for name in virtual_hosts
            ],
        }
        write_private(definitions, json.dumps(content, indent=1))
        configuration = [
            f"listeners.tcp.local = {ADDRESS}:{self._ports.of('rabbitmq')}",
            f"load_definitions = {definitions}",
            "log.console.level = warning",
        ]
        write_private(self._data / "rabbitmq.conf", "\n".join(configuration) + "\n")
        write_private(self._data / "enabled_plugins", "[].\n")


def url(ports: Ports, virtual_host: str) -> str:
    """Return the transport URL of a virtual host."""
    path = "" if virtual_host == "/" else virtual_host
    return f"rabbit://{_USER}:{_USER}@{ADDRESS}:{ports.of('rabbitmq')}/{path}"
