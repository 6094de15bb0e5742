# SPDX-License-Identifier: Apache-2.0
"""Moving: the fewest members that have to be elsewhere, and in which order they get there.

A member that moves takes its room on both hosts until it has arrived, so nobody is planned into
what another one leaves. One moves at a time, and with each of them no hard policy is broken by more
than it was: what held before holds all the way, whether a move comes about or not.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from ensemble_api.planning.check import shortfalls
from ensemble_api.planning.completion import closed_to_more
from ensemble_api.planning.message import Sentence, listed
from ensemble_api.planning.milp.search import Effort
from ensemble_api.planning.milp.task import Solve
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.planner import plan
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.problem import Problem, build
from ensemble_api.planning.result import SOFT_VIOLATIONS, Assignment, Infeasible, Plan, Reason
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import IntArray

_NOBODY: Assignment = {}
TRIES = 10_000  # of a move as the next one, after which an order is not looked for any more
ROUNDS = 8  # of plans that need what members leave; each closes the hosts where that is so

NO_ROOM_BESIDE = Reason(
    "no-room-to-move",
    Sentence(
        "reason.no-room-to-move",
        "Members would have to be moved, and there is no room for them until others have left.",
    )(),
)
NO_ORDER = Reason(
    "no-order-of-moves",
    Sentence(
        "reason.no-order-of-moves",
        "Members would have to be moved, and on the way a policy would be broken that holds now. "
        "Make it soft for that time, or change less at once.",
    )(),
)
_FIXED = Sentence(
    "reason.member-cannot-move",
    "%(members)s would have to be moved, which takes a server that is ACTIVE, not locked, and "
    "with nothing else under way.",
    "%(members)s would have to be moved, which takes servers that are ACTIVE, not locked, and "
    "with nothing else under way.",
)


@dataclass(frozen=True, slots=True)
class Move:
    """A member that goes from one host to another."""

    member: Member
    source: str
    target: str


Moved: TypeAlias = tuple[Plan, tuple[Move, ...]]
Destination: TypeAlias = tuple[Plan, Snapshot]
_Planner: TypeAlias = Callable[..., Plan | Infeasible]


def move(
    ensemble: Ensemble,
    running: Assignment,
    snapshot: Snapshot,
    *,
    solve: Solve | None,
    fixed: Collection[Member] = (),
    promised: Collection[Policy] = (),
    effort: Effort | None = None,
    explained: bool = True,
    spread_first: bool = False,
    leaving: Assignment = _NOBODY,
) -> Moved | Infeasible:
    """Plan an ensemble of which some members are `running`, with the fewest of these elsewhere.

    Gives the plan, and the moves in the order in which they are safe. Those of `fixed` stay where
    they are, and nobody leaves their cell, neither those of `leaving`, who run beside the others
    and get a place as if they were new. `promised` are policies that hold now and go on to be
    promised, also while members that are new are there already and others have not moved yet. Soft
    policies are met as well as the fewest moves let them. `effort` is shared by all plans that are
    made, if it is given; a refusal may lack reasons unless it is `explained`. With `spread_first`,
    the fewest are those with which failures take the least. Raises ModelError and KeyError as
    `complete` does.
    """
    found = destination(
        ensemble,
        running,
        snapshot,
        solve=solve,
        fixed=fixed,
        effort=effort,
        explained=explained,
        spread_first=spread_first,
        leaving=leaving,
    )
    if isinstance(found, Infeasible):
        return found
    planned, less = found
    order = safe_order(planned, running, less, moves(running, planned.assignment), promised)
    if order is None:
        return Infeasible((NO_ORDER,), proved=False)
    return planned, order


def destination(
    ensemble: Ensemble,
    running: Assignment,
    snapshot: Snapshot,
    *,
    solve: Solve | None,
    fixed: Collection[Member] = (),
    effort: Effort | None = None,
    explained: bool = True,
    spread_first: bool = False,
    leaving: Assignment = _NOBODY,
) -> Destination | Infeasible:
    """Plan as `move` does, whether there is an order in which to get there or not.

    Gives the plan with the cloud in which it holds.
    """
    here = frozenset(each for each in fixed if each in running)

    planner = partial(
        plan,
        solve=solve,
        changes=False,
        effort=effort,
        spread_first=spread_first,
        leaving=leaving,
    )
    pinned = partial(planner, fixed=here)
    if not spread_first:
        planner, pinned = partial(_fewest, planner), partial(_fewest, pinned)
    found = _beside(ensemble, running, snapshot, pinned, explained=explained and not here)
    if isinstance(found, Infeasible) and not found.reasons and explained:
        # What is in the way is there without the fixed ones too, or they would have to move.
        found = _beside(ensemble, running, snapshot, planner, explained=True)
    if isinstance(found, Infeasible):
        return found
    planned, less = found
    planned = replace(planned, assignment=_renamed(planned.assignment, running, here))
    needed = moves(running, planned.assignment)
    if stuck := [each.member.name for each in needed if each.member in here]:
        message = _FIXED(members=listed(stuck), count=len(stuck))
        return Infeasible((Reason("member-cannot-move", message),), proved=False)
    return planned, less


def _beside(
    ensemble: Ensemble,
    running: Assignment,
    snapshot: Snapshot,
    planner: _Planner,
    *,
    explained: bool,
) -> Destination | Infeasible:
    """Plan so that what comes fits beside what is there, and tell in which cloud that holds."""
    less = closed_to_more(snapshot, ensemble, running, ())
    for number in range(ROUNDS):
        first = number == 0
        planned = planner(ensemble, less, running, explained=explained and first)
        if isinstance(planned, Infeasible):
            if first:
                return planned
            break  # there was one until hosts were closed
        crowded = _crowded(planned, running, snapshot)
        if not crowded:
            return planned, less
        less = closed_to_more(less, ensemble, running, crowded)
    return Infeasible((NO_ROOM_BESIDE,), proved=False)


def moves(running: Assignment, assignment: Assignment) -> tuple[Move, ...]:
    """Those members of an assignment that run elsewhere."""
    return tuple(
        Move(member, running[member], host)
        for member, host in sorted(assignment.items())
        if running.get(member, host) != host
    )


def safe_order(
    planned: Plan,
    running: Assignment,
    snapshot: Snapshot,
    found: Sequence[Move],
    promised: Collection[Policy] = (),
) -> tuple[Move, ...] | None:
    """Give the moves one after another so that none breaks more; None where there is no such order.

    All orders are tried of few moves, and some of many: `TRIES` next moves. Before the first of
    them, the new members are there. Raises ModelError as `build` does.
    """
    ensemble, assignment = planned.ensemble, planned.assignment
    new = {member: host for member, host in assignment.items() if member not in running}
    if _breaks(ensemble, snapshot, running, new, promised):
        return None
    problem = build(ensemble, snapshot)
    hard = problem.policies(problem.hard)
    counts = problem.counted({**assignment, **{each.member: each.source for each in found}})
    missed = [policy.shortfall(problem, counts) for policy in hard]
    order: list[Move] = []
    tries = [(counts, missed, iter(found))]  # of what may be next, after each move of the order
    dead: set[frozenset[Move]] = set()  # what leads nowhere, in whatever order
    left = TRIES
    while len(order) < len(found):
        counts, missed, waiting = tries[-1]
        each = next((each for each in waiting if each not in order), None)
        if each is None:
            if not order:
                return None
            dead.add(frozenset(order))
            tries.pop()
            order.pop()
            continue
        if frozenset((*order, each)) in dead:
            continue
        if not left:
            return None
        left -= 1
        after = _after(problem, counts, each)
        now = [policy.shortfall(problem, after) for policy in hard]
        if all(a <= b for a, b in zip(now, missed, strict=True)):
            order.append(each)
            tries.append((after, now, iter(found)))
    return tuple(order)


def is_beside(planned: Plan, running: Assignment, snapshot: Snapshot) -> bool:
    """Whether all that comes to a host fits beside what is there, until that has left."""
    return not _crowded(planned, running, snapshot)


def _fewest(
    planner: _Planner,
    ensemble: Ensemble,
    snapshot: Snapshot,
    running: Assignment,
    *,
    explained: bool,
) -> Plan | Infeasible:
    """Plan with as few moves as the hard policies need, and the soft ones as well as these let."""
    numbers = [number for number, policy in enumerate(ensemble.policies) if policy.hard]
    hard = replace(ensemble, policies=tuple(ensemble.policies[number] for number in numbers))
    fewest = planner(hard, snapshot, running, explained=explained)
    if isinstance(fewest, Infeasible):
        # The policies have other numbers where the soft ones are left out.
        reasons = (
            replace(each, policy=None if each.policy is None else numbers[each.policy])
            for each in fewest.reasons
        )
        return replace(fewest, reasons=tuple(reasons))
    if len(numbers) == len(ensemble.policies):
        return fewest
    best = planner(ensemble, snapshot, running, explained=False)
    least = len(moves(running, fewest.assignment))
    if isinstance(best, Plan) and len(moves(running, best.assignment)) == least:
        return best
    missed = shortfalls(ensemble, snapshot, fewest.assignment, hard=False)
    objectives = tuple(
        replace(each, value=sum(one.amount for one in missed))
        if each.name == SOFT_VIOLATIONS
        else each
        for each in fewest.objectives
    )
    return Plan(ensemble, fewest.assignment, objectives, missed)


def _crowded(planned: Plan, running: Assignment, snapshot: Snapshot) -> list[str]:
    """The hosts on which what comes does not fit beside what is there."""
    resources = {tier.name: tier.resources for tier in planned.ensemble.tiers}
    coming: dict[str, dict[str, int]] = {}
    for member, host in planned.assignment.items():
        if running.get(member) != host:
            needed = coming.setdefault(host, {})
            for name, amount in resources[member.tier].items():
                needed[name] = needed.get(name, 0) + amount
    return [host for host, needed in coming.items() if not _fits(needed, host, snapshot)]


def _fits(needed: Mapping[str, int], host: str, snapshot: Snapshot) -> bool:
    row = snapshot.topology.host_number(host)
    return all(amount <= int(snapshot.amounts(name)[row]) for name, amount in needed.items())


def _renamed(
    assignment: Assignment, running: Assignment, fixed: Collection[Member]
) -> dict[Member, str]:
    """The same with members of a tier and a host exchanged, so that those that can move do."""
    found = dict(assignment)
    for each in fixed:
        here = running.get(each)
        if here is None or each not in found or found[each] == here:
            continue
        for other in sorted(found):
            alike = other.tier == each.tier and running.get(other) == here == found[other]
            if alike and other not in fixed:
                found[each], found[other] = found[other], found[each]
                break
    return found


def _breaks(
    ensemble: Ensemble,
    snapshot: Snapshot,
    running: Assignment,
    new: Assignment,
    promised: Collection[Policy],
) -> bool:
    """Whether a promised policy that holds is broken by new members while nobody has moved."""

    def broken(assignment: Assignment) -> set[int | None]:
        return {each.policy for each in shortfalls(ensemble, snapshot, assignment, hard=True)}

    before = broken(running)
    return any(
        number is not None and ensemble.policies[number] in promised
        for number in broken({**running, **new}) - before
    )


def _after(problem: Problem, counts: IntArray, each: Move) -> IntArray:
    after = counts.copy()
    (row,) = problem.rows([each.member.tier])
    after[row, problem.topology.host_number(each.source)] -= 1
    after[row, problem.topology.host_number(each.target)] += 1
    return after
