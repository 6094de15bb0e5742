# SPDX-License-Identifier: Apache-2.0
"""The compute services of the Nova process: each can be stopped and started by its host's name."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from nova import context, objects, service, servicegroup
from nova.compute import rpcapi

from ensemble_cloud.control import ControlError

LOG = logging.getLogger("ensemble_cloud")
_BINARY = "nova-compute"


class Computes:
    """One compute service per host, running or stopped."""

    def __init__(self, hosts: tuple[str, ...]) -> None:
        self._running: dict[str, Any] = {}
        # Starting and stopping the same host at the same time would leave it half of each.
        self._locks = {host: threading.Lock() for host in hosts}

    def start_all(self, at_once: int = 3) -> None:
        """Start the services of all hosts, a few at the same time as they wait for Placement."""
        with ThreadPoolExecutor(at_once) as pool:
            for _ in pool.map(self.start, self._locks):
                pass

    def start(self, host: str) -> bool:
        """Start a host's service; return whether it was stopped. Raises ControlError."""
        with self._lock(host):
            if host in self._running:
                return False
            compute = service.Service.create(
                host=host,
                binary=_BINARY,
                topic=rpcapi.RPC_TOPIC,
                topic_alt=rpcapi.RPC_TOPIC_ALT,
            )
            compute.start()
            # The first heartbeat comes seconds later, and until then a host that was there before
            # counts as down.
            compute.service_ref.report_count += 1
            compute.service_ref.save()
            self._running[host] = compute
            return True

    def stop(self, host: str) -> bool:
        """Stop a host's service; return whether it was running. Raises ControlError."""
        with self._lock(host):
            compute = self._running.pop(host, None)
            if compute is None:
                return False
            # Nova's periodic tasks fail, and log it, when their time comes while it stops.
            compute.tg.stop_timers()
            compute.stop()
            LOG.info("the compute service of host %s is stopped", host)
            return True

    def states(self) -> list[dict[str, Any]]:
        """Return every host with what Nova thinks of it and whether its service runs."""
        group = servicegroup.API()
        found = objects.ServiceList.get_by_binary(
            context.get_admin_context(), _BINARY, include_disabled=True
        )
        by_host = {record.host: record for record in found}
        return [
            {
                "name": host,
                "state": "up" if host in by_host and group.service_is_up(by_host[host]) else "down",
                "disabled": host in by_host and by_host[host].disabled,
                "forced_down": host in by_host and by_host[host].forced_down,
                "running": host in self._running,
            }
            for host in self._locks
        ]

    def _lock(self, host: str) -> threading.Lock:
        try:
            return self._locks[host]
        except KeyError:
            raise ControlError(f"there is no host {host!r}") from None
