# SPDX-License-Identifier: Apache-2.0
"""Mending: the fewest moves with which the policies hold that do not hold now."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from ensemble_api.planning.check import shortfalls
from ensemble_api.planning.milp.search import Effort
from ensemble_api.planning.milp.task import Solve
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.moving import Moved, move
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.result import Assignment, Infeasible
from ensemble_api.planning.snapshot import Snapshot

EFFORT = 60_000
"""What the plans with all soft policies may take of the solver together, and those with none of
them, and those with one more after the other."""
TRIES = 8  # of plans with some of the soft policies, where they cannot all be had


def mend(
    ensemble: Ensemble,
    running: Assignment,
    snapshot: Snapshot,
    *,
    solve: Solve | None,
    fixed: Collection[Member] = (),
    promised: Collection[Policy] = (),
) -> Moved | Infeasible:
    """Plan as `move` does, with the fewest moves that let all policies hold, the soft ones too.

    Where they cannot all be had, the hard ones hold, then those of the soft ones that hold now, and
    of the others as many as can be had beside them, in their order, as far as so many tries and
    their searching go. Arguments and errors are those of `move`.
    """

    def moved(held: Collection[int], effort: Effort, *, explained: bool) -> Moved | Infeasible:
        return move(
            _held(ensemble, held),
            running,
            snapshot,
            solve=solve,
            fixed=fixed,
            promised=promised,
            effort=effort,
            explained=explained,
        )

    soft = [number for number, policy in enumerate(ensemble.policies) if not policy.hard]
    found = moved(soft, Effort(EFFORT, solve), explained=not soft)
    if isinstance(found, Infeasible) and soft:
        found = moved((), Effort(EFFORT, solve), explained=True)
        if not isinstance(found, Infeasible):
            found = _with_more(moved, found, _wanted(ensemble, running, snapshot, soft), solve)
    if isinstance(found, Infeasible):
        return found
    plan, order = found
    missed = shortfalls(ensemble, snapshot, plan.assignment, hard=False)
    return replace(plan, ensemble=ensemble, violations=missed), order


def _with_more(
    moved: Callable[..., Moved | Infeasible],
    found: Moved,
    wanted: Iterable[Sequence[int]],
    solve: Solve | None,
) -> Moved:
    """Plan with more soft policies held, as far as some of those wanted can be had together."""
    effort, tries = Effort(EFFORT, solve), TRIES
    held: frozenset[int] = frozenset()
    for numbers in wanted:
        if held.issuperset(numbers):
            continue
        if not tries:
            break
        tries -= 1
        more = moved(held.union(numbers), effort, explained=False)
        if not isinstance(more, Infeasible):
            found, held = more, held.union(numbers)
    return found


def _held(ensemble: Ensemble, held: Collection[int]) -> Ensemble:
    """The ensemble, with the policies of these numbers as hard ones."""
    policies = tuple(
        replace(policy, hard=True) if number in held else policy
        for number, policy in enumerate(ensemble.policies)
    )
    return replace(ensemble, policies=policies)


def _wanted(
    ensemble: Ensemble, running: Assignment, snapshot: Snapshot, soft: Sequence[int]
) -> list[Sequence[int]]:
    """The numbers of soft policies to be tried: those that hold now at once, then one by one."""
    missed = {each.policy for each in shortfalls(ensemble, snapshot, running, hard=False)}
    holding = [number for number in soft if number not in missed]
    lacking = [number for number in soft if number in missed]
    return [holding, *([number] for number in (*holding, *lacking))]
