# SPDX-License-Identifier: Apache-2.0
"""The page that tells who would move for the best spread, and moves them when that is confirmed."""

from collections.abc import Mapping
from typing import Any

from django import shortcuts
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from horizon import messages, views
from novaclient import exceptions as nova_exceptions

from ensemble_client.places import Places
from ensemble_dashboard import rights, words
from ensemble_dashboard.api import ensemble as api
from ensemble_dashboard.content.ensembles.trouble import caught, forbidden
from ensemble_dashboard.content.ensembles.views import no_page


class RebalanceView(views.HorizonTemplateView):
    """A preview of the moves, whose button carries out just these."""

    template_name = "ensembles/rebalance.html"
    page_title = _("Spread Anew")
    namespace = "horizon:project:ensembles"
    http_method_names = ("get", "post")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Preview, or go back to the page of an ensemble of which nobody can move now."""
        if not rights.may(request, "rebalance"):
            return no_page(request, forbidden(), self.page_title)
        ensemble_id = str(kwargs["ensemble_id"])
        try:
            ensemble = api.ensemble_get(request, ensemble_id)
            found = api.ensemble_preview_rebalance(request, ensemble_id)
        except nova_exceptions.NotFound:
            return self._its_page(ensemble_id)
        except nova_exceptions.Conflict as error:
            messages.info(request, words.not_interpolated(str(error.message)))
            return self._its_page(ensemble_id)
        except Exception as error:  # noqa: BLE001 - what is no answer of a service is raised again
            return no_page(request, caught(request, error), self.page_title)
        context = self.get_context_data(ensemble=ensemble, found=found, **kwargs)
        answer: HttpResponse = self.render_to_response(context)
        return answer

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Move those who were shown to move, and show how far that is."""
        if not rights.may(request, "rebalance"):
            return no_page(request, forbidden(), self.page_title)
        ensemble_id, plan = str(kwargs["ensemble_id"]), request.POST.get("plan")
        if not plan:  # nothing was shown, so nobody has agreed to anything
            return shortcuts.redirect(f"{self.namespace}:rebalance", ensemble_id)
        try:
            api.ensemble_rebalance(request, ensemble_id, plan)
        except nova_exceptions.NotFound:
            return self._its_page(ensemble_id)
        except (nova_exceptions.Conflict, nova_exceptions.BadRequest) as error:
            # What is possible now is shown instead.
            messages.error(request, words.not_interpolated(str(error.message)))
            return shortcuts.redirect(f"{self.namespace}:rebalance", ensemble_id)
        except Exception as error:  # noqa: BLE001 - what is no answer of a service is raised again
            return no_page(request, caught(request, error), self.page_title)
        return self._its_page(ensemble_id)

    def _its_page(self, ensemble_id: str) -> HttpResponse:
        return shortcuts.redirect(f"{self.namespace}:detail", ensemble_id)

    def get_context_data(
        self, ensemble: Any = None, found: Any = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Give the template the moves, and what failures leave then, in words."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["page_title"] = words.as_it_is(
            words.filled(gettext("Spread “%(name)s” anew"), {"name": ensemble.name})
        )
        plan = found["plan"]
        places = Places(plan["domains"])
        context["back_url"] = reverse(f"{self.namespace}:detail", args=[ensemble.id])
        context["message"] = found["message"]
        context["plan"] = plan["id"] if found["moved"] else None
        context["moves"] = [_shown(each, places) for each in found["moved"]]
        context["reasons"] = [each["message"] for each in plan["reasons"]]
        context["levels"] = [
            {"message": each["message"], "worst": each["worst_message"]}
            for each in (plan["survivability"] if found["moved"] else ())
        ]
        return context


def _shown(move: Mapping[str, Any], places: Places) -> dict[str, str]:
    return {
        "member": move["member"],
        "before": " / ".join(places.path(move["from"])),
        "after": " / ".join(places.path(move["to"])),
    }
