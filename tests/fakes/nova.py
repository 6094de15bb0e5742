# SPDX-License-Identifier: Apache-2.0
"""A tiny Nova: the few API calls that we make of it, as WSGI, with claims in a real Placement.

It is written by hand after Nova's API reference. A server is BUILD for ``build_looks`` looks at
it, then ACTIVE; a deleted one is "deleting" for ``delete_looks`` looks, then gone. Tests script
its failures.
"""

import json
import re
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import webob

from ensemble_api.cloud.forgotten import CONDUCTOR_SECONDS
from tests.fakes.nova_objects import FakeHost, FakeServer, FakeServerGroup, Refused

PAGE = 3  # a page of Nova's is 1,000 long; a short one shows that we turn pages


@dataclass
class FakeNova:
    """The WSGI application, its state, and what is scripted to go wrong."""

    placement: Any  # a real one, or what serves for it
    hosts: list[FakeHost]
    flavors: dict[str, dict[str, Any]]
    images: dict[str, dict[str, Any]]
    networks: set[str] = field(default_factory=set)
    key_pairs: set[str] = field(default_factory=set)
    security_groups: dict[str, str] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    aggregates_beside: list[dict[str, Any]] = field(default_factory=list)  # those of racks, zones
    build_looks: int = 1
    delete_looks: int = 1
    move_looks: int = 1
    land_looks: int = 0  # between the end of an evacuation's task and the new host
    page: int = PAGE
    # Scripts: by the end of a server's name ("web-2").
    refuse: dict[str, tuple[int, str]] = field(default_factory=dict)
    break_build: dict[str, str] = field(default_factory=dict)
    break_move: set[str] = field(default_factory=set)  # it stays where it is
    stops_evacuated: bool = False  # as when they were asked for by another microversion
    break_host: dict[str, str] = field(default_factory=dict)  # by the host's name
    before: Callable[[str, str], None] = lambda method, path: None  # may raise
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    server_groups: list[FakeServerGroup] = field(default_factory=list)
    # What has happened.
    servers: dict[str, FakeServer] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    acted: list[tuple[str, str]] = field(default_factory=list)  # actions, with servers
    evacuated: list[str] = field(default_factory=list)  # servers, each time Nova has taken it
    hints: dict[str, dict[str, str]] = field(default_factory=dict)  # of requests, by the server
    deletes_volumes: set[tuple[str, str]] = field(default_factory=set)  # servers, with volumes
    raised: set[tuple[str, str]] = field(default_factory=set)  # with an operator's rights
    asked_by_tenant: list[str] = field(default_factory=list)
    _lock: Any = field(default_factory=threading.RLock)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = webob.Request(environ)
        path = request.path_info
        # A request for a server in a group that is not there is a question, and changes nothing.
        asks = request.method == "POST" and b'"group"' in request.body
        method = "ASK" if asks else request.method
        self.before(method, path)
        with self._lock:
            self.calls.append((method, path))
            try:
                status, body = self._route(request, path)
            except Refused as refused:
                status = refused.status
                body = {"fault": {"code": status, "message": refused.message}}
        response = webob.Response(status=status, content_type="application/json", charset="utf-8")
        response.body = b"" if body is None else json.dumps(body).encode()
        answer: Iterable[bytes] = response(environ, start_response)
        return answer

    def alive(self) -> list[FakeServer]:
        return [server for server in self.servers.values() if not server.gone]

    def host(self, name: str) -> FakeHost:
        return next(host for host in self.hosts if host.name == name)

    def boot(
        self,
        name: str,
        host: str | None,
        project: str = "shop-project",
        flavor: str = "m1.small",
        **facts: Any,
    ) -> FakeServer:
        """A server that runs and that nobody has asked us for; ``facts`` are its fields."""
        more = {"status": "ACTIVE", "tags": [], "user_id": f"user-of-{project}", **facts}
        shown = {**self._facts(flavor), **more.pop("shown", {})}
        wanted = {"name": name, "flavorRef": flavor}
        server = self._new(
            **{"id": str(uuid.uuid4()), **more},
            name=name,
            host=host,
            project_id=project,
            request=wanted,
            facts=shown,
        )
        self.servers[server.id] = server
        if host is not None:
            assert self.placement.claim(server.id, self.host(host).provider, **self.needs(server))
        return server

    def arrive(self, server: FakeServer, host: str) -> None:
        """A server is on another host now: an operator has moved it, and it is over."""
        self.placement.release(server.id)
        assert self.placement.claim(server.id, self.host(host).provider, **self.needs(server))
        server.host = host

    def group(self, name: str, policy: str, *members: FakeServer, **rules: int) -> FakeServerGroup:
        """A server group of the project of its members."""
        project = members[0].project_id if members else "shop-project"
        ids = [each.id for each in members]
        made = FakeServerGroup(str(uuid.uuid4()), name, project, policy, rules, ids)
        self.server_groups.append(made)
        return made

    def _facts(self, flavor: str) -> dict[str, Any]:
        known = self.flavors[flavor]
        sizes = {key: known[key] for key in ("vcpus", "ram", "disk", "swap", "extra_specs")}
        return {
            "flavor": {"original_name": flavor, **sizes, "ephemeral": 0},
            "image": {"id": next(iter(self.images))},
            "key_name": None,
            "metadata": {},
            "config_drive": "",
            "security_groups": [{"name": "default"}],
            "os-extended-volumes:volumes_attached": [],
            "OS-EXT-SRV-ATTR:root_device_name": "/dev/vda",
            "networks": ["22222222-2222-4222-8222-222222222222"],  # by os-interface alone
        }

    def _route(self, request: webob.Request, path: str) -> tuple[int, Any]:
        context = request.environ["nova.context"]
        for method, pattern, handler in _ROUTES:
            if method == request.method and (found := re.fullmatch(pattern, path)):
                if context.is_admin:
                    self.raised.add((method, pattern))
                own = getattr(self, handler.__name__)  # a subclass may do it otherwise
                answer: tuple[int, Any] = own(request, context, *found.groups())
                return answer
        raise Refused(404, f"The fake Nova has no {request.method} {path}")

    # Reads.

    def flavor(self, request: Any, context: Any, flavor_id: str) -> tuple[int, Any]:
        self.asked_by_tenant.append(f"flavor {context.is_admin}")
        found = self._known(self.flavors, flavor_id, "Flavor")
        if found.get("private") and not context.is_admin:
            raise Refused(404, f"Flavor {flavor_id} could not be found.")
        return 200, {"flavor": {key: found[key] for key in found if key != "extra_specs"}}

    def listed_flavors(self, request: Any, context: Any) -> tuple[int, Any]:
        self.asked_by_tenant.append(f"flavors {context.is_admin}")
        seen = [each for each in self.flavors.values() if not each.get("private")]
        shown = [{key: each[key] for key in each if key != "extra_specs"} for each in seen]
        return 200, {"flavors": shown}

    def extra_specs(self, request: Any, context: Any, flavor_id: str) -> tuple[int, Any]:
        return 200, {"extra_specs": self._known(self.flavors, flavor_id, "Flavor")["extra_specs"]}

    def image(self, request: Any, context: Any, image_id: str) -> tuple[int, Any]:
        return 200, {"image": self._known(self.images, image_id, "Image")}

    def network(self, request: Any, context: Any, network_id: str) -> tuple[int, Any]:
        if network_id not in self.networks:
            raise Refused(404, "Network not found")
        return 200, {"network": {"id": network_id, "label": "private"}}

    def key_pair(self, request: Any, context: Any, name: str) -> tuple[int, Any]:
        if name not in self.key_pairs:
            raise Refused(404, "Keypair not found")
        return 200, {"keypair": {"name": name}}

    def groups(self, request: Any, context: Any) -> tuple[int, Any]:
        groups = [{"id": key, "name": name} for key, name in self.security_groups.items()]
        return 200, {"security_groups": groups}

    def absolute_limits(self, request: Any, context: Any) -> tuple[int, Any]:
        return 200, {"limits": {"absolute": self.limits}}

    def hypervisors(self, request: Any, context: Any) -> tuple[int, Any]:
        self._admin(context)
        if any(host.silent for host in self.hosts):  # the list has no part of what Nova knows
            raise Refused(500, "Unexpected API Error. DBConnectionError")
        shown = [
            {
                "id": host.provider,
                "service": {"host": host.name},
                "state": host.state,
                "status": host.status,
            }
            for host in self.hosts
        ]
        return 200, self._page(request, shown, "hypervisors")

    def services(self, request: Any, context: Any) -> tuple[int, Any]:
        self._admin(context)
        assert request.GET.get("binary") == "nova-compute"
        shown = [
            {"host": host.name, "status": "UNKNOWN"}
            if host.silent
            else {
                "id": host.provider,
                "host": host.name,
                "state": host.state,
                "status": host.status,
                "disabled_reason": host.disabled_reason,
                "forced_down": host.forced_down,
                "updated_at": f"2026-01-01T00:0{0 if host.unheard else 5}:00.000000",
            }
            for host in self.hosts
        ]
        return 200, {"services": shown}

    def migrations(self, request: Any, context: Any) -> tuple[int, Any]:
        """A server's evacuations: one that has not ended, or one that was late, and another."""
        self._admin(context)
        assert request.GET["migration_type"] == "evacuation"
        server = self.servers[request.GET["instance_uuid"]]
        if server.late_on:
            ended = (("completed", server.host), ("failed", server.late_on))
            return 200, {
                "migrations": [
                    {"status": status, "source_compute": "its-first-host", "dest_compute": host}
                    for status, host in ended
                ]
            }
        shown = {
            "status": "accepted",
            "source_compute": server.host,
            "dest_compute": server.evacuating_to or None,
        }
        lasting = server.task == "rebuilding" or server.landing
        return 200, {"migrations": [shown, {**shown, "status": "error"}] if lasting else []}

    def actions(self, request: Any, context: Any, server_id: str) -> tuple[int, Any]:
        """What was done with a server, the newest first; a reset of its state is not among it."""
        self._admin(context)
        done = [what for what, each in self.acted if each == server_id and what != "os-resetState"]
        shown = [{"action": each, "start_time": f"{at:06}"} for at, each in enumerate(done)]
        return 200, {"instanceActions": shown[::-1]}

    def evacuate_late(self, server_id: str, host: str) -> None:
        """A host that is back reads that it is to evacuate a server, which is elsewhere by now."""
        server = self._server(server_id)
        self.acted.append(("evacuate", server_id))
        server.late_on, server.before = host, "ERROR"
        server.task, server.status = "rebuilding", "REBUILD"

    def update_service(self, request: Any, context: Any, service_id: str) -> tuple[int, Any]:
        self._admin(context)
        found = [host for host in self.hosts if host.provider == service_id]
        if not found:
            raise Refused(404, f"Service {service_id} could not be found.")
        status = request.json["status"]
        assert status == "disabled", "hosts are enabled by operators alone"
        found[0].status, found[0].disabled_reason = status, request.json["disabled_reason"]
        return 200, {"service": {"id": service_id}}

    def enable(self, name: str) -> None:
        """An operator enables a host again, by which Nova forgets why it was disabled."""
        self.host(name).status, self.host(name).disabled_reason = "enabled", None

    def aggregates(self, request: Any, context: Any) -> tuple[int, Any]:
        self._admin(context)
        found = list(self.aggregates_beside)
        for key, of in (("rack", lambda h: h.rack), ("availability_zone", lambda h: h.zone)):
            for domain in sorted({of(host) for host in self.hosts} - {None}):
                hosts = [host.name for host in self.hosts if of(host) == domain]
                found.append({"name": domain, "metadata": {key: domain}, "hosts": hosts})
        return 200, {"aggregates": found}

    def recall(self, server_id: str) -> bool:
        """As ``cloud.forgotten.recall``."""
        server = self.servers.get(server_id)
        if server is None or not server.lost:
            return False
        if server.half_made == "requested":
            server.gone = True
            return False
        age = self.now() - server.created
        if age.total_seconds() > CONDUCTOR_SECONDS:
            server.lost, server.half_made = False, "mapped"
        return True

    # Servers.

    def create(self, request: Any, context: Any) -> tuple[int, Any]:
        wanted = request.json["server"]
        if "group" in request.json.get("os:scheduler_hints", {}):
            group = request.json["os:scheduler_hints"]["group"]
            raise Refused(400, self._objection(wanted) or f"Instance group {group} is not there.")
        if "host" in wanted and "ensembles_placer" not in context.service_roles:
            raise Refused(403, "Policy doesn't allow a host to be named.")
        for end, (status, message) in self.refuse.items():
            if wanted["name"].endswith(end):
                raise Refused(status, message)
        server = self._new(
            id=str(uuid.uuid4()),
            name=wanted["name"],
            host=wanted["host"],
            project_id=context.project_id,
            user_id=context.user_id,
            tags=wanted["tags"],
            request=wanted,
            created=self.now(),
            facts=self._facts(wanted["flavorRef"]),
            # The same one in whatever order servers are asked for.
            address=f"10.0.0.{1 + sum(wanted['name'].encode()) % 250}",
        )
        self.servers[server.id] = server
        self.hints[server.id] = request.json.get("os:scheduler_hints", {})
        self._begin(server)
        return 202, {"server": {"id": server.id}}

    def needs(self, server: FakeServer) -> dict[str, int]:
        """What a server claims of its host."""
        flavor = self.flavors[server.request["flavorRef"]]
        return {"VCPU": flavor["vcpus"], "MEMORY_MB": flavor["ram"]}

    def _new(self, **facts: Any) -> FakeServer:
        return FakeServer(**facts)

    def _begin(self, server: FakeServer) -> None:
        """Place a server and begin to build it."""
        host = self.host(server.host)
        if host.state != "up" or not self.placement.claim(
            server.id, host.provider, **self.needs(server)
        ):
            server.status, server.fault = "ERROR", "No valid host was found. "
        for end, fault in self.break_build.items():
            if server.name.endswith(end):
                server.status, server.fault = "ERROR", fault
        if host.name in self.break_host:
            server.status, server.fault = "ERROR", self.break_host[host.name]

    def _objection(self, wanted: dict[str, Any]) -> str:
        """What is not there of all that a server refers to, in fewer words than ours."""
        networks = wanted["networks"]
        ids = {each.get("uuid") for each in networks} if networks not in ("auto", "none") else set()
        groups = {each["name"] for each in wanted.get("security_groups", ())}
        if groups - {*self.security_groups, *self.security_groups.values()}:
            return "Security group not found."
        if ids - self.networks - {None}:
            return "Network could not be found."
        if wanted.get("key_name", "laptop") not in self.key_pairs:
            return "Invalid key_name provided."
        return ""

    def list(self, request: Any, context: Any) -> tuple[int, Any]:
        tag = request.GET.get("tags")
        everybody = context.is_admin and "all_tenants" in request.GET
        mine = [
            server
            for server in sorted(self.alive(), key=lambda each: each.id)
            if (server.project_id == context.project_id or everybody)
            and request.GET.get("project_id") in (None, server.project_id)
            and (tag is None or tag in server.tags)
            and request.GET.get("status") in (None, server.status)
            and request.GET.get("host") in (None, server.host)
        ]
        if "marker" not in request.GET and "changes-since" not in request.GET:
            for server in mine:
                self._look(server)
        shown = [self._view(server, context) for server in mine if not server.gone]
        return 200, self._page(request, shown, "servers")

    def brief(self, request: Any, context: Any) -> tuple[int, Any]:
        """A list without details: of what was deleted, by an operator, or of one's own."""
        if "deleted" not in request.GET:
            status, answer = self.list(request, context)
            rows = [{"id": each["id"], "name": each["name"]} for each in answer["servers"]]
            return status, {**answer, "servers": rows}
        self._admin(context)
        assert request.GET["deleted"] == "true"
        assert "changes-since" in request.GET
        gone = sorted(server.id for server in self.servers.values() if server.gone)
        return 200, self._page(request, [{"id": server_id} for server_id in gone], "servers")

    def show(self, request: Any, context: Any, server_id: str) -> tuple[int, Any]:
        server = self._server(server_id)
        self._look(server)
        view = self._view(self._server(server_id), context)
        if request.headers.get("OpenStack-API-Version") == "compute 2.100":
            given = self.hints.get(server_id, {})
            view["scheduler_hints"] = {key: [value] for key, value in given.items()}
        if request.headers.get("OpenStack-API-Version") == "compute 2.46":
            view["flavor"] = {"id": server.request["flavorRef"]}
        return 200, {"server": view}

    def metadata(self, request: Any, context: Any, server_id: str) -> tuple[int, Any]:
        return 200, {"metadata": self._server(server_id).request.get("metadata", {})}

    def set_metadata(self, request: Any, context: Any, server_id: str) -> tuple[int, Any]:
        server = self._server(server_id)
        if server.locked and not context.is_admin:
            raise Refused(409, f"Instance {server_id} is locked")
        if server.status == "ERROR" or server.task:
            raise Refused(409, f"Cannot 'update_instance_metadata' instance {server_id}")
        server.request.setdefault("metadata", {}).update(request.json["metadata"])
        return 200, {"metadata": server.request["metadata"]}

    def remove_metadata(
        self, request: Any, context: Any, server_id: str, key: str
    ) -> tuple[int, Any]:
        server = self._server(server_id)
        if server.locked and not context.is_admin:
            raise Refused(409, f"Instance {server_id} is locked")
        if key not in server.request.get("metadata", {}):
            raise Refused(404, "Metadata item was not found")
        del server.request["metadata"][key]
        return 204, None

    def interfaces(self, request: Any, context: Any, server_id: str) -> tuple[int, Any]:
        networks = self._server(server_id).facts["networks"]
        return 200, {"interfaceAttachments": [{"net_id": each} for each in networks]}

    def attachments(self, request: Any, context: Any, server_id: str) -> tuple[int, Any]:
        found = self._server(server_id).facts["os-extended-volumes:volumes_attached"]
        rows = [{"volumeId": each["id"], "device": each["device"]} for each in found]
        return 200, {"volumeAttachments": rows}

    def groups_of_servers(self, request: Any, context: Any) -> tuple[int, Any]:
        mine = [each for each in self.server_groups if each.project_id == context.project_id]
        there = {each.id for each in self.alive()}
        shown = [{**vars(each), "members": sorted(there & {*each.members})} for each in mine]
        return 200, {"server_groups": shown}

    def remove_tag(self, request: Any, context: Any, server_id: str, tag: str) -> tuple[int, Any]:
        server = self._server(server_id)
        if server.status not in ("ACTIVE", "PAUSED", "SUSPENDED", "SHUTOFF"):
            raise Refused(409, f"Cannot 'delete tag' instance {server_id}")
        if tag not in server.tags:
            raise Refused(404, f"Server {server_id} has no tag '{tag}'")
        server.tags.remove(tag)
        return 204, None

    def delete(self, request: Any, context: Any, server_id: str) -> tuple[int, Any]:
        server = self._server(server_id)
        if server.locked and not context.is_admin:
            raise Refused(409, f"Instance {server_id} is locked")
        server.stuck = server.stuck and self.host(server.host).state == "up"
        if server.task == "deleting":
            raise Refused(409, "Cannot delete: it is being deleted")
        if server.half_made in ("unmapped", "requested"):
            server.lost = True
            return 204, None
        server.task, server.looks = "deleting", 0
        return 204, None

    def act(self, request: Any, context: Any, server_id: str) -> tuple[int, Any]:
        """What the body names, which is refused at once or comes to nothing later."""
        ((action, wanted),) = request.json.items()
        self.acted.append((action, server_id))
        server = self._server(server_id)
        admin = action not in ("os-start", "os-stop")
        if admin and "admin" not in context.roles:
            raise Refused(403, "Policy doesn't allow it to be performed.")
        for end, (status, message) in self.refuse.items():
            if server.name.endswith(end):
                raise Refused(status, message)
        match action:
            case "os-migrateLive":
                self._live_migrate(server, wanted["host"], context)
            case "evacuate":
                # Later ones leave each server stopped.
                assert request.headers["OpenStack-API-Version"] == "compute 2.94"
                self._evacuate(server, wanted["host"])
            case "os-resetState":
                server.task, server.status, server.late_on = None, wanted["state"].upper(), ""
            case "os-start":
                self._start(server)
            case "os-stop":
                self._stop(server, context)
        return 202, None

    def _live_migrate(self, server: FakeServer, host: str, context: Any) -> None:
        if server.locked and not context.is_admin:
            raise Refused(409, f"Instance {server.id} is locked")
        if server.task is not None or server.status != "ACTIVE":
            raise Refused(409, "Cannot 'os-migrateLive': it is not in the state for that")
        server.task, server.status, server.looks = "migrating", "MIGRATING", 0
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
        lasting = self._server(server_id).task == "migrating"
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

    def _end_move(self, server: FakeServer, host: str) -> None:
        """Leave a server on this host, with what it takes there alone."""
        self.placement.release(server.migration)
        self.placement.release(server.id)
        assert self.placement.claim(server.id, self.host(host).provider, **self.needs(server))
        server.host, server.target, server.migration = host, "", ""
        server.task, server.status = None, "ACTIVE"

    def update_attachment(
        self, request: Any, context: Any, server_id: str, volume_id: str
    ) -> tuple[int, Any]:
        """Of what Nova can do here, that a volume is deleted with its server."""
        attachment = request.json["volumeAttachment"]
        assert attachment == {"volumeId": volume_id, "delete_on_termination": True}
        self._server(server_id)
        self.deletes_volumes.add((server_id, volume_id))
        return 202, None

    def _look(self, server: FakeServer) -> None:
        """Time passes for a server whenever somebody looks at it."""
        server.looks += 0 if server.stuck else 1
        if server.task == "deleting" and server.looks > self.delete_looks:
            self.placement.release(server.id)
            server.gone = True
        elif server.half_made or server.stuck:
            pass
        elif server.target and server.looks > self.move_looks:
            if server.task == "rebuilding" and self.land_looks:
                server.task, server.status = None, server.before
                server.looks, server.landing = self.move_looks - self.land_looks, True
            elif server.task == "rebuilding" or server.landing:
                self._end_evacuation(server)
            else:
                self._end_move(server, server.target)
        elif server.task is None and server.status == "BUILD" and server.looks > self.build_looks:
            server.status = "ACTIVE"

    def _server(self, server_id: str) -> FakeServer:
        server = self.servers.get(server_id)
        if server is None or server.gone or server.lost:
            raise Refused(404, f"Instance {server_id} could not be found.")
        return server

    @staticmethod
    def _view(server: FakeServer, context: Any) -> dict[str, Any]:
        view: dict[str, Any] = {
            "id": server.id,
            "name": server.name,
            "tenant_id": server.project_id,
            "status": server.status,
            "tags": server.tags,
            "OS-EXT-STS:task_state": server.task,
            "OS-EXT-STS:vm_state": server.vm_state,
            "created": server.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "updated": server.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "locked": server.locked,
            "addresses": {"private": [{"addr": server.address}]} if server.address else {},
        }
        if context.is_admin:
            built = bool(server.before)  # an evacuation that fails leaves it where it was
            hostless = (server.status == "ERROR" and not built) or bool(server.half_made)
            view["OS-EXT-SRV-ATTR:host"] = None if hostless else server.host
        view |= {key: each for key, each in server.facts.items() if key != "networks"}
        if server.fault:
            view["fault"] = {"code": 500, "message": server.fault}
        return view

    @staticmethod
    def _admin(context: Any) -> None:
        if not context.is_admin:
            raise Refused(403, "Policy doesn't allow it to be performed.")

    def _page(self, request: Any, items: Sequence[Any], key: str) -> dict[str, Any]:
        start = 0
        if marker := request.GET.get("marker"):
            ids = [item["id"] for item in items]
            if marker not in ids:
                raise Refused(400, f"Marker {marker} could not be found.")
            start = ids.index(marker) + 1
        page = items[start : start + self.page]
        body: dict[str, Any] = {key: page}
        if start + self.page < len(items):
            body[f"{key}_links"] = [{"rel": "next", "href": "http://nova/next"}]
        return body

    @staticmethod
    def _known(things: dict[str, Any], key: str, kind: str) -> Any:
        if key not in things:
            raise Refused(404, f"{kind} {key} could not be found.")
        return things[key]


_ROUTES: list[tuple[str, str, Callable[..., tuple[int, Any]]]] = [
    ("GET", r"/flavors/detail", FakeNova.listed_flavors),
    ("GET", r"/flavors/([^/]+)", FakeNova.flavor),
    ("GET", r"/flavors/([^/]+)/os-extra_specs", FakeNova.extra_specs),
    ("GET", r"/images/([^/]+)", FakeNova.image),
    ("GET", r"/os-tenant-networks/([^/]+)", FakeNova.network),
    ("GET", r"/os-keypairs/([^/]+)", FakeNova.key_pair),
    ("GET", r"/os-security-groups", FakeNova.groups),
    ("GET", r"/limits", FakeNova.absolute_limits),
    ("GET", r"/os-hypervisors/detail", FakeNova.hypervisors),
    ("GET", r"/os-aggregates", FakeNova.aggregates),
    ("GET", r"/os-services", FakeNova.services),
    ("GET", r"/os-migrations", FakeNova.migrations),
    ("PUT", r"/os-services/([^/]+)", FakeNova.update_service),
    ("POST", r"/servers", FakeNova.create),
    ("GET", r"/servers", FakeNova.brief),
    ("GET", r"/servers/detail", FakeNova.list),
    ("GET", r"/servers/([^/]+)", FakeNova.show),
    ("POST", r"/servers/([^/]+)/action", FakeNova.act),
    ("GET", r"/servers/([^/]+)/metadata", FakeNova.metadata),
    ("POST", r"/servers/([^/]+)/metadata", FakeNova.set_metadata),
    ("DELETE", r"/servers/([^/]+)/metadata/([^/]+)", FakeNova.remove_metadata),
    ("GET", r"/servers/([^/]+)/os-interface", FakeNova.interfaces),
    ("GET", r"/servers/([^/]+)/os-volume_attachments", FakeNova.attachments),
    ("GET", r"/os-server-groups", FakeNova.groups_of_servers),
    ("GET", r"/servers/([^/]+)/os-instance-actions", FakeNova.actions),
    ("GET", r"/servers/([^/]+)/migrations", FakeNova.in_progress),
    ("DELETE", r"/servers/([^/]+)/migrations/([^/]+)", FakeNova.abort),
    ("DELETE", r"/servers/([^/]+)", FakeNova.delete),
    ("DELETE", r"/servers/([^/]+)/tags/([^/]+)", FakeNova.remove_tag),
    ("PUT", r"/servers/([^/]+)/os-volume_attachments/([^/]+)", FakeNova.update_attachment),
]
