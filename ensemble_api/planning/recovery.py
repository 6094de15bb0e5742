# SPDX-License-Identifier: Apache-2.0
"""Recovery: places for all members that a failure took, over all ensembles that it hit.

Members that stay are never moved for it. What the failure itself broke does not keep a member down,
and where there are not places for all, the later ensembles give way.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from types import MappingProxyType

import numpy as np

from ensemble_api.planning.bounds.counting import impossible
from ensemble_api.planning.cells import within_cells
from ensemble_api.planning.check import shortfalls
from ensemble_api.planning.completion import OTHERS_MUST_MOVE, closed_to_more, placed
from ensemble_api.planning.every_place import try_all
from ensemble_api.planning.joint import (
    Hit,
    Joint,
    Part,
    binding_policies,
    excludes,
    join,
    marked,
    throughout,
)
from ensemble_api.planning.milp.search import Effort
from ensemble_api.planning.milp.task import Solve
from ensemble_api.planning.model import Member
from ensemble_api.planning.planner import plan
from ensemble_api.planning.problem import Problem, build
from ensemble_api.planning.repair import Repair
from ensemble_api.planning.replace_lost import replace_lost
from ensemble_api.planning.result import SOFT_VIOLATIONS, Assignment, Infeasible, Reason, Violation
from ensemble_api.planning.survivability import minima
from ensemble_api.planning.topology import IntArray
from ensemble_api.planning.unplanned import MORE_HOSTS

EFFORT = 180_000
"""What one recovery may take in all: of the solver, and for other looks by tiers times hosts."""
MOST_HITS = 12  # ensembles that are planned as one; more are planned one after the other
MOST_LOST = 64
TRIES = 32  # of numbers of members by tier, where an ensemble cannot have places for all
MOST_COUNTS = 4096  # of these numbers that are put in order

_Places = list[dict[Member, str]]


def recover(
    hits: Sequence[Hit],
    *,
    solve: Solve | None,
    effort: Effort | None = None,
    search: bool = True,
    explained: bool = True,
) -> Mapping[str, Repair]:
    """Find places for the lost members of all hits, by their keys; the first have precedence.

    All hard policies hold, or else what binds a member that was lost, as little worse as it is
    without it. Up to so many hits are planned as one, so that none gives way but where there is no
    other way; of more, each is planned beside the places of those before it. A hit that does not
    fit gets as many places as are found. Soft policies are left out. Without `search` only what is
    found at once, with all hard policies, is told. A refusal has reasons if it is `explained`.
    `solve` and `effort` are as for a plan. Raises ModelError for a policy at a level that the cloud
    lacks, KeyError for a host that it does not have, ValueError when two hits have one key.
    """
    if len({hit.key for hit in hits}) < len(hits):
        raise ValueError("two hits have the same key")
    every, hits = hits, [within_cells(hit) for hit in hits]
    work = _Work(effort or Effort(EFFORT, solve), search=search)
    lost = sum(len(hit.lost) for hit in hits)
    if len(hits) > 1 and (len(hits) > MOST_HITS or lost > MOST_LOST):
        found = _one_by_one(hits, work)
    else:
        found = dict(zip((hit.key for hit in hits), _as_one(hits, work), strict=True))
    if explained and search:
        found = _explained(hits, found, solve)
    for whole, hit in zip(every, hits, strict=True):
        # Those in other cells are left to the next repair, which is not planned here.
        if hit.waiting != whole.waiting and found[hit.key].fits:
            found[hit.key] = replace(found[hit.key], fits=None)
    return MappingProxyType(found)


def _one_by_one(hits: Sequence[Hit], work: "_Work") -> dict[str, Repair]:
    """Plan each hit beside the others' members, those before it with their new places."""
    found: dict[str, Repair] = {}
    for hit in hits:
        beside = _beside(hit, hits, found)
        (repair,) = _as_one([beside], work)
        if repair.fits is False and found:
            # Those before it may have other places; it is refused if it fits without them neither.
            alone = _Work(work.effort, search=work.search).places(_loosely([hit]))
            repair = repair if alone.fits is False else replace(repair, fits=None)
        found[hit.key] = repair
    return found


def _as_one(hits: Sequence[Hit], work: "_Work") -> list[Repair]:
    """Plan all hits together."""
    every = [Part(hit, hit.lost, strict=_is_whole(hit)) for hit in hits]
    first = work.places(every)
    if first.places is None and not work.search:
        return [Repair(None) if hit.lost else Repair(True) for hit in hits]
    if first.places is not None:
        fits: list[bool | None] = [True] * len(hits)
        parts, places = every, first.places
    else:
        parts, places, fits = _most(hits, work)
        parts, places = _tightened(parts, places, fits, work)
    return [
        Repair(
            fit,
            MappingProxyType(moves),
            unmet=() if part.strict or not (fit and moves) else _unmet(part.hit, moves),
        )
        for part, moves, fit in zip(parts, places, fits, strict=True)
    ]


def _is_whole(hit: Hit) -> bool:
    """Whether all members will have a place, and one of them a new one."""
    return bool(hit.lost) and not hit.waiting


def _loosely(hits: Iterable[Hit]) -> list[Part]:
    return [Part(hit, hit.lost, strict=False) for hit in hits]


def _most(hits: Sequence[Hit], work: "_Work") -> tuple[list[Part], _Places, list[bool | None]]:
    """Place as many members of each hit as can be beside as many as can be of those before it."""
    parts = _loosely(hits)
    whole = work.places(parts)
    if whole.places is not None:
        return parts, whole.places, [True] * len(hits)
    parts = [replace(part, members=()) for part in parts]
    places: _Places = [{} for _ in hits]
    fits: list[bool | None] = []
    for number, hit in enumerate(hits):
        if not hit.lost:
            fits.append(True)
            continue

        found = whole if len(hits) == 1 else work.beside(parts, number, hit.lost)
        fits.append(found.fits)
        members = hit.lost
        if found.places is None:
            # At once the quick way, which gives a number that a search has to beat.
            members, quickly = (), None
            for more in _by_need(hit):
                quick = work.quickly(_with(parts, number, (*members, more)))
                if quick is not None:
                    members, quickly = (*members, more), quick
            for fewer in islice(_fewer(hit), TRIES):
                if len(fewer) <= len(members):
                    break
                found = work.beside(parts, number, fewer)
                if found.places is not None:
                    members, quickly = fewer, found.places
                    break
            found = replace(found, places=quickly)
        if found.places is not None:
            parts, places = _with(parts, number, members), found.places
    return parts, places, fits


def _with(parts: Sequence[Part], number: int, members: tuple[Member, ...]) -> list[Part]:
    """The parts, with these members of one of them."""
    return [*parts[:number], replace(parts[number], members=members), *parts[number + 1 :]]


def _by_need(hit: Hit) -> list[Member]:
    """The lost members, those first whose tier has fewest of what it needs."""
    needed, there = minima(hit.ensemble), hit.present
    order = []
    for tier in hit.ensemble.tiers:
        lost = [member for member in hit.lost if member.tier == tier.name]
        for position, member in enumerate(lost):
            short = needed[tier.name] - there[tier.name] - position
            order.append((-max(short, 0), member))
    return [member for _, member in sorted(order, key=lambda each: each[0])]


def _fewer(hit: Hit) -> Iterator[tuple[Member, ...]]:
    """Fewer of the lost members, as many as can be first, and of these what tiers need most."""
    order = _by_need(hit)
    rank = {member: position for position, member in enumerate(order)}
    by_tier: dict[str, list[Member]] = {}
    for member in order:
        by_tier.setdefault(member.tier, []).append(member)
    counts = product(*(range(len(each), -1, -1) for each in by_tier.values()))
    chosen = [
        [
            member
            for each, most in zip(by_tier.values(), some, strict=True)
            for member in each[:most]
        ]
        for some in islice(counts, MOST_COUNTS)
    ]
    chosen.sort(key=lambda each: (-len(each), sorted(rank[member] for member in each)))
    yield from (tuple(each) for each in chosen if 0 < len(each) < len(order))


def _tightened(
    parts: list[Part], places: _Places, fits: Sequence[bool | None], work: "_Work"
) -> tuple[list[Part], _Places]:
    """Hold all hard policies of each hit for which there is a way, the first ones first."""
    for number, part in enumerate(parts):
        if fits[number] is not True or not _is_whole(part.hit):
            continue
        tighter = [*parts[:number], replace(part, strict=True), *parts[number + 1 :]]
        found = work.places(tighter)
        if found.places is not None:
            parts, places = tighter, found.places
    return parts, places


def _beside(hit: Hit, hits: Sequence[Hit], found: Mapping[str, Repair]) -> Hit:
    """The hit in a cloud in which the others have what they have, and what they got."""
    snapshot = hit.snapshot
    usable, taken = snapshot.usable.copy(), dict[str, Counter[str]]()
    others = {whose: mask.copy() for whose, mask in snapshot.others.items()}
    for other in hits:
        if other.key == hit.key:
            continue
        moves = found[other.key].moves if other.key in found else {}
        for member, host in moves.items():
            taken.setdefault(host, Counter()).update(other.ensemble.tier(member.tier).resources)
        if not (_separates(other) or _separates(hit)):
            continue
        there = replace(other, staying={**other.staying, **moves}, waiting=frozenset())
        for policy in other.ensemble.policies:
            if policy.hard and excludes(policy, other, hit):
                mine = marked(snapshot.topology, there, policy.tiers)
                usable &= ~throughout(snapshot.topology, mine, policy.level)
        tiers = [tier.name for tier in other.ensemble.tiers]
        for policy in hit.ensemble.policies:
            if policy.keeps_out and excludes(policy, hit, other):
                nobody = np.zeros(len(snapshot.topology), dtype=np.bool_)
                present = others.setdefault(policy.keeps_out, nobody)
                present |= marked(snapshot.topology, there, tiers)
    # Another ensemble may need what this one's snapshot knows nothing of.
    known = set(snapshot.resource_classes)
    demand = {
        host: {name: amount for name, amount in amounts.items() if name in known}
        for host, amounts in taken.items()
    }
    less = replace(snapshot, usable=usable, others=others)
    return replace(hit, snapshot=less.carrying(demand))


def _separates(hit: Hit) -> bool:
    """Whether an ensemble wants domains for itself."""
    return any(policy.keeps_out for policy in hit.ensemble.policies)


def _unmet(hit: Hit, moves: Assignment) -> tuple[Violation, ...]:
    """The hard policies that do not hold with all members in their places."""
    less = closed_to_more(hit.snapshot, hit.ensemble, hit.staying, ())
    return shortfalls(hit.ensemble, less, {**hit.staying, **moves}, hard=True)


@dataclass(frozen=True, slots=True)
class _Found:
    """Places part by part, or None; whether there are any, None where that is not decided."""

    places: _Places | None
    fits: bool | None


@dataclass(frozen=True, slots=True)
class _Work:
    effort: Effort
    search: bool

    def places(self, parts: Sequence[Part]) -> _Found:
        """Look for places for all members of these parts at once."""
        if not any(part.members for part in parts):
            return _Found([{} for _ in parts], fits=True)
        joint, problem, missed = _problem(parts)
        quick = _quickly(joint, problem, missed, len(parts))
        if quick is not None:
            return _Found(quick, fits=True)
        if not self.search:
            return _Found(None, None)
        # What may be had on hosts that the problem does not know of is never proved to be none.
        more = any(MORE_HOSTS.intersection(tier.unplanned) for tier in problem.ensemble.tiers)
        none = None if more else False
        if impossible(problem):
            return _Found(None, none)
        if self.effort.left <= 0:
            return _Found(None, None)
        size = problem.counts.size * len(problem.topology)
        tried = try_all(problem, lambda counts: not _worse(problem, counts, missed))
        self.effort.left -= tried.ways * size // 1000
        if tried.counts is not None:
            assignment = placed(problem, tried.counts, joint.staying)
            return _Found(joint.separated(assignment, len(parts)), fits=True)
        if tried.all:
            return _Found(None, none)
        self.effort.left -= size // 2
        planned = plan(
            problem.ensemble,
            joint.snapshot,
            joint.staying,
            solve=self.effort.solve,
            fixed=joint.staying.keys(),
            changes=False,
            explained=False,
            effort=self.effort,
        )
        if isinstance(planned, Infeasible):
            return _Found(None, False if planned.proved else None)
        counts = problem.counted(planned.assignment)
        if _worse(problem, counts, missed):
            least = next(each for each in planned.objectives if each.name == SOFT_VIOLATIONS)
            none = least.bound > sum(missed.values())
            return _Found(None, False if none else None)
        return _Found(joint.separated(planned.assignment, len(parts)), fits=True)

    def beside(self, parts: Sequence[Part], number: int, members: tuple[Member, ...]) -> _Found:
        """Look for places for these members of one part with the others; first without them."""
        more = _with(parts, number, members)
        alone = self.places(more[number : number + 1])
        return alone if alone.fits is False else self.places(more)

    def quickly(self, parts: Sequence[Part]) -> _Places | None:
        """Look for places one by one."""
        joint, problem, missed = _problem(parts)
        return _quickly(joint, problem, missed, len(parts))


def _problem(parts: Sequence[Part]) -> tuple[Joint, Problem, dict[int, int]]:
    """The problem of some parts, and by how much policies are missed that may stay so.

    These are soft in it: they must not be missed by more than they are without the lost.
    """
    joint = join(parts)
    problem = build(joint.ensemble, joint.snapshot, joint.staying, joint.staying.keys())
    missed = {}
    for number in sorted(joint.loose):
        amount = joint.ensemble.policies[number].shortfall(problem, problem.pinned)
        if amount:
            missed[number] = amount
    if missed:
        policies = [
            replace(policy, hard=number not in missed)
            for number, policy in enumerate(joint.ensemble.policies)
        ]
        ensemble = replace(joint.ensemble, policies=tuple(policies))
        problem = build(ensemble, joint.snapshot, joint.staying, joint.staying.keys())
    return joint, problem, missed


def _quickly(
    joint: Joint, problem: Problem, missed: Mapping[int, int], parts: int
) -> _Places | None:
    counts = replace_lost(problem)
    if counts is None or _worse(problem, counts, missed):
        return None
    return joint.separated(placed(problem, counts, joint.staying), parts)


def _worse(problem: Problem, counts: IntArray, missed: Mapping[int, int]) -> bool:
    """Whether counts [T, H] miss a policy by more than it is missed without the lost."""
    policies = problem.ensemble.policies
    return any(policies[at].shortfall(problem, counts) > most for at, most in missed.items())


def _explained(
    hits: Sequence[Hit], found: Mapping[str, Repair], solve: Solve | None
) -> dict[str, Repair]:
    """Say why hits do not fit, beside what the others got."""
    said = dict(found)
    for hit in hits:
        repair = found[hit.key]
        if repair.fits is not True:
            beside = _beside(hit, hits, found)
            reasons = _reasons(beside, solve, refused=repair.fits is False)
            said[hit.key] = replace(repair, reasons=reasons)
    return said


def _reasons(hit: Hit, solve: Solve | None, *, refused: bool) -> tuple[Reason, ...]:
    """What is in the way of a place for all members, also if others might move."""
    binds = list(binding_policies(hit, strict=False))
    ensemble = replace(hit.ensemble, policies=tuple(policy for _, policy in binds))
    less = closed_to_more(hit.snapshot, ensemble, hit.staying, ())
    planned = plan(ensemble, less, hit.staying, solve=solve, changes=False)
    if not isinstance(planned, Infeasible):
        return (OTHERS_MUST_MOVE,) if refused else ()
    return tuple(
        # The policies have other numbers where some are left out.
        replace(each, policy=None if each.policy is None else binds[each.policy][0])
        for each in planned.reasons
    )
