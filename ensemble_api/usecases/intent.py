# SPDX-License-Identifier: Apache-2.0
"""What is saved of an ensemble before its capacity is held: its members and its plan."""

import uuid
from typing import Any

from ensemble_api.cloud.inventory import Capacity
from ensemble_api.context import Context
from ensemble_api.planning import result
from ensemble_api.planning.topology import Topology
from ensemble_api.records import EnsembleRecord, MemberRecord, Requester, Status
from ensemble_api.usecases.domain_labels import labels, reference
from ensemble_api.usecases.plan import PlanOptions, labelled_domains
from ensemble_api.usecases.resolve import ResolvedRequest


def requester(context: Context) -> Requester:
    """Who asks, as the worker has to act for them later."""
    return Requester(context.user_id, tuple(sorted(set(context.roles))))


def new_record(
    context: Context,
    request: ResolvedRequest,
    plan: result.Plan,
    capacity: Capacity,
    options: PlanOptions,
) -> EnsembleRecord:
    """A new ensemble of the caller's project, each member on its planned host."""
    topology = capacity.snapshot.topology
    members = tuple(
        MemberRecord(
            id=str(uuid.uuid4()),
            tier=member.tier,
            index=member.index,
            host=plan.assignment[member],
            provider=capacity.providers[plan.assignment[member]],
            resources=capacity.held(
                plan.assignment[member], request.demands[member.tier].resources
            ),
            domains={
                level: topology.domain_of(plan.assignment[member], level).path
                for level in topology.levels
            },
        )
        for member in request.ensemble.members
    )
    return EnsembleRecord(
        id=str(uuid.uuid4()),
        project_id=context.project_id,
        user_id=context.user_id,
        name=request.body["name"],
        status=Status.RESERVING,
        requester=requester(context),
        ensemble=request.ensemble,
        body=request.body,
        plan=_plan_summary(context, request, plan, topology, options),
        members=members,
    )


def _plan_summary(
    context: Context,
    request: ResolvedRequest,
    plan: result.Plan,
    topology: Topology,
    options: PlanOptions,
) -> dict[str, Any]:
    """What stays true of a plan after it, JSON-ready: its objectives and soft violations.

    Also the labels that its domains had, and the traits that each tier asked for.
    """
    known = labels(
        context.project_id,
        labelled_domains(topology, plan, options),
        zone_level=topology.zone_level,
    )
    used = {
        reference(context.project_id, topology.domain_of(host, level))
        for host in set(plan.assignment.values())
        for level in topology.levels
    }
    return {
        "objectives": [
            {"name": each.name, "value": each.value, "bound": each.bound, "proved": each.proved}
            | ({} if each.stopped is None else {"stopped": each.stopped})
            for each in plan.objectives
        ],
        "violations": [
            {"policy": each.policy, "level": each.level, "message": each.message.stored}
            for each in plan.violations
        ],
        "labels": {ref: label for ref, label in known.items() if ref in used},
        "traits": {
            name: {"required": sorted(each.required), "forbidden": sorted(each.forbidden)}
            for name, each in request.demands.items()
        },
    }
