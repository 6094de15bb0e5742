# SPDX-License-Identifier: Apache-2.0
"""The problem: an ensemble and a snapshot as arrays of counts per tier and host."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ensemble_api.planning.errors import ModelError, located
from ensemble_api.planning.homes import Home, homes
from ensemble_api.planning.laminar import Caps, at_depth
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.result import (
    MOVES,
    PACKING,
    SOFT_VIOLATIONS,
    Assignment,
    pairs,
    worst_losses,
)
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import BoolArray, IntArray, Topology

# Of the 1000 that tell hosts apart in packing: how many make one step of the objective.
PACKING_STEP = 50

_NOBODY: Assignment = {}


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """T tiers over H hosts and L levels; `hard` policies are enforced, `soft` ones cost.

    counts [T]; requests [T, R] and free [H, R] in units of the R resource classes that are asked
    for, `largest` [R] being the most that any host has in all; suited [T, H] by what a host is,
    whatever the policies, and fits [T, H]: members of the tier that it could hold alone then;
    eligible and room [T, H]: the same under the hard policies; rank [H]: which hosts to take
    first, 0 to 1000; cost [H]: the same in few steps, which packing minimises, as costs that
    hardly differ are dear to prove; existing [T, H]: members that run there already (their use
    is added to `free`), and pinned [T, H]: how many of these have to stay there.
    caps [T, H] is room under the hard policies; limits [T, L]: most members of the tier that the
    hard policies let one domain of the level hold; quotas [domains], by row and depth, where they
    tell the domains apart. None of them excludes a plan that is allowed. `homes` are what
    members do not leave. With `spread_first`, what failures take counts before how many move.
    """

    ensemble: Ensemble
    topology: Topology
    snapshot: Snapshot
    counts: IntArray
    requests: IntArray
    free: IntArray
    suited: BoolArray
    fits: IntArray
    eligible: BoolArray
    room: IntArray
    largest: IntArray
    rank: IntArray
    cost: IntArray
    existing: IntArray | None
    pinned: IntArray
    hard: tuple[int, ...]
    soft: tuple[int, ...]
    caps: IntArray
    limits: IntArray
    quotas: Mapping[tuple[int, int], IntArray]
    homes: tuple[Home, ...] = ()
    spread_first: bool = False
    _capped: dict[int, Caps] = field(init=False, repr=False, default_factory=dict)

    def enforcing(self, hard: Iterable[int], soft: Iterable[int] = ()) -> "Problem":
        """Give the same problem with these policies (by index) enforced or costed, no others."""
        enforced = tuple(sorted(hard))
        eligible = _eligible(self, enforced)
        room = np.where(eligible, self.fits, 0)
        bound = replace(self, eligible=eligible, room=room)
        limits = _limits(bound, enforced)
        return replace(
            bound,
            hard=enforced,
            soft=tuple(sorted(soft)),
            limits=limits,
            quotas=_quotas(bound, enforced),
            caps=_caps(bound, enforced, limits),
        )

    def policies(self, indexes: Iterable[int]) -> tuple[Policy, ...]:
        """Give the policies of these indexes."""
        return tuple(self.ensemble.policies[index] for index in indexes)

    def rows(self, names: Iterable[str]) -> list[int]:
        """Give the row numbers of these tiers."""
        order = [tier.name for tier in self.ensemble.tiers]
        return [order.index(name) for name in names]

    def counted(self, assignment: Assignment) -> IntArray:
        """Give counts [T, H] of members of the ensemble; KeyError for an unknown host."""
        return _existing(self.ensemble, self.topology, assignment)

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

    def _held_at(self, per_host: IntArray, hosts: IntArray, level: str) -> IntArray:
        """Add up values of these hosts alone per domain; of hosts no others are given."""
        if level == self.topology.levels[0]:
            return per_host[hosts]
        held = np.bincount(self.topology.index(level)[hosts], weights=per_host[hosts])
        return held.astype(np.int64)

    def domains_with(self, per_host: BoolArray, level: str) -> BoolArray:
        """Mark the domains of the level in which at least one host is marked."""
        mask = np.zeros(self.topology.size(level), dtype=np.bool_)
        mask[self.topology.index(level)[per_host]] = True
        return mask

    def bounds(self, row: int) -> list[int | IntArray]:
        """Give the limits of a tier by level, and by domain where these differ."""
        limits: list[int | IntArray] = [*self.limits[row].tolist()]
        for (each, depth), quotas in self.quotas.items():
            if each == row:
                limits[depth] = np.minimum(quotas, limits[depth])
        return limits

    def able(self, row: int, depth: int) -> IntArray:
        """Give how many members of a tier each domain at a depth can hold."""
        return at_depth(self.topology, self.capped(row), self.bounds(row), depth)

    def capped(self, row: int) -> Caps:
        """Give the caps of a tier with what they add up to."""
        if row not in self._capped:
            self._capped[row] = Caps(self.topology, self.caps[row])
        return self._capped[row]

    def broken(self, counts: IntArray) -> bool:
        """Whether counts [T, H] break capacity, eligibility, the tiers' counts or a hard policy."""
        if (counts.sum(axis=1) != self.counts).any():
            return True
        if self.pinned.any() and (counts < self.pinned).any():
            return True
        if any(home.lacks(counts) for home in self.homes):
            return True
        used = np.flatnonzero(counts.any(axis=0))
        there, room = counts[:, used], self.room[:, used]
        if ((there < 0) | (there > room)).any():
            return True
        if (there.T @ self.requests > self.free[used]).any():
            return True
        return any(policy.shortfall(self, counts) for policy in self.policies(self.hard))

    def objective(self, counts: IntArray) -> tuple[int, ...]:
        """Give the value of every objective stage for counts [T, H], as `stages` names them."""
        values = [sum(policy.shortfall(self, counts) for policy in self.policies(self.soft))]
        moves = []
        if self.existing is not None:
            kept = np.minimum(counts, self.existing)
            moves = [int(self.existing.sum() - kept.sum())]
        placed, levels = [(row, np.flatnonzero(row)) for row in counts], self.topology.levels
        held = [[self._held_at(*each, level) for each in placed] for level in reversed(levels)]
        losses = [sum(int(each.max(initial=0)) for each in level) for level in held]
        values += [*losses, *moves] if self.spread_first else [*moves, *losses]
        values += [sum(int((each * (each - 1)).sum()) // 2 for each in level) for level in held]
        values.append(int(counts.sum(axis=0) @ self.cost))
        return tuple(values)

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of the objective stages, most important first."""
        levels = [*reversed(self.topology.levels)]
        moves = [] if self.existing is None else [MOVES]
        losses, shared = [*map(worst_losses, levels)], map(pairs, levels)
        first = [*losses, *moves] if self.spread_first else [*moves, *losses]
        return (SOFT_VIOLATIONS, *first, *shared, PACKING)

    @property
    def first_stages(self) -> tuple[str, ...]:
        """The stages that are worth a search in any cloud: all before pairs and packing."""
        return self.stages[: -len(self.topology.levels) - 1]


def build(
    ensemble: Ensemble,
    snapshot: Snapshot,
    existing: Assignment | None = None,
    fixed: Collection[Member] = (),
    leaving: Assignment = _NOBODY,
) -> Problem:
    """Turn an ensemble and a snapshot into arrays; those of `fixed` that exist have to stay.

    Neither those that exist leave their cells, nor those of `leaving`, which are on other hosts.

    Raises ModelError when a policy names a level that the cloud does not have, or when an existing
    member is not of the ensemble or not on a host of the cloud.
    """
    topology = snapshot.topology
    _require_levels(ensemble, topology)
    classes = sorted({name for tier in ensemble.tiers for name in tier.resources})
    hosts, tiers = len(topology), len(ensemble.tiers)
    requests = np.array(
        [[tier.resources.get(name, 0) for name in classes] for tier in ensemble.tiers],
        dtype=np.int64,
    ).reshape(tiers, len(classes))
    # Nearly all that is asked of it is asked of one class of all hosts.
    free = np.zeros((hosts, len(classes)), dtype=np.int64, order="F")
    for column, name in enumerate(classes):
        # A host may use more than it has now; what runs there may stay, and nothing more fits.
        free[:, column] = np.maximum(snapshot.amounts(name), 0)
    running = None if existing is None else _existing(ensemble, topology, existing)
    if running is not None:
        free += running.T @ requests
    staying = {m: host for m, host in (existing or {}).items() if m in fixed}
    counts = np.array([tier.count for tier in ensemble.tiers], dtype=np.int64)
    suited = np.stack([snapshot.eligible(tier) for tier in ensemble.tiers])
    fits = np.zeros((tiers, hosts), dtype=np.int64)
    for row, tier in enumerate(ensemble.tiers):
        stays = None if running is None else running[row]
        fits[row] = _fits(snapshot, tier, requests[row], free, suited[row], stays)
    rank = snapshot.packing_costs(classes)
    largest = np.array([snapshot.most(name) for name in classes], dtype=np.int64)
    problem = Problem(
        ensemble=ensemble,
        topology=topology,
        snapshot=snapshot,
        counts=counts,
        requests=requests,
        free=free,
        suited=suited,
        fits=fits,
        eligible=suited,
        room=fits,
        largest=largest,
        rank=rank,
        cost=rank // PACKING_STEP,
        existing=running,
        pinned=_existing(ensemble, topology, staying),
        hard=(),
        soft=(),
        caps=fits,
        limits=np.zeros((tiers, len(topology.levels)), dtype=np.int64),
        quotas={},
        homes=homes(ensemble, snapshot, {**leaving, **(existing or {})}),
    )
    return problem.enforcing(*_enforced(ensemble))


def rebuild(problem: Problem, ensemble: Ensemble, existing: Assignment | None = None) -> Problem:
    """Build the problem of a changed ensemble on the cloud of another problem.

    What is the same in both is not worked out again. Raises ModelError as `build` does.
    """
    before = problem.ensemble.tiers
    if (
        existing is not None
        or problem.existing is not None
        or [tier.resources for tier in before] != [tier.resources for tier in ensemble.tiers]
    ):
        return build(ensemble, problem.snapshot, existing)
    _require_levels(ensemble, problem.topology)
    suited, fits = problem.suited.copy(), problem.fits.copy()
    for row, (old, new) in enumerate(zip(before, ensemble.tiers, strict=True)):
        if new is old:
            continue
        if _hosts_asked(new) != _hosts_asked(old):
            suited[row] = problem.snapshot.eligible(new)
        elif new.count <= old.count or int(fits[row].max(initial=0)) < old.count:
            np.minimum(fits[row], new.count, out=fits[row])
            continue
        request = problem.requests[row]
        fits[row] = _fits(problem.snapshot, new, request, problem.free, suited[row], None)
    counts = np.array([tier.count for tier in ensemble.tiers], dtype=np.int64)
    changed = replace(problem, ensemble=ensemble, counts=counts, suited=suited, fits=fits)
    return changed.enforcing(*_enforced(ensemble))


def _hosts_asked(tier: Tier) -> tuple[object, ...]:
    """Give what decides which hosts a tier may use."""
    return tier.mask, tier.required_traits, tier.forbidden_traits, tier.zone


def _require_levels(ensemble: Ensemble, topology: Topology) -> None:
    """Refuse a policy at a level that the cloud lacks."""
    for index, policy in enumerate(ensemble.policies):
        with located(f"policies[{index}]"):
            topology.require(policy.level)


def _enforced(ensemble: Ensemble) -> tuple[list[int], list[int]]:
    """Give the indexes of the hard policies, and those of the soft ones."""
    hard = [index for index, policy in enumerate(ensemble.policies) if policy.hard]
    return hard, [index for index, policy in enumerate(ensemble.policies) if not policy.hard]


def _fits(
    snapshot: Snapshot,
    tier: Tier,
    request: IntArray,
    free: IntArray,
    suited: BoolArray,
    stays: IntArray | None,
) -> IntArray:
    """Give how many members of a tier each host could hold alone, those included that run there."""
    fit = fitting(free, request, tier.count)
    offered = snapshot.offered.get(tier.mask)
    if offered is not None:
        # What runs on a host may stay there; nothing more is taken in.
        fit = np.where(offered, fit, 0 if stays is None else np.minimum(fit, stays))
    return np.where(suited, fit, 0)


def fitting(free: IntArray, request: IntArray, most: int) -> IntArray:
    """Give how many members of one request [R] fit each host of `free` [H, R], at most `most`."""
    fit = np.full(len(free), most, dtype=np.int64)
    for column in np.flatnonzero(request):
        np.minimum(fit, free[:, column] // request[column], out=fit)
    return np.maximum(fit, 0)


def _existing(ensemble: Ensemble, topology: Topology, existing: Assignment) -> IntArray:
    running = np.zeros((len(ensemble.tiers), len(topology)), dtype=np.int64)
    row = {tier.name: number for number, tier in enumerate(ensemble.tiers)}
    members = set(ensemble.members)
    for member, host in existing.items():
        if member not in members:
            raise ModelError("existing", f"must only have members of the ensemble: {member.name}")
        try:
            running[row[member.tier], topology.host_number(host)] += 1
        except KeyError:
            raise ModelError(
                "existing", f"must be on hosts of the cloud: {member.name} is not"
            ) from None
    return running


def _eligible(problem: Problem, hard: Sequence[int]) -> BoolArray:
    """Mark the hosts that each tier may use, by what they are and by what policies bar [T, H].

    A soft policy that is enforced closes hosts, which stay eligible: others count on them.
    """
    eligible = problem.suited
    for policy in problem.policies(hard):
        barred = policy.barred(problem.snapshot) if policy.hard else None
        if barred is not None:
            eligible = eligible.copy()
            eligible[problem.rows(policy.tiers)] &= ~barred
    return eligible


def _limits(problem: Problem, hard: Sequence[int]) -> IntArray:
    levels = problem.topology.levels
    limits = np.repeat(problem.counts[:, None], len(levels), axis=1)
    for policy in problem.policies(hard):
        depth = problem.depth(policy.level)
        for row in problem.rows(policy.tiers):
            limit = policy.limit(problem, row)
            if limit is not None:
                limits[row, depth] = min(limits[row, depth], limit)
    return limits


def _quotas(problem: Problem, hard: Sequence[int]) -> dict[tuple[int, int], IntArray]:
    found: dict[tuple[int, int], IntArray] = {}
    for policy in problem.policies(hard):
        for row in problem.rows(policy.tiers):
            quotas = policy.quotas(problem, row)
            if quotas is not None:
                place = row, problem.depth(policy.level)
                found[place] = np.minimum(quotas, found.get(place, quotas))
    return found


def _caps(problem: Problem, hard: Sequence[int], limits: IntArray) -> IntArray:
    caps = np.minimum(problem.room, limits[:, :1])
    # Where a tier must be beside another, it depends on where that one can be.
    policies = sorted(problem.policies(hard), key=lambda each: each.required_tier is not None)
    for policy in policies:
        closed = policy.closed(problem, caps)
        if closed is not None:
            away = closed[problem.topology.index(policy.level)]
            caps[problem.rows(policy.tiers)] *= ~away
    return caps


def together(problem: Problem, row: int) -> int | None:
    """Give the depth of the smallest domain that must hold the whole tier, if any must."""
    depths = [
        problem.depth(policy.level)
        for policy in problem.policies(problem.hard)
        if policy.joins and row in problem.rows(policy.tiers)
    ]
    return min(depths, default=None)
