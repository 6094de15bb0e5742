# SPDX-License-Identifier: Apache-2.0
"""A tiny Keystone on loopback: it gives tokens for one password, with a catalog."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterable
from typing import Any

import waitress
import webob


class FakeKeystone:
    """``POST /v3/auth/tokens`` and the version document, as WSGI behind a socket of its own."""

    def __init__(self, placement_url: str) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v3"
        self.passwords: list[str] = []
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
        else:
            version = {"id": "v3.14", "status": "stable", "links": []}
            version["links"] = [{"rel": "self", "href": self.url}]
            response = webob.Response(json_body={"version": version})
        answer: Iterable[bytes] = response(environ, start_response)
        return answer

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
