# SPDX-License-Identifier: Apache-2.0
"""Calls to the services' REST APIs as one user of the cloud."""

from collections.abc import Mapping
from typing import Any

import requests

from ensemble_cloud.ports import Ports

Json = dict[str, Any]
_SECONDS = 120


class RestError(Exception):
    """A service refused a call."""


class Session:
    """A token of one user in one project, and calls with it."""

    def __init__(self, ports: Ports, user: str, password: str, project: str) -> None:
        self._ports = ports
        self._http = requests.Session()
        domain = {"id": "default"}
        identity = {
            "methods": ["password"],
            "password": {"user": {"name": user, "domain": domain, "password": password}},
        }
        scope = {"project": {"name": project, "domain": domain}}
        body = {"auth": {"identity": identity, "scope": scope}}
        response = self._request("POST", "keystone", "/v3/auth/tokens", body)
        self._http.headers["X-Auth-Token"] = response.headers["X-Subject-Token"]
        token = response.json()["token"]
        self.project_id: str = token["project"]["id"]
        self.user_id: str = token["user"]["id"]

    def get(self, service: str, path: str, headers: Mapping[str, str] | None = None) -> Json:
        """Return what is at a path of a service. Raises RestError."""
        content: Json = self._request("GET", service, path, headers=headers).json()
        return content

    def post(
        self, service: str, path: str, body: Json, headers: Mapping[str, str] | None = None
    ) -> Json:
        """Post a body and return the answer, {} when it is empty. Raises RestError."""
        response = self._request("POST", service, path, body, headers)
        content: Json = response.json() if response.content else {}
        return content

    def put(
        self,
        service: str,
        path: str,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Put a body, or nothing. Raises RestError."""
        self._request("PUT", service, path, body, headers)

    def patch(self, service: str, path: str, body: Json) -> None:
        """Patch with a body. Raises RestError."""
        self._request("PATCH", service, path, body)

    def delete(self, service: str, path: str) -> None:
        """Delete what is at a path. Raises RestError."""
        self._request("DELETE", service, path)

    def upload(self, service: str, path: str, data: bytes) -> None:
        """Put bytes. Raises RestError."""
        self._request(
            "PUT", service, path, None, {"Content-Type": "application/octet-stream"}, data
        )

    def _request(
        self,
        method: str,
        service: str,
        path: str,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
    ) -> requests.Response:
        url = self._ports.url(service) + path
        try:
            response = self._http.request(
                method, url, json=body, headers=headers, data=data, timeout=_SECONDS
            )
        except requests.RequestException as error:
            raise RestError(f"{method} {url}: {error}") from None
        if response.status_code >= 400:
            raise RestError(f"{method} {url}: {response.status_code} {response.text[:500]}")
        return response
