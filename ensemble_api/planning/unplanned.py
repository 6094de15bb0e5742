# SPDX-License-Identifier: Apache-2.0
"""What Nova looks at beside the figures that plans are made with."""

from collections.abc import Mapping
from typing import Final

NUMA_CELLS: Final = "numa-cells"
PCI_DEVICES: Final = "pci-devices"
GRANULAR_GROUPS: Final = "granular-groups"
ACCELERATORS: Final = "accelerators"
IMAGE_TYPE: Final = "image-type"
WORDS: Final[Mapping[str, str]] = {
    NUMA_CELLS: "the NUMA cells of a host (pinned CPUs, large pages, hw:numa_nodes)",
    PCI_DEVICES: "PCI devices (pci_passthrough:alias)",
    GRANULAR_GROUPS: "granular resource groups beyond one member a host",
    ACCELERATORS: "accelerators (accel:device_profile)",
    IMAGE_TYPE: "the disk formats that a host can start",
}
"""What each code means, as the end of the sentence "The plan does not look at ...": in no plan is
it more than an obstacle, so what has no plan without it has none with it either."""
