# SPDX-License-Identifier: Apache-2.0
"""What is saved of a plan, and whether it can still be built as it is."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ensemble_api.planning import check, result
from ensemble_api.planning.model import Member
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import FailureDomain, Topology
from ensemble_api.usecases.resolve import ResolvedRequest


def digest(request: ResolvedRequest) -> str:
    """What was planned, in short: the tiers as posted and the policies as they are meant."""
    policies = [{"kind": each.kind, **asdict(each)} for each in request.ensemble.policies]
    plan = {"tiers": request.body["tiers"], "policies": policies}
    return hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()


def content(plan: result.Plan, topology: Topology) -> dict[str, Any]:
    """A plan, JSON-ready: each member's host and that host's place, objectives, soft violations."""
    lowest = topology.levels[0]
    return {
        "levels": list(topology.levels),
        "members": [[member.tier, member.index, host] for member, host in plan.assignment.items()],
        "paths": {
            host: topology.domain_of(host, lowest).path for host in set(plan.assignment.values())
        },
        "objectives": [
            {
                "name": each.name,
                "value": each.value,
                "bound": each.bound,
                "stopped": each.stopped,
                "incomplete": each.incomplete,
            }
            for each in plan.objectives
        ],
        "missed": {str(each.policy): each.amount for each in plan.violations},
    }


NO_PLAN: Mapping[str, Any] = {"levels": [], "members": [], "paths": {}}


def saved_assignment(saved: Mapping[str, Any]) -> dict[Member, str]:
    """Where each member was planned."""
    return {Member(tier, index): host for tier, index, host in saved["members"]}


@dataclass(frozen=True, slots=True)
class Move:
    """A member that would be elsewhere than planned, by level; without a plan it was nowhere."""

    member: Member
    before: Mapping[str, FailureDomain] | None
    after: Mapping[str, FailureDomain]


def moves(
    saved: Mapping[str, Any], assignment: result.Assignment, topology: Topology
) -> tuple[Move, ...]:
    """The members of a new plan that are in another domain, of any level, than the kept one said.

    A host that is in another rack by now has moved with its members.
    """
    before = {member: _above(saved, host) for member, host in saved_assignment(saved).items()}
    found = []
    for member, host in assignment.items():
        after = {level: topology.domain_of(host, level) for level in topology.levels}
        if before.get(member) != after:
            found.append(Move(member, before.get(member), after))
    return tuple(found)


def _above(saved: Mapping[str, Any], host: str) -> dict[str, FailureDomain]:
    """The domains of a host as they were."""
    path: tuple[str, ...] = tuple(saved["paths"][host])
    return {
        level: FailureDomain(level, path[-1 - above], path[: len(path) - above])
        for above, level in enumerate(saved["levels"])
    }


def restore(
    saved: Mapping[str, Any], request: ResolvedRequest, snapshot: Snapshot
) -> result.Plan | None:
    """The plan, if it may be built as it is on this look; None when it does not hold any more.

    It does not hold either when it would miss a soft policy by more than it did.
    """
    assignment = saved_assignment(saved)
    here = set(snapshot.topology.hosts)
    if not here.issuperset(saved["paths"]) or moves(saved, assignment, snapshot.topology):
        return None
    if check.check(request.ensemble, snapshot, assignment):
        return None
    missed = check.shortfalls(request.ensemble, snapshot, assignment, hard=False)
    if any(each.amount > saved["missed"].get(str(each.policy), 0) for each in missed):
        return None
    objectives = tuple(result.Objective(**each) for each in saved["objectives"])
    return result.Plan(request.ensemble, assignment, objectives, missed)
