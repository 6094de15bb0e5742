# SPDX-License-Identifier: Apache-2.0
"""A small cloud over HTTP: enough of Keystone, Nova, Glance and Neutron for the dashboard.

It keeps ensembles in memory and speaks the ensembles API, but plans nothing: the answers to a plan
or a create can be written down by the test.
"""

import json
import threading
import uuid
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fakes import host_impact
from tests.fakes.dashboard_answers import CAPABILITIES, PROJECT, ensemble

OTHER_PROJECT = "0b7c1de2f3a44f5d8c6b7a8990112233"
PROJECTS = {PROJECT: "demo", OTHER_PROJECT: "lab"}
# What a page of the project sends with each request of its script, and with a form.
SCRIPT = {"X-Requested-With": "XMLHttpRequest", "X-Ensembles-Project": PROJECT}
FORM = {"ensembles_project": PROJECT}
# As Keystone gives them: a role brings those that it implies.
ROLES = {
    "admin": ["admin", "manager", "member", "reader"],
    "demo": ["member", "reader"],
    "reader": ["reader"],
}
DOMAIN = {"id": "default", "name": "Default"}


class DashboardCloud:
    """The server, its ensembles (oldest first), what it was asked, and answers written down."""

    def __init__(self) -> None:
        self.empty()
        cloud = self

        class Handler(_Handler):
            """Answers for this cloud."""

        Handler.cloud = cloud
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def empty(self) -> None:
        """Forget everything but who logged in."""
        self.ensembles: list[dict[str, Any]] = []
        self.capabilities: dict[str, Any] = CAPABILITIES
        self.apart = False  # whether ensembles are a service of their own, for who logs in then
        # What the host impact is about: hosts and records of the API's own code.
        self.hosts: list[Any] = []
        self.records: list[Any] = []
        self.drain: dict[str, Any] = {}  # what trying to drain any host gives
        self.asked: list[tuple[str, str, Any]] = []
        self.asked_with: list[tuple[str, str, dict[str, str]]] = []
        self.keys: list[str] = []
        # (method, path) -> (status, body): goes before everything else; status 0: no answer at all.
        self.answers: dict[tuple[str, str], tuple[int, Any]] = {}

    def stop(self) -> None:
        """Free the port."""
        self._server.shutdown()
        self._server.server_close()

    def bodies(self, method: str, path: str) -> list[Any]:
        """Give what was sent to an address."""
        return [body for how, where, body in self.asked if (how, where) == (method, path)]

    def queries(self, method: str, path: str) -> list[dict[str, str]]:
        """Give the queries that an address was asked with."""
        return [query for how, where, query in self.asked_with if (how, where) == (method, path)]

    # Every method below answers one kind of request with (status, body).

    def token(self, body: Any) -> tuple[int, Any]:
        """Log anybody in who has the password; the user "admin" is one."""
        auth = body["auth"]
        identity = auth["identity"]
        if "password" in identity:
            name = identity["password"]["user"]["name"]
            if identity["password"]["user"]["password"] != "secret":
                return 401, {"error": {"code": 401, "message": "no", "title": "Unauthorized"}}
        else:
            name = identity["token"]["id"].partition(":")[0]
        roles = ROLES.get(name, ROLES["demo"])
        expires = datetime.now(UTC) + timedelta(hours=8)
        token: dict[str, Any] = {
            "methods": ["password"],
            "user": {"id": f"u-{name}", "name": name, "domain": DOMAIN},
            "expires_at": expires.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
            "issued_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
            "audit_ids": ["a"],
        }
        scope = auth.get("scope")
        if isinstance(scope, dict) and "project" not in scope:
            return 401, {"error": {"code": 401, "message": "no", "title": "Unauthorized"}}
        if isinstance(scope, dict):
            project = scope["project"]["id"]
            token |= {
                "project": {"id": project, "name": PROJECTS[project], "domain": DOMAIN},
                "roles": [{"id": role, "name": role} for role in roles],
                "catalog": [
                    self._service("identity", "/v3"),
                    self._service("compute", "/v2.1"),
                    self._service("image", "/image"),
                    self._service("network", "/network"),
                    *([self._service("ensemble", "/v1")] if self.apart else []),
                ],
            }
        return 201, {"token": token, "subject": f"{name}:{uuid.uuid4().hex}"}

    def _service(self, kind: str, path: str) -> dict[str, Any]:
        return {
            "id": kind,
            "type": kind,
            "name": kind,
            "endpoints": [
                {
                    "id": kind + interface,
                    "interface": interface,
                    "region": "RegionOne",
                    "region_id": "RegionOne",
                    "url": self.url + path,
                }
                for interface in ("public", "internal", "admin")
            ],
        }

    def page(self, query: dict[str, str]) -> tuple[int, Any]:
        """List ensembles as the API does: sorted by age, after a marker, filtered, limited."""
        rows = self.ensembles if query.get("sort_dir") == "asc" else self.ensembles[::-1]
        rows = [row for row in rows if query.get("name", "") in row["name"]]
        rows = [row for row in rows if query.get("status", row["status"]) == row["status"]]
        if "marker" in query:
            rows = rows[[row["id"] for row in rows].index(query["marker"]) + 1 :]
        size = int(query.get("limit", 1000))
        hidden = ("members", "policies", "survivability", "events")
        shown = [{k: v for k, v in row.items() if k not in hidden} for row in rows[:size]]
        links = [{"rel": "next", "href": "x"}] if len(rows) > size else []
        return 200, {"ensembles": shown, "ensembles_links": links}

    def one(self, method: str, ensemble_id: str) -> tuple[int, Any]:
        """Show or delete one ensemble."""
        for row in self.ensembles:
            if row["id"] == ensemble_id:
                if method == "DELETE":
                    row["status"] = "DELETING"
                    return 202, None
                return 200, {"ensemble": row}
        missing = {"code": "ensemble.not_found"}
        return 404, {"itemNotFound": {"code": 404, "message": "No such one", "details": missing}}

    def act(self, ensemble_id: str) -> tuple[int, Any]:
        """Cancel a build, or refuse to when there is none."""
        row = next(row for row in self.ensembles if row["id"] == ensemble_id)
        if row["status"] not in ("RESERVING", "BUILDING"):
            said = {"code": 409, "message": "There is no build to cancel.", "details": {}}
            return 409, {"conflictingRequest": said}
        row["status"] = "DELETING"
        return 202, {"ensemble": row}

    def create(self, body: Any) -> tuple[int, Any]:
        """Accept whatever is drawn."""
        made = ensemble(body["ensemble"]["name"], "BUILDING", 0)
        self.ensembles.append(made)
        return 202, {"ensemble": made}


_FLAVORS = [
    {"id": "f2", "name": "m1.small", "vcpus": 1, "ram": 2048, "disk": 20, "links": []},
    {"id": "f1", "name": "m1.tiny", "vcpus": 1, "ram": 512, "disk": 1, "links": []},
]
_IMAGES = [
    {"id": "i1", "name": "cirros", "status": "active", "container_format": "bare"},
    {"id": "i2", "name": "cirros-kernel", "status": "active", "container_format": "aki"},
]
_GROUPS = [
    {"id": f"g{number}", "name": "default" if number else "web", "security_group_rules": []}
    for number in range(3)
]
_NETWORK = {"id": "n1", "name": "private", "admin_state_up": True, "subnets": [], "shared": False}
_STATIC: dict[str, Any] = {
    "/v2.1/flavors/detail": {"flavors": _FLAVORS},
    "/v2.1/os-keypairs": {"keypairs": [{"keypair": {"name": "mine", "fingerprint": "x"}}]},
    "/image/v2/images": {"images": _IMAGES},
    "/network/v2.0/security-groups": {"security_groups": _GROUPS},
    "/image/v2/schemas/image": {"name": "image", "properties": {}},
    "/network/v2.0/ports": {"ports": []},
    "/v2.1/os-availability-zone": {
        "availabilityZoneInfo": [
            {"zoneName": name, "zoneState": {"available": name != "az3"}, "hosts": None}
            for name in ("az2", "az1", "az3")
        ]
    },
    "/v2.1/os-server-groups": {
        "server_groups": [
            {"id": "sg2", "name": "web", "policy": "anti-affinity", "members": ["s1", "s2"]},
            {"id": "sg1", "name": "empty", "policy": "affinity", "members": []},
        ]
    },
    "/v2.1/servers/detail": {
        "servers": [
            {"id": "s2", "name": "web-2", "status": "SHUTOFF", "tags": ["shop", "old"]},
            {"id": "s1", "name": "web-1", "status": "ACTIVE", "tags": []},
            {"id": "s3", "name": "", "status": "ERROR", "tags": []},
        ]
    },
    "/v2.1/limits": {
        "limits": {
            "rate": [],
            "absolute": {
                "maxTotalInstances": 10,
                "totalInstancesUsed": 3,
                "maxTotalCores": -1,
                "totalCoresUsed": 5,
                "maxTotalRAMSize": 51200,
                "totalRAMUsed": 2048,
            },
        }
    },
    "/network/v2.0/subnets": {"subnets": []},
    "/network/v2.0/extensions": {"extensions": []},
    "/v3/projects": {"projects": [{"id": PROJECT, "name": "demo"}], "links": {}},
    "/v3/users/u-demo": {"user": {"id": "u-demo", "name": "daisy"}},
    f"/v3/projects/{PROJECT}": {"project": {"id": PROJECT, "name": "demo"}},
    "/v3/auth/domains": {"domains": []},
    "/v3/auth/system": {"system": []},
}


def _version(href: str, **more: str) -> dict[str, Any]:
    links = [{"rel": "self", "href": href}]
    stamp = "2026-04-01T00:00:00Z"
    return {"status": "CURRENT", "updated": stamp, "links": links, "media-types": [], **more}


class _Handler(BaseHTTPRequestHandler):
    cloud: DashboardCloud
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_PATCH(self) -> None:
        self._handle()

    def do_DELETE(self) -> None:
        self._handle()

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        path = parts.path.rstrip("/")
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size)) if size else None
        self.cloud.asked.append((self.command, path, body if body is not None else query))
        self.cloud.asked_with.append((self.command, path, query))
        if key := self.headers.get("Idempotency-Key"):
            self.cloud.keys.append(key)
        written = self.cloud.answers.get((self.command, path))
        status, answer = written or self._answer(path, query, body)
        if not status:
            self.close_connection = True
            return
        self._send(status, answer)

    def _answer(self, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        cloud = self.cloud
        if path == "/v3/auth/tokens":
            return cloud.token(body)
        if path.startswith("/v1/os-ensembles" if cloud.apart else "/v2.1/os-ensembles"):
            return self._ensembles("/v2.1/" + path.lstrip("/").partition("/")[2], query, body)
        if path == "/network/v2.0/networks":
            # The dashboard asks for the shared ones and for the project's; there is one of these.
            return 200, {"networks": [_NETWORK] if query.get("shared") == "False" else []}
        if path.startswith("/v3/users/") and path.endswith("/projects"):
            found = [{"id": key, "name": PROJECTS[key], "enabled": True} for key in PROJECTS]
            return 200, {"projects": found}
        if path == "/v3":
            return 200, {"version": _version(cloud.url + "/v3/", id="v3.14", status="stable")}
        if path == "/v2.1":
            numbers = {"version": "2.104", "min_version": "2.1"}
            return 200, {"version": _version(cloud.url + "/v2.1/", id="v2.1", **numbers)}
        if path in _STATIC:
            return 200, _STATIC[path]
        return 404, {"error": {"code": 404, "message": path, "title": "Not Found"}}

    def _ensembles(self, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        cloud = self.cloud
        if path == "/v2.1/os-ensembles":
            return cloud.create(body) if self.command == "POST" else cloud.page(query)
        if path == "/v2.1/os-ensembles/capabilities":
            return 200, {"capabilities": cloud.capabilities}
        if path == "/v2.1/os-ensembles/hosts":
            return host_impact.answer(cloud.hosts, cloud.records, query)
        if path.startswith("/v2.1/os-ensembles/hosts/"):
            name = unquote(path.rpartition("/")[2])
            return host_impact.one(
                cloud.hosts, cloud.records, name, cloud.drain if "check" in query else {}
            )
        if path.endswith("/action"):
            return cloud.act(path.split("/")[-2])
        return cloud.one(self.command, path.rpartition("/")[2])

    def _send(self, status: int, answer: Any) -> None:
        subject = answer.pop("subject", None) if isinstance(answer, dict) else None
        data = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if subject:
            self.send_header("X-Subject-Token", subject)
        self.end_headers()
        self.wfile.write(data)
