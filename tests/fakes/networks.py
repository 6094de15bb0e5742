# SPDX-License-Identifier: Apache-2.0
"""In the place of ``cloud.networks.Networks``, which needs a Neutron."""

from collections.abc import Collection, Mapping
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

    def external(self, network_id: str) -> bool:
        return network_id in self._external

    def port_quota(self, project_id: str) -> tuple[int, int]:
        return self.quota

    def port(self, context: Any, port_id: str) -> dict[str, Any] | None:
        free = {"id": port_id, "device_id": "", "fixed_ips": [{"ip_address": "10.0.0.9"}]}
        if self._ports is None:
            return free
        return {**free, **self._ports[port_id]} if port_id in self._ports else None
