# SPDX-License-Identifier: Apache-2.0
"""What is saved of a repair before its capacity is held: where each lost member is to be."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ensemble_api.context import Context
from ensemble_api.operations import MoveKind, Operation, OperationStatus, OperationType, Requester
from ensemble_api.planning.check import shortfalls
from ensemble_api.planning.model import Member
from ensemble_api.planning.policies import Spread
from ensemble_api.planning.topology import reference
from ensemble_api.records import EnsembleRecord
from ensemble_api.store import rows
from ensemble_api.usecases.holds import MovingEnsemble
from ensemble_api.usecases.intent import move_goal
from ensemble_api.usecases.repair_plans import PlannedRepair
from ensemble_api.usecases.requesters import sees_all_domains
from ensemble_api.views import stored_plans
from ensemble_api.views.domain_labels import labels

RUNNING, STOPPED = "ACTIVE", "SHUTOFF"


@dataclass(frozen=True, slots=True)
class RepairIntent:
    """What is saved of one ensemble before its capacity is held, and what that was planned on."""

    record: EnsembleRecord
    planned: PlannedRepair

    @property
    def moving(self) -> MovingEnsemble:
        """What is to be held for it."""
        planned = self.planned
        places = {**planned.staying, **planned.moves}
        return MovingEnsemble(self.record, planned.request, planned.capacity, places)


def repair_intent(
    context: Context,
    planned: PlannedRepair,
    asking: Requester,
    stopped: Collection[tuple[str, str]],
) -> RepairIntent:
    """An ensemble with the operation that brings its lost members back.

    ``stopped`` are the ids of members that were stopped when their host failed, with that host.
    """
    record, capacity, request = planned.record, planned.capacity, planned.request
    goals = []
    for loss in planned.lost:
        member = Member(loss.member.tier, loss.member.index)
        target = planned.moves.get(member)
        if target is None or loss.host is None:
            continue
        ran = loss.status == RUNNING
        ran |= loss.status != STOPPED and (loss.member.id, loss.host) not in stopped
        goals.append(
            move_goal(
                loss.member,
                loss.host,
                target,
                request.demand(member),
                capacity,
                kind=MoveKind.EVACUATION,
                ran=ran,
            )
        )
    operation = Operation(
        str(uuid.uuid4()),
        OperationType.REPAIR,
        OperationStatus.RESERVING,
        asking,
        tuple(goals),
        started_at=rows.iso(rows.now()),
    )
    whole = sees_all_domains(context, asking, record.project_id)
    plan = {
        **record.plan,
        "labels": repair_labels(planned, whole=whole),
        "violations": _violations(planned),
    }
    return RepairIntent(replace(record, plan=plan, operation=operation), planned)


def repair_labels(planned: PlannedRepair, *, whole: bool) -> Mapping[str, str]:
    """What domains are called from now on, those included where members go to.

    With ``whole`` they are counted among all of the cloud, as a drill has told them before.
    """
    record, topology = planned.record, planned.capacity.snapshot.topology
    used = {
        topology.domain_of(host, level)
        for host in planned.moves.values()
        for level in topology.levels
    }
    counted = used
    if whole:
        counted = {each for level in topology.levels for each in topology.domains(level)}
    known = record.plan.get("labels", {})
    found = labels(record.project_id, counted, known, zone_level=topology.zone_level)
    refs = [reference(record.project_id, each) for each in used]
    return {**known, **{ref: found[ref] for ref in refs}}


def _violations(planned: PlannedRepair) -> list[Mapping[str, Any]]:
    """What the plan misses from now on: also how members are spread, where that was out of reach.

    Else where members are after the repair would be taken for the best that can be had.
    """
    record, ensemble = planned.record, planned.request.ensemble
    told = {each["policy"] for each in record.plan["violations"]}
    after = {**planned.staying, **planned.moves}
    missed = shortfalls(ensemble, planned.capacity.snapshot, after, hard=True)
    return [
        *record.plan["violations"],
        *(
            stored_plans.violation(each)
            for each in missed
            if each.policy is not None
            and each.policy not in told
            and isinstance(ensemble.policies[each.policy], Spread)
        ),
    ]
