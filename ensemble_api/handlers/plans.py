# SPDX-License-Identifier: Apache-2.0
"""Dry runs: what would be built where, and what would survive."""

import re
from typing import Any

from ensemble_api import exception, limits, policies, schemas, views
from ensemble_api.handlers import parameters
from ensemble_api.handlers.call import Answer, Call
from ensemble_api.handlers.parameters import Parameters
from ensemble_api.handlers.recovery import check_reserve
from ensemble_api.planning.message import Sentence
from ensemble_api.service import PlanOptions

_NO_REFERENCE = Sentence("invalid.no-reference", "must be the reference of a domain")

DOMAINS = ("used", "all")
REFERENCE = re.compile("[0-9a-f]{56}")
PLAN: Parameters = {
    "headroom": parameters.FLAG,
    "domains": parameters.one_of(DOMAINS),
    "fail": {
        "type": "array",
        "items": {"type": "string", "pattern": f"^{REFERENCE.pattern}$"},
        "maxItems": limits.FAILED_DOMAINS,
    },
}


def create(call: Call) -> Answer:
    """POST /os-ensembles/plans: plan without reserving anything; the plan is kept for a while."""
    policies.authorize(call.context, "plan")
    return planned(call, schemas.check_ensemble(call.json))


def planned(call: Call, body: dict[str, Any]) -> Answer:
    """What a dry run of an ensemble comes to, of which the description was checked."""
    check_reserve(call, body)
    dry_run = call.service.plan(call.context, body, plan_options(call))
    names = policies.allowed(call.context, "names")
    capacity = policies.allowed(call.context, "capacity")
    project = call.context.project_id
    return Answer(200, {"plan": views.plan(dry_run, project, names=names, capacity=capacity)})


def plan_options(call: Call) -> PlanOptions:
    """What the query wants to know beside the plan, as far as policy lets the caller know it."""
    call.only(*PLAN)
    fail = call.several("fail", limits.FAILED_DOMAINS)
    if not all(REFERENCE.fullmatch(each) for each in fail):
        raise exception.Invalid(_NO_REFERENCE(), field="fail")
    return PlanOptions(
        headroom=call.flag("headroom"),
        may_see_all_domains=policies.allowed(call.context, "domains"),
        all_domains=call.choice("domains", "used", DOMAINS) == "all",
        fail=fail,
        to_build=policies.allowed(call.context, "create"),
    )
