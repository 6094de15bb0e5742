# SPDX-License-Identifier: Apache-2.0
"""Where one member may go when it is moved, or when its host has failed.

Nova chooses the hosts that have room. Of these, one is given that makes no hard policy worse than
it is when the member does not move; a member whose host has failed is bound by less, since what
the failure has broken must not keep it down.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

import numpy as np

from ensemble_api.planning.alike import kinds
from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.problem import Problem, build
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import IntArray

MOST_ENDS = 16  # of the members under way, that are all looked at

_Kind: TypeAlias = tuple[int | bool, ...]


@dataclass(frozen=True, slots=True)
class Relocation:
    """A member of a tier that needs a host.

    `host` is where it runs, None where its host has failed. `others` are pairs of tier and host,
    one for each other member that runs, and `moving` those under way, each with the hosts on which
    it may end.
    """

    tier: str
    host: str | None
    others: tuple[tuple[str, str], ...]
    moving: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def everywhere(self) -> tuple[tuple[str, str], ...]:
        """The others, those under way on each of their hosts."""
        return (*self.others, *((tier, host) for tier, hosts in self.moving for host in hosts))

    @property
    def ends(self) -> list[tuple[tuple[str, str], ...]]:
        """The others as they may be in the end; of too many ends, those that are farthest apart."""
        tiers = [tier for tier, _ in self.moving]
        hosts = [each for _, each in self.moving]
        if not self.too_many:
            found = product(*hosts)
            return [(*self.others, *zip(tiers, end, strict=True)) for end in found]
        apart = ([each[at] for each in hosts] for at in (0, -1))
        ends = [(*self.others, *zip(tiers, end, strict=True)) for end in apart]
        return [*ends, self.everywhere]

    @property
    def too_many(self) -> bool:
        """Whether there are more ends than are looked at."""
        return math.prod(len(hosts) for _, hosts in self.moving) > MOST_ENDS


def relocate(
    ensemble: Ensemble, snapshot: Snapshot, relocation: Relocation, hosts: Sequence[str]
) -> str | None:
    """Give the best of `hosts` for the member; None when each would break what holds now.

    `hosts` are those that have room, the preferred first: that decides between equals. All hosts
    must be of the snapshot's topology, in which a host that has failed is not usable. Raises
    KeyError for a host or a tier that is unknown.
    """
    problem = build(ensemble, snapshot)
    row = problem.rows([relocation.tier])[0]
    others = _counts(problem, relocation.everywhere)
    ends = [_counts(problem, each) for each in relocation.ends]
    hard = _binding(problem, relocation)
    limits = [_shortfalls(problem, hard, _with(problem, end, row, relocation.host)) for end in ends]
    if relocation.too_many:
        # Where not all ends are looked at, what double counting breaks is no excuse.
        limits[-1] = [min(each) for each in zip(*limits[:-1], strict=True)]
    seen: set[_Kind] = set()
    best: tuple[tuple[int, ...], str] | None = None
    suitable = [host for host in hosts if problem.eligible[row, problem.topology.host_number(host)]]
    for kind, host in _kinds(problem, others, suitable):
        if kind in seen:
            continue
        seen.add(kind)
        if all(
            after <= before
            for end, limit in zip(ends, limits, strict=True)
            for after, before in zip(
                _shortfalls(problem, hard, _with(problem, end, row, host)), limit, strict=True
            )
        ):
            # As in planning, but for packing: the order of the hosts says which are preferred.
            cost = problem.objective(_with(problem, others, row, host))[:-1]
            if best is None or cost < best[0]:
                best = (cost, host)
    return best[1] if best else None


def _binding(problem: Problem, relocation: Relocation) -> list[Policy]:
    """The hard policies that have a say in where the member goes."""
    policies: Iterable[Policy | None] = problem.policies(problem.hard)
    if relocation.host is None:
        present: dict[str, int] = {}
        for tier, _ in (*relocation.others, *relocation.moving):
            present[tier] = present.get(tier, 0) + 1
        policies = (policy.displaced(present) for policy in problem.policies(problem.hard))
    return [policy for policy in policies if policy is not None]


def _with(problem: Problem, others: IntArray, row: int, host: str | None) -> IntArray:
    """The counts with the member on a host, or on none."""
    counts = others.copy()
    if host is not None:
        counts[row, problem.topology.host_number(host)] += 1
    return counts


def _shortfalls(problem: Problem, policies: Iterable[Policy], counts: IntArray) -> list[int]:
    return [policy.shortfall(problem, counts) for policy in policies]


def _counts(problem: Problem, members: Iterable[tuple[str, str]]) -> IntArray:
    counts = np.zeros((len(problem.counts), len(problem.topology)), dtype=np.int64)
    row = {tier.name: number for number, tier in enumerate(problem.ensemble.tiers)}
    for tier, host in members:
        counts[row[tier], problem.topology.host_number(host)] += 1
    return counts


def _kinds(problem: Problem, others: IntArray, hosts: Sequence[str]) -> Iterable[tuple[_Kind, str]]:
    """Each host with what policies see of it: many hosts are the same to them."""
    table = kinds(problem, others)
    for host in hosts:
        yield tuple(table[problem.topology.host_number(host)].tolist()), host
