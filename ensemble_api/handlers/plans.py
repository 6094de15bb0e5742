# SPDX-License-Identifier: Apache-2.0
"""Dry runs: what would be built where, and what would survive."""

from ensemble_api import policies, schemas, views
from ensemble_api.handlers.call import Answer, Call


def create(call: Call) -> Answer:
    """POST /os-ensembles/plans: plan without reserving or saving anything."""
    policies.authorize(call.context, "plan")
    headroom = call.choice("headroom", "0", ("0", "1")) == "1"
    body = schemas.check_ensemble(call.json)
    planned = call.service.plan(call.context, body, headroom=headroom)
    names = policies.allowed(call.context, "names")
    return Answer(200, {"plan": views.plan(planned, call.context.project_id, names=names)})
