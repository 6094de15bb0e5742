# SPDX-License-Identifier: Apache-2.0
"""Drain: where an ensemble's members on one host would go, all others staying where they can."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from ensemble_api.planning.milp.task import Solve
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.planner import plan
from ensemble_api.planning.problem import build
from ensemble_api.planning.replace_lost import replace_lost
from ensemble_api.planning.result import Assignment, Infeasible, Reason
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import IntArray


@dataclass(frozen=True, slots=True)
class DrainPlan:
    """Whether the members on a host fit elsewhere within the hard policies; None: not decided.

    `moves` are the members that would go, and where; some may be of other hosts. `reasons` say why
    they do not fit.
    """

    fits: bool | None
    moves: Assignment = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()


def drain(
    ensemble: Ensemble,
    assignment: Assignment,
    snapshot: Snapshot,
    host: str,
    *,
    solve: Solve | None,
) -> DrainPlan:
    """Find other places for the members on `host`; the ensemble runs on `snapshot` already.

    Nothing is placed on it or on any host that is not usable, but what runs on such a host stays.
    Soft policies are left out. Members on hosts that the cloud does not have are placed as well.
    `solve` is as for a plan. Raises KeyError when it has no such host.
    """
    numbers = [number for number, policy in enumerate(ensemble.policies) if policy.hard]
    hard = replace(ensemble, policies=tuple(ensemble.policies[number] for number in numbers))
    known = set(snapshot.topology.hosts)
    running = {member: at for member, at in assignment.items() if at in known}
    less = _without(snapshot, running, hard, host)
    problem = build(hard, less, running)
    counts = replace_lost(problem)
    if counts is not None:
        return DrainPlan(True, _moves(hard, running, counts, less, host))
    result = plan(hard, less, running, solve=solve, changes=False)
    if isinstance(result, Infeasible):
        reasons = tuple(
            # The policies have other numbers where the soft ones are left out.
            replace(each, policy=None if each.policy is None else numbers[each.policy])
            for each in result.reasons
        )
        return DrainPlan(False if result.proved else None, reasons=reasons)
    moved = {m: at for m, at in result.assignment.items() if at != running.get(m)}
    return DrainPlan(True, MappingProxyType(moved))


def _without(snapshot: Snapshot, running: Assignment, ensemble: Ensemble, host: str) -> Snapshot:
    """The cloud without the host, where members on other hosts that are not usable may stay."""
    gone = snapshot.topology.host_number(host)
    held = np.isin(snapshot.topology.hosts, list(set(running.values())))
    usable = snapshot.usable | held
    usable[gone] = False
    fresh = snapshot.usable.copy()
    fresh[gone] = False
    everywhere = np.ones(len(snapshot.topology), dtype=np.bool_)
    offered = {
        tier.name: snapshot.offered.get(tier.name, everywhere) & fresh for tier in ensemble.tiers
    }
    return replace(snapshot, usable=usable, offered=offered)


def _moves(
    ensemble: Ensemble,
    running: Mapping[Member, str],
    counts: IntArray,
    snapshot: Snapshot,
    host: str,
) -> Assignment:
    """Give the members that found no place to stay the places that others do not keep."""
    hosts: Sequence[str] = snapshot.topology.hosts
    moves: dict[Member, str] = {}
    for row, tier in enumerate(ensemble.tiers):
        left = {hosts[at]: int(counts[row, at]) for at in np.flatnonzero(counts[row]).tolist()}
        homeless = []
        for member in tier.members:
            at = running.get(member)
            if at is not None and at != host and left.get(at):
                left[at] -= 1
            else:
                homeless.append(member)
        others = [at for at, count in left.items() for _ in range(count)]
        moves |= dict(zip(homeless, others, strict=True))
    return MappingProxyType(moves)
