# SPDX-License-Identifier: Apache-2.0
"""The steps to a full cloud that is ready."""

import time

from ensemble_cloud import control
from ensemble_cloud.bring_up import BringUp
from ensemble_cloud.config import nova_cells
from ensemble_cloud.config.cloud import Cloud
from ensemble_cloud.full import programs
from ensemble_cloud.full.hosts import Hosts
from ensemble_cloud.full.services import FullServices
from ensemble_cloud.processes import Processes
from ensemble_cloud.steps import Step

_HOSTS_SECONDS = 300
_CELL_DATABASES = ("nova_cell0", "nova_cell2")  # with the tables of that of cell1


class FullBringUp(BringUp):
    """The steps of one start on MariaDB and RabbitMQ."""

    def __init__(
        self,
        cloud: Cloud,
        processes: Processes,
        *,
        with_dashboard: bool = True,
        with_background: bool = True,
    ) -> None:
        programs.check()
        super().__init__(
            cloud, processes, with_dashboard=with_dashboard, with_background=with_background
        )
        self._services: FullServices = FullServices(cloud, processes)
        self._hosts = Hosts(cloud, processes, self._services)

    def steps(self) -> list[Step]:
        """Return the steps; those that take longest come first where there is a choice."""
        return [
            Step("mariadb", self._services.start_database),
            Step("rabbitmq", self._services.start_messaging),
            *super().steps(),
        ]

    def _foundation(self) -> tuple[str, ...]:
        return ("mariadb",)

    def _forget_database(self, name: str) -> None:
        self._services.database.create(name)

    def _heat_steps(self) -> list[Step]:
        def start_engine() -> None:
            self._services.start("heat-engine")

        engine = Step("heat-engine", start_engine, ("rabbitmq", "database heat", "users"))
        return [*super()._heat_steps(), engine]

    def _nova_files(self) -> list[str]:
        cell1 = self._state.etc / "nova" / f"{nova_cells.CELLS[0]}.conf"
        return [*super()._nova_files(), "--config-file", str(cell1)]

    def _copy_cell(self) -> None:
        for name in _CELL_DATABASES:
            self._services.database.create(name)
            self._services.database.copy_tables("nova_cell1", name)

    def _nova_steps(self, needs: tuple[str, ...]) -> list[Step]:
        processes = nova_cells.processes(self._cloud)
        control_plane = [each for each in processes if each.program != "compute"]
        computes = [each for each in processes if each.program == "compute"]

        def start(these: list[nova_cells.NovaProcess]) -> None:
            for process in these:
                self._services.start_nova(process)

        return [
            Step("cells", self._services.map_cells, ("rabbitmq", *needs)),
            Step("nova control plane", lambda: start(control_plane), ("cells", "placement")),
            Step("nova", self._start_nova, ("cells",)),
            Step("computes", lambda: start(computes), ("nova control plane",)),
            Step("hosts", self._wait_hosts, ("nova", "computes", "catalog", "keystone")),
        ]

    def _start_nova(self) -> None:
        self._services.wait_ready(self._services.start("nova"))

    def _wait_hosts(self) -> None:
        deadline = time.monotonic() + _HOSTS_SECONDS
        while not self._hosts.all_up():
            if time.monotonic() > deadline:
                raise self._hosts.silence(_HOSTS_SECONDS)
            time.sleep(0.5)
        self._services.map_hosts()
        control.listen(self._state.run, self._hosts.answer)
