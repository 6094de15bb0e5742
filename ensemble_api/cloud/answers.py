# SPDX-License-Identifier: Apache-2.0
"""Other services that fail: the operator's log says how, the tenant only that one did."""

import logging
from typing import Any

from ensemble_api import exception
from ensemble_api.planning.message import Sentence

LOG = logging.getLogger(__name__)

_SECTIONS = {"Placement": "placement", "Neutron": "neutron", "Keystone": "ensembles"}


NO_ANSWER = Sentence("unavailable.service", "%(service)s does not answer; try again later.")


def unavailable(
    service: str, response: Any, sentence: Sentence = NO_ANSWER
) -> exception.Unavailable:
    """The error for a request that a service did not carry out, after a line in the log."""
    LOG.error("%s", refusal(service, response))
    return exception.Unavailable(sentence(service=service))


def refusal(service: str, response: Any) -> str:
    """The line for operators about a request that a service did not carry out."""
    status = response.status_code
    if status in (401, 403):
        said = f"give the user of [{_SECTIONS[service]}] the roles admin and service"
    else:
        said = " ".join(response.text.split())[:300]
    return f"{service} answers HTTP {status} to our request: {said}"
