# SPDX-License-Identifier: Apache-2.0
"""A tiny cloud of two regions on loopback: Keystone, its catalog, and what reached each service."""

import json
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REGIONS = ("RegionOne", "RegionTwo")
INTERFACES = ("admin", "internal", "public")
SERVICES = (
    ("placement", "placement"),
    ("network", "neutron"),
    ("compute", "nova"),
    ("spare", "spare"),
    *((kind, "second") for kind in ("placement", "network", "compute")),
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request as it arrived; ``body`` is decoded, ``peer`` names the client's certificate."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    cipher: str | None
    peer: str | None


class TwoRegions:
    """Every service at ``/region/interface/type/name``; Keystone at ``/v3`` and ``/second/v3``.

    ``statuses`` are those of the next answers of services, ``cut`` is how many more of their
    requests end without one; while ``holding``, they get none either.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                outer._answer(self)

            do_POST = do_GET  # noqa: N815

        self.arrivals: list[Arrival] = []
        self.statuses: list[int] = []
        self.cut = 0
        self.holding = False
        self._go_on = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        scheme = "http"
        if tls is not None:
            scheme = "https"
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="regions", daemon=True
        ).start()

    def stop(self) -> None:
        self._go_on.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def tokens(self) -> list[Arrival]:
        """What asked for a token."""
        return [each for each in self.arrivals if each.path.endswith("/auth/tokens")]

    @property
    def calls(self) -> list[Arrival]:
        """What reached a service."""
        return [each for each in self.arrivals if "/v3" not in each.path]

    def catalog(self) -> list[dict[str, Any]]:
        """Keystone's catalog: each service in each region at each interface."""
        return [
            {
                "type": kind,
                "name": name,
                "endpoints": [
                    {
                        "interface": interface,
                        "region": region,
                        "region_id": region,
                        "url": f"{self.url}/{region}/{interface}/{kind}/{name}",
                    }
                    for region in REGIONS
                    for interface in INTERFACES
                ],
            }
            for kind, name in SERVICES
        ]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        raw = handler.rfile.read(length)
        socket = handler.connection
        secure = isinstance(socket, ssl.SSLSocket)
        certificate = socket.getpeercert() if secure else None
        arrival = Arrival(
            handler.command,
            handler.path,
            dict(handler.headers),
            json.loads(raw) if raw else None,
            socket.cipher()[0] if secure else None,
            dict(each[0] for each in certificate["subject"])["commonName"] if certificate else None,
        )
        self.arrivals.append(arrival)
        if arrival.path.endswith("/auth/tokens"):
            self._send(handler, 201, {"token": self._token()}, {"X-Subject-Token": "service-token"})
        elif "/v3" in arrival.path:
            links = [{"rel": "self", "href": self.url + arrival.path}]
            version = {"id": "v3.14", "status": "stable", "links": links}
            self._send(handler, 200, {"version": version})
        elif self.holding:
            self._go_on.wait()
        elif self.cut:
            self.cut -= 1
            handler.close_connection = True
        else:
            self._send(handler, self.statuses.pop(0) if self.statuses else 200, {})

    def _token(self) -> dict[str, Any]:
        return {
            "methods": ["password"],
            "user": {"id": "service-user", "name": "nova", "domain": {"id": "default"}},
            "project": {"id": "service", "name": "service", "domain": {"id": "default"}},
            "roles": [{"id": "r1", "name": "admin"}, {"id": "r2", "name": "service"}],
            "issued_at": "2026-11-22T10:00:00.000000Z",
            "expires_at": "2099-11-22T10:00:00.000000Z",
            "catalog": self.catalog(),
        }

    @staticmethod
    def _send(
        handler: BaseHTTPRequestHandler,
        status: int,
        body: Any,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        content = json.dumps(body).encode()
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)
