# SPDX-License-Identifier: Apache-2.0
"""What the planner is measured against: two one-after-another placers and a per-server MILP."""

import numpy as np

from ensemble_api.planning.milp import search
from ensemble_api.planning.milp.formulation import Formulation
from ensemble_api.planning.milp.locations import Locations
from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.policies import Affinity, AntiAffinity, Near, Spread, Survive
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.problem import Problem, build
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import BoolArray, IntArray
from ensemble_api.solver import highs


def one_by_one(ensemble: Ensemble, snapshot: Snapshot, *, aware: bool) -> IntArray | None:
    """Place server after server on the emptiest allowed host; counts [T, H] or None.

    Nova's own rules know one server group at host level; `aware` checks every policy that can be
    checked step by step, and prefers domains that hold few of the tier.
    """
    problem = build(ensemble, snapshot)
    counts = np.zeros_like(problem.room)
    free = problem.free.copy()
    scale = np.maximum(problem.free.max(axis=0, initial=1), 1)
    for row, tier in enumerate(ensemble.tiers):
        for _ in range(tier.count):
            allowed = problem.eligible[row] & (free >= problem.requests[row]).all(axis=1)
            for policy in problem.policies(problem.hard):
                host_level = policy.level == snapshot.topology.levels[0]
                if aware or (host_level and isinstance(policy, (Affinity, AntiAffinity))):
                    allowed &= _step_allowed(problem, policy, row, counts)
            if not allowed.any():
                return None
            weight = (free / scale).sum(axis=1)
            if aware:
                for power, level in enumerate(snapshot.topology.levels):
                    held = problem.held(counts[row], level)[snapshot.topology.index(level)]
                    weight = weight - held * 100.0**power
            chosen = int(np.argmax(np.where(allowed, weight, -np.inf)))
            counts[row, chosen] += 1
            free[chosen] -= problem.requests[row]
    return None if problem.broken(counts) else counts


def _step_allowed(problem: Problem, policy: Policy, row: int, counts: IntArray) -> BoolArray:
    """Mark the hosts where one more member of the tier does not break the policy by itself."""
    index = problem.topology.index(policy.level)
    rows = problem.rows(policy.tiers)
    everywhere = np.ones(len(index), dtype=np.bool_)
    if row not in rows:
        return everywhere
    held = problem.held(counts[row], policy.level)
    mask: BoolArray = everywhere
    match policy:
        case Affinity():
            used = problem.held(counts[rows].sum(axis=0), policy.level) > 0
            mask = used[index] if used.any() else everywhere
        case AntiAffinity() if len(rows) == 1:
            mask = held[index] < policy.max_per_domain
        case AntiAffinity():
            others = counts[[other for other in rows if other != row]].sum(axis=0)
            mask = problem.held(others, policy.level)[index] == 0
        case Survive():
            count = int(problem.counts[row])
            share = max(1, (count - policy.needed(count)) // policy.failures)
            mask = held[index] < share
        case Spread() if policy.max_skew is not None:
            eligible = problem.domains_with(problem.eligible[row], policy.level)
            mask = held[index] < held[eligible].min(initial=1 << 30) + policy.max_skew
        case Near():
            reachable = problem.held(counts[problem.rows([policy.to])[0]], policy.level) > 0
            mask = reachable[index] if reachable.any() else everywhere
    return mask


class PerServer(Formulation):
    """The usual model: a yes-or-no column for every server and host, under the same rows."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem, Locations.hosts(problem))
        for row, count in enumerate(problem.counts.tolist()):
            locations = np.flatnonzero(self.count[row] >= 0).tolist()
            servers: dict[int, list[int]] = {location: [] for location in locations}
            for _ in range(count):
                own = [self.column(0, 1) for _ in locations]
                self.row(own, [1] * len(own), 1, 1)
                for location, column in zip(locations, own, strict=True):
                    servers[location].append(column)
            for location, columns in servers.items():
                total = int(self.count[row, location])
                self.row([*columns, total], [1] * len(columns) + [-1], 0, 0)


def per_server(ensemble: Ensemble, snapshot: Snapshot, seconds: float) -> bool:
    """Solve the per-server model with the losses as objective; whether it ended in that time."""
    problem = build(ensemble, snapshot)
    formulation = PerServer(problem)
    task = search.task(formulation, 1 << 60, {}, frozenset(problem.stages[:-1]))
    searching = highs._Search(task, lambda found: None)
    searching.solver.setOptionValue("time_limit", seconds)
    answer = searching.run()
    return answer.infeasible or set(problem.stages[:-1]) <= set(answer.bounds)
