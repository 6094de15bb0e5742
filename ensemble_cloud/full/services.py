# SPDX-License-Identifier: Apache-2.0
"""How the processes of the full profile are started."""

import json
import sys
from pathlib import Path

import ensemble_cloud
from ensemble_cloud.config import nova_cells
from ensemble_cloud.config.nova_cells import NovaProcess
from ensemble_cloud.full import programs, rabbitmq
from ensemble_cloud.full.guard import guarded
from ensemble_cloud.full.mariadb import DATABASES, ENSEMBLES, MariaDB
from ensemble_cloud.full.rabbitmq import RabbitMQ
from ensemble_cloud.ports import ADDRESS
from ensemble_cloud.processes import NOVA, Child
from ensemble_cloud.services import Services

_PLACEMENT_THREADS = 4
_API_PROCESSES = 2
_API_THREADS = 8
_MAPPINGS = "ensemble_cloud.full.cell_mappings"


class FullServices(Services):
    """The services of a full cloud, and what they stand on."""

    def start_database(self) -> None:
        """Start MariaDB and wait until it answers."""
        ours = () if self._cloud.nova_environment else (ENSEMBLES,)
        self.database.start(self._processes, (*DATABASES, *ours))

    @property
    def database(self) -> MariaDB:
        """The server of all databases."""
        return MariaDB(self._cloud.state, self.environment())

    def start_messaging(self) -> None:
        """Start RabbitMQ and wait until it answers."""
        broker = RabbitMQ(self._cloud.state, self._cloud.ports, self.environment())
        broker.start(self._processes, (nova_cells.API, *nova_cells.CELLS))

    def start_nova(self, process: NovaProcess) -> Child:
        """Start a process of Nova other than the API."""
        files = nova_cells.config_files(self._cloud, process)
        arguments = [argument for path in files for argument in ("--config-file", str(path))]
        apart = self._cloud.nova_environment
        if apart and process.program == "scheduler":
            command = guarded([str(apart / "bin/nova-scheduler"), *arguments])
        else:
            command = [
                *(sys.executable, "-m", "ensemble_cloud.full.nova_program"),
                *(process.program, str(self._cloud.state.root)),
                *arguments,
            ]
        return self._processes.start(
            process.name,
            command,
            self._cloud.state.log(process.name),
            self.environment(),
            layer=NOVA,
        )

    def map_cells(self) -> None:
        """Tell Nova of its cells."""
        cells = {"cell0": ("none:///", self._cloud.database_url("nova_cell0"))}
        for name in nova_cells.CELLS:
            url = rabbitmq.url(self._cloud.ports, name)
            cells[name] = (url, self._cloud.database_url(f"nova_{name}"))
        self.run_module("map-cells", _MAPPINGS, ["cells", json.dumps(cells)])

    def map_hosts(self) -> None:
        """Tell Nova which cell each host is in."""
        self.run_module("map-hosts", _MAPPINGS, ["hosts"])

    def _command(self, service: str) -> list[str]:
        if service != "nova":
            return super()._command(service)
        apart = self._cloud.nova_environment
        return guarded(
            [
                str(apart / "bin/uwsgi") if apart else programs.path_of("uwsgi"),
                *("--master", "--die-on-term", "--need-app", "--enable-threads", "--lazy-apps"),
                *("--processes", str(_API_PROCESSES), "--threads", str(_API_THREADS)),
                *("--http-socket", f"{ADDRESS}:{self._cloud.ports.of('nova')}"),
                *("--module", "nova.wsgi.osapi_compute:application"),
                *("--worker-reload-mercy", "15", "--buffer-size", "65535"),
                *("--thunder-lock", "--disable-logging"),
                # It closes connections and does not say so, and clients would use them again.
                *("--add-header", "Connection: close"),
                *(() if apart else ("--pythonpath", str(Path(ensemble_cloud.__file__).parents[1]))),
            ]
        )

    def _part_of_heat(self, service: str) -> str:
        return "engine" if service.endswith("-engine") else "api"

    def _threads(self, service: str) -> int:
        return _PLACEMENT_THREADS if service == "placement" else super()._threads(service)
