# SPDX-License-Identifier: Apache-2.0
"""Stops the compute services of a host, rack or zone as if it had failed, and starts them again."""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from ensemble_cloud import control
from ensemble_cloud.config.nova import SERVICE_DOWN_TIME
from ensemble_cloud.domains import Domain
from ensemble_cloud.rest import RestError, Session
from ensemble_cloud.state import StateDirectory

_AT_ONCE = 4
_UNFORCE_SECONDS = 120
_SERVICES = "/v2.1/os-services"
_VERSION: Mapping[str, str] = {"OpenStack-API-Version": "compute 2.53"}  # by id, forced_down


class Outage:
    """The end and the return of the compute services of one domain.

    What it does comes as lines, each when it is done. All of it may be done again.
    """

    def __init__(self, state: StateDirectory, domain: Domain, *, ours: str) -> None:
        """``ours`` is how to call ensemble-cloud for this cloud, for what is to be done next."""
        self._state = state
        self._domain = domain
        self._ours = ours

    def stop(self, admin: Session | None = None) -> Iterator[str]:
        """Stop the services; with ``admin``, also tell Nova that they are down.

        Raises ControlError, and RestError.
        """
        yield from self._each("stop", "stopped")
        if admin is not None:
            for host, service in self._services(admin).items():
                self._force(admin, service["id"], forced=True)
                yield f"Nova takes {host} for down: its service is forced down."
        else:
            yield (
                f"Nova takes {self._domain} for down when it has heard nothing for "
                f"{SERVICE_DOWN_TIME} seconds. Until it is evacuated, what ran there still shows "
                "as ACTIVE."
            )
        yield f"To start it again: {self._ours} {self._domain.level} start {self._domain.name}" + (
            " --forced" if admin is not None else ""
        )

    def start(self, admin: Session | None = None) -> Iterator[str]:
        """Start the services; with ``admin``, also take away what forces them down.

        Raises ControlError, and RestError.
        """
        yield from self._each("start", "started")
        if admin is not None:
            for host, service in self._services(admin).items():
                if service["forced_down"]:
                    self._unforce(admin, host, service["id"])
                    yield f"{host} is not forced down any more."
            return
        states = {each["name"]: each for each in control.ask(self._state.run, {"do": "hosts"})}
        forced = [host for host in self._domain.hosts if states[host]["forced_down"]]
        if forced:
            yield (
                f"Nova still takes {', '.join(forced)} for down, which an operator has forced. "
                f"To end that: {self._ours} {self._domain.level} start {self._domain.name} --forced"
            )
        else:
            yield "Nova takes it for up within seconds, and removes from it what was evacuated."

    def _each(self, action: str, done: str) -> Iterator[str]:
        """Do that to every host, a few at a time."""

        def ask(host: str) -> str:
            changed = control.ask(self._state.run, {"do": action, "host": host})
            already = "" if changed else " already"
            return f"The compute service of {host} {'is' if changed else 'was'} {done}{already}."

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for asked in as_completed([pool.submit(ask, host) for host in self._domain.hosts]):
                yield asked.result()

    def _services(self, session: Session) -> dict[str, Any]:
        """Return the services of the domain's hosts as Nova has them, by host."""
        found = session.get("nova", f"{_SERVICES}?binary=nova-compute", _VERSION)["services"]
        by_host = {each["host"]: each for each in found}
        return {host: by_host[host] for host in self._domain.hosts}

    def _force(self, session: Session, service_id: str, *, forced: bool) -> None:
        session.put("nova", f"{_SERVICES}/{service_id}", {"forced_down": forced}, _VERSION)

    def _unforce(self, session: Session, host: str, service_id: str) -> None:
        """Take the mark away, which Nova refuses until the host has removed what was evacuated."""
        deadline = time.monotonic() + _UNFORCE_SECONDS
        while True:
            try:
                return self._force(session, service_id, forced=False)
            except RestError as error:
                if time.monotonic() > deadline:
                    raise RestError(f"{host} stays forced down: {error}") from None
                time.sleep(1)
