# SPDX-License-Identifier: Apache-2.0
"""The problem: an ensemble and a snapshot as arrays of counts per tier and host."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from ensemble_api.planning.model import (
    Affinity,
    AntiAffinity,
    Ensemble,
    Exclusive,
    ModelError,
    Near,
    Policy,
    Spread,
    Survive,
    located,
)
from ensemble_api.planning.result import Assignment
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import BoolArray, IntArray, Topology


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """T tiers over H hosts and L levels; `hard` policies are enforced, `soft` ones cost.

    counts [T]; requests [T, R] and free [H, R] in units of the R resource classes that are asked
    for; eligible [T, H]; room [T, H]: members of the tier the host could hold alone; cost [H]:
    fullness; existing [T, H]: members that run there already (their use is added to `free`).
    caps [T, H] is room under the hard policies; limits [T, L]: most members of the tier that the
    hard policies let one domain of the level hold. Both never exclude a plan that is allowed.
    """

    ensemble: Ensemble
    topology: Topology
    snapshot: Snapshot
    counts: IntArray
    requests: IntArray
    free: IntArray
    eligible: BoolArray
    room: IntArray
    cost: IntArray
    existing: IntArray | None
    hard: tuple[int, ...]
    soft: tuple[int, ...]
    caps: IntArray
    limits: IntArray

    def enforcing(self, hard: Iterable[int], soft: Iterable[int] = ()) -> "Problem":
        """Give the same problem with these policies (by index) enforced or costed, no others."""
        changed = replace(self, hard=tuple(sorted(hard)), soft=tuple(sorted(soft)))
        limits = _limits(changed)
        return replace(changed, limits=limits, caps=_caps(changed, limits))

    def policies(self, indexes: Iterable[int]) -> tuple[Policy, ...]:
        """Give the policies of these indexes."""
        return tuple(self.ensemble.policies[index] for index in indexes)

    def rows(self, names: Iterable[str]) -> list[int]:
        """Give the row numbers of these tiers."""
        order = [tier.name for tier in self.ensemble.tiers]
        return [order.index(name) for name in names]

    def depth(self, level: str) -> int:
        """Give the position of a level, 0 being the host level."""
        return self.topology.levels.index(level)

    def held(self, per_host: IntArray, level: str) -> IntArray:
        """Add up values per host to values per domain of the level."""
        if level == self.topology.levels[0]:
            return per_host
        return np.bincount(
            self.topology.index(level), weights=per_host, minlength=self.topology.size(level)
        ).astype(np.int64)

    def marks(self, per_host: BoolArray, level: str) -> BoolArray:
        """Mark the domains of the level in which at least one host is marked."""
        mask = np.zeros(self.topology.size(level), dtype=np.bool_)
        mask[self.topology.index(level)[per_host]] = True
        return mask

    def taken(self, policy: Exclusive) -> BoolArray:
        """Mark the domains of the policy's level that hold servers of others."""
        mask = self.snapshot.others.get(policy.other)
        if mask is None:
            return np.zeros(self.topology.size(policy.level), dtype=np.bool_)
        return self.marks(mask, policy.level)

    def broken(self, counts: IntArray) -> bool:
        """Whether counts [T, H] break capacity, eligibility, the tiers' counts or a hard policy."""
        if (counts < 0).any() or (counts.sum(axis=1) != self.counts).any():
            return True
        if (counts > self.room).any() or (counts.T @ self.requests > self.free).any():
            return True
        return any(shortfall(self, policy, counts) for policy in self.policies(self.hard))

    def objective(self, counts: IntArray) -> tuple[int, ...]:
        """Give the value of every objective stage for counts [T, H], as `stages` names them."""
        values = [sum(shortfall(self, policy, counts) for policy in self.policies(self.soft))]
        if self.existing is not None:
            kept = np.minimum(counts, self.existing)
            values.append(int(self.existing.sum() - kept.sum()))
        for level in reversed(self.topology.levels):
            worst = [int(self.held(row, level).max(initial=0)) for row in counts]
            values.append(sum(worst))
        values.append(int(counts.sum(axis=0) @ self.cost))
        return tuple(values)

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of the objective stages, most important first."""
        losses = [f"worst loss by one {level}" for level in reversed(self.topology.levels)]
        moves = [] if self.existing is None else ["moves"]
        return ("soft violations", *moves, *losses, "packing")


def build(ensemble: Ensemble, snapshot: Snapshot, existing: Assignment | None = None) -> Problem:
    """Turn an ensemble and a snapshot into arrays.

    Raises ModelError when a policy names a level that the cloud does not have, or when an existing
    member is not of the ensemble or not on a host of the cloud.
    """
    topology = snapshot.topology
    for index, policy in enumerate(ensemble.policies):
        with located(f"policies[{index}]"):
            topology.require(policy.level)
    classes = sorted({name for tier in ensemble.tiers for name in tier.resources})
    hosts, tiers = len(topology), len(ensemble.tiers)
    requests = np.array(
        [[tier.resources.get(name, 0) for name in classes] for tier in ensemble.tiers],
        dtype=np.int64,
    ).reshape(tiers, len(classes))
    free = np.zeros((hosts, len(classes)), dtype=np.int64)
    for column, name in enumerate(classes):
        # A host may use more than it has now; what runs there may stay, and nothing more fits.
        free[:, column] = np.maximum(snapshot.amounts(name), 0)
    running = None if existing is None else _existing(ensemble, topology, existing)
    if running is not None:
        free += running.T @ requests
    counts = np.array([tier.count for tier in ensemble.tiers], dtype=np.int64)
    eligible = np.stack([snapshot.eligible(tier) for tier in ensemble.tiers])
    room = np.zeros((tiers, hosts), dtype=np.int64)
    for row, tier in enumerate(ensemble.tiers):
        fit = fitting(free, requests[row], int(counts[row]))
        offered = snapshot.offered.get(tier.name)
        if offered is not None:
            # What runs on a host may stay there; nothing more is taken in.
            fit = np.where(offered, fit, 0 if running is None else np.minimum(fit, running[row]))
        room[row] = np.where(eligible[row], fit, 0)
    problem = Problem(
        ensemble=ensemble,
        topology=topology,
        snapshot=snapshot,
        counts=counts,
        requests=requests,
        free=free,
        eligible=eligible,
        room=room,
        cost=snapshot.fullness_cost(),
        existing=running,
        hard=(),
        soft=(),
        caps=room,
        limits=np.zeros((tiers, len(topology.levels)), dtype=np.int64),
    )
    hard = [index for index, policy in enumerate(ensemble.policies) if policy.hard]
    return problem.enforcing(hard, set(range(len(ensemble.policies))) - set(hard))


def fitting(free: IntArray, request: IntArray, most: int) -> IntArray:
    """Give how many members of one request [R] fit each host of `free` [H, R], at most `most`."""
    fit = np.full(len(free), most, dtype=np.int64)
    for column in np.flatnonzero(request):
        np.minimum(fit, free[:, column] // request[column], out=fit)
    return np.maximum(fit, 0)


def _existing(ensemble: Ensemble, topology: Topology, existing: Assignment) -> IntArray:
    running = np.zeros((len(ensemble.tiers), len(topology)), dtype=np.int64)
    row = {tier.name: number for number, tier in enumerate(ensemble.tiers)}
    for member, host in existing.items():
        if member.tier not in row or member.index >= ensemble.tier(member.tier).count:
            raise ModelError("existing", f"must only have members of the ensemble: {member.name}")
        try:
            running[row[member.tier], topology.host_number(host)] += 1
        except KeyError:
            raise ModelError(
                "existing", f"must be on hosts of the cloud: {member.name} is not"
            ) from None
    return running


def _limits(problem: Problem) -> IntArray:
    levels = problem.topology.levels
    limits = np.repeat(problem.counts[:, None], len(levels), axis=1)
    for policy in problem.policies(problem.hard):
        depth = problem.depth(policy.level)
        for row in problem.rows(policy.tiers):
            count = int(problem.counts[row])
            limit = count
            if isinstance(policy, AntiAffinity) and len(policy.tiers) == 1:
                limit = policy.max_per_domain
            elif isinstance(policy, Survive):
                limit = count - policy.needed(count)
            elif isinstance(policy, Spread) and policy.max_skew is not None:
                limit = _least_held(problem, row, policy.level) + policy.max_skew
            limits[row, depth] = min(limits[row, depth], limit)
    return limits


def _least_held(problem: Problem, row: int, level: str) -> int:
    """Bound from above what the emptiest eligible domain of the level can hold of the tier."""
    domains = problem.marks(problem.eligible[row], level)
    if not domains.any():
        return 0
    rooms = problem.held(problem.room[row], level)[domains]
    return int(min(rooms.min(), problem.counts[row] // len(rooms)))


def _caps(problem: Problem, limits: IntArray) -> IntArray:
    caps = np.minimum(problem.room, limits[:, :1])
    for policy in problem.policies(problem.hard):
        if isinstance(policy, Exclusive):
            closed = problem.taken(policy)[problem.topology.index(policy.level)]
            caps[problem.rows(policy.tiers)] *= ~closed
    for policy in problem.policies(problem.hard):
        if isinstance(policy, Near):
            beside = problem.rows([policy.to])[0]
            holds = problem.marks(caps[beside] > 0, policy.level)
            away = ~holds[problem.topology.index(policy.level)]
            caps[problem.rows(policy.tiers)] *= ~away
    return caps


def shortfall(problem: Problem, policy: Policy, counts: IntArray) -> int:
    """Count by how much counts [T, H] miss a policy, as the checker does member by member."""
    rows = problem.rows(policy.tiers)
    held = [problem.held(counts[row], policy.level) for row in rows]
    match policy:
        case Affinity():
            return max(0, int((np.sum(held, axis=0) > 0).sum()) - 1)
        case AntiAffinity():
            if len(rows) == 1:
                return int(np.maximum(held[0] - policy.max_per_domain, 0).sum())
            kinds = sum((values > 0).astype(np.int64) for values in held)
            return int(np.maximum(kinds - 1, 0).sum())
        case Near():
            absent = problem.held(counts[problem.rows([policy.to])[0]], policy.level) == 0
            return sum(int(((values > 0) & absent).sum()) for values in held)
        case Survive():
            amount = 0
            for row, values in zip(rows, held, strict=True):
                lost = int(np.sort(values)[::-1][: policy.failures].sum())
                count = int(problem.counts[row])
                amount += max(0, policy.needed(count) - (count - lost))
            return amount
        case Spread():
            return sum(
                _unevenness(policy, values[problem.marks(problem.eligible[row], policy.level)])
                for row, values in zip(rows, held, strict=True)
            )
        case Exclusive():
            return int((problem.taken(policy) & (np.sum(held, axis=0) > 0)).sum())


def _unevenness(policy: Spread, values: IntArray) -> int:
    """Count by how much the values of the eligible domains miss a spread."""
    amount = 0
    if policy.max_skew is not None and len(values):
        amount += max(0, int(values.max() - values.min()) - policy.max_skew)
    if policy.min_domains is not None:
        amount += max(0, policy.min_domains - int((values > 0).sum()))
    return amount


def together(problem: Problem, row: int) -> int | None:
    """Give the depth of the smallest domain that must hold the whole tier, if any must."""
    depths = [
        problem.depth(policy.level)
        for policy in problem.policies(problem.hard)
        if isinstance(policy, Affinity) and row in problem.rows(policy.tiers)
    ]
    return min(depths, default=None)
