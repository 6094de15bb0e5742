# SPDX-License-Identifier: Apache-2.0
"""A tiny Heat on loopback: which resources stacks have, for one token; and a cloud without it."""

import re
from collections.abc import Iterable
from typing import Any

import webob

from tests.fakes.serving import Served


class NoHeat:
    """In the place of ``cloud.stacks.Stacks`` where the catalog has no Heat."""

    def servers(self, context: Any, stack: str) -> None:
        return None


class FakeHeat:
    """The listing of resources, as WSGI behind a socket of its own.

    ``resources`` are those of each stack, by its name, as pairs of type and physical id; a stack's
    id is its name with ``-id`` after it. ``fails`` is the status that is answered instead, and
    ``says`` the body.
    """

    def __init__(self, token: str) -> None:
        self._served = Served(self, "heat")
        self.url = f"{self._served.origin}/v1/shop-project"
        self.token = token
        self.resources: dict[str, list[tuple[str, str]]] = {}
        self.fails: int | None = None
        self.says: bytes | None = None
        self.asked: list[str] = []

    def stop(self) -> None:
        self._served.stop()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = webob.Request(environ)
        self.asked.append(request.path_qs)
        answer: Iterable[bytes] = self._answer(request)(environ, start_response)
        return answer

    def _answer(self, request: webob.Request) -> webob.Response:
        if self.fails:
            return webob.Response(status=self.fails, json_body={"title": "No"})
        if self.says is not None:
            return webob.Response(body=self.says, content_type="application/json")
        if request.headers.get("X-Auth-Token") != self.token:
            return webob.Response(status=401, json_body={"title": "Unauthorized"})
        path = request.path.removeprefix("/v1/shop-project")
        whole = re.fullmatch("/stacks/([^/]+)/([^/]+)/resources", path)
        if whole and whole[1] in self.resources and whole[2] == f"{whole[1]}-id":
            return webob.Response(json_body={"resources": self._listed(whole[1], request)})
        if (short := re.fullmatch("/stacks/([^/]+)/resources", path)) and (
            name := short[1].removesuffix("-id")
        ) in self.resources:
            # Heat leads from a name or an id to the address that has both.
            to = f"{self.url}/stacks/{name}/{name}-id/resources?{request.query_string}"
            return webob.Response(status=302, location=to)
        return webob.Response(status=404, json_body={"title": "Not Found"})

    def _listed(self, name: str, request: webob.Request) -> list[dict[str, Any]]:
        own = [
            {"resource_name": f"r{number}", "resource_type": kind, "physical_resource_id": found}
            for number, (kind, found) in enumerate(self.resources[name])
        ]
        nested = [
            each
            for kind, found in self.resources[name]
            if kind == "OS::Heat::Stack" and request.params.get("nested_depth")
            for each in self._listed(found, request)
        ]
        return own + nested
