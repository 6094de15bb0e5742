# SPDX-License-Identifier: Apache-2.0
"""Changes of ensembles that run, and their previews."""

from ensemble_api import policies, schemas, views
from ensemble_api.ensemble_templates.record import ORIGIN
from ensemble_api.handlers.call import Answer, Call
from ensemble_api.handlers.ensembles import authorized, shown
from ensemble_api.handlers.parameters import FLAG, Parameters
from ensemble_api.handlers.recovery import check_wishes
from ensemble_api.records import EnsembleRecord
from ensemble_api.service import ChangeRequest

CHANGE: Parameters = {"dry_run": FLAG}


def change(call: Call, ensemble_id: str) -> Answer:
    """PATCH /os-ensembles/{id}: what is to be otherwise; with ``dry_run``, what would come of it.

    A preview is kept for a while, and carried out by its id.
    """
    record = authorized(call, ensemble_id, "change")
    call.only(*CHANGE)
    described = {key: each for key, each in record.body.items() if key != ORIGIN}
    given = schemas.check_change(call.json, described)
    if ORIGIN in record.body:  # it is still what it was made from
        given["body"] = {**given["body"], ORIGIN: record.body[ORIGIN]}
    asked = ChangeRequest(**given)
    check_wishes(call, asked.body, record.body, record.project_id)
    if call.flag("dry_run"):
        return _preview(call, record, asked)
    changed = call.service.change(call.context, record, asked)
    return Answer(202, {"ensemble": shown(call, changed)})


def _preview(call: Call, record: EnsembleRecord, asked: ChangeRequest) -> Answer:
    found = call.service.preview_change(call.context, record, asked)
    names = policies.allowed(call.context, "names")
    capacity = policies.allowed(call.context, "capacity")
    change = {
        "added": [each.name for each in found.added],
        "removed": [each.name for each in found.removed],
        "released": [each.name for each in found.released],
        "moved": views.moved(found.moved, found.dry_run.topology, record.project_id),
        "outdated": [each.name for each in found.outdated],
    }
    plan = views.plan(found.dry_run, record.project_id, names=names, capacity=capacity)
    return Answer(200, {"plan": plan, "change": change})
