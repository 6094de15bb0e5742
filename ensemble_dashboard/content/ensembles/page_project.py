# SPDX-License-Identifier: Apache-2.0
"""The project that a page was made for, and the refusal when the session is in another by now.

A session has one project, and every tab shares it: whoever chooses another in one tab has changed
it for the pages in all others. So each page names its project with all that it asks for.
"""

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from ensemble_dashboard.content.ensembles.trouble import Trouble

HEADER: Final = "X-Ensembles-Project"
FIELD: Final = "ensembles_project"
"""The same in a form, and in the address that a row of a table asks."""

OTHER: Final = "dashboard.other_project"
MISSING: Final = "dashboard.no_project"


@dataclass(frozen=True, slots=True)
class ProjectMismatch:
    """A request that does not come from a page of the session's project."""

    status: int
    code: str
    message: str


def mismatch(request: HttpRequest, named: str | None) -> ProjectMismatch | None:
    """Compare the project that a page named with the session's; None if it is the same."""
    if named is None:
        old = _("This page is too old for this dashboard. Load it again; a drawing is kept.")
        return ProjectMismatch(400, MISSING, old)
    if named == project(request)["id"]:
        return None
    here = _("You are now in %s.") % request.user.project_name
    return ProjectMismatch(409, OTHER, here + " " + _("This page was opened in another project."))


def trouble(request: HttpRequest, named: str | None) -> Trouble | None:
    """Explain a form that comes from a page of another project, with the way back."""
    found = mismatch(request, named)
    if found is None:
        return None
    if found.code == MISSING:
        return Trouble(found.message, _("Nothing was changed."), found.status)
    here = _("You are now in %s.") % request.user.project_name
    name = {each.id: each.name for each in request.user.authorized_tenants}.get(str(named))
    if name is None:
        advice = _("This page was opened in another project. Nothing was changed.")
        return Trouble(here, advice, found.status)
    back = reverse("switch_project_id", args=[named])
    return Trouble(
        here,
        _("This page was opened in %s. Nothing was changed.") % name,
        found.status,
        (_("Back to %s") % name, f"{back}?{urlencode({'next': request.get_full_path()})}"),
    )


def project(request: HttpRequest) -> dict[str, str]:
    """Give id and name of the session's project; a session for the whole system has none."""
    return {"id": request.user.project_id or "", "name": request.user.project_name or ""}


def session(request: HttpRequest) -> dict[str, Any]:
    """Give a page's script what it needs to speak for its project, and to find back to it."""
    return {
        "project": project(request),
        "csrfCookie": settings.CSRF_COOKIE_NAME,
        "loginUrl": reverse("login"),
        # The script puts a project's id in the place of the zeros.
        "switchUrl": reverse("switch_project_id", args=["0" * 8]),
    }
