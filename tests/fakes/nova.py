# SPDX-License-Identifier: Apache-2.0
"""A tiny Nova: the few API calls that we make of it, as WSGI, with claims in a real Placement.

It is written by hand after Nova's API reference. A server is BUILD for ``build_looks`` looks at
it, then ACTIVE; a deleted one is "deleting" for ``delete_looks`` looks, then gone. Tests script
its failures.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import webob

from ensemble_api.cloud.demand import demand
from ensemble_api.cloud.forgotten import CONDUCTOR_SECONDS
from tests.fakes.nova_catalog import NovaCatalog
from tests.fakes.nova_labels import NovaLabels
from tests.fakes.nova_moves import NovaMoves
from tests.fakes.nova_objects import FakeServer, FakeServerGroup, Refused

# Extra specs by which a server takes more than its processors and memory.
_OF_PLACEMENT = ("resources", "pci_passthrough:alias")


class FakeNova(NovaCatalog, NovaLabels, NovaMoves):
    """The WSGI application, with its servers."""

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

    def _new(self, **facts: Any) -> FakeServer:
        return FakeServer(**facts)

    def _begin(self, server: FakeServer) -> None:
        """Place a server and begin to build it."""
        host = self.host(server.host)
        if host.state != "up" or not self._claimed(server, host.provider):
            server.status, server.fault = "ERROR", "No valid host was found. "
        for end, fault in self.break_build.items():
            if server.name.endswith(end):
                server.status, server.fault = "ERROR", fault
        if host.name in self.break_host:
            server.status, server.fault = "ERROR", self.break_host[host.name]

    def _claimed(self, server: FakeServer, provider: str) -> bool:
        """Whether there was room for a server on a host of that provider."""
        flavor = self.flavors[server.request["flavorRef"]]
        if not any(key.startswith(_OF_PLACEMENT) for key in flavor.get("extra_specs", ())):
            return bool(self.placement.claim(server.id, provider, **self.needs(server)))
        return bool(self.placement.claim_in_tree(server.id, provider, demand(flavor, {}).query))

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
