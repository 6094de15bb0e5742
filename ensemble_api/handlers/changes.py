# SPDX-License-Identifier: Apache-2.0
"""Changes of ensembles that run, and their previews."""

from collections.abc import Mapping
from typing import Any, Final

from ensemble_api import exception, policies, schemas, views
from ensemble_api.ensemble_templates.record import ORIGIN, Origin
from ensemble_api.handlers.call import Answer, Call
from ensemble_api.handlers.ensembles import authorized, shown
from ensemble_api.handlers.parameters import FLAG, Parameters
from ensemble_api.handlers.recovery import check_wishes
from ensemble_api.planning.message import Sentence
from ensemble_api.records import EnsembleRecord
from ensemble_api.service import ChangeRequest, Instantiation

CHANGE: Parameters = {"dry_run": FLAG}
_BESIDE_TEMPLATE: Final = ("generation", "name", "description")

_OF_TEMPLATE = Sentence("invalid.of-template", "is what the template says; leave one of them out")
_NO_TEMPLATE = Sentence("invalid.no-template", "the ensemble was made from no template")


def change(call: Call, ensemble_id: str) -> Answer:
    """PATCH /os-ensembles/{id}: what is to be otherwise; with ``dry_run``, what would come of it.

    A preview is kept for a while, and carried out by its id.
    """
    record = authorized(call, ensemble_id, "change")
    call.only(*CHANGE)
    sent = call.json
    given = schemas.check_change(sent, views.described(record.body))
    if "template" in sent:
        given["body"] = _to_version(call, record, given["body"], sent)
    elif ORIGIN in record.body:  # it is still what it was made from
        given["body"] = {**given["body"], ORIGIN: record.body[ORIGIN]}
    asked = ChangeRequest(**given)
    check_wishes(call, asked.body, record.body, record.project_id)
    if call.flag("dry_run"):
        return _preview(call, record, asked)
    call.begin()
    changed = call.service.change(call.context, record, asked)
    return Answer(202, {"ensemble": shown(call, changed)})


def _to_version(
    call: Call, record: EnsembleRecord, described: Mapping[str, Any], sent: Mapping[str, Any]
) -> dict[str, Any]:
    """What a version of its template gives with its values and those that are sent.

    :raises ensemble_api.exception.Invalid: naming the field that is wrong.
    """
    for name in sent["ensemble"]:
        if name not in _BESIDE_TEMPLATE:
            raise exception.Invalid(_OF_TEMPLATE(), field=f"ensemble.{name}")
    origin, asked = Origin.of(record.body), sent["template"]
    if origin is None:
        raise exception.Invalid(_NO_TEMPLATE(), field="template")
    everywhere = policies.allowed(call.context, "all_projects")
    template = call.service.templates.get(
        call.context, origin.template_id, asked.get("version"), everywhere=everywhere
    )
    policies.authorize(call.context, "show_template")
    wanted = Instantiation(
        described["name"], asked.get("parameters", {}), description=described["description"]
    )
    return call.service.templates.apply_anew(call.context, template, origin, wanted)


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
