# SPDX-License-Identifier: Apache-2.0
"""The fake Nova behind a socket of its own, with keystonemiddleware's view of tokens."""

from collections.abc import Callable, Iterable
from typing import Any

import webob
from nova import context as nova_context

from tests.fakes.keystone import FakeKeystone
from tests.fakes.serving import Served


class NovaByHttp:
    """``nova`` by HTTP: a context is made of ``X-Auth-Token`` and ``X-Service-Token`` alone.

    Neither may be a token that is not valid, and what changes something takes the role member.
    ``arriving`` is called with the method and the path of each request before that is looked at.
    """

    def __init__(self, nova: Any, keystone: FakeKeystone) -> None:
        self._nova = nova
        self._keystone = keystone
        self.asked: list[tuple[str, str, str]] = []  # method, path, who
        self.arriving: Callable[[str, str], object] = lambda method, path: None
        self._served = Served(self, "nova", threads=8)
        self.url = f"{self._served.origin}/v2.1"
        keystone.catalog.append(
            {
                "type": "compute",
                "name": "nova",
                "endpoints": [
                    {
                        "interface": interface,
                        "region": "RegionOne",
                        "region_id": "RegionOne",
                        "url": self.url,
                    }
                    for interface in ("public", "internal")
                ],
            }
        )

    def stop(self) -> None:
        self._served.stop()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = webob.Request(environ)
        self.arriving(request.method, request.path_info)
        token = self._keystone.facts_of(request.headers.get("X-Auth-Token"))
        sent = request.headers.get("X-Service-Token")
        service: dict[str, Any] | None = self._keystone.facts_of(sent) if sent else {}
        response = webob.Response(status=401, json_body={"error": {"code": 401}})
        if token is not None and service is not None:
            roles = [each["name"] for each in token["roles"]]
            user = token["user"]["id"]
            assert request.path_info_pop() == "v2.1"
            self.asked.append((request.method, request.path_info, user))
            environ["nova.context"] = nova_context.RequestContext(
                user_id=user,
                project_id=token["project"]["id"],
                roles=roles,
                service_roles=[each["name"] for each in service.get("roles", ())],
                is_admin="admin" in roles,
                overwrite=False,
            )
            if request.method == "GET" or {"member", "admin"}.intersection(roles):
                response = request.get_response(self._nova)
            else:
                response = webob.Response(
                    status=403, json_body={"forbidden": {"message": "Policy", "code": 403}}
                )
        answer: Iterable[bytes] = response(environ, start_response)
        return answer
