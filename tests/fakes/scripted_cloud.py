# SPDX-License-Identifier: Apache-2.0
"""A little cloud over HTTP with scripted answers: Keystone, Nova, Glance, Neutron and ensembles.

It checks nothing and plans nothing: it answers each route with the answers the test wrote down,
one after the other, the last one again and again, and remembers what it was asked.
"""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from tests.fakes.ensemble_answers import CAPABILITIES, IMAGES, PROJECT, Answer

LOST: Answer = (0, None)  # the request arrives, and the connection ends without an answer

FLAVORS = {"m1.tiny": "1", "m1.small": "2", "m1.medium": "3"}
SERVERS = {"web-1": "5c2f4b4e-97a5-4f0e-8d21-0a1b2c3d4e51"}
SERVER_GROUPS = {"web": "7e1d2c3b-4a59-4687-9a0b-1c2d3e4f5061"}
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
    """The server, its script and what it was asked on the ensembles API.

    With ``apart`` that is a service of its own in the catalog, and Nova has none of it.
    """

    answers: dict[tuple[str, str], list[Answer]] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)
    images: dict[str, list[str]] = field(default_factory=dict)
    url: str = ""
    apart: bool = False
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

    @property
    def below(self) -> str:
        """The path of the endpoint that has ensembles."""
        return "/ensemble/v1" if self.apart else "/compute/v2.1"

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
        if asked.path.startswith(f"{self.below}/os-ensembles"):
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
            "ensemble": self._ensemble,
            "image": self._image,
            "network": self._network,
        }
        return answers[service](asked, rest)

    def _identity(self, asked: Request, rest: list[str]) -> Answer:
        if asked.method == "POST":
            return 201, {"token": _token(self.url, apart=self.apart)}
        version = {"id": "v3.14", "status": "stable", "links": _self(f"{self.url}/identity/v3/")}
        return 200, {"version": version} if rest == ["v3"] else {"versions": {"values": [version]}}

    def _compute(self, asked: Request, rest: list[str]) -> Answer:
        if len(rest) < 2:
            version = {"id": "v2.1", "status": "CURRENT", "version": "2.104", "min_version": "2.1"}
            shown = version | {"links": _self(f"{self.url}/compute/v2.1/")}
            return 200, {"version": shown} if rest else {"versions": [shown]}
        known = {
            "servers": ("server", SERVERS),
            "os-server-groups": ("server_group", SERVER_GROUPS),
        }
        kind, named = known.get(rest[1], ("flavor", FLAVORS))
        things = [{"id": key, "name": name, "links": []} for name, key in named.items()]
        return _found(things, rest[2:], kind, asked)

    def _ensemble(self, asked: Request, rest: list[str]) -> Answer:
        version = {"id": "v1.0", "status": "CURRENT", "version": "1.0", "min_version": "1.0"}
        return 200, {"version": version | {"links": _self(f"{self.url}/ensemble/v1/")}}

    def _image(self, asked: Request, rest: list[str]) -> Answer:
        if len(rest) < 2:
            links = _self(f"{self.url}/image/v2/")
            return 300, {"versions": [{"id": "v2.15", "status": "CURRENT", "links": links}]}
        if rest[1] == "schemas":
            return 200, {"name": rest[2], "properties": {}}
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

    do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815

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
    wanted = {key: asked.query[key] for key in ("id", "name") if key in asked.query}
    found = [one for one in things if all(one[key] in some for key, some in wanted.items())]
    return 200, {f"{kind}s": found}


def _token(url: str, *, apart: bool) -> dict[str, Any]:
    def entry(kind: str, path: str) -> dict[str, Any]:
        endpoint = {"id": kind, "interface": "public", "region": "RegionOne"}
        endpoint |= {"region_id": "RegionOne", "url": f"{url}{path}"}
        return {"type": kind, "name": kind, "id": kind, "endpoints": [endpoint]}

    paths = {"compute": "/compute/v2.1", "image": "/image", "network": "/network"}
    if apart:
        paths["ensemble"] = "/ensemble/v1"
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
