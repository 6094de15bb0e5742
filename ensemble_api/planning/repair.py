# SPDX-License-Identifier: Apache-2.0
"""Repair: other places for members that have lost theirs, all others staying where they can."""

from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ensemble_api.planning.completion import placed
from ensemble_api.planning.milp.search import Effort
from ensemble_api.planning.milp.task import Solve
from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.planner import plan
from ensemble_api.planning.problem import build
from ensemble_api.planning.replace_lost import replace_lost
from ensemble_api.planning.result import Assignment, Infeasible, Reason, Violation
from ensemble_api.planning.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Repair:
    """Whether all members have a place within the hard policies; None: not decided.

    `moves` are the members that would go, and where: where not all have a place, those that have
    one. `reasons` say why others have none. `unmet` are hard policies that a repair cannot restore,
    since what has failed is needed for that.
    """

    fits: bool | None
    moves: Assignment = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    unmet: tuple[Violation, ...] = ()


def repair(
    ensemble: Ensemble,
    running: Assignment,
    staying: Assignment,
    snapshot: Snapshot,
    *,
    solve: Solve | None,
    effort: Effort | None = None,
    search: bool = True,
) -> Repair:
    """Find places for those of an ensemble that are not `staying`; it runs on `snapshot` already.

    Soft policies are left out. Without `search` only places beside the members that stay are looked
    for; `solve` and `effort` are as for a plan. Raises ModelError for a policy at a level that the
    cloud lacks, KeyError for a host of `running` that it does not have.
    """
    numbers = [number for number, policy in enumerate(ensemble.policies) if policy.hard]
    hard = replace(ensemble, policies=tuple(ensemble.policies[number] for number in numbers))
    problem = build(hard, snapshot, running)
    counts = replace_lost(problem)
    if counts is not None:
        return Repair(True, _moves(running, placed(problem, counts, staying, running)))
    if not search:
        return Repair(None)
    found = plan(hard, snapshot, running, solve=solve, changes=False, effort=effort)
    if isinstance(found, Infeasible):
        reasons = tuple(
            # The policies have other numbers where the soft ones are left out.
            replace(each, policy=None if each.policy is None else numbers[each.policy])
            for each in found.reasons
        )
        return Repair(False if found.proved else None, reasons=reasons)
    return Repair(True, _moves(running, found.assignment))


def _moves(before: Assignment, after: Assignment) -> Assignment:
    return MappingProxyType({m: at for m, at in after.items() if at != before.get(m)})
