# SPDX-License-Identifier: Apache-2.0
"""The cloud of a schedule, drawn by its seed."""

from typing import Any

from tests.fakes.placement import FakePlacement
from tests.simulation.faults import Faults
from tests.simulation.nova import SimulatedNova
from tests.simulation.nova_objects import Host
from tests.simulation.scheduling import Scheduling
from tests.simulation.tasks import Tasks

FLAVORS = {"small": (1, 256), "large": (2, 512)}
IMAGE = "11111111-1111-4111-8111-111111111111"
NETWORK = "22222222-2222-4222-8222-222222222222"  # of every server that is made up


def drawn_cloud(
    tasks: Tasks, faults: Faults, placement: FakePlacement, scheduling: Scheduling, *, roomy: bool
) -> SimulatedNova:
    """4 to 8 hosts in 2 to 4 racks of 1 or 2 zones."""
    draw = tasks.random
    racks = draw.randint(2, 4)
    zones = draw.randint(1, 2)
    hosts: list[Any] = []
    for number in range(8 if roomy else draw.randint(4, 8)):
        size = 6 if roomy else draw.choice((2, 4, 6))
        provider = placement.add_provider(
            f"h{number}", VCPU=size, MEMORY_MB=512 * size, DISK_GB=100
        )
        rack = number % racks
        hosts.append(Host(f"h{number}", provider, f"r{rack}", f"z{rack % zones}"))
    flavors = {
        name: {
            "id": name,
            "name": name,
            "vcpus": vcpus,
            "ram": ram,
            "disk": 1,
            "swap": 0,
            "OS-FLV-EXT-DATA:ephemeral": 0,
            "extra_specs": {},
        }
        for name, (vcpus, ram) in FLAVORS.items()
    }
    return SimulatedNova(
        placement,
        hosts,
        flavors=flavors,
        images={IMAGE: {"id": IMAGE, "minRam": 0, "minDisk": 0, "metadata": {}}},
        networks={NETWORK},
        key_pairs={"laptop"},
        page=draw.choice((2, 1000)),
        now=tasks.moment,
        tasks=tasks,
        faults=faults,
        scheduling=scheduling,
    )
