# SPDX-License-Identifier: Apache-2.0
"""A cloud as its tenant and its operator see it, by its public APIs alone."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any
from urllib import parse

import openstack

from ensemble_client.client import SERVICE_TYPE, make_client
from ensemble_drill.service import Layout
from ensemble_drill.watched import Seen

ZONE_KEY = "availability_zone"
_SHOWN = "2.96"
_PAGE = 500


class CloudError(Exception):
    """The cloud is not as a drill needs it; the text says how."""


class _Cloud:
    """One user of a cloud, with what both kinds do in Nova."""

    def __init__(self, name: str) -> None:
        """``name`` is that of a cloud in clouds.yaml."""
        self.name = name
        self.connection = openstack.connect(cloud=name)
        self.ensembles = _ensembles(self.connection)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Post to Nova, and give its answer. Raises CloudError."""
        answer = self.connection.compute.post(path, json=body, microversion=_SHOWN)
        if answer.status_code >= 400:
            raise CloudError(f"Nova refuses POST {path}: {answer.text[:500]}")
        return answer.json() if answer.content else None

    def delete(self, path: str) -> None:
        """Delete what is there in Nova; nothing is well too. Raises CloudError."""
        answer = self.connection.compute.delete(path, microversion=_SHOWN)
        if answer.status_code >= 400 and answer.status_code != 404:
            raise CloudError(f"Nova refuses DELETE {path}: {answer.text[:500]}")

    def named(self, beginning: str) -> list[Any]:
        """List the project's servers whose names begin so. Raises CloudError."""
        return list(self._pages(f"name=^{parse.quote(beginning)}"))

    def _pages(self, query: str) -> Iterator[Any]:
        marker = ""
        while True:
            path = f"/servers/detail?{query}&limit={_PAGE}{marker}"
            answer = self.connection.compute.get(path, microversion=_SHOWN)
            if answer.status_code >= 400:
                raise CloudError(f"Nova does not list servers: {answer.text[:500]}")
            page = answer.json()["servers"]
            yield from page
            if len(page) < _PAGE:
                return
            marker = f"&marker={page[-1]['id']}"


class Tenant(_Cloud):
    """The project whose servers are drilled."""

    @cached_property
    def project_id(self) -> str:
        """The id of the project."""
        return str(self.connection.current_project_id)


class Operator(_Cloud):
    """The cloud as an administrator sees it: hosts, and which server is on which."""

    _called: Mapping[tuple[str, ...], str] = MappingProxyType({})

    def layout(self, levels: Mapping[str, str]) -> Layout:
        """The hosts by the metadata of their aggregates.

        ``levels`` maps levels above the host to keys of metadata, the smallest first. Where two
        domains of one level share a name and lie in different larger ones, that is put before it.
        """
        found: dict[str, dict[str, str]] = {
            service.host: {} for service in self._services() if service.host
        }
        for aggregate in self.connection.compute.aggregates():
            for level, key in levels.items():
                if key in (aggregate.metadata or {}):
                    for host in aggregate.hosts or ():
                        found.setdefault(host, {})[level] = aggregate.metadata[key]
        names = {
            host: tuple(domains.get(level, f"no {level}") for level in levels)
            for host, domains in found.items()
        }
        distinct = _distinct(names)
        self._called = {
            path[level:]: distinct[host][level]
            for host, path in names.items()
            for level in range(len(levels))
        }
        return Layout(tuple(levels), distinct)

    def called(self, path: tuple[str, ...]) -> str:
        """What the layout calls a domain, by its own name and those of the larger it lies in."""
        return self._called.get(path, path[0])

    def down(self) -> frozenset[str]:
        """The hosts whose compute service Nova takes for down."""
        return frozenset(each.host for each in self._services() if each.state == "down")

    def servers(self, project_id: str) -> dict[str, Seen]:
        """The servers of a project by id, each with its host and status."""
        return {
            each["id"]: Seen(each.get("OS-EXT-SRV-ATTR:host"), each["status"])
            for each in self._pages(f"all_tenants=1&project_id={project_id}")
        }

    def processors(self) -> dict[str, tuple[int, int]]:
        """How many processors Placement may hand out of each host, and how many it has."""
        placement, found = self.connection.placement, {}
        for provider in placement.resource_providers():
            path = f"/resource_providers/{provider.id}"
            inventory = placement.get(f"{path}/inventories").json()["inventories"].get("VCPU")
            if inventory:
                used = placement.get(f"{path}/usages").json()["usages"]["VCPU"]
                most = inventory["total"] - inventory["reserved"]
                found[provider.name] = (int(most * inventory["allocation_ratio"]), used)
        return found

    def _services(self) -> Iterable[Any]:
        return self.connection.compute.services(binary="nova-compute")


def _distinct(names: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Put the larger domain before a name that several of them have a domain of."""
    depth = max(map(len, names.values()), default=0)
    where: list[dict[str, set[tuple[str, ...]]]] = [{} for _ in range(depth)]
    for each in names.values():
        for level, name in enumerate(each):
            where[level].setdefault(name, set()).add(each[level + 1 :])
    found: dict[str, tuple[str, ...]] = {}
    for host, each in names.items():
        distinct: list[str] = []  # the largest first: its own name may be one of several
        for level in reversed(range(len(each))):
            several = len(where[level][each[level]]) > 1 and distinct
            distinct.append(f"{distinct[-1]}-{each[level]}" if several else each[level])
        found[host] = tuple(reversed(distinct))
    return found


def _ensembles(connection: Any) -> Any:
    client = make_client(
        connection.session,
        region_name=connection.config.get_region_name(),
        interface=connection.config.get_interface("compute"),
        endpoint_override=connection.config.get_endpoint(SERVICE_TYPE),
    )
    return client.ensembles
