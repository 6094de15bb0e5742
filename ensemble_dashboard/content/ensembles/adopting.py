# SPDX-License-Identifier: Apache-2.0
"""The page that makes an ensemble of servers that run: what it shows, and what it asks for."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import generic
from horizon import views

from ensemble_dashboard import rights
from ensemble_dashboard.api import adoptable
from ensemble_dashboard.api import ensemble as api
from ensemble_dashboard.content.ensembles import page_project
from ensemble_dashboard.content.ensembles.proxy import RefusedRequest, json_body, json_view
from ensemble_dashboard.content.ensembles.trouble import caught, forbidden
from ensemble_dashboard.content.ensembles.views import no_page


class AdoptView(views.HorizonTemplateView):
    """The page where somebody chooses servers, sees what comes of it, and adopts them."""

    template_name = "ensembles/adopt.html"
    page_title = _("Adopt Servers")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page to whoever may adopt."""
        if not rights.may(request, "adopt"):
            return no_page(request, forbidden(), self.page_title)
        try:
            levels = api.ensemble_capabilities(request)["levels"]
        except Exception as error:  # noqa: BLE001 - what is no answer of a service is raised again
            return no_page(request, caught(request, error), self.page_title)
        answer: HttpResponse = self.render_to_response(self.get_context_data(levels=levels))
        return answer

    def get_context_data(self, levels: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Give the script where to ask, and what its answers speak of."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["back_url"] = reverse("horizon:project:ensembles:index")
        context["page_data"] = {
            "levels": [each["name"] for each in levels],
            "sourcesUrl": reverse("horizon:project:ensembles:adoption_sources"),
            "planUrl": reverse("horizon:project:ensembles:preview_adoption"),
            "adoptUrl": reverse("horizon:project:ensembles:submit_adoption"),
            "session": page_project.session(self.request),
        }
        return context


class SourcesView(generic.View):
    """What there is to choose from."""

    http_method_names = ("get",)

    @json_view
    def get(self, request: HttpRequest) -> dict[str, Any]:
        """Give the project's server groups and servers."""
        return adoptable.sources(request)


class PreviewAdoptionView(generic.View):
    """The dry run behind the proposal."""

    http_method_names = ("post",)

    @json_view
    def post(self, request: HttpRequest) -> dict[str, Any]:
        """Give {"adoption": what would come of it}; nothing is touched."""
        return {"adoption": api.ensemble_preview_adoption(request, _asked(request))}


class SubmitAdoptionView(generic.View):
    """The submit button."""

    http_method_names = ("post",)

    @json_view
    def post(self, request: HttpRequest) -> dict[str, Any]:
        """Adopt what was shown under the plan's id, or nothing; give the ensemble's address."""
        plan = json_body(request).get("plan")
        if not isinstance(plan, str):
            raise RefusedRequest(400, "dashboard.no_plan", gettext("This is no plan's id."))
        made = api.ensemble_adopt(request, _asked(request), plan)
        return {"id": made.id, "url": reverse("horizon:project:ensembles:detail", args=[made.id])}


def _asked(request: HttpRequest) -> dict[str, Any]:
    """Read what is to be adopted: {"adopt": {...}}, as the API has it."""
    wanted = json_body(request).get("adopt")
    if not isinstance(wanted, dict):
        raise RefusedRequest(
            400, "dashboard.no_adoption", gettext("The request does not say what to adopt.")
        )
    return wanted
