# SPDX-License-Identifier: Apache-2.0
"""A tiny Keystone on loopback: tokens for one password, with a catalog, and users with roles."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import webob

from tests.fakes.serving import Served

_DOMAIN = {"id": "default", "name": "Default"}


class FakeKeystone:
    """What we ask of Keystone, as WSGI behind a socket of its own.

    Every user has ``roles`` in every project. ``facts`` are what users, projects and domains are
    beside enabled, by id, None if there are none; ``fails`` is the status that is answered instead.
    ``tokens`` are those of tenants, ``trusts`` what they have delegated; a user of
    ``may_not_trust`` is refused that, and tokens by those there are; one of ``makes_no_trust`` is
    refused new ones alone. Nobody has a role of ``lost_roles`` any more.
    """

    def __init__(self, placement_url: str) -> None:
        self._served = Served(self, "keystone")
        self.url = f"{self._served.origin}/v3"
        self.passwords: list[str] = []
        self.roles = ["admin", "member", "reader"]
        self.own_roles = ["admin", "service", "ensembles_placer"]  # of the service user
        self.own_token = "admin"  # of the service user; any before it is not valid any more
        self.facts: dict[str, dict[str, Any] | None] = {}
        self.fails: int | None = None
        self.asked: list[str] = []
        self.tokens: dict[str, dict[str, Any]] = {}
        self.trusts: dict[str, dict[str, Any]] = {}
        self.may_not_trust: set[str] = set()
        self.makes_no_trust: set[str] = set()
        self.lost_roles: set[str] = set()
        self._made = self._logins = 0
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

    def stop(self) -> None:
        self._served.stop()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = webob.Request(environ)
        if request.path == "/v3/auth/tokens" and request.method == "GET":
            response = self._shown(request.headers["X-Subject-Token"])
        elif request.path.startswith("/v3/OS-TRUST/trusts"):
            response = self._trust(request)
        elif request.method == "POST":
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

    def login(self, user: str, project: str, *roles: str, lives: float = 3600.0) -> str:
        """A token of a tenant's, which lives for so many seconds."""
        expires = datetime.now(UTC) + timedelta(seconds=lives)
        self._logins += 1  # one that has ended does not come again
        token = f"token-of-{user}-{self._logins}"
        self.tokens[token] = {
            "methods": ["password"],
            "user": {"id": user, "name": user, "domain": _DOMAIN},
            "project": {"id": project, "name": project, "domain": _DOMAIN},
            "roles": [{"id": each, "name": each} for each in roles],
            "issued_at": "2026-11-22T10:00:00.000000Z",
            "expires_at": expires.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "catalog": self.catalog,
        }
        return token

    def facts_of(self, token: str | None) -> dict[str, Any] | None:
        """What a token says, one of ours or of a tenant's; None if it is not valid."""
        if token == self.own_token:
            return {
                "user": {"id": "service-user", "name": "nova", "domain": _DOMAIN},
                "project": {"id": "service", "name": "service", "domain": _DOMAIN},
                "roles": [{"id": each, "name": each} for each in self.own_roles],
                "methods": ["password"],
                "issued_at": "2026-11-22T10:00:00.000000Z",
                "expires_at": "2099-11-22T10:00:00.000000Z",
                "catalog": self.catalog,
            }
        found = self.tokens.get(token or "")
        ended = found and datetime.fromisoformat(found["expires_at"]) < datetime.now(UTC)
        return None if ended else found

    def _shown(self, token: str) -> webob.Response:
        found = self.facts_of(token)
        return webob.Response(
            status=404 if found is None else 200,
            json_body={} if found is None else {"token": found},
        )

    def _trust(self, request: webob.Request) -> webob.Response:
        who = self.facts_of(request.headers.get("X-Auth-Token"))
        if who is None:
            return webob.Response(status=401, json_body={})
        if request.method == "GET":
            there = request.path.rpartition("/")[2] in self.trusts
            return webob.Response(status=200 if there else 404, json_body={})
        if request.method == "DELETE":
            self.trusts.pop(request.path.rpartition("/")[2], None)
            return webob.Response(status=204)
        asked = request.json["trust"]
        held = {each["name"] for each in who["roles"]}
        wanted = {each["name"] for each in asked["roles"]}
        allowed = asked["trustor_user_id"] == who["user"]["id"] and wanted <= held
        if not allowed or who["user"]["id"] in self.may_not_trust | self.makes_no_trust:
            return webob.Response(status=403, json_body={"error": {"message": "no", "code": 403}})
        name = f"trust-{self._made}"
        self._made += 1
        self.trusts[name] = asked
        return webob.Response(status=201, json_body={"trust": {**asked, "id": name}})

    def _by_trust(self, name: str) -> webob.Response:
        trust = self.trusts.get(name)
        if trust is None or trust["trustee_user_id"] != "service-user":
            # As Keystone answers a trust that it does not have.
            return webob.Response(status=401, json_body={"error": {"message": "no", "code": 401}})
        roles = [each["name"] for each in trust["roles"]]
        if trust["trustor_user_id"] in self.may_not_trust or self.lost_roles.intersection(roles):
            return webob.Response(status=403, json_body={"error": {"message": "no", "code": 403}})
        token = self.login(trust["trustor_user_id"], trust["project_id"], *roles)
        response = webob.Response(status=201, json_body={"token": self.tokens[token]})
        response.headers["X-Subject-Token"] = token
        return response

    def _token(self, auth: dict[str, Any]) -> webob.Response:
        password = auth["identity"]["password"]["user"]["password"]
        self.passwords.append(password)
        if password != "secret":
            return webob.Response(status=401, json_body={"error": {"message": "no", "code": 401}})
        if trust := auth.get("scope", {}).get("OS-TRUST:trust"):
            return self._by_trust(trust["id"])
        token = {
            "methods": ["password"],
            "user": {"id": "service-user", "name": "nova", "domain": {"id": "default"}},
            "project": {"id": "service", "name": "service", "domain": {"id": "default"}},
            "roles": [{"id": each, "name": each} for each in self.own_roles],
            "issued_at": "2026-11-22T10:00:00.000000Z",
            "expires_at": "2099-11-22T10:00:00.000000Z",
            "catalog": self.catalog,
        }
        response = webob.Response(status=201, content_type="application/json", charset="utf-8")
        response.text = json.dumps({"token": token})
        response.headers["X-Subject-Token"] = self.own_token
        return response
