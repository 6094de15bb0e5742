# SPDX-License-Identifier: Apache-2.0
"""The page that tells which failures would leave members without places."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from horizon import views

from ensemble_dashboard import rights, words
from ensemble_dashboard.api import ensemble as api
from ensemble_dashboard.api.host_impact import headroom
from ensemble_dashboard.api.owners import project_names
from ensemble_dashboard.content.ensembles.trouble import caught, forbidden
from ensemble_dashboard.content.ensembles.views import no_page


class HeadroomView(views.HorizonTemplateView):
    """Each domain of one level fails in thought, over all ensembles, the worst first."""

    template_name = "admin_ensembles/headroom.html"
    page_title = _("Headroom")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask for one page of domains, or say why there is none."""
        if not rights.may(request, "headroom"):
            return no_page(request, forbidden(), self.page_title)
        try:
            levels = [each["name"] for each in api.ensemble_capabilities(request)["levels"]]
            asked = request.GET.get("level")
            level = asked if asked in levels else levels[min(1, len(levels) - 1)]
            found = headroom(request, level, request.GET.get("marker"))
        except Exception as error:  # noqa: BLE001 - what is no answer of a service is raised again
            return no_page(request, caught(request, error), self.page_title)
        context = self.get_context_data(levels=levels, level=level, found=found, **kwargs)
        answer: HttpResponse = self.render_to_response(context)
        return answer

    def get_context_data(
        self, levels: Any = (), level: str = "", found: Any = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Give the template the domains with who would be without a place."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["levels"] = [
            {"name": each, "label": words.LEVELS.get(each, each), "chosen": each == level}
            for each in levels
        ]
        names = project_names(self.request)
        context["rooms"] = [_room(each, names) for each in found["headroom"]]
        context["totals"] = found["totals"]
        context["as_of"] = words.as_of(found["as_of"])
        if found["next_marker"] is not None:
            query = {"level": level, "marker": found["next_marker"]}
            context["next_url"] = "?" + urlencode(query)
        return context


def _room(room: Mapping[str, Any], projects: Mapping[str, str]) -> dict[str, Any]:
    return {
        **room,
        "title": " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} ".join(room["path"]),
        "without": [
            {**each, "project": projects.get(each["project_id"], each["project_id"])}
            for each in room["without"]
        ],
    }
