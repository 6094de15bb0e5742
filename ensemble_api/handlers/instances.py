# SPDX-License-Identifier: Apache-2.0
"""Ensembles that are made as one: planned jointly and reserved in one step, all or none."""

from collections.abc import Sequence
from typing import Any

from ensemble_api import exception, policies, views
from ensemble_api.handlers import ensembles, plans
from ensemble_api.handlers.call import Answer, Call
from ensemble_api.handlers.recovery import check_reserve, check_wishes
from ensemble_api.service import CreateRequest


def planned(call: Call, bodies: Sequence[dict[str, Any]]) -> Answer:
    """What a dry run of ensembles comes to, of which the descriptions were checked."""
    for number, body in enumerate(bodies):
        with exception.of_instance(number):
            check_reserve(call, body)
    found = call.service.plan_all(call.context, bodies, plans.plan_options(call))
    names, capacity = _may_see(call)
    project = call.context.project_id
    answer = views.joint_preview(found, bodies, project, names=names, capacity=capacity)
    return Answer(200, answer)


def created(call: Call, bodies: Sequence[dict[str, Any]], plan_id: str | None) -> Answer:
    """Create ensembles of which the descriptions were checked: all of them, or none."""
    for number, body in enumerate(bodies):
        with exception.of_instance(number):
            check_wishes(call, body)
    key = call.idempotency_key
    first, *_ = CreateRequest.all_of(call.context, bodies, plan_id, key)
    return ensembles.answered_once(call, first, lambda: _made(call, bodies, plan_id, key))


def _made(
    call: Call, bodies: Sequence[dict[str, Any]], plan_id: str | None, key: str | None
) -> tuple[Answer, bool]:
    """What a create comes to, and whether that lasts: see ``handlers.ensembles``."""
    options = plans.plan_options(call)
    call.begin()
    try:
        records = call.service.create_all(call.context, bodies, plan_id, options, key)
    except exception.InfeasibleEnsemble as refusal:
        return ensembles.refused(call, refusal)
    except exception.PlanChanged as changed:
        names, capacity = _may_see(call)
        facts = views.jointly_changed(
            changed.facts["plan"],
            changed.facts["parts"],
            call.context.project_id,
            names=names,
            capacity=capacity,
        )
        fault = views.fault(exception.PlanChanged(changed.message, **facts))
        return Answer(changed.status, fault), True
    return Answer(202, {"ensembles": [ensembles.shown(call, each) for each in records]}), True


def _may_see(call: Call) -> tuple[bool, bool]:
    """Whether the caller sees names, and how much of a request fits."""
    context = call.context
    return policies.allowed(context, "names"), policies.allowed(context, "capacity")
