# SPDX-License-Identifier: Apache-2.0
"""Why a page cannot show what it is for, in words that say what to do."""

import logging
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _
from horizon import exceptions
from keystoneauth1 import exceptions as keystone_exceptions
from novaclient import exceptions as nova_exceptions

from ensemble_dashboard.words import Text

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What has happened, what to do about it, and the status of the page that says so.

    ``way`` is a link's words and address, where something else helps than to try again.
    """

    message: Text
    advice: Text
    status: int
    way: tuple[Text, str] | None = None


def caught(request: HttpRequest, error: Exception) -> Trouble:
    """Explain an error of the API that was caught just now.

    Somebody whose login has ended is sent to the login; what is no answer of a service is raised
    again, since only the log can tell of it.
    """
    exceptions.handle(request, ignore=True)
    LOG.warning("A page of ensembles cannot be shown: %s", error)
    if isinstance(error, keystone_exceptions.ConnectFailure | keystone_exceptions.EndpointNotFound):
        return Trouble(
            _("The compute service cannot be reached at the moment."),
            _("Try again in a moment. What is built or being built is not touched by this."),
            503,
        )
    if isinstance(error, nova_exceptions.Forbidden):
        return forbidden()
    return Trouble(
        _("The compute service gave no useful answer: %s") % error,
        _("Try again; if that does not help, tell the operators of this cloud what is said here."),
        502,
    )


def forbidden() -> Trouble:
    """Explain that policy does not allow what a page is for."""
    return Trouble(
        _("The cloud does not let you see this."),
        _("Ask whoever gave you your role in this project, or choose another project above."),
        403,
    )
