# SPDX-License-Identifier: Apache-2.0
"""A little cloud over HTTP with scripted answers: Keystone, Nova, Glance, Neutron and ensembles.

It checks nothing and plans nothing: it answers each route with the answers the test wrote down,
one after the other, the last one again and again, and remembers what it was asked.
"""

import json
import threading
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

Answer = tuple[int, Any]
LOST: Answer = (0, None)  # the request arrives, and the connection ends without an answer

PROJECT = "9f1b6bd0c3a24d2e8a3d5a9f0b1c2d3e"
FLAVORS = {"m1.tiny": "1", "m1.small": "2", "m1.medium": "3"}
IMAGES = {"cirros": "70a599e0-31e7-49b7-b260-868f441e862b"}
PORTS = {"front": "0ddc4e3d-1c6d-4a56-8a9d-f0e3c6f1a111"}
NETWORKS = {"private": "f27aa545-cbdd-4907-b0c6-c9e8b039dcc2"}


@dataclass(slots=True)
class Request:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class ScriptedCloud:
    """The server, its script and what it was asked on the ensembles API."""

    answers: dict[tuple[str, str], list[Answer]] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)
    images: dict[str, list[str]] = field(default_factory=dict)
    url: str = ""
    _server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        cloud = self

        class Handler(_Handler):
            fake = cloud

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.images = {name: [key] for name, key in IMAGES.items()}
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def on(self, method: str, path: str, *answers: Answer) -> None:
        """Script the answers to a route below /os-ensembles; the last one repeats."""
        self.answers[method, path] = list(answers)

    def clouds_yaml(self, folder: Path) -> Path:
        auth = {"auth_url": f"{self.url}/identity/v3", "username": "demo", "password": "secret"}
        auth |= {
            "project_name": "demo",
            "user_domain_id": "default",
            "project_domain_id": "default",
        }
        path = folder / "clouds.yaml"
        clouds = {"fake": {"auth": auth, "region_name": "RegionOne", "interface": "public"}}
        path.write_text(yaml.safe_dump({"clouds": clouds}))
        return path

    def answer(self, asked: Request) -> Answer:
        parts = asked.path.strip("/").split("/")
        service, rest = parts[0], parts[1:]
        if service == "compute" and rest[1:2] == ["os-ensembles"]:
            self.asked.append(asked)
            route = asked.method, "/" + "/".join(rest[2:]) if rest[2:] else ""
            script = self.answers.get(route)
            if script is None and route == ("GET", "/capabilities"):
                self.asked.pop()  # commands may ask for these at any time
                return 200, {"capabilities": CAPABILITIES}
            if script is None:
                return 404, {"itemNotFound": {"code": 404, "message": "Not scripted."}}
            return script.pop(0) if len(script) > 1 else script[0]
        answers = {
            "identity": self._identity,
            "compute": self._compute,
            "image": self._image,
            "network": self._network,
        }
        return answers[service](asked, rest)

    def _identity(self, asked: Request, rest: list[str]) -> Answer:
        if asked.method == "POST":
            return 201, {"token": _token(self.url)}
        version = {"id": "v3.14", "status": "stable", "links": _self(f"{self.url}/identity/v3/")}
        return 200, {"version": version} if rest == ["v3"] else {"versions": {"values": [version]}}

    def _compute(self, asked: Request, rest: list[str]) -> Answer:
        if len(rest) < 2:
            version = {"id": "v2.1", "status": "CURRENT", "version": "2.104", "min_version": "2.1"}
            shown = version | {"links": _self(f"{self.url}/compute/v2.1/")}
            return 200, {"version": shown} if rest else {"versions": [shown]}
        flavors = [{"id": key, "name": name, "links": []} for name, key in FLAVORS.items()]
        return _found(flavors, rest[2:], "flavor", asked)

    def _image(self, asked: Request, rest: list[str]) -> Answer:
        if len(rest) < 2:
            links = _self(f"{self.url}/image/v2/")
            return 300, {"versions": [{"id": "v2.15", "status": "CURRENT", "links": links}]}
        images = [{"id": key, "name": name} for name, keys in self.images.items() for key in keys]
        status, body = _found(images, rest[2:], "image", asked)
        return status, body.get("image", body)

    def _network(self, asked: Request, rest: list[str]) -> Answer:
        if len(rest) < 2:
            links = _self(f"{self.url}/network/v2.0/")
            return 200, {"versions": [{"id": "v2.0", "status": "CURRENT", "links": links}]}
        kind = rest[1].removesuffix("s")
        named = {"network": NETWORKS, "port": PORTS}[kind]
        return _found(
            [{"id": key, "name": name} for name, key in named.items()], rest[2:], kind, asked
        )


class _Handler(BaseHTTPRequestHandler):
    """Reads a request, hands it to the cloud, writes the answer."""

    fake: ScriptedCloud
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        content = self.rfile.read(length)
        url = urlsplit(self.path)
        body = json.loads(content) if content else None
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, answer = self.fake.answer(
            Request(self.command, url.path, parse_qs(url.query), body, headers)
        )
        if (status, answer) == LOST:
            self.close_connection = True
            return
        payload = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.send_header("X-Subject-Token", "token")
        self.send_header("x-compute-request-id", "req-1")
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


def _self(url: str) -> list[dict[str, str]]:
    return [{"rel": "self", "href": url}]


def _found(things: list[dict[str, Any]], rest: list[str], kind: str, asked: Request) -> Answer:
    if rest and rest != ["detail"]:
        for thing in things:
            if thing["id"] == rest[0]:
                return 200, {kind: thing}
        return 404, {"itemNotFound": {"code": 404, "message": f"{kind} not found"}}
    names = asked.query.get("name")
    return 200, {f"{kind}s": [each for each in things if not names or each["name"] in names]}


def _token(url: str) -> dict[str, Any]:
    def entry(kind: str, path: str) -> dict[str, Any]:
        endpoint = {"id": kind, "interface": "public", "region": "RegionOne"}
        endpoint |= {"region_id": "RegionOne", "url": f"{url}{path}"}
        return {"type": kind, "name": kind, "id": kind, "endpoints": [endpoint]}

    paths = {"compute": "/compute/v2.1", "image": "/image", "network": "/network"}
    domain = {"id": "default", "name": "Default"}
    return {
        "methods": ["password"],
        "expires_at": "2099-01-01T00:00:00.000000Z",
        "issued_at": "2026-11-22T00:00:00.000000Z",
        "user": {"id": "u1", "name": "demo", "domain": domain},
        "project": {"id": PROJECT, "name": "demo", "domain": domain},
        "roles": [{"id": "r1", "name": "member"}],
        "catalog": [entry(kind, path) for kind, path in paths.items()],
    }


def refusal(status: int, message: str, **details: Any) -> Answer:
    """Build an error answer in Nova's style with our details."""
    keys = {400: "badRequest", 403: "forbidden", 404: "itemNotFound", 409: "conflictingRequest"}
    if "field" in details:
        details = {"label": "count of web", "reason": message, **details}
    if "reasons" in details:
        details = {**details, "message": "The ensemble does not fit."}
    error = {"code": status, "message": message, "details": details}
    return status, {keys.get(status, "computeFault"): error}


CAPABILITIES: dict[str, Any] = {
    "limits": {"max_members": 500, "max_body_bytes": 114_688},
    "levels": [
        {"name": "host", "label": "host", "zone": False},
        {"name": "az", "label": "zone", "zone": True},
    ],
    "policies": [
        {"type": "affinity", "fields": {}},
        {"type": "spread", "fields": {"max_skew": {"type": "integer", "minimum": 1}}},
    ],
    "statuses": [
        {"name": "BUILDING", "label": "Building", "settled": False},
        {"name": "ACTIVE", "label": "Active", "settled": True},
        {"name": "ERROR", "label": "Error", "settled": True},
    ],
    "member_statuses": [{"name": "RESERVED"}],
    "sort_keys": {"ensembles": ["name"], "hosts": ["host"]},
    "features": ["create", "plan"],
}


def not_found() -> Answer:
    return refusal(404, "Ensemble not found.", code="ensemble.not_found")


DOMAINS = [
    {"ref": "z1", "level": "zone", "parent": None, "label": "zone A"},
    {"ref": "r1", "level": "rack", "parent": "z1", "label": "rack A"},
    {"ref": "r2", "level": "rack", "parent": "z1", "label": "rack B"},
    {"ref": "h1", "level": "host", "parent": "r1", "label": "host A"},
    {"ref": "h2", "level": "host", "parent": "r2", "label": "host B"},
]
PLACES = [
    {"host": "h1", "rack": "r1", "zone": "z1"},
    {"host": "h2", "rack": "r2", "zone": "z1"},
]
SURVIVABILITY = [
    {
        "level": level,
        "domains_used": used,
        "state": "down",
        "label": "down",
        "ends": ["cache"] if left else ["web", "cache"],
        "short": [],
        "message": f"The ensemble is down after the loss of any one {level}.",
        "worst": [
            {"tier": "web", "left": left, "count": 2},
            {"tier": "cache", "left": 0, "count": 1},
        ],
        "worst_message": f"At worst, {left} of 2 web and 0 of 1 cache are left.",
        "any": [],
        "losses": [],
    }
    for level, used, left in (("host", 2, 1), ("rack", 2, 1), ("zone", 1, 0))
]
MEMBERS = [("web-0", "web", 0), ("web-1", "web", 1), ("cache-0", "cache", 0)]


def plan(**changes: Any) -> dict[str, Any]:
    """Build a feasible plan: two web members on two hosts, a cache on the first."""
    base = {
        "id": str(uuid.UUID(int=9)),
        "feasible": True,
        "proved": True,
        "message": "3 members fit on 2 hosts.",
        "proof": "It is proved that no plan is better.",
        "policies": [],
        "warnings": [],
        "not_planned_with": [],
        "over_quota": [],
        "assignments": [
            {"member": name, "tier": tier, "domains": PLACES[place]}
            for name, tier, place in MEMBERS
        ],
        "domains": DOMAINS,
        "survivability": SURVIVABILITY,
        "objectives": [
            {
                "name": "worst host loss",
                "value": 2,
                "bound": 2,
                "proved": True,
                "message": "worst host loss: 2, proved optimal",
            }
        ],
        "violations": [],
        "reasons": [],
    }
    return base | changes


CURRENT_STATE = {
    "as_of": "2026-11-22T12:03:00Z",
    "as_planned": False,
    "message": "1 of 3 members run where they were planned.",
    "differences": [
        {"member": "web-1", "kind": "moved", "message": "web-1 is now in rack A."},
        {"member": "cache-0", "kind": "gone", "message": "cache-0 is gone."},
    ],
    "costs": [{"message": "The loss of rack A now leaves nothing of web."}],
    "policies": [
        {"policy": 0, "holds": False, "message": "No two members of web may share a host."}
    ],
    "members": [
        {
            "name": name,
            "tier": tier,
            "status": status,
            "server_id": str(uuid.UUID(int=200 + index)),
            "running": status == "ACTIVE",
            "domains": {} if now is None else PLACES[now],
            "planned": PLACES[place],
            "moved": now not in (None, place),
        }
        for index, ((name, tier, place), status, now) in enumerate(
            zip(MEMBERS, ("ACTIVE", "ACTIVE", None), (0, 0, None), strict=True)
        )
    ],
    "domains": DOMAINS,
    "levels": SURVIVABILITY,
    "promises": [],
    "violations": [
        {
            "policy": 0,
            "level": "host",
            "message": "1 web too many.",
            "enforcement": "hard",
            "domains": ["h1"],
        }
    ],
}


PROGRESS = {
    "RESERVING": "The capacity of 3 members is being reserved.",
    "ROLLING_BACK": "The build failed; 0 of 3 members are removed.",
    "ERROR": "The build failed, and nothing is left of it in the cloud.",
    "DELETING": "0 of 3 members are removed.",
}


def ensemble(status: str, active: int = 0, **changes: Any) -> dict[str, Any]:
    """Build an ensemble as GET shows it."""
    member_status = "ACTIVE" if status == "ACTIVE" else "BUILDING"
    template = {"flavor": "1", "image": IMAGES["cirros"]}
    base = {
        "id": str(uuid.UUID(int=7)),
        "name": "shop",
        "description": "",
        "project_id": PROJECT,
        "user_id": "u1",
        "status": status,
        "created_at": "2026-11-22T12:00:00Z",
        "updated_at": "2026-11-22T12:00:09Z",
        "progress": {
            "active": active,
            "removed": 0,
            "total": 3,
            "message": PROGRESS.get(status, f"{active} of 3 members are active."),
        },
        "tiers": [
            {"name": "web", "count": 2, "server": template},
            {"name": "cache", "count": 1, "server": template},
        ],
        "policies": [
            {
                "type": "anti-affinity",
                "level": "host",
                "tiers": ["web"],
                "max_per_domain": 1,
                "message": "No two members of web may share a host.",
                "holds": True,
            }
        ],
        "fault": None,
        "members": [
            {
                "id": str(uuid.UUID(int=100 + index)),
                "name": name,
                "tier": tier,
                "status": member_status,
                "server_id": str(uuid.UUID(int=200 + index)),
                "domains": PLACES[place],
            }
            for index, (name, tier, place) in enumerate(MEMBERS)
        ],
        "domains": DOMAINS,
        "survivability": SURVIVABILITY,
        "violations": [],
        "objectives": [],
        "events": [{"at": "2026-11-22T12:00:00Z", "type": "planned", "message": "Planned."}],
        "survives": [
            {"level": "host", "state": "works", "label": "works", "ends": [], "short": []},
            {"level": "rack", "state": "works", "label": "works", "ends": [], "short": []},
            {
                "level": "zone",
                "state": "down",
                "label": "down",
                "ends": ["web", "cache"],
                "short": [],
            },
        ],
    }
    return base | changes


def listed(status: str, active: int = 0, **changes: Any) -> dict[str, Any]:
    """Build an ensemble as a list shows it."""
    left_out = ("members", "policies", "survivability", "events", "domains", "violations")
    full = ensemble(status, active, **changes)
    return {key: value for key, value in full.items() if key not in left_out}
