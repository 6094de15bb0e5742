# SPDX-License-Identifier: Apache-2.0
"""The compute services of a full cloud: what Nova says of them, and how one is stopped."""

from collections.abc import Mapping
from typing import Any

from ensemble_cloud.config import nova_cells
from ensemble_cloud.config.cloud import Cloud
from ensemble_cloud.control import ControlError
from ensemble_cloud.full.services import FullServices
from ensemble_cloud.processes import ChildError, Processes, tail
from ensemble_cloud.rest import Session

_SERVICES = "/v2.1/os-services?binary=nova-compute"
_FORCED_DOWN: Mapping[str, str] = {"OpenStack-API-Version": "compute 2.11"}  # from there on told


class Hosts:
    """The hosts of a cloud by the name of each."""

    def __init__(self, cloud: Cloud, processes: Processes, services: FullServices) -> None:
        self._cloud = cloud
        self._processes = processes
        self._services = services
        self._nova = {
            each.host: each for each in nova_cells.processes(cloud) if each.program == "compute"
        }

    def states(self) -> list[dict[str, Any]]:
        """Return every host with what Nova thinks of it and whether its service runs."""
        session = Session(self._cloud.ports, "admin", self._cloud.shape.admin_password, "admin")
        services = session.get("nova", _SERVICES, _FORCED_DOWN)["services"]
        found = {each["host"]: each for each in services}
        running = self._processes.pids()
        return [
            {
                "name": host,
                "state": found.get(host, {}).get("state", "down"),
                "disabled": found.get(host, {}).get("status") == "disabled",
                "forced_down": found.get(host, {}).get("forced_down", False),
                "running": process.name in running,
            }
            for host, process in self._nova.items()
        ]

    def all_up(self) -> bool:
        """Whether every host has reported to Nova, but for those that an operator keeps down."""
        return all(each["state"] == "up" or each["forced_down"] for each in self.states())

    def silence(self, seconds: float) -> ChildError:
        """Return the error that names the hosts that have not reported."""
        silent = [each["name"] for each in self.states() if each["state"] != "up"]
        log = self._cloud.state.log(self._nova[silent[0]].name)
        return ChildError(
            f"{', '.join(silent)} did not report to Nova within {seconds:.0f} s; "
            f"the end of {log}:\n{tail(log)}"
        )

    def answer(self, request: dict[str, Any]) -> Any:
        """Answer a request that came over the control channel. Raises ControlError."""
        match request:
            case {"do": "hosts"}:
                return self.states()
            case {"do": "stop", "host": str(host)}:
                return self._processes.stop(self._process(host).name)
            case {"do": "start", "host": str(host)}:
                process = self._process(host)
                if process.name in self._processes.pids():
                    return False
                self._services.start_nova(process)
                return True
        raise ControlError(f"unknown request: {request}")

    def _process(self, host: str) -> nova_cells.NovaProcess:
        try:
            return self._nova[host]
        except KeyError:
            raise ControlError(f"there is no host {host!r}") from None
