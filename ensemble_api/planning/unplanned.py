# SPDX-License-Identifier: Apache-2.0
"""What Nova looks at beside the figures that plans are made with."""

from collections.abc import Mapping
from typing import Final

from ensemble_api.planning.message import Message, Sentence

NUMA_CELLS: Final = "numa-cells"
PCI_DEVICES: Final = "pci-devices"
GRANULAR_GROUPS: Final = "granular-groups"
ACCELERATORS: Final = "accelerators"
IMAGE_TYPE: Final = "image-type"
WORDS: Final[Mapping[str, Message]] = {
    NUMA_CELLS: Sentence(
        "unplanned.numa-cells",
        "The plan does not look at the NUMA cells of a host (pinned CPUs, large pages, "
        "hw:numa_nodes).",
    )(),
    PCI_DEVICES: Sentence(
        "unplanned.pci-devices", "The plan does not look at PCI devices (pci_passthrough:alias)."
    )(),
    GRANULAR_GROUPS: Sentence(
        "unplanned.granular-groups",
        "The plan does not look at granular resource groups beyond one member a host.",
    )(),
    ACCELERATORS: Sentence(
        "unplanned.accelerators", "The plan does not look at accelerators (accel:device_profile)."
    )(),
    IMAGE_TYPE: Sentence(
        "unplanned.image-type", "The plan does not look at the disk formats that a host can start."
    )(),
}
"""What each code means, as a sentence: in no plan is
it more than an obstacle, so what has no plan without it has none with it either."""
