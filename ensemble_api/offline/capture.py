# SPDX-License-Identifier: Apache-2.0
"""A real cloud as a cloud document: hosts and places from Nova, inventories from Placement."""

import json
import urllib.parse
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final

import webob
from keystoneauth1 import exceptions

from ensemble_api import advice, exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.inventory import Inventory
from ensemble_api.cloud.levels import Level
from ensemble_api.offline.cloud import FORMAT
from ensemble_api.planning.policies.exclusive import ENSEMBLE, PROJECT

THREADS: Final = 4  # Placement has other work to do
_INVENTORY: Final = (
    "total",
    "reserved",
    "allocation_ratio",
    "min_unit",
    "max_unit",
    "step_size",
)


class RemoteNova:
    """Nova over HTTP as a WSGI application, which is what ``Compute`` asks; it reads only."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass a GET on and give the answer; Nova out of reach is an answer too."""
        request = webob.Request(environ)
        path = urllib.parse.quote(request.path_info)
        if request.query_string:
            path += f"?{request.query_string}"
        version = request.headers["OpenStack-API-Version"]
        try:
            found = self._client.get(path, headers={"OpenStack-API-Version": version})
            status, content = found.status_code, found.content
        except exceptions.ClientException as error:
            status, message = 503, advice.advice(error)
            content = json.dumps({"serviceUnavailable": {"message": message}}).encode()
        response = webob.Response(status=status, content_type="application/json", charset="utf-8")
        response.body = content
        answer: Iterable[bytes] = response(environ, start_response)
        return answer


class ServiceUser:
    """In the place of a request's context: over HTTP the rights are those of the credentials."""

    user_id = project_id = ""
    roles: Sequence[str] = ()
    is_admin = True
    auth_token: str | None = None
    global_id = ""

    def elevated(self) -> "ServiceUser":
        """The same: there is nobody above the service user."""
        return self

    def can(
        self, action: str, target: Mapping[str, Any] | None = None, *, fatal: bool = True
    ) -> bool:
        """Nova itself says so when it is asked."""
        return True


class Capture:
    """Reads the whole cloud with the service user's rights."""

    def __init__(
        self,
        compute: Any,
        placement: Any,
        levels: Sequence[Level],
        default_zone: str,
        members: Collection[str] = (),
        selectors: Sequence[str] = (),
    ) -> None:
        """Look by these clients; ``members`` are the ids of the servers that are of ensembles."""
        self._members = members
        self._placement = placement
        self._compute = Compute(RemoteNova(compute))
        self._inventory = Inventory(
            self._compute, placement, levels, default_zone, selectors=selectors
        )

    def document(self) -> dict[str, Any]:
        """The cloud document, JSON-ready.

        :raises ensemble_api.exception.CloudError: when Nova refuses or does not answer.
        :raises ensemble_api.exception.Unavailable: when Placement does not answer.
        """
        context = ServiceUser()
        hosts = self._inventory.hosts(context)
        aggregates: dict[str, list[str]] = {}
        found = self._compute.aggregates(context)
        selected = self._inventory.selected(found)
        for aggregate in found:
            for host in aggregate["hosts"]:
                aggregates.setdefault(host, []).append(aggregate["name"])
        others = self._others(context)
        trees = self._trees()
        with ThreadPoolExecutor(THREADS) as threads:
            provided = list(
                threads.map(self._provided, (trees.get(host.provider, ()) for host in hosts))
            )
        return {
            "format": FORMAT,
            "captured_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "levels": list(self._inventory.levels),
            "zone_level": self._inventory.zone_level,
            "hosts": [
                {
                    "name": host.name,
                    "state": host.state,
                    "domains": dict(zip(self._inventory.levels[1:], host.above, strict=True)),
                    **what,
                    "aggregates": sorted(aggregates.get(host.name, ())),
                    "selectors": {
                        key: list(values.get(host.name, ())) for key, values in selected.items()
                    },
                    "others": sorted(others.get(host.name, ())),
                }
                for host, what in zip(hosts, provided, strict=True)
            ],
        }

    def _others(self, context: ServiceUser) -> dict[str, set[str]]:
        """What exclusive policies must avoid on each host: any server, any ensemble's member."""
        others: dict[str, set[str]] = {}
        for server in self._compute.all_servers(context):
            if host := server["OS-EXT-SRV-ATTR:host"]:
                kinds = others.setdefault(host, set())
                kinds.add(PROJECT)
                if server["id"] in self._members:
                    kinds.add(ENSEMBLE)
        return others

    def _trees(self) -> Mapping[str, Sequence[str]]:
        """The resource providers of each tree by its root."""
        trees: dict[str, list[str]] = {}
        for each in self._read("/resource_providers").get("resource_providers", ()):
            trees.setdefault(each["root_provider_uuid"], []).append(each["uuid"])
        return trees

    def _provided(self, tree: Sequence[str]) -> dict[str, Any]:
        """Inventories, use and traits of a host's resource providers; none if it has none now.

        What several of them have (two cards, say) is added up.
        """
        resources: dict[str, dict[str, Any]] = {}
        traits: set[str] = set()
        for provider in (f"/resource_providers/{each}" for each in tree):
            inventories = self._read(f"{provider}/inventories").get("inventories", {})
            used = self._read(f"{provider}/usages").get("usages", {})
            traits.update(self._read(f"{provider}/traits").get("traits", ()))
            for name, each in inventories.items():
                found = {**{key: each[key] for key in _INVENTORY}, "used": used.get(name, 0)}
                for key in ("total", "reserved", "used"):
                    found[key] += resources.get(name, {}).get(key, 0)
                resources[name] = found
        return {"resources": dict(sorted(resources.items())), "traits": sorted(traits)}

    def _read(self, path: str) -> Mapping[str, Any]:
        try:
            response = self._placement.get(path)
        except exceptions.ClientException as error:
            raise exception.Unavailable(f"Placement: {advice.advice(error)}") from error
        if response.status_code == 404:  # a host without provider, or gone meanwhile
            return {}
        if response.status_code != 200:
            said = " ".join(response.text.split())[:200]
            if response.status_code in (401, 403):
                said = "give the user of [placement] the roles admin and service"
            raise exception.Unavailable(
                f"Placement answers {response.status_code} to GET {path}: {said}"
            )
        found: Mapping[str, Any] = response.json()
        return found


def anonymous(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same cloud without the names of its hosts, domains and aggregates.

    Names are numbered in their order, so the same ensemble gets the same places.
    """
    hosts: Sequence[Mapping[str, Any]] = document["hosts"]
    levels: Sequence[str] = document["levels"]
    host_names = _numbered("host", (host["name"] for host in hosts))
    domain_names = {
        level: _numbered(level, (host.get("domains", {}).get(level) for host in hosts))
        for level in levels[1:]
    }
    aggregates = _numbered("aggregate", (a for host in hosts for a in host.get("aggregates", ())))
    return {
        **document,
        "hosts": [
            {
                **host,
                "name": host_names[host["name"]],
                "domains": {
                    level: name and domain_names[level][name]
                    for level, name in host.get("domains", {}).items()
                },
                "aggregates": [aggregates[name] for name in host.get("aggregates", ())],
            }
            for host in hosts
        ],
    }


def _numbered(word: str, names: Iterable[str | None]) -> dict[str, str]:
    known = sorted({name for name in names if name})
    width = len(str(len(known)))
    return {name: f"{word}-{number:0{width}}" for number, name in enumerate(known, 1)}


def dumped(document: Mapping[str, Any]) -> str:
    """The document as JSON text, a host on each line, so that people can read and compare it."""
    head = {name: value for name, value in document.items() if name != "hosts"}
    lines = ",\n".join(json.dumps(host) for host in document["hosts"])
    return f'{json.dumps(head)[:-1]}, "hosts": [\n{lines}\n]}}\n'
