# SPDX-License-Identifier: Apache-2.0
"""A tiny Cinder on loopback: one project's volumes, for those who have its token."""

from collections.abc import Iterable
from typing import Any

import webob

from tests.fakes.serving import Served


class FakeCinder:
    """``GET /v3/{project}/volumes/{id}`` as WSGI behind a socket of its own."""

    def __init__(self, project: str, token: str) -> None:
        self._served = Served(self, "cinder")
        self.url = self._served.origin
        self.project, self.token = project, token
        self.volumes: dict[str, dict[str, Any]] = {}
        self.status = 200  # of every answer, unless it is 200

    def stop(self) -> None:
        self._served.stop()

    def add(self, volume_id: str, **facts: Any) -> str:
        """Have a volume as Cinder shows it (API reference, "Show a volume's details")."""
        self.volumes[volume_id] = {
            "id": volume_id,
            "name": "root",
            "description": "",
            "status": "available",
            "size": 5,
            "bootable": "true",
            "availability_zone": "nova",
            "created_at": "2026-11-22T10:00:00",
            "attachments": [],
            "volume_type": "fast",
            "snapshot_id": None,
            "metadata": {},
            **facts,
        }
        return volume_id

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer: Iterable[bytes] = self._answer(webob.Request(environ))(environ, start_response)
        return answer

    def _answer(self, request: webob.Request) -> webob.Response:
        version, project, kind, volume_id = request.path_info.strip("/").split("/")
        assert (version, kind) == ("v3", "volumes")
        if self.status != 200:
            return self._error(self.status)
        if request.headers["X-Auth-Token"] != self.token:
            return self._error(401)
        if project != self.project or volume_id not in self.volumes:
            return self._error(404)
        return webob.Response(json_body={"volume": self.volumes[volume_id]})

    @staticmethod
    def _error(status: int) -> webob.Response:
        body = {"error": {"code": status, "message": f"answer {status}"}}
        return webob.Response(status=status, json_body=body)
