# SPDX-License-Identifier: Apache-2.0
"""What is saved of a change before its capacity is held: new members, and who is to go."""

import uuid
from dataclasses import replace

from ensemble_api.cloud.capacity import Capacity
from ensemble_api.operations import (
    Goal,
    Operation,
    OperationStatus,
    OperationType,
    Requester,
    outcome,
)
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.scaling import Scaled
from ensemble_api.records import EnsembleRecord, MemberRecord, template_digest
from ensemble_api.store.api import Store
from ensemble_api.usecases.change_request import ChangeRequest
from ensemble_api.usecases.intent import move_goal, placement, plan_summary
from ensemble_api.usecases.reserve import server_mark
from ensemble_api.usecases.resolve import ResolvedRequest


def changed_record(
    store: Store,
    asking: Requester,
    record: EnsembleRecord,
    asked: ChangeRequest,
    request: ResolvedRequest,
    found: Scaled,
    capacity: Capacity,
) -> EnsembleRecord:
    """The ensemble as it is to be, with what is added and its operation."""
    removed = set(found.removed)
    members = tuple(
        replace(each, leaving=Member(each.tier, each.index) in removed) for each in record.members
    )
    digests = {each["name"]: template_digest(each["server"]) for each in asked.body["tiers"]}
    added = tuple(
        MemberRecord(
            str(uuid.uuid4()),
            member.tier,
            member.index,
            **placement(
                capacity,
                found.plan.assignment[member],
                request.demands[member.tier],
            ),
            template=digests[member.tier],
        )
        for member in found.added
    )
    there = {Member(each.tier, each.index): each for each in record.members}
    moving = tuple(
        move_goal(
            there[each.member],
            each.source,
            each.target,
            request.demands[each.member.tier],
            capacity,
        )
        for each in found.moved
    )
    goals = (
        *moving,
        *(each.goal for each in added),
        *(
            Goal(each.id, each.name, None, released=each.name in asked.release)
            for each in members
            if each.leaving
        ),
    )
    scaled = replace(request, ensemble=found.plan.ensemble)
    summary = plan_summary(record, scaled, found.plan, capacity)
    described = replace(
        record,
        name=asked.body["name"],
        body=asked.body,
        ensemble=found.plan.ensemble,
        plan=summary,
        members=members + added,
        operation=Operation(
            str(uuid.uuid4()),
            OperationType.CHANGE,
            OperationStatus.RESERVING,
            asking,
            goals,
            plan=outcome(summary),
            before={
                "body": record.body,
                "plan": record.plan,
                "exclusive": record.exclusive,
            },
        ),
    )
    if described.name == record.name:
        return described
    marked = {**described.plan, "mark": server_mark(store, described)}
    return replace(described, plan=marked)


def growth(request: ResolvedRequest, found: Scaled) -> ResolvedRequest | None:
    """What a change adds, as a request of its own; None when that is nothing."""
    counts: dict[str, int] = {}
    for member in found.added:
        counts[member.tier] = counts.get(member.tier, 0) + 1
    tiers = tuple(
        tier.with_count(counts[tier.name]) for tier in request.ensemble.tiers if tier.name in counts
    )
    if not tiers:
        return None
    described = [
        {**each, "count": counts[each["name"]]}
        for each in request.body["tiers"]
        if each["name"] in counts
    ]
    body = {**request.body, "tiers": described, "policies": []}
    return ResolvedRequest(body, Ensemble(tiers), request.demands)


def added_members(record: EnsembleRecord) -> tuple[MemberRecord, ...]:
    """The members that the change under way adds."""
    wanted = record.operation.wanted if record.operation else frozenset()
    return tuple(each for each in record.members if each.id in wanted)


def held_members(record: EnsembleRecord) -> tuple[MemberRecord, ...]:
    """The members of which a change holds capacity; those that move are as once they have."""
    return (*added_members(record), *record.moved_members)
