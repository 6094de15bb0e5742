# SPDX-License-Identifier: Apache-2.0
"""What Nova's scheduler hands to its filters of a host."""

from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any


def host_state(
    name: str,
    *aggregates: Mapping[str, str],
    instances: Iterable[str] = (),
    memory: int = 1024,
    processors: int = 16,
    used: Mapping[str, int] = {},
) -> Any:
    """A HostState with the fields that are looked at; ``used`` is by resource class."""
    return SimpleNamespace(
        host=name,
        aggregates=[SimpleNamespace(metadata=each) for each in aggregates],
        instances=dict.fromkeys(instances),
        total_usable_ram_mb=memory,
        free_ram_mb=memory - used.get("MEMORY_MB", 0),
        ram_allocation_ratio=1.0,
        vcpus_total=processors,
        vcpus_used=used.get("VCPU", 0),
        cpu_allocation_ratio=1.0,
    )
