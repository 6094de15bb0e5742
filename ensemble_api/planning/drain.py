# SPDX-License-Identifier: Apache-2.0
"""Drain: where an ensemble's members on one host would go, all others staying where they can."""

from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ensemble_api.planning.completion import closed_to_more, placed
from ensemble_api.planning.milp.task import Solve
from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.planner import plan
from ensemble_api.planning.problem import build
from ensemble_api.planning.replace_lost import replace_lost
from ensemble_api.planning.result import Assignment, Infeasible, Reason
from ensemble_api.planning.snapshot import Snapshot


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
    staying = {member: at for member, at in running.items() if at != host}
    less = closed_to_more(snapshot, hard, staying, {host})
    problem = build(hard, less, running)
    counts = replace_lost(problem)
    if counts is not None:
        return DrainPlan(True, _moves(running, placed(problem, counts, staying)))
    result = plan(hard, less, running, solve=solve, changes=False)
    if isinstance(result, Infeasible):
        reasons = tuple(
            # The policies have other numbers where the soft ones are left out.
            replace(each, policy=None if each.policy is None else numbers[each.policy])
            for each in result.reasons
        )
        return DrainPlan(False if result.proved else None, reasons=reasons)
    return DrainPlan(True, _moves(running, result.assignment))


def _moves(before: Assignment, after: Assignment) -> Assignment:
    return MappingProxyType({m: at for m, at in after.items() if at != before.get(m)})
