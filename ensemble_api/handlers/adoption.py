# SPDX-License-Identifier: Apache-2.0
"""Ensembles of servers that run already, and their previews."""

from ensemble_api import adoption_schemas, policies, views
from ensemble_api.handlers.call import Answer, Call
from ensemble_api.handlers.ensembles import shown
from ensemble_api.handlers.parameters import FLAG, Parameters
from ensemble_api.service import AdoptionRequest

ADOPT: Parameters = {"dry_run": FLAG}


def adopt(call: Call) -> Answer:
    """POST /os-ensembles/adopt: an ensemble of servers that run; none of them is touched.

    With ``dry_run``, what would come of it; that is kept for a while, and done by its id.
    """
    policies.authorize(call.context, "adopt")
    call.only(*ADOPT)
    asked = AdoptionRequest(*adoption_schemas.check_adoption(call.json))
    whole = policies.allowed(call.context, "domains")
    if call.flag("dry_run"):
        found = call.service.preview_adoption(call.context, asked, whole=whole)
        names = policies.allowed(call.context, "names")
        namesakes = call.service.namesakes(found.record)
        capacity = policies.allowed(call.context, "capacity")
        shown_so = views.adoption(found, names=names, capacity=capacity, namesakes=namesakes)
        return Answer(200, {"adoption": shown_so})
    call.begin()
    record = call.service.adopt(call.context, asked, whole=whole)
    where = f"{call.url.rstrip('/').rpartition('/')[0]}/{record.id}"
    return Answer(201, {"ensemble": shown(call, record)}, where)
