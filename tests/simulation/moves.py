# SPDX-License-Identifier: Apache-2.0
"""Where Nova takes a server after its build: moves, resizes and shelving, each by the filter."""

import uuid
from dataclasses import dataclass

from tests.fakes.placement import Consumer
from tests.simulation.nova import SimulatedNova
from tests.simulation.nova_objects import Host, Server

STATUSES = {"live": "MIGRATING", "cold": "RESIZE", "evacuate": "REBUILD"}
TRIES = 2  # of a live migration
MIGRATION = "MIGRATION"  # the type of a consumer that has what is left behind


@dataclass(frozen=True, slots=True)
class Resize:
    """A server on its new host, which waits to be confirmed or reverted."""

    source: Host
    flavor: str


class Moves:
    """Moves servers, one after the other, as Nova does."""

    def __init__(self, nova: SimulatedNova) -> None:
        self._nova = nova
        self._tasks = nova.tasks
        self._resizes: dict[str, Resize] = {}
        nova.migrate, nova.evacuate = self.migrate, self.evacuate

    def migrate(self, server: Server, host: str) -> None:
        """Migrate a server to a host, as somebody has asked the API for."""
        source = self._nova.host(server.at or "")
        self._tasks.start(
            f"nova {server.name} moves", lambda: self._live(server, source, host), self._tasks.world
        )

    def evacuate(self, server: Server, host: str) -> None:
        """Bring a server back on a host, as somebody has asked the API for."""
        server.evacuating_to = host
        source = self._nova.host(server.at or "")
        self._tasks.start(
            f"nova {server.name} comes back",
            lambda: self._rebuild(server, source, host),
            self._tasks.world,
        )

    def move(self, server: Server, kind: str) -> None:
        """Move a server that can be moved; give up where Nova would."""
        source: Host | None = self._nova.host(server.at) if server.at else None
        if source is None or not self._is_free(server, "ACTIVE"):
            return
        if kind == "cold":
            self.resize(server, server.request["flavorRef"])
        elif kind == "live" and source.alive:
            self._live(server, source)
        elif kind == "evacuate" and source.state == "down":
            self._evacuate(server, source)

    def resize(self, server: Server, flavor: str) -> None:
        """Give a server another host, and perhaps another flavor, until it waits for a word."""
        source: Host | None = self._nova.host(server.at) if server.at else None
        if source is None or not source.alive or not self._is_free(server, "ACTIVE"):
            return
        self._nova.touch(server, "RESIZE", "moving")
        before = server.request["flavorRef"]
        self._leave_behind(server)
        server.request = {**server.request, "flavorRef": flavor}
        target = self._place(server, [source.name])
        self._wait(0.5, 6.0)
        if self._is_over(server):
            return
        if target is None or not target.alive or self._nova.faults.hits("move fails"):
            server.request = {**server.request, "flavorRef": before}
            self._come_back(server)
            self._nova.touch(server, "ACTIVE")
            return
        self._land(server, target)
        server.flavor = flavor
        self._resizes[server.id] = Resize(source, before)
        self._nova.touch(server, "VERIFY_RESIZE")

    def confirm(self, server: Server) -> None:
        """Let what was left behind go."""
        if self._is_free(server, "VERIFY_RESIZE"):
            del self._resizes[server.id]
            self._nova.placement.release(server.migration)
            self._nova.touch(server, "ACTIVE")

    def revert(self, server: Server) -> None:
        """Go back to where a server was, by no scheduler."""
        if not self._is_free(server, "VERIFY_RESIZE"):
            return
        resize = self._resizes[server.id]
        if not resize.source.alive:
            return
        del self._resizes[server.id]
        server.request = {**server.request, "flavorRef": resize.flavor}
        server.flavor = resize.flavor
        self._land(server, resize.source)
        self._come_back(server)
        self._nova.touch(server, "ACTIVE")

    def shelve(self, server: Server) -> None:
        """Have a server on no host, with nothing claimed for it."""
        if not self._is_free(server, "ACTIVE") or not self._nova.host(server.at or "").alive:
            return
        self._nova.touch(server, task="shelving")
        self._wait(0.5, 3.0)
        if self._is_over(server):
            return
        # One that is shelved is on its host for a moment more.
        self._nova.touch(server, "SHELVED_OFFLOADED", "shelving")
        self._wait(0.0, 0.5)
        if not self._is_over(server):
            server.at = None
            self._nova.placement.release(server.id)
            self._nova.touch(server)

    def unshelve(self, server: Server) -> None:
        """Give it a host again, if there is one."""
        if not self._is_free(server, "SHELVED_OFFLOADED"):
            return
        self._nova.touch(server, task="unshelving")
        target = self._place(server)
        self._wait(0.5, 3.0)
        if self._is_over(server):
            return
        if target is None or not target.alive:
            self._nova.placement.release(server.id)
            self._nova.touch(server)
            return
        self._land(server, target)
        self._nova.touch(server, "ACTIVE")

    def _live(self, server: Server, source: Host, wanted: str | None = None) -> None:
        self._nova.touch(server, STATUSES["live"], "moving")
        self._leave_behind(server)
        ignored = [source.name]
        for _ in range(TRIES):
            target = self._place(server, ignored, wanted)
            if target is None:
                break
            ignored.append(target.name)
            self._wait(0.5, 6.0)
            if self._is_over(server):
                return
            if self._nova.faults.hits("move fails") or not target.alive:
                self._nova.placement.release(server.id)
                continue
            self._land(server, target)
            self._nova.placement.release(server.migration)
            self._nova.touch(server, "ACTIVE")
            return
        if not self._is_over(server):
            self._come_back(server)
            self._nova.touch(server, "ACTIVE")

    def _evacuate(self, server: Server, source: Host) -> None:
        """Have a server brought back on any host, as an operator does."""
        server.evacuating_to, server.before = "", server.status
        self._nova.touch(server, STATUSES["evacuate"], "rebuilding")
        self._rebuild(server, source)

    def _rebuild(self, server: Server, source: Host, wanted: str | None = None) -> None:
        """Build a server anew elsewhere; what it has of its host goes when that is back."""
        target = self._place(server, [source.name], wanted)
        if target is None:
            self._nova.touch(server, "ERROR")  # an evacuation that finds no host leaves it so
            return
        server.evacuating_to = target.name
        if not target.alive and not self._is_read(server, source, target):
            return
        server.comes_to = target.name
        deaths = target.deaths
        self._wait(0.5, 6.0)
        if self._is_over(server):
            return
        if not target.alive or target.deaths != deaths:
            # It died with its host: nobody ends the task, and nobody lets go what it claimed there.
            target.evacuated.append(server.id)
            server.comes_to = ""
            return
        if self._nova.faults.hits("move fails"):
            self._nova.placement.release(server.id, target.provider)
            server.comes_to = ""
            self._nova.touch(server, "ERROR")
            return
        # Nova says last of all where it is. One that was in error is started.
        self._nova.touch(server, "SHUTOFF" if server.before == "SHUTOFF" else "ACTIVE")
        self._wait(0.0, 1.0)
        if self._is_over(server):
            return
        self._land(server, target)
        server.comes_to = ""
        if source.alive:
            self._nova.placement.release(server.id, source.provider)
        else:
            source.evacuated.append(server.id)
        self._nova.touch(server)

    def _is_read(self, server: Server, source: Host, target: Host) -> bool:
        """Wait for a host that is off to read that it is to build a server; whether it does then.

        By then it may be elsewhere, or going there, which is awaited here, as by luck in Nova.
        """
        self._tasks.wait(lambda: target.alive or server.gone, None)
        self._tasks.wait(lambda: not server.comes_to or server.gone, None)
        if self._is_over(server):
            return False
        if server.at not in (source.name, target.name):
            self._nova.placement.release(server.id, target.provider)
            self._nova.read_late(server, target.name)
        return server.at == source.name

    def _place(
        self, server: Server, ignored: list[str] | None = None, wanted: str | None = None
    ) -> Host | None:
        name = self._nova.scheduling.place(server, ignored or [], wanted)
        return self._nova.host(name) if name is not None else None

    def _land(self, server: Server, target: Host) -> None:
        self._nova.landing(server, target.name)
        server.at = target.name

    def _leave_behind(self, server: Server) -> None:
        """Have what a server has of its host belong to its migration."""
        known, server.migration = self._nova.placement.consumers_by_id, str(uuid.uuid4())
        if server.id in known:
            known[server.migration] = Consumer(known.pop(server.id).allocations, MIGRATION)

    def _come_back(self, server: Server) -> None:
        """Have it belong to the server again, which has nothing else."""
        known = self._nova.placement.consumers_by_id
        known.pop(server.id, None)
        if server.migration in known:
            known[server.id] = Consumer(known.pop(server.migration).allocations)

    def _is_free(self, server: Server, status: str) -> bool:
        return not server.gone and server.status == status and not server.task

    def _is_over(self, server: Server) -> bool:
        """Whether it is being deleted, or deleted, by now: of that nothing may be left."""
        if server.gone:
            self._nova.placement.release(server.migration)
            self._nova.placement.release(server.id)
        return server.gone or server.task == "deleting"

    def _wait(self, least: float, most: float) -> None:
        self._tasks.sleep(self._tasks.random.uniform(least, most))
