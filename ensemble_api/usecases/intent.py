# SPDX-License-Identifier: Apache-2.0
"""What is saved of an ensemble before its capacity is held: its members and its plan."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ensemble_api.cloud.capacity import Capacity
from ensemble_api.cloud.demand import Demand
from ensemble_api.context import Context
from ensemble_api.operations import (
    Goal,
    Move,
    Operation,
    OperationStatus,
    OperationType,
    Requester,
    outcome,
)
from ensemble_api.planning import result
from ensemble_api.records import EnsembleRecord, MemberRecord, Status
from ensemble_api.usecases.plan import PlanOptions, labelled_domains
from ensemble_api.usecases.resolve import ResolvedRequest
from ensemble_api.views import stored_plans
from ensemble_api.views.domain_labels import labels


def placement(capacity: Capacity, host: str, demand: Demand) -> dict[str, Any]:
    """The fields of a member's record that say where it is planned."""
    topology = capacity.snapshot.topology
    return {
        "host": host,
        "provider": capacity.providers[host],
        "resources": capacity.take(host, demand),
        "domains": {level: topology.domain_of(host, level).path for level in topology.levels},
    }


def move_goal(
    member: MemberRecord,
    source: str,
    target: str,
    demand: Demand,
    capacity: Capacity,
    **more: Any,
) -> Goal:
    """That a member moves to another host, where it takes this; ``more`` is of its ``Move``."""
    there = placement(capacity, target, demand)
    move = Move(source, there["provider"], there["resources"], there["domains"], **more)
    return Goal(member.id, member.name, target, move=move)


def next_attempt(saved: EnsembleRecord, fresh: EnsembleRecord) -> EnsembleRecord:
    """The intent anew, as the next attempt of the same operation."""
    before, after = saved.operation, fresh.operation
    if before is None or after is None:
        raise ValueError("nothing is under way")
    return replace(fresh, operation=replace(after, id=before.id, attempts=before.attempts + 1))


def new_record(
    context: Context,
    asking: Requester,
    request: ResolvedRequest,
    plan: result.Plan,
    capacity: Capacity,
    options: PlanOptions,
    whole: result.Plan,
) -> EnsembleRecord:
    """A new ensemble of the caller's project, each member on its planned host, to be created.

    Its domains are called as in the ``whole`` plan, of which its own is a part or all.
    """
    topology = capacity.snapshot.topology
    members = tuple(
        MemberRecord(
            str(uuid.uuid4()),
            member.tier,
            member.index,
            **placement(capacity, plan.assignment[member], request.demands[member.tier]),
        )
        for member in request.ensemble.members
    )
    known = labels(
        context.project_id,
        labelled_domains(topology, whole, options),
        zone_level=topology.zone_level,
    )
    summary = stored_plans.summary(plan, request.ensemble, topology, context.project_id, known)
    return EnsembleRecord(
        id=str(uuid.uuid4()),
        project_id=context.project_id,
        user_id=context.user_id,
        name=request.body["name"],
        status=Status.RESERVING,
        ensemble=request.ensemble,
        body=request.body,
        plan=summary,
        members=members,
        operation=Operation(
            str(uuid.uuid4()),
            OperationType.CREATE,
            OperationStatus.RESERVING,
            asking,
            tuple(each.goal for each in members),
            plan=outcome(summary),
        ),
    )


def plan_summary(
    record: EnsembleRecord, request: ResolvedRequest, planned: result.Plan, capacity: Capacity
) -> Mapping[str, Any]:
    """What is stored of the plan; domains that the tenant knows keep their labels."""
    topology = capacity.snapshot.topology
    used = {
        topology.domain_of(host, level)
        for host in planned.assignment.values()
        for level in topology.levels
    }
    known = labels(
        record.project_id,
        used,
        record.plan.get("labels", {}),
        zone_level=topology.zone_level,
    )
    fresh = stored_plans.summary(planned, request.ensemble, topology, record.project_id, known)
    return {**record.plan, **fresh}
