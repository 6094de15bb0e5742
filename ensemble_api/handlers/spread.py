# SPDX-License-Identifier: Apache-2.0
"""The spread of all ensembles over the hosts, for operators."""

from ensemble_api import policies, views
from ensemble_api.handlers.call import Answer, Call


def show(call: Call) -> Answer:
    """GET /os-ensembles/spread."""
    policies.authorize(call.context, "spread")
    hosts = call.service.spread(call.context)
    return Answer(200, {"spread": views.spread(hosts, call.service.levels)})
