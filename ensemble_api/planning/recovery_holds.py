# SPDX-License-Identifier: Apache-2.0
"""Holds for recovery: spare capacity with which all members find places after any failure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice
from math import comb
from types import MappingProxyType

import numpy as np

from ensemble_api.planning.joint import Hit
from ensemble_api.planning.milp.search import Effort
from ensemble_api.planning.milp.task import Solve
from ensemble_api.planning.recovery import EFFORT, recover
from ensemble_api.planning.repair import Repair
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import BoolArray, FailureDomain, IntArray

MOST = 500  # failures that are looked at; more are refused
OPENED = 8  # hosts that are tried one after the other before all are

Amounts = Mapping[str, Mapping[str, int]]
"""Units by resource class, by host."""


@dataclass(frozen=True, slots=True)
class RecoveryHolds:
    """What is to be held where, units by resource class and host; None where that is not known.

    `needed` is the least of each class that any holds have in all, what the worst failure takes.
    Without holds, `failed` are the domains after whose failure not all find places, and `repair`
    what was found for it; none where there are too many failures to look at.
    """

    holds: Amounts | None
    needed: Mapping[str, int]
    failed: tuple[FailureDomain, ...] = ()
    repair: Repair | None = None

    @property
    def total(self) -> Mapping[str, int]:
        """What is held of each resource class in all."""
        found: Counter[str] = Counter()
        for amounts in (self.holds or {}).values():
            found.update(amounts)
        return dict(found)


def recovery_holds(
    hit: Hit,
    level: str,
    failures: int = 1,
    *,
    solve: Solve | None,
    held: Amounts = MappingProxyType({}),
) -> RecoveryHolds:
    """Find holds, as small as a quick look makes them, that are enough for any such failure.

    The ensemble runs on the hit's snapshot. After each failure of so many domains of the level, all
    that is lost has places within what is held alone, as `recover` finds them: that is how holds
    are made, so it is proved. One failure at a time may use them, so that failures share them.
    What is ``held`` stays, whether it is needed or not. Raises ModelError for a level that the
    cloud lacks, KeyError for a host that it does not have.
    """
    topology = hit.snapshot.topology
    topology.require(level)
    used = sorted({topology.domain_of(host, level) for host in hit.staying.values()})
    together = min(failures, len(used))
    if comb(len(used), together) > MOST:
        return RecoveryHolds(None, {})
    hits = {each: _failed(hit, each) for each in combinations(used, together)}
    demands = {each: _demand(failed) for each, failed in hits.items()}
    classes = {name for each in demands.values() for name in each}
    needed = {name: max(each[name] for each in demands.values()) for name in sorted(classes)}
    effort = Effort(EFFORT, solve)
    holds = {host: Counter(amounts) for host, amounts in held.items()}
    # What is held where no member is fails with none of them.
    spared = ~np.isin(topology.index(level), [topology.domains(level).index(each) for each in used])
    for each in sorted(hits, key=lambda each: (-sum(demands[each].values()), each)):
        found = Repair(None)
        for snapshot in _within(hits[each].snapshot, holds, spared):
            less = replace(hits[each], snapshot=snapshot)
            found = recover([less], solve=solve, effort=effort, explained=False)[hit.key]
            if found.fits:
                break
        else:
            return RecoveryHolds(None, needed, each, found)
        at: dict[str, Counter[str]] = {}
        for member, host in found.moves.items():
            at.setdefault(host, Counter()).update(hit.ensemble.tier(member.tier).resources)
        for host, amounts in at.items():
            holds[host] = holds.get(host, Counter()) | amounts
    kept = {host: MappingProxyType(dict(holds[host])) for host in sorted(holds)}
    return RecoveryHolds(MappingProxyType(kept), needed)


def _failed(hit: Hit, domains: Sequence[FailureDomain]) -> Hit:
    topology, snapshot = hit.snapshot.topology, hit.snapshot
    for domain in domains:
        snapshot = snapshot.failing(domain)
    staying = {
        member: host
        for member, host in hit.staying.items()
        if not any(topology.domain_of(host, each.level) == each for each in domains)
    }
    homes = {member: host for member, host in hit.staying.items() if member not in staying}
    return replace(hit, staying=staying, snapshot=snapshot, homes=homes)


def _demand(hit: Hit) -> Counter[str]:
    """What the lost members take in all, by resource class."""
    found: Counter[str] = Counter()
    for member in hit.lost:
        found.update(hit.ensemble.tier(member.tier).resources)
    return found


def _within(snapshot: Snapshot, holds: Amounts, first: BoolArray) -> Iterator[Snapshot]:
    """Give clouds with only what is held free, then with more and more hosts free as they are."""
    held = np.zeros_like(snapshot.free)
    for host, amounts in holds.items():
        row = snapshot.topology.host_number(host)
        held[row] = [amounts.get(name, 0) for name in snapshot.resource_classes]
    free: IntArray = np.maximum(snapshot.free, 0)
    yield replace(snapshot, free=held)
    opened = held.any(axis=1) & snapshot.usable
    rank = snapshot.packing_costs(snapshot.resource_classes)
    others = snapshot.usable & ~opened
    for row in islice((each for each in np.lexsort([rank, ~first]) if others[each]), OPENED):
        yield replace(snapshot, free=np.where(opened[:, np.newaxis], free, held))
        opened[row] = True
    yield replace(snapshot, free=free)
