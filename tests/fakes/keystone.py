# SPDX-License-Identifier: Apache-2.0
"""A tiny Keystone on loopback: tokens for one password, with a catalog, and users with roles."""

import contextlib
import json
import re
import socket
import threading
from collections.abc import Iterable
from typing import Any

import waitress
import webob


class FakeKeystone:
    """What we ask of Keystone, as WSGI behind a socket of its own.

    Every user has ``roles`` in every project. ``facts`` are what users, projects and domains are
    beside enabled, by id, None if there are none; ``fails`` is the status that is answered instead.
    """

    def __init__(self, placement_url: str) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v3"
        self.passwords: list[str] = []
        self.roles = ["admin", "member", "reader"]
        self.facts: dict[str, dict[str, Any] | None] = {}
        self.fails: int | None = None
        self.asked: list[str] = []
        self.catalog = [
            {
                "type": "placement",
                "name": "placement",
                "endpoints": [
                    {
                        "interface": interface,
                        "region": "RegionOne",
                        "region_id": "RegionOne",
                        "url": placement_url,
                    }
                    for interface in ("public", "internal")
                ],
            },
            {
                "type": "identity",
                "name": "keystone",
                "endpoints": [
                    {
                        "interface": "public",
                        "region": "RegionOne",
                        "region_id": "RegionOne",
                        "url": self.url,
                    }
                ],
            },
        ]
        self._server = waitress.create_server(self, sockets=[listener], threads=1)
        threading.Thread(target=self._serve, name="keystone", daemon=True).start()

    def stop(self) -> None:
        self._server.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # its socket is closed under it at the end
            self._server.run()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = webob.Request(environ)
        if request.method == "POST":
            response = self._token(request.json["auth"])
        elif found := re.fullmatch("/v3/(user|project|domain)s/(.+)", request.path):
            response = self._thing(*found.groups())
        elif request.path == "/v3/auth/catalog":
            response = self._answer(request.path_qs, {"catalog": self.catalog})
        elif request.path == "/v3/role_assignments":
            assigned = [{"role": {"id": each, "name": each}} for each in self.roles]
            response = self._answer(request.path_qs, {"role_assignments": assigned})
        else:
            version = {"id": "v3.14", "status": "stable", "links": []}
            version["links"] = [{"rel": "self", "href": self.url}]
            response = webob.Response(json_body={"version": version})
        answer: Iterable[bytes] = response(environ, start_response)
        return answer

    def _thing(self, kind: str, name: str) -> webob.Response:
        facts = self.facts.get(name, {})
        thing = {"id": name, "domain_id": "default", "enabled": True, **(facts or {})}
        found = None if facts is None else {kind: thing}
        return self._answer(f"/v3/{kind}s/{name}", found)

    def _answer(self, asked: str, found: dict[str, Any] | None) -> webob.Response:
        self.asked.append(asked)
        status = self.fails or (404 if found is None else 200)
        return webob.Response(status=status, json_body={} if self.fails else found or {})

    def _token(self, auth: dict[str, Any]) -> webob.Response:
        password = auth["identity"]["password"]["user"]["password"]
        self.passwords.append(password)
        if password != "secret":
            return webob.Response(status=401, json_body={"error": {"message": "no", "code": 401}})
        token = {
            "methods": ["password"],
            "user": {"id": "service-user", "name": "nova", "domain": {"id": "default"}},
            "project": {"id": "service", "name": "service", "domain": {"id": "default"}},
            "roles": [{"id": "r1", "name": "admin"}],
            "issued_at": "2026-11-22T10:00:00.000000Z",
            "expires_at": "2099-11-22T10:00:00.000000Z",
            "catalog": self.catalog,
        }
        response = webob.Response(status=201, content_type="application/json", charset="utf-8")
        response.text = json.dumps({"token": token})
        response.headers["X-Subject-Token"] = "admin"
        return response
