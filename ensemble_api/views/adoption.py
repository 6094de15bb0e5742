# SPDX-License-Identifier: Apache-2.0
"""What would come of an adoption, as callers see it."""

from ensemble_api.results.adoption import AdoptionPreview
from ensemble_api.views.current_state import current_state
from ensemble_api.views.domains import Json
from ensemble_api.views.warnings import warnings


def adoption(found: AdoptionPreview, *, names: bool, namesakes: int) -> Json:
    """The ensemble as it would be described, its servers by tier, and how it stands.

    ``degraded`` is what of it does not hold now, and so would not at first.
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
