# SPDX-License-Identifier: Apache-2.0
"""The simulated hypervisor: Nova's fake driver with finite hosts that survive a restart."""

import sys
import types
from collections.abc import Mapping
from typing import Any, ClassVar

import nova.virt
from nova.compute import power_state, vm_states
from nova.virt import fake

from ensemble_cloud.node import node_uuid
from ensemble_cloud.shape import Size

# Nova loads drivers from its own nova.virt package only.
DRIVER = "ensemblecloud.Hypervisor"

_KEPT_STATES = frozenset(
    {
        vm_states.ACTIVE,
        vm_states.ERROR,
        vm_states.PAUSED,
        vm_states.RESCUED,
        vm_states.RESIZED,
        vm_states.STOPPED,
        vm_states.SUSPENDED,
    }
)


def install(sizes: Mapping[str, Size]) -> None:
    """Make the driver known to Nova, with the size of every host by its name."""
    Hypervisor.sizes = dict(sizes)
    module = types.ModuleType("nova.virt.ensemblecloud")
    module.Hypervisor = Hypervisor  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    nova.virt.ensemblecloud = module


class Hypervisor(fake.FakeDriver):
    """One simulated host. Its guests are what Nova's database says they are."""

    sizes: ClassVar[dict[str, Size]] = {}
    # Traits this driver could not honour with anything, simulated or not.
    capabilities: ClassVar[dict[str, bool]] = {
        **fake.FakeDriver.capabilities,
        "supports_accelerators": False,
        "supports_remote_managed_ports": False,
    }

    def init_host(self, host: str) -> None:
        """Take the size of this host from the shape."""
        size = self.sizes[host]
        self.vcpus, self.memory_mb, self.local_gb = size.vcpus, size.memory_mb, size.disk_gb
        self.resources = fake.Resources(size.vcpus, size.memory_mb, size.disk_gb)
        super().init_host(host)
        self.host_status_base["hypervisor_hostname"] = host

    def get_available_resource(self, nodename: str) -> dict[str, Any]:
        """Add a node UUID that outlives the process (the in-tree one is random)."""
        resource: dict[str, Any] = super().get_available_resource(nodename)
        if resource:
            resource["uuid"] = node_uuid(nodename)
        return resource

    def get_nodenames_by_uuid(self, refresh: bool = False) -> dict[str, str]:
        """Return the name of this host's only node by its UUID."""
        return {node_uuid(name): name for name in self.get_available_nodes()}

    def process_instances_at_startup(self, context: Any, instances: Any) -> Any:
        """Fill the new hypervisor with the guests it had before the restart."""
        for instance in instances:
            if instance.vm_state not in _KEPT_STATES:
                continue
            state = instance.power_state
            if state is None:
                state = power_state.RUNNING
            self.instances[instance.uuid] = fake.FakeInstance(instance.name, state, instance.uuid)
            flavor = instance.flavor
            self.resources.claim(flavor.vcpus, flavor.memory_mb, flavor.root_gb)
        return super().process_instances_at_startup(context, instances)

    def get_host_uptime(self) -> str:
        """Return an uptime line such as a real host prints (the in-tree driver has none)."""
        return "00:00:00 up 1 day, 0 users, load average: 0.00, 0.00, 0.00"

    def post_live_migration(
        self,
        context: Any,
        instance: Any,
        block_device_info: Any,
        migrate_data: Any = None,
    ) -> None:
        """Remove the guest from the host it left."""
        self.destroy(context, instance, None)
