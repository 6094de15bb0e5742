# SPDX-License-Identifier: Apache-2.0
"""A Cinder volume driver whose volumes have a size and no content: its hypervisors run nothing."""

from typing import Any

from cinder.volume import driver

_CAPACITY_GB = 100_000


class SimulatedVolumes(driver.VolumeDriver):
    """Does at once, and without a byte being moved, all that Cinder asks of a driver."""

    VERSION = "1.0"

    def check_for_setup_error(self) -> None:
        """There is nothing to set up."""

    def get_volume_stats(self, refresh: bool = False) -> dict[str, Any]:
        """What the scheduler wants to know: there is always room."""
        return {
            "volume_backend_name": self.configuration.safe_get("volume_backend_name"),
            "vendor_name": "OpenStack",
            "driver_version": self.VERSION,
            "storage_protocol": "simulated",
            "total_capacity_gb": _CAPACITY_GB,
            "free_capacity_gb": _CAPACITY_GB,
            "reserved_percentage": 0,
            "multiattach": False,
        }

    def create_volume(self, volume: Any) -> None:
        """Make an empty volume."""

    def clone_image(self, *_image: Any) -> tuple[dict[str, Any], bool]:
        """Make a volume from an image, which needs no copy."""
        return {}, True

    def create_cloned_volume(self, volume: Any, source: Any) -> None:
        """Make a volume from another."""

    def create_volume_from_snapshot(self, volume: Any, snapshot: Any) -> None:
        """Make a volume from a snapshot."""

    def create_snapshot(self, snapshot: Any) -> None:
        """Make a snapshot."""

    def delete_snapshot(self, snapshot: Any) -> None:
        """Remove a snapshot."""

    def delete_volume(self, volume: Any) -> None:
        """Remove a volume."""

    def extend_volume(self, volume: Any, new_size: int) -> None:
        """Make a volume larger."""

    def ensure_export(self, context: Any, volume: Any) -> None:
        """After a restart there is nothing to export again."""

    def create_export(self, context: Any, volume: Any, connector: Any) -> None:
        """There is nothing to export."""

    def remove_export(self, context: Any, volume: Any) -> None:
        """There is nothing that was exported."""

    def initialize_connection(self, volume: Any, connector: Any) -> dict[str, Any]:
        """Tell a simulated hypervisor how to reach a volume."""
        return {"driver_volume_type": "fake", "data": {"volume_id": volume.id}}

    def terminate_connection(self, volume: Any, connector: Any, **_: Any) -> None:
        """There is nothing to disconnect."""
