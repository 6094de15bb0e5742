# SPDX-License-Identifier: Apache-2.0
"""In the place of ``cloud.networks.Networks``, which needs a Neutron."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any


class FakeNetworks:
    """Some external networks; ports that are free and have an address, unless a test says so.

    Without ``ports`` every port is there.
    """

    def __init__(
        self, external: Collection[str] = (), ports: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        self._external = external
        self._ports = ports
        self.quota = (-1, 0)
        self.owners: dict[str, str] = {}  # of networks; by default the project that asks
        self.subnets_of: dict[str, list[dict[str, Any]]] = {}
        self.devices: dict[str, str] = {}  # which have an address, by the address

    def external(self, network_id: str) -> bool:
        return network_id in self._external

    def owner(self, network_id: str) -> str | None:
        return self.owners.get(network_id, "shop-project")

    def subnets(self, network_id: str) -> list[dict[str, Any]]:
        return self.subnets_of.get(network_id, [])

    def taken(self, network_id: str, addresses: Sequence[str]) -> dict[str, str]:
        return {each: self.devices[each] for each in addresses if each in self.devices}

    def port_quota(self, project_id: str) -> tuple[int, int]:
        return self.quota

    def port(self, context: Any, port_id: str) -> dict[str, Any] | None:
        free = {"id": port_id, "device_id": "", "fixed_ips": [{"ip_address": "10.0.0.9"}]}
        if self._ports is None:
            return free
        return {**free, **self._ports[port_id]} if port_id in self._ports else None
