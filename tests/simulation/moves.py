# SPDX-License-Identifier: Apache-2.0
"""Moves that an operator asks of Nova: live, cold, and evacuations, each through the filter."""

from tests.simulation.nova import Host, Server, SimulatedNova

STATUSES = {"live": "MIGRATING", "cold": "RESIZE", "evacuate": "REBUILD"}
TRIES = 2  # of a live migration


class Moves:
    """Moves servers, one after the other, as Nova does."""

    def __init__(self, nova: SimulatedNova) -> None:
        self._nova = nova
        self._tasks = nova.tasks

    def move(self, server: Server, kind: str) -> None:
        """Move a server that can be moved; give up where Nova would."""
        source: Host = self._nova.host(server.at or "")
        fit = source.state == "down" if kind == "evacuate" else source.alive
        if server.gone or server.status != "ACTIVE" or server.task or not fit:
            return
        self._nova.touch(server, STATUSES[kind], "moving")
        ignored = [source.name]
        for _ in range(TRIES if kind == "live" else 1):
            target = self._nova.scheduling.place(server, ignored)
            if server.gone:
                self._nova.placement.release(server.id)
                return
            if target is None:
                break
            ignored.append(target)
            self._wait(0.5, 6.0)
            if self._is_over(server):
                return
            if self._nova.faults.hits("move fails") or not self._nova.host(target).alive:
                self._nova.placement.release(server.id, self._nova.host(target).provider)
                continue
            self._land(server, kind, source, target)
            return
        # An evacuation that finds no host leaves the server in error.
        self._nova.touch(server, "ERROR" if kind == "evacuate" else "ACTIVE")

    def _land(self, server: Server, kind: str, source: Host, target: str) -> None:
        self._nova.landing(server, target)
        server.at = target
        if kind == "cold":
            self._nova.touch(server, "VERIFY_RESIZE")
            self._wait(2.0, 30.0)
            if self._is_over(server):
                return
            if source.alive and self._tasks.random.random() < 0.3:
                self._nova.landing(server, source.name)
                server.at = source.name
                self._nova.placement.release(server.id, self._nova.host(target).provider)
                self._nova.touch(server, "ACTIVE")
                return
        self._nova.placement.release(server.id, source.provider)
        self._nova.touch(server, "ACTIVE")

    def _is_over(self, server: Server) -> bool:
        """Whether it is being deleted, or deleted, by now."""
        if server.gone:
            self._nova.placement.release(server.id)
        return server.gone or server.task == "deleting"

    def _wait(self, least: float, most: float) -> None:
        self._tasks.sleep(self._tasks.random.uniform(least, most))
