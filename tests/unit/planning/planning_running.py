# SPDX-License-Identifier: Apache-2.0
"""Six hosts in three racks, on which members of one tier run already."""

import numpy as np

from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import Topology

RACKS = {f"h{n}": (f"r{n // 2}",) for n in range(6)}


def cloud(free: dict[str, int] | int = 4, off: tuple[str, ...] = ()) -> Snapshot:
    """Six hosts in three racks with so many CPUs free."""
    topology = Topology.build(("host", "rack"), RACKS)
    amounts = [[free if isinstance(free, int) else free.get(h, 0)] for h in topology.hosts]
    return Snapshot(
        topology,
        ("VCPU",),
        total=np.full((6, 1), 8),
        free=np.array(amounts),
        traits=(frozenset(),) * 6,
        usable=np.array([h not in off for h in topology.hosts]),
    )


def web(count: int, *policies: Policy) -> Ensemble:
    return Ensemble((Tier("web", count, {"VCPU": 1}),), policies)


def at(*hosts: str) -> dict[Member, str]:
    return {Member("web", index): host for index, host in enumerate(hosts)}
