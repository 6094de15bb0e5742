# SPDX-License-Identifier: Apache-2.0
"""Ports and volumes that tenants have already, of which one server at a time has each."""

import uuid
from collections.abc import Mapping
from typing import Any

from tests.fakes.networks import FakeNetworks
from tests.fakes.volumes import FakeVolumes
from tests.simulation.nova import SimulatedNova


class Networks(FakeNetworks):
    """The fake Neutron, whose ports are in use while Nova has a server with them on a host."""

    def __init__(self, nova: SimulatedNova) -> None:
        super().__init__()
        self._nova = nova

    def port(self, context: Any, port_id: str) -> dict[str, Any] | None:
        found = super().port(context, port_id)
        return None if found is None else {**found, "device_id": self._nova.bound_to(port_id)}


class Volumes(FakeVolumes):
    """The fake Cinder, whose volumes are in use while Nova has a server with them."""

    def __init__(self, nova: SimulatedNova) -> None:
        super().__init__()
        self._nova = nova

    def volume(self, context: Any, volume_id: str) -> dict[str, Any] | None:
        found = super().volume(context, volume_id)
        if found is not None and self._nova.attached_to(volume_id):
            found["status"] = "in-use"
        return found

    def have(self) -> str:
        """Have one more, which a tenant has made; gives its id."""
        made = str(uuid.uuid4())
        self.volumes[made] = {"id": made, "status": "available", "size": 5, "bootable": True}
        return made


def own_parts(server: Mapping[str, Any], count: int, kind: str, volumes: Volumes) -> dict[str, Any]:
    """A tier's template with a port or a volume for each of its members."""
    if kind == "volumes":
        rest = {key: each for key, each in server.items() if key != "image"}
        return {**rest, "volumes": [volumes.have() for _ in range(count)]}
    return {**server, "ports": [str(uuid.uuid4()) for _ in range(count)]}
