# SPDX-License-Identifier: Apache-2.0
"""A model of Nova in which builds and deletes take their time, and end as their hosts allow."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ensemble_api.cloud.tags import MEMBER_TAG
from tests.fakes.nova import FakeNova
from tests.fakes.nova_objects import FakeServer, Refused
from tests.simulation.faults import Faults
from tests.simulation.nova_objects import Host, Server, ports_of, volumes_of
from tests.simulation.scheduling import Scheduling
from tests.simulation.tasks import Tasks

NO_HOST = "No valid host was found. There are not enough hosts available."
NOTICED = 60.0  # seconds after which Nova knows that a host does not report


@dataclass
class SimulatedNova(FakeNova):
    """The fake Nova's API, and behind it conductor, scheduler and computes as tasks."""

    tasks: Tasks = field(kw_only=True)
    faults: Faults = field(kw_only=True)
    scheduling: Scheduling = field(kw_only=True)
    deleted_by_us: Callable[[Server, bool], None] = field(
        kw_only=True, default=lambda server, raised: None
    )

    landing: Callable[[Server, str], None] = field(kw_only=True, default=lambda server, host: None)
    created_by_us: Callable[[Server], None] = field(kw_only=True, default=lambda server: None)
    migrate: Callable[[Server, str], None] = field(kw_only=True, default=lambda server, host: None)
    evacuate: Callable[[Server, str], None] = field(kw_only=True, default=lambda server, host: None)
    begun_to_evacuate: Callable[[Server, str], None] = field(
        kw_only=True, default=lambda server, host: None
    )
    begun_to_migrate: Callable[[Server, str], None] = field(
        kw_only=True, default=lambda server, host: None
    )
    refused: set[str] = field(kw_only=True, default_factory=set)  # members, for want of their parts

    def server(self, server_id: str) -> Server | None:
        found = self.servers.get(server_id)
        return found if isinstance(found, Server) and not found.gone else None

    def running(self) -> list[Server]:
        return [each for each in self.alive() if isinstance(each, Server)]

    # The API, as far as it differs.

    def _new(self, **facts: Any) -> Server:
        tags = (each.removeprefix(MEMBER_TAG) for each in facts["tags"] if MEMBER_TAG in each)
        server = Server(**facts, ours=True, updated=self.now(), member_id=next(tags))
        server.asked_at = self.tasks.now
        self.created_by_us(server)
        return server

    def needs(self, server: FakeServer) -> dict[str, int]:
        if volumes_of(server.request):
            return super().needs(server)  # whoever starts from a volume takes no disk of the host
        flavor = self.flavors[server.request["flavorRef"]]
        return {**super().needs(server), "DISK_GB": flavor["disk"]}

    def _begin(self, server: FakeServer) -> None:
        assert isinstance(server, Server)
        if self.faults.hits("request is cut off"):
            self.tasks.die()  # what was saved of the request is all there ever is
        self.build(server)

    def _look(self, server: FakeServer) -> None:
        """Nothing happens by being looked at."""

    def _view(self, server: FakeServer, context: Any) -> dict[str, Any]:  # type: ignore[override]
        assert isinstance(server, Server)
        if self.is_silent(server):
            return {
                "id": server.id,
                "status": "UNKNOWN",
                "tenant_id": server.project_id,
                "created": server.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        view = FakeNova._view(server, context)
        flavor = self.flavors[server.flavor or server.request["flavorRef"]]
        view["flavor"] = self._facts(flavor["id"])["flavor"]
        if volumes := volumes_of(server.request):
            attached = [{"id": each, "device": "/dev/vda"} for each in volumes]
            view |= {"image": "", "os-extended-volumes:volumes_attached": attached}
        view["updated"] = server.updated.strftime("%Y-%m-%dT%H:%M:%SZ")
        if context.is_admin:
            view["OS-EXT-SRV-ATTR:host"] = server.at
        return view

    def list(self, request: Any, context: Any) -> tuple[int, Any]:
        self._answers()
        since = request.GET.get("changes-since")
        if since is None:
            return super().list(request, context)
        moment = datetime.fromisoformat(since)
        shown = [
            self._view(each, context)
            for each in sorted(self.running(), key=lambda each: each.id)
            if each.updated >= moment and not self.is_silent(each)
        ]
        return 200, self._page(request, shown, "servers")

    def _page(self, request: Any, items: Sequence[Any], key: str) -> dict[str, Any]:
        """All our listings have filters, with which Nova skips the cells that do not answer."""
        shown = [each for each in items if each.get("status") != "UNKNOWN"]
        return super()._page(request, shown, key)

    def deleted(self, request: Any, context: Any) -> tuple[int, Any]:
        moment = datetime.fromisoformat(request.GET["changes-since"])
        gone = [
            {"id": each.id}
            for each in self.servers.values()
            if isinstance(each, Server) and each.gone and each.updated >= moment
            if not self.is_silent(each)
        ]
        return 200, self._page(request, sorted(gone, key=lambda each: each["id"]), "servers")

    def create(self, request: Any, context: Any) -> tuple[int, Any]:
        self._answers()
        wanted = request.json["server"]
        member = next((tag for tag in wanted.get("tags", ()) if tag.startswith(MEMBER_TAG)), "")
        for status, message in self._in_use(wanted):
            self.refused.add(member.removeprefix(MEMBER_TAG))
            raise Refused(status, message)
        return super().create(request, context)

    def _in_use(self, wanted: dict[str, Any]) -> Iterator[tuple[int, str]]:
        """What Nova answers to a request with parts that another server has."""
        for each in ports_of(wanted):
            if self.bound_to(each):
                yield 409, f"Port {each} is still in use."
        for each in volumes_of(wanted):
            if self.attached_to(each):
                yield 400, f"Block Device Mapping is Invalid: failed to get volume {each}."

    def attached_to(self, volume_id: str) -> str:
        """The server that has a volume, from its request on; empty if none has it."""
        found = (each.id for each in self.running() if volume_id in volumes_of(each.request))
        return next(found, "")

    def bound_to(self, port_id: str) -> str:
        """The server that has a port, from when its host has it on; empty if none has it."""
        found = (
            each.id for each in self.running() if each.at and port_id in ports_of(each.request)
        )
        return next(found, "")

    def _answers(self) -> None:
        if self.faults.hits("nova is away"):
            raise Refused(503, "The server is currently unavailable.")

    def is_silent(self, server: FakeServer) -> bool:
        """Whether the cell that has a server does not answer."""
        assert isinstance(server, Server)
        return server.at is not None and self.host(server.at).silent

    def delete(self, request: Any, context: Any, server_id: str) -> tuple[int, Any]:
        server = self._server(server_id)
        assert isinstance(server, Server)
        if self.is_silent(server):
            raise Refused(503, "The cell does not answer.")
        self.deleted_by_us(server, context.is_admin)
        if server.locked and not context.is_admin:
            raise Refused(409, f"Instance {server_id} is locked")
        self.remove(server, "ours")
        return 204, None

    def act(self, request: Any, context: Any, server_id: str) -> tuple[int, Any]:
        if self.is_silent(self._server(server_id)):
            raise Refused(503, "The cell does not answer.")
        done = super().act(request, context, server_id)
        server = self._server(server_id)
        assert isinstance(server, Server)
        if "os-resetState" in request.json:
            # Nova looks itself whether it runs.
            self.touch(server, "SHUTOFF" if server.stopped else None)
        return done

    def read_late(self, server: Server, host: str) -> None:
        """A host that is back reads that it is to build a server, which is elsewhere by now.

        It writes down no more than that it is in error and being rebuilt.
        """
        self.evacuate_late(server.id, host)
        server.landed_on = server.at or ""
        self.touch(server, "REBUILD", "rebuilding")

    def reset_stuck(self, server_id: str) -> None:
        """An operator resets a server that nobody builds, though the host that did is up again."""
        server = self.server(server_id)
        if server is None or server.task != "rebuilding" or server.comes_to or server.late_on:
            return
        if server.evacuating_to and self.host(server.evacuating_to).alive:
            self.touch(server, "ERROR")

    def migrations(self, request: Any, context: Any) -> tuple[int, Any]:
        """A server's evacuation, as long as it lasts: until it lands, after its task is over."""
        self._admin(context)
        server = self.servers[request.GET["instance_uuid"]]
        assert isinstance(server, Server)
        if server.late_on:
            return super().migrations(request, context)
        shown = {
            "status": "accepted",
            "source_compute": server.at,
            "dest_compute": server.comes_to or server.evacuating_to or None,
        }
        lasting = server.task == "rebuilding" or server.comes_to
        return 200, {"migrations": [shown] if lasting else []}

    def _live_migrate(self, server: FakeServer, host: str, context: Any) -> None:
        """Live migration to a host, which takes its time."""
        assert isinstance(server, Server)
        if server.locked and not context.is_admin:
            raise Refused(409, f"Instance {server.id} is locked")
        if server.task is not None or server.status != "ACTIVE":
            raise Refused(409, "Cannot 'os-migrateLive': it is not in the state for that")
        self.begun_to_migrate(server, host)
        self.touch(server, "MIGRATING", "migrating")
        self.migrate(server, host)

    def abort(
        self, request: Any, context: Any, server_id: str, migration_id: str
    ) -> tuple[int, Any]:
        """Too late each time: a migration takes seconds here."""
        raise Refused(400, "The migration is in post-migrating, which cannot be aborted.")

    def _evacuate(self, server: FakeServer, host: str) -> None:
        """Evacuation to a host, which Nova begins also beside one that is under way."""
        assert isinstance(server, Server)
        if server.at is None or self.host(server.at).state == "up":
            raise Refused(400, f"Compute service of {server.at} is still in use.")
        if server.status not in ("ACTIVE", "SHUTOFF", "ERROR", "REBUILD"):
            raise Refused(409, f"Cannot 'evacuate' instance {server.id} in {server.status}")
        self.begun_to_evacuate(server, host)
        self.evacuated.append(server.id)
        if server.status != "REBUILD":
            server.before = server.status
        self.touch(server, "REBUILD", "rebuilding")
        self.evacuate(server, host)

    def _start(self, server: FakeServer) -> None:
        assert isinstance(server, Server)
        super()._start(server)
        self.touch(server)

    def _stop(self, server: FakeServer, context: Any) -> None:
        assert isinstance(server, Server)
        super()._stop(server, context)
        self.touch(server)

    # What happens behind it.

    def touch(self, server: Server, status: str | None = None, task: str | None = None) -> None:
        server.status, server.task = status or server.status, task
        server.updated = self.now()
        self.tasks.note(f"server {server.name} {server.id[:8]} {server.status} {task} {server.at}")

    def boot(self, name: str, project_id: str, flavor: str, tags: Any) -> Server:
        """A server of a tenant's own, on any host."""
        server = Server(
            id=str(uuid.uuid4()),
            name=name,
            host="",
            project_id=project_id,
            user_id=f"user-of-{project_id}",
            tags=tags,
            request={"flavorRef": flavor},
            created=self.now(),
            updated=self.now(),
            facts=self._facts(flavor),
        )
        self.servers[server.id] = server
        self.build(server)
        return server

    def build(self, server: Server) -> None:
        self.tasks.start(f"nova {server.name}", lambda: self._build(server), self.tasks.world)

    def _build(self, server: Server) -> None:
        self._wait(0.1, 1.5)
        if server.gone or self.faults.hits("conductor dies early"):
            return
        name = self.scheduling.place(server)
        if server.gone:
            self.placement.release(server.id)
            return
        if name is None:
            server.fault = NO_HOST
            self.touch(server, "ERROR")
            return
        if self.faults.hits("conductor dies late"):
            server.half_made = self.tasks.random.choice(("unmapped", "requested"))
            return
        self._wait(0.0, 0.5)
        host = self.host(name)
        self.tasks.wait(lambda: host.alive or server.gone, None)
        if server.gone:
            self.placement.release(server.id)
            return
        if any(self.bound_to(each) for each in ports_of(server.request)):
            server.fault = "A port is still in use."
            self.placement.release(server.id)
            self.touch(server, "ERROR")
            return
        server.at, deaths = name, host.deaths
        self.touch(server)
        self._wait(0.5, 4.0)
        if self.faults.hits("compute is slow"):
            self._wait(5.0, 60.0)
        if server.gone or server.task == "deleting" or host.deaths != deaths:
            return
        if self.faults.hits("build fails"):
            server.at, server.fault = None, "Failed to allocate the network(s), not rescheduling."
            if self.tasks.random.random() < 0.5:
                self.placement.release(server.id)
            self.touch(server, "ERROR")
        else:
            self.touch(server, "ACTIVE")

    def remove(self, server: Server, by: str) -> None:
        """Begin a server's end, whoever asked for it."""
        server.removed_by = server.removed_by or by
        if server.half_made in ("unmapped", "requested"):
            server.lost = True
            self.placement.release(server.id)
            self.touch(server)
            return
        host = self.host(server.at) if server.at else None
        if host is None or host.state != "up":
            self._forget(server)
        elif server.task != "deleting":
            self.touch(server, task="deleting")
            self.tasks.start(
                f"nova -{server.name}", lambda: self._remove(server, host), self.tasks.world
            )

    def _remove(self, server: Server, host: Host) -> None:
        deaths = host.deaths
        self._wait(0.2, 3.0)
        if server.gone or not host.alive or host.deaths != deaths:
            return  # what was asked of it has died with it
        self._forget(server)

    def _forget(self, server: Server) -> None:
        """Remove the record, and after it what it has of its host; whose process may die then."""
        server.gone = True
        self.touch(server, task="deleting")
        self.tasks.point("nova forgets the server")
        self.placement.release(server.migration)
        self.placement.release(server.id)

    # Hosts.

    def fail(self, host: Host, *, forced: bool) -> None:  # type: ignore[override]
        host.alive, host.deaths = False, host.deaths + 1
        self.tasks.note(f"host {host.name} dies")
        self.tasks.start(
            f"nova notices {host.name}",
            lambda: self._notice(host),
            self.tasks.world,
            0.5 if forced else NOTICED,
        )

    def _notice(self, host: Host) -> None:
        if not host.alive:
            host.state = "down"
            self.tasks.note(f"host {host.name} is down")

    def restart(self, host: Host) -> None:  # type: ignore[override]
        host.alive, host.state = True, "up"
        self.tasks.note(f"host {host.name} is back")
        for server_id in host.evacuated:
            if self.servers[server_id].at != host.name:
                self.placement.release(server_id, host.provider)
        host.evacuated.clear()
        for server in self.running():
            if server.at != host.name:
                continue
            if server.task == "deleting":
                self.tasks.start(
                    f"nova -{server.name}",
                    lambda server=server: self._remove(server, host),
                    self.tasks.world,
                )
            elif server.status == "BUILD":
                self.touch(server, "ERROR")

    def _wait(self, least: float, most: float) -> None:
        self.tasks.sleep(self.tasks.random.uniform(least, most))
