# SPDX-License-Identifier: Apache-2.0
"""The drawing of an ensemble that runs: the page, the preview of a change, and its submit."""

from typing import Any
from uuid import UUID

from django import shortcuts
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import generic
from horizon import messages
from novaclient import exceptions as nova_exceptions

from ensemble_client import writer
from ensemble_dashboard import rights, words
from ensemble_dashboard.api import ensemble as api
from ensemble_dashboard.content.ensembles.proxy import (
    RefusedRequest,
    drawn_ensemble,
    json_body,
    json_view,
)
from ensemble_dashboard.content.ensembles.trouble import caught, forbidden
from ensemble_dashboard.content.ensembles.views import DrawView, no_page


class ChangeView(DrawView):
    """The page where an ensemble that runs is drawn again."""

    template_name = "ensembles/change.html"
    page_title = _("Change Ensemble")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the drawing of what runs; what cannot be changed now is shown on its own page."""
        if not rights.may(request, "change"):
            return no_page(request, forbidden(), self.page_title)
        ensemble_id = str(kwargs["ensemble_id"])
        try:
            ensemble = api.ensemble_get(request, ensemble_id)
            if not changeable(ensemble):
                return self._its_page(request, ensemble_id)
            context = self.get_context_data(
                capabilities=api.ensemble_capabilities(request),
                ensemble=ensemble,
                survivability=api.ensemble_survivability(request, ensemble_id),
                **kwargs,
            )
        except nova_exceptions.NotFound:
            told = gettext(
                "There is no such ensemble here: it was deleted, or it is in another project."
            )
            messages.error(request, told)
            return shortcuts.redirect("horizon:project:ensembles:index")
        except Exception as error:  # noqa: BLE001 - what is no answer of a service is raised again
            return no_page(request, caught(request, error), self.page_title)
        answer: HttpResponse = self.render_to_response(context)
        return answer

    def _its_page(self, request: HttpRequest, ensemble_id: str) -> HttpResponse:
        told = gettext(
            "It can be changed once it is built and nothing else is done with it. This page shows "
            "how far that is."
        )
        messages.info(request, told)
        return shortcuts.redirect("horizon:project:ensembles:detail", ensemble_id)

    def get_context_data(
        self,
        capabilities: Any = None,
        ensemble: Any = None,
        survivability: Any = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Give the script what runs too, and where to send what is to be otherwise."""
        context: dict[str, Any] = super().get_context_data(capabilities, **kwargs)
        address = reverse("horizon:project:ensembles:detail", args=[ensemble.id])
        context["page_title"] = words.as_it_is(
            words.filled(gettext("Change “%(name)s”"), {"name": ensemble.name})
        )
        context["back_url"] = address
        context["page_data"] |= {
            "planUrl": reverse("horizon:project:ensembles:preview_change", args=[ensemble.id]),
            "createUrl": reverse("horizon:project:ensembles:submit_change", args=[ensemble.id]),
            # A change is drawn apart from what is drawn to be created, and from other changes.
            "draftsOf": f"ensembles.change.{self.request.user.id}.{ensemble.id}.",
            "mayCreate": True,
            "running": {
                "id": ensemble.id,
                "generation": ensemble.generation,
                "described": writer.description(ensemble.to_dict()),
                "now": survivability,
                "url": address,
            },
        }
        return context


def changeable(ensemble: Any) -> bool:
    """Whether it is built and nothing else is done with it."""
    return bool(ensemble.settled) and ensemble.status in api.BUILT


class PreviewChangeView(generic.View):
    """The dry run behind the live preview of a change."""

    http_method_names = ("post",)

    @json_view
    def post(self, request: HttpRequest, ensemble_id: UUID) -> dict[str, Any]:
        """Give {"plan", "change"} of what would come of it; nothing is reserved."""
        wanted, members = _asked(request)
        return api.ensemble_preview_change(request, str(ensemble_id), wanted, members)


class SubmitChangeView(generic.View):
    """The submit button of a change."""

    http_method_names = ("post",)

    @json_view
    def post(self, request: HttpRequest, ensemble_id: UUID) -> dict[str, Any]:
        """Begin the change that was previewed under the plan's id; give the ensemble's address."""
        wanted, members = _asked(request)
        plan = json_body(request).get("plan")
        if not isinstance(plan, str):
            raise RefusedRequest(400, "dashboard.no_plan", gettext("This is no plan's id."))
        api.ensemble_change(request, str(ensemble_id), wanted, members, plan)
        return {
            "id": str(ensemble_id),
            "url": reverse("horizon:project:ensembles:detail", args=[ensemble_id]),
        }


def _asked(request: HttpRequest) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read what is to be otherwise, and whom it is about: {"ensemble": {...}, "remove": [names]}.

    As "remove" there are "replace" and "release", as the API has them, and "mend": true.
    """
    body = json_body(request)
    members: dict[str, Any] = {
        field: body.get(field, []) for field in ("remove", "replace", "release")
    }
    for names in members.values():
        if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
            raise RefusedRequest(
                400, "dashboard.no_members", gettext("These are no names of members.")
            )
    return drawn_ensemble(request), {**members, "mend": body.get("mend") is True}
