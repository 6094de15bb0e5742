# SPDX-License-Identifier: Apache-2.0
"""Whether a plan that was saved can still be built as it is, and how another one differs."""

import hashlib
import json
from dataclasses import asdict

from ensemble_api.planning import check, result
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import Topology
from ensemble_api.recovery import planned_tiers
from ensemble_api.results.dry_run import Move
from ensemble_api.usecases.resolve import ResolvedRequest
from ensemble_api.views.stored_plans import StoredPlan


def digest(request: ResolvedRequest) -> str:
    """What was planned, in short: the tiers as posted and the policies as they are meant."""
    policies = [{"kind": each.kind, **asdict(each)} for each in request.ensemble.policies]
    plan = {"tiers": planned_tiers(request.body), "policies": policies}
    return hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()


def moves(saved: StoredPlan, assignment: result.Assignment, topology: Topology) -> tuple[Move, ...]:
    """The members of a new plan that are in another domain, of any level, than the saved one said.

    A host that is in another rack by now has moved with its members.
    """
    before = {member: saved.domains(host) for member, host in saved.assignment.items()}
    found = []
    for member, host in assignment.items():
        after = {level: topology.domain_of(host, level) for level in topology.levels}
        if before.get(member) != after:
            found.append(Move(member, before.get(member), after))
    return tuple(found)


def restore(saved: StoredPlan, request: ResolvedRequest, snapshot: Snapshot) -> result.Plan | None:
    """The plan, if it may be built as it is on this snapshot; None when it does not hold any more.

    It does not hold either when it would miss a soft policy by more than it did.
    """
    here = set(snapshot.topology.hosts)
    if not here.issuperset(saved.paths):
        return None
    if moves(saved, saved.assignment, snapshot.topology):
        return None
    if check.check(request.ensemble, snapshot, saved.assignment):
        return None
    missed = check.shortfalls(request.ensemble, snapshot, saved.assignment, hard=False)
    if any(each.amount > saved.missed.get(each.policy, 0) for each in missed):
        return None
    return result.Plan(request.ensemble, saved.assignment, saved.objectives, missed)
