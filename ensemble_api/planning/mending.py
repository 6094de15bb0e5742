# SPDX-License-Identifier: Apache-2.0
"""Mending: the fewest moves with which the policies hold that do not hold now."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from ensemble_api.planning.check import shortfalls
from ensemble_api.planning.milp.task import Solve
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.moving import Moved, move
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.result import Assignment, Infeasible
from ensemble_api.planning.snapshot import Snapshot


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

    Where they cannot all be had, the hard ones hold, those of the soft ones that hold now, and of
    the others as many as can be had beside them, in their order. Arguments and errors are those of
    `move`.
    """

    def moved(held: Collection[int]) -> Moved | Infeasible:
        strict = _held(ensemble, held)
        return move(strict, running, snapshot, solve=solve, fixed=fixed, promised=promised)

    soft = [number for number, policy in enumerate(ensemble.policies) if not policy.hard]
    found = moved(soft)
    if isinstance(found, Infeasible):
        found = moved(())
        held: list[int] = []
        for number in _by_need(ensemble, running, snapshot, soft):
            if isinstance(found, Infeasible):
                return found
            more = moved([*held, number])
            if not isinstance(more, Infeasible):
                found, held = more, [*held, number]
    if isinstance(found, Infeasible):
        return found
    plan, order = found
    missed = shortfalls(ensemble, snapshot, plan.assignment, hard=False)
    return replace(plan, ensemble=ensemble, violations=missed), order


def _held(ensemble: Ensemble, held: Collection[int]) -> Ensemble:
    """The ensemble, with the policies of these numbers as hard ones."""
    policies = tuple(
        replace(policy, hard=True) if number in held else policy
        for number, policy in enumerate(ensemble.policies)
    )
    return replace(ensemble, policies=policies)


def _by_need(
    ensemble: Ensemble, running: Assignment, snapshot: Snapshot, soft: Sequence[int]
) -> list[int]:
    """The numbers of soft policies: those that hold now come first."""
    missed = {each.policy for each in shortfalls(ensemble, snapshot, running, hard=False)}
    return sorted(soft, key=lambda number: number in missed)
