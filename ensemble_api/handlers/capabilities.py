# SPDX-License-Identifier: Apache-2.0
"""What this cloud's ensembles can do, and within which limits."""

from ensemble_api import policies, views
from ensemble_api.handlers import ensembles
from ensemble_api.handlers.call import Answer, Call
from ensemble_api.usecases.host_impact import SORT_KEYS


def show(call: Call) -> Answer:
    """GET /os-ensembles/capabilities."""
    policies.authorize(call.context, "capabilities")
    call.only()
    sort_keys = {"ensembles": ensembles.SORT_KEYS, "hosts": SORT_KEYS}
    found = call.service.capabilities(call.context)
    return Answer(200, {"capabilities": views.capabilities(found, sort_keys)})
