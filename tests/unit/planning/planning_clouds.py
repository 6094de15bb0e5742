# SPDX-License-Identifier: Apache-2.0
"""Small clouds for tests of planning, written as a table of hosts."""

from collections.abc import Mapping, Sequence

import numpy as np

from ensemble_api.planning.snapshot import Packing, Snapshot
from ensemble_api.planning.topology import BoolArray, Topology

LEVELS = ("host", "rack", "zone")


def cloud(
    hosts: Mapping[str, tuple[str | None, str | None, int]],
    *,
    down: Sequence[str] = (),
    traits: Mapping[str, Sequence[str]] | None = None,
    others: Mapping[str, Sequence[str]] | None = None,
    closed: Mapping[str, Sequence[str]] | None = None,
    offered: Mapping[str, Sequence[str]] | None = None,
    selectors: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
    total: int = 8,
    packing: Packing = Packing.SPREAD,
) -> Snapshot:
    """Give a cloud of hosts {name: (rack, zone, free VCPU)}, each with `total` VCPU.

    `selectors` are the hosts of each value, by key and value.
    """
    topology = Topology.build(LEVELS, {name: row[:2] for name, row in hosts.items()}, "zone")
    free = [[hosts[name][2]] for name in topology.hosts]
    return Snapshot(
        topology=topology,
        resource_classes=("VCPU",),
        total=np.full((len(hosts), 1), total),
        free=np.array(free, dtype=np.int64).reshape(len(hosts), 1),
        traits=tuple(frozenset((traits or {}).get(name, ())) for name in topology.hosts),
        usable=np.array([name not in down for name in topology.hosts], dtype=np.bool_),
        others=_masks(topology, others),
        closed=_masks(topology, closed),
        offered=_masks(topology, offered),
        selectors={key: _masks(topology, named) for key, named in (selectors or {}).items()},
        packing=packing,
    )


def _masks(topology: Topology, named: Mapping[str, Sequence[str]] | None) -> dict[str, BoolArray]:
    return {
        key: np.array([name in names for name in topology.hosts], dtype=np.bool_)
        for key, names in (named or {}).items()
    }


def racks(*shapes: tuple[str, int, int], free: int = 4, total: int = 8) -> Snapshot:
    """Give a cloud of racks (zone, how many racks, hosts in each), all hosts equally free."""
    hosts: dict[str, tuple[str | None, str | None, int]] = {}
    for zone, rack_count, host_count in shapes:
        for rack in range(rack_count):
            for host in range(host_count):
                hosts[f"{zone}-r{rack}-h{host}"] = (f"r{rack}", zone, free)
    return cloud(hosts, total=total)
