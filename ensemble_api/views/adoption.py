# SPDX-License-Identifier: Apache-2.0
"""What would come of an adoption, as callers see it."""

from ensemble_api.results.adoption import AdoptionPreview
from ensemble_api.views.current_state import current_state
from ensemble_api.views.domains import Domains, Json
from ensemble_api.views.plans import moved, reasons
from ensemble_api.views.warnings import warnings


def adoption(found: AdoptionPreview, *, names: bool, capacity: bool, namesakes: int) -> Json:
    """The ensemble as it would be described, its servers by tier, and how it stands.

    ``degraded`` is what of it does not hold now, and so would not at first. ``capacity`` is whether
    it may be told how much fits.
    """
    record = found.record
    return {
        "plan": found.id,
        "ensemble": dict(record.body),
        "members": [
            {
                "name": each.name,
                "tier": each.tier,
                "server_id": each.server_id,
                "server_name": found.server_names[each.server_id or ""],
                "server_status": each.server_status,
            }
            for each in record.members
        ],
        "degraded": [{"code": each.code, "message": each} for each in record.reasons],
        "survivability": current_state(found.current, 1, names=names),
        "mending": _mending(found, names=names, capacity=capacity),
        "left_out": [
            {
                "server_id": each.id,
                "server_name": each.name,
                "code": each.reason.code,
                "message": each.reason,
            }
            for each in found.left_out
        ],
        "notes": [{"code": each.code, "message": each} for each in found.notes],
        "warnings": warnings(record.name, namesakes),
    }


def _mending(found: AdoptionPreview, *, names: bool, capacity: bool) -> Json | None:
    """The moves with which all would hold, or why there are none; None where all holds."""
    if found.mending is None:
        return None
    topology, moves = found.mending.topology, found.mending.moves
    project_id = found.record.project_id
    hosts = [host for each in moves for host in (each.source, each.target)]
    domains = Domains(project_id, topology, hosts, names=names, labels=found.current.labels)
    refused = found.mending.refused.reasons if found.mending.refused else ()
    return {
        "moves": moved(moves, topology, project_id),
        "domains": domains.view(),
        "reasons": reasons(refused, capacity=capacity),
    }
