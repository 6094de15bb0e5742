# SPDX-License-Identifier: Apache-2.0
"""What is free in the cloud for one request, and of which resource providers that is."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ensemble_api.cloud.demand import Demand
from ensemble_api.cloud.parts import Ledger
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.shares import by_class, by_provider


@dataclass(frozen=True, slots=True)
class Capacity:
    """A snapshot with the resource provider of each of its hosts.

    ``generations`` are those of all providers just before their capacity was read, if asked for.
    ``seen_at`` is when that was, ISO 8601, or empty where nobody asks.
    ``ledger`` is what is free of other providers than the hosts' own (vGPUs of a card, say), of
    which members are given theirs one after another. On the hosts that are ``uncertain`` more may
    fit than is counted, and for the tiers that are ``sharing`` hosts are left out that have room
    only by what providers outside their trees share.
    """

    snapshot: Snapshot
    providers: Mapping[str, str]
    generations: Mapping[str, int]
    ledger: Ledger = field(default_factory=Ledger)
    uncertain: frozenset[str] = frozenset()
    sharing: tuple[str, ...] = ()
    seen_at: str = ""

    @property
    def apart(self) -> frozenset[str]:
        """The resource classes that some host has of other providers than its own."""
        return frozenset(name for classes in self.ledger.free.values() for name in classes)

    def take(self, host: str, demand: Demand) -> dict[str, int]:
        """What one more member takes of a host, as ``ensemble_api.shares`` writes it."""
        return self.ledger.take(host, self.providers[host], demand)

    def after(self, taken: Counter[str]) -> "Capacity":
        """The same where members are given what those of other plans have left, and count there.

        ``taken`` is that of ``Ledger``, and is of all plans that are to be held together.
        """
        return replace(self, ledger=replace(self.ledger, taken=taken))

    def without_pending(self, pending: Iterable[tuple[str, Mapping[str, int]]]) -> "Capacity":
        """The same without ``pending``: pairs of host and resources that are spoken for."""
        snapshot, ledger = self.snapshot, self.ledger
        free = snapshot.free.copy()
        rows = {name: row for row, name in enumerate(snapshot.topology.hosts)}
        for name, resources in pending:
            if name not in rows:
                continue
            ledger = ledger.without(name, by_provider(self.providers[name], resources))
            for resource, amount in by_class(resources).items():
                if resource in snapshot.resource_classes:
                    free[rows[name], snapshot.resource_classes.index(resource)] -= amount
        return replace(self, snapshot=replace(snapshot, free=np.maximum(free, 0)), ledger=ledger)
