# SPDX-License-Identifier: Apache-2.0
"""What is free in the cloud for one request, and of which resource providers that is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ensemble_api.planning.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Capacity:
    """A snapshot with the resource provider of each of its hosts.

    ``generations`` are those of all providers just before their capacity was read, if asked for.
    ``seen_at`` is when that was, ISO 8601, or empty where nobody asks.
    ``below`` are the resource classes of a host that are not its own provider's, but of one below
    it in its tree (vGPUs, say): these are planned with, and not held.
    """

    snapshot: Snapshot
    providers: Mapping[str, str]
    generations: Mapping[str, int]
    below: Mapping[str, frozenset[str]] = field(default_factory=dict)
    seen_at: str = ""

    def held(self, host: str, resources: Mapping[str, int]) -> dict[str, int]:
        """Those of a member's resources that the host's own provider has."""
        below = self.below.get(host, frozenset())
        return {name: amount for name, amount in resources.items() if name not in below}

    def without_pending(self, pending: Iterable[tuple[str, Mapping[str, int]]]) -> "Capacity":
        """The same without ``pending``: pairs of host and resources that are spoken for."""
        snapshot = self.snapshot
        free = snapshot.free.copy()
        rows = {name: row for row, name in enumerate(snapshot.topology.hosts)}
        for name, resources in pending:
            for resource, amount in resources.items():
                if name in rows and resource in snapshot.resource_classes:
                    free[rows[name], snapshot.resource_classes.index(resource)] -= amount
        return replace(self, snapshot=replace(snapshot, free=np.maximum(free, 0)))
