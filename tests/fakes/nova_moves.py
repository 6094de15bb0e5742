# SPDX-License-Identifier: Apache-2.0
"""How servers of the fake Nova come to other hosts, stop and start, and how hosts fail."""

import uuid
from typing import Any

from tests.fakes.nova_objects import FakeServer, Refused
from tests.fakes.nova_state import NovaState


class NovaMoves(NovaState):
    """Live migrations, evacuations, starts and stops, and the failures of hosts."""

    def migrations(self, request: Any, context: Any) -> tuple[int, Any]:
        """A server's evacuations: one that has not ended, or one that was late, and another."""
        self._admin(context)
        assert request.GET["migration_type"] == "evacuation"
        server = self.servers[request.GET["instance_uuid"]]
        if server.late_on:
            known = [("completed", server.landed_on), ("failed", server.late_on)]
            known += [("accepted", server.evacuating_to)] if server.evacuating_to else []
            return 200, {
                "migrations": [
                    {"status": status, "source_compute": "its-first-host", "dest_compute": host}
                    for status, host in known
                ]
            }
        shown = {
            "status": "accepted",
            "source_compute": server.host,
            "dest_compute": server.evacuating_to or None,
        }
        lasting = server.task == "rebuilding" or server.landing
        return 200, {"migrations": [shown, {**shown, "status": "error"}] if lasting else []}

    def _live_migrate(self, server: FakeServer, host: str, context: Any) -> None:
        if server.locked and not context.is_admin:
            raise Refused(409, f"Instance {server.id} is locked")
        if server.task is not None or server.status != "ACTIVE":
            raise Refused(409, "Cannot 'os-migrateLive': it is not in the state for that")
        server.task, server.status, server.looks = "migrating", "MIGRATING", 0
        if any(server.name.endswith(end) for end in self.lose_move):
            return
        here, there = self.host(server.host), self.host(host)
        self.placement.release(server.id)
        server.migration = str(uuid.uuid4())
        assert self.placement.claim(server.migration, here.provider, **self.needs(server))
        server.target = there.name
        fails = any(server.name.endswith(end) for end in self.break_move)
        if fails or not self.placement.claim(server.id, there.provider, **self.needs(server)):
            self._end_move(server, here.name)

    def in_progress(self, request: Any, context: Any, server_id: str) -> tuple[int, Any]:
        self._moving(server_id, context)
        server = self._server(server_id)
        lasting = server.task == "migrating" and server.target
        return 200, {"migrations": [{"id": 1, "status": "running"}] if lasting else []}

    def abort(
        self, request: Any, context: Any, server_id: str, migration_id: str
    ) -> tuple[int, Any]:
        """End a live migration; of a locked server only for who is more than an operator."""
        server = self._moving(server_id, context)
        if server.locked and not context.is_admin:
            raise Refused(409, f"Instance {server_id} is locked")
        if server.task != "migrating":
            raise Refused(409, f"Cannot abort the migration of instance {server_id}")
        self.acted.append(("abort", server_id))
        self._end_move(server, server.host)
        return 202, None

    def _moving(self, server_id: str, context: Any) -> FakeServer:
        if "admin" not in context.roles:
            raise Refused(403, "Policy doesn't allow it to be performed.")
        return self._server(server_id)

    def _end_move(self, server: FakeServer, host: str) -> None:
        """Leave a server on this host, with what it takes there alone."""
        self.placement.release(server.migration)
        self.placement.release(server.id)
        assert self.placement.claim(server.id, self.host(host).provider, **self.needs(server))
        server.host, server.target, server.migration = host, "", ""
        server.task, server.status = None, "ACTIVE"

    def _evacuate(self, server: FakeServer, host: str) -> None:
        """Build a server of a failed host again on another one, which it has beside its own."""
        if self.host(server.host).state == "up":
            raise Refused(400, f"Compute service of {server.host} is still in use.")
        if host == server.host:
            raise Refused(400, "The target host can't be the same one.")
        # Also one that is just being evacuated: of its task Nova asks nothing here.
        if server.status not in ("ACTIVE", "SHUTOFF", "ERROR", "REBUILD"):
            raise Refused(409, f"Cannot 'evacuate' instance {server.id} in {server.status}")
        assert not server.landing, "a second evacuation is begun while the first one lands"
        self.evacuated.append(server.id)
        server.before, server.stuck = server.status, False
        server.task, server.status, server.looks, server.fault = "rebuilding", "REBUILD", 0, None
        there, server.evacuating_to = self.host(host), host
        fails = any(server.name.endswith(end) for end in self.break_move)
        if (
            fails
            or there.state != "up"
            or not self.placement.claim_beside(server.id, there.provider, **self.needs(server))
        ):
            server.task, server.status, server.fault = None, "ERROR", "No valid host was found. "
            return
        server.target = there.name

    def _end_evacuation(self, server: FakeServer) -> None:
        """A server is on its new host, and has what it had of the other one until that is back."""
        left = self.host(server.host)
        left.evacuated.append(server.id)
        server.host, server.target, server.task = server.target, "", None
        server.landing = False
        stopped = server.before == "SHUTOFF" or self.stops_evacuated
        server.status = "SHUTOFF" if stopped else "ACTIVE"

    def _start(self, server: FakeServer) -> None:
        if server.status != "SHUTOFF" or server.task is not None:
            raise Refused(409, f"Cannot 'start' instance {server.id}")
        server.status = "ACTIVE"

    def _stop(self, server: FakeServer, context: Any) -> None:
        if server.locked and not context.is_admin:
            raise Refused(409, f"Instance {server.id} is locked")
        if server.status != "ACTIVE" or server.task is not None:
            raise Refused(409, f"Cannot 'stop' instance {server.id}")
        server.status = "SHUTOFF"

    def fail(self, *hosts: str) -> None:
        """These hosts have failed, and Nova knows."""
        for name in hosts:
            self.host(name).state = "down"
            for server in self.alive():
                server.stuck = server.stuck or server.host == name

    def restart(self, name: str) -> None:
        """A host is back, and lets go what it had of servers that were evacuated from it."""
        host = self.host(name)
        host.state = "up"
        for server_id in host.evacuated:
            if self.servers[server_id].host != name:
                self.placement.release(server_id, host.provider)
        host.evacuated.clear()
        for server in self.alive():
            server.stuck = server.stuck and server.host != name

    def actions(self, request: Any, context: Any, server_id: str) -> tuple[int, Any]:
        """What was done with a server, the newest first; a reset of its state is not among it."""
        self._admin(context)
        server = self._server(server_id)
        done = [
            {"action": what, "start_time": f"{at:06}", "updated_at": f"{at:06}"}
            for at, (what, each) in enumerate(self.acted)
            if each == server_id and what != "os-resetState"
        ]
        for each in done:
            if each["action"] == "evacuate" and server.late_on:
                each["updated_at"] = f"{server.late_at:06}"
        return 200, {"instanceActions": done[::-1]}

    def evacuate_late(self, server_id: str, host: str) -> None:
        """A host that is back reads that it is to evacuate a server, which is elsewhere by now."""
        server = self._server(server_id)
        if ("evacuate", server_id) not in self.acted:
            self.acted.append(("evacuate", server_id))
        server.late_on, server.late_at, server.landed_on = host, len(self.acted), server.host
        server.before, server.evacuating_to = "ERROR", ""
        server.task, server.status = "rebuilding", "REBUILD"
