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
HOST_CAPABILITIES: Final = "host-capabilities"
IMAGE_PROPERTIES: Final = "image-properties"
OTHER_FILTERS: Final = "other-filters"
PINNED_ON_VCPU: Final = "pinned-on-vcpu"
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
    HOST_CAPABILITIES: Sentence(
        "unplanned.host-capabilities",
        "The plan does not look at the capabilities that a host reports (capabilities:).",
    )(),
    IMAGE_PROPERTIES: Sentence(
        "unplanned.image-properties",
        "The plan does not look at the architectures and hypervisors of hosts, which an image can "
        "ask for.",
    )(),
    OTHER_FILTERS: Sentence(
        "unplanned.other-filters",
        "The plan does not look at all that the scheduler of this cloud looks at.",
    )(),
    PINNED_ON_VCPU: Sentence(
        "unplanned.pinned-on-vcpu",
        "The plan does not look at hosts that offer VCPU and no PCPU, where Nova may place pinned "
        "CPUs too.",
    )(),
}
"""What each code means, as a sentence."""

MORE_HOSTS: Final = frozenset({PINNED_ON_VCPU})
"""The codes of what gives a tier more hosts than the plan knows of. All others are no more than
an obstacle: what has no plan without them has none with them either."""
