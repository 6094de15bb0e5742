# SPDX-License-Identifier: Apache-2.0
"""Headroom of a cloud: which failures would leave ensembles without places, over all of them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from ensemble_api.planning.joint import Hit, Part, join
from ensemble_api.planning.milp.search import Effort
from ensemble_api.planning.milp.task import Solve
from ensemble_api.planning.model import Member
from ensemble_api.planning.problem import Problem, build, fitting
from ensemble_api.planning.recovery import MOST_LOST, recover
from ensemble_api.planning.repair import Repair
from ensemble_api.planning.replace_lost import replace_lost
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import BoolArray, FailureDomain, IntArray, Topology

WORK = 400_000
"""Hosts times ensembles that may be looked at beyond the quick look, some seconds of work."""
LEAST = 20
MOST_HOSTS = 3  # on which more capacity is tried
EFFORT = 120_000
"""What all plans of one level may take of the solver together."""


@dataclass(frozen=True, slots=True)
class Without:
    """An ensemble of which a failure would leave members without a place.

    `lost` members are in the failed domain, and for `missing` of them no place was found, or of
    what is seen at once, none is there. `fits` is False where it is proved that not all find one,
    None where that is not decided.
    """

    key: str
    lost: int
    missing: int
    fits: bool | None


@dataclass(frozen=True, slots=True)
class Cure:
    """Units by resource class that would be enough if a host had so many more free."""

    host: str
    resources: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DomainHeadroom:
    """What follows the failure of one domain, for all ensembles with members in it.

    `fits` is whether all of its `lost` members find places; None when that is not decided. Those
    that would be `without` come in the order of precedence. `cure` is capacity that would be
    enough; None where none is known, as where a policy asks for another domain.
    """

    domain: FailureDomain
    lost: int
    ensembles: int
    fits: bool | None
    without: tuple[Without, ...] = ()
    cure: Cure | None = None


def cloud_headroom(
    running: Sequence[Hit], level: str, *, solve: Solve | None
) -> tuple[DomainHeadroom, ...]:
    """Fail each domain of a level that holds members, one at a time, and place what it held.

    `running` are all ensembles as they stand, the first with precedence: members that have no place
    now are `waiting`, and have no part in this. What `recover` would find is looked for, at once
    the quick way; for so many domains as the work limit allows by whole plans, those that hold most
    first. What is open then is not decided. Raises ModelError for a level that the cloud lacks.
    """
    if not running:
        return ()
    topology = running[0].snapshot.topology
    topology.require(level)
    domains, index = topology.domains(level), topology.index(level)
    inside: dict[int, dict[int, list[Member]]] = {}
    for number, hit in enumerate(running):
        for member, host in hit.staying.items():
            here = inside.setdefault(int(index[topology.host_number(host)]), {})
            here.setdefault(number, []).append(member)
    quick = _Quick(running)
    found: dict[int, DomainHeadroom] = {}
    for at in sorted(inside):
        lost = sum(len(members) for members in inside[at].values())
        room = DomainHeadroom(domains[at], lost, len(inside[at]), fits=None)
        found[at] = quick.look(room, inside[at], index == at)
    work = max(LEAST, WORK // len(topology))
    effort = Effort(EFFORT, solve)
    open_ = [at for at in found if found[at].fits is not True]
    # Those first of which nothing is known, and of these those that hold most.
    for at in sorted(open_, key=lambda at: (found[at].fits is False, -found[at].lost)):
        work -= len(inside[at])
        if work < 0 or effort.left <= 0:
            break
        hits = [_hit(running[number], inside[at][number], domains[at]) for number in inside[at]]
        found[at] = _recovered(found[at], hits, effort)
    return tuple(found[at] for at in sorted(found))


def _hit(hit: Hit, lost: Iterable[Member], domain: FailureDomain) -> Hit:
    gone = set(lost)
    staying = {member: host for member, host in hit.staying.items() if member not in gone}
    homes = {member: hit.staying[member] for member in gone}
    return replace(hit, staying=staying, snapshot=hit.snapshot.failing(domain), homes=homes)


def _recovered(room: DomainHeadroom, hits: Sequence[Hit], effort: Effort) -> DomainHeadroom:
    """Say by whole plans who finds no place, and what would help."""
    found = recover(hits, solve=effort.solve, effort=effort, explained=False)
    without = []
    for hit in hits:
        repair = found[hit.key]
        missing = len(hit.lost) - len(repair.moves)
        if missing:  # all that have a chance in their cell may fit, and others not
            fits = None if repair.fits else repair.fits
            without.append(Without(hit.key, len(hit.lost), missing, fits))
    if not without:
        return replace(room, fits=True, without=())
    # One that gave way proves that there are not places for all.
    fits = False if any(each.fits is False for each in without) else None
    cure = _cure(hits, found, effort) if room.lost <= MOST_LOST else None
    return replace(room, fits=fits, without=tuple(without), cure=cure)


def _cure(hits: Sequence[Hit], found: Mapping[str, Repair], effort: Effort) -> Cure | None:
    """What those without a place need in all, on a host on which it would place them."""
    needed: Counter[str] = Counter()
    suited = hits[0].snapshot.usable.copy()
    held: IntArray = np.zeros(len(suited), dtype=np.int64)
    topology = hits[0].snapshot.topology
    for hit in hits:
        missing = [each for each in hit.lost if each not in found[hit.key].moves]
        for tier in map(hit.ensemble.tier, (each.tier for each in missing)):
            needed.update(tier.resources)
            suited &= hit.snapshot.eligible(tier)
        if missing:
            there = {**hit.staying, **found[hit.key].moves}.values()
            np.add.at(held, [topology.host_number(host) for host in there], 1)
    for host in islice(_apart(topology, suited, held), MOST_HOSTS):
        more = [replace(hit, snapshot=_with(hit.snapshot, host, needed)) for hit in hits]
        again = recover(more, solve=effort.solve, effort=effort, explained=False)
        if all(len(again[hit.key].moves) == len(hit.lost) for hit in hits):
            return Cure(topology.hosts[host], dict(needed))
    return None


def _apart(topology: Topology, suited: BoolArray, held: IntArray) -> Iterator[int]:
    """Give suited hosts by number, those first whose domains hold least, each of another domain."""
    above = topology.levels[min(1, len(topology.levels) - 1)]
    index = topology.index(above)
    keys = [
        np.bincount(topology.index(level), weights=held)[topology.index(level)]
        for level in topology.levels
    ]
    seen: set[int] = set()
    for host in np.lexsort(keys).tolist():
        if suited[host] and int(index[host]) not in seen:
            seen.add(int(index[host]))
            yield host


def _with(snapshot: Snapshot, host: int, more: Mapping[str, int]) -> Snapshot:
    """The cloud with so much more on a host, which is offered then."""
    free = np.array(snapshot.free)
    amounts = [more.get(name, 0) for name in snapshot.resource_classes]
    free[host] = np.maximum(free[host], 0) + amounts
    offered = {name: mask.copy() for name, mask in snapshot.offered.items()}
    for mask in offered.values():
        mask[host] = True
    return replace(snapshot, free=free, offered=offered)


def _wants_domains(hit: Hit) -> bool:
    """Whether an ensemble has domains for itself, so that what is free changes as it moves."""
    return any(policy.hard and policy.keeps_out for policy in hit.ensemble.policies)


class _Quick:
    """Places members one by one beside those that stay, with what is worked out once for all."""

    def __init__(self, running: Sequence[Hit]) -> None:
        classes = {
            name for hit in running for tier in hit.ensemble.tiers for name in tier.resources
        }
        self._column = {name: number for number, name in enumerate(sorted(classes))}
        self._running = tuple(running)
        snapshot = running[0].snapshot
        self._cells = np.array([snapshot.cells.get(host, "") for host in snapshot.topology.hosts])
        self._alone = [_wants_domains(hit) for hit in running]
        self._problems = [self._problem(hit) for hit in running]

    def _problem(self, hit: Hit) -> tuple[Problem, list[int]] | None:
        """The problem of all that runs, and the columns of its classes.

        None for what is seldom, and has to be looked at failure by failure.
        """
        if hit.lost or not hit.staying or (hit.waiting and _wants_domains(hit)):
            return None
        joint = join([Part(hit, (), strict=not hit.waiting)])
        names = sorted({name for tier in hit.ensemble.tiers for name in tier.resources})
        columns = [self._column[name] for name in names]
        return build(joint.ensemble, joint.snapshot, joint.staying), columns

    def look(
        self, room: DomainHeadroom, inside: Mapping[int, Sequence[Member]], failed: BoolArray
    ) -> DomainHeadroom:
        """Tell what is seen at once of the failure of some hosts [H] with these members."""
        taken: IntArray = np.zeros((len(failed), len(self._column)), dtype=np.int64)
        fits = len(inside) == 1 or not any(self._alone[number] for number in inside)
        # A server does not leave its cell.
        cells = set(self._cells[failed].tolist()) - {""}
        fits = fits and len(cells) < 2
        fits = fits and not any(
            member in self._running[number].snapshot.pins
            for number, members in inside.items()
            for member in members
        )
        near = np.isin(self._cells, [*cells, ""]) if cells else np.ones_like(failed)
        without: list[Without] = []
        for number, members in inside.items():
            known = self._problems[number]
            if known is None:
                fits = False
                continue
            problem, columns = known
            assert problem.existing is not None
            less = replace(
                problem,
                eligible=problem.eligible & ~failed,
                room=np.where(near, problem.room, np.minimum(problem.room, problem.existing)),
                caps=np.where(near, problem.caps, np.minimum(problem.caps, problem.existing)),
            )
            less.room[:, failed] = less.caps[:, failed] = 0
            # A domain that is shared before counts as no place here, and may be one in a recovery.
            if not self._alone[number] and (missing := _missing(less)):
                key = self._running[number].key
                without.append(Without(key, len(members), missing, fits=False))
                continue
            if not fits:
                continue
            counts = replace_lost(replace(less, free=less.free - taken[:, columns]))
            if counts is None:
                fits = False
                continue
            coming = np.maximum(counts - problem.existing, 0)
            taken[:, columns] += coming.T @ problem.requests
        if without:
            return replace(room, fits=False, without=tuple(without))
        return replace(room, fits=True if fits else None)


def _missing(problem: Problem) -> int:
    """Count the members of single tiers for which there is no room, whatever policies ask for."""
    assert problem.existing is not None
    staying: IntArray = np.where(problem.eligible, problem.existing, 0)
    free = problem.free - staying.T @ problem.requests
    found = 0
    for row in np.flatnonzero(problem.counts > staying.sum(axis=1)).tolist():
        lost = int(problem.counts[row] - staying[row].sum())
        able = np.minimum(
            problem.room[row] - staying[row], fitting(free, problem.requests[row], lost)
        )
        found += max(0, lost - int(np.maximum(able, 0).sum()))
    return found
