# SPDX-License-Identifier: Apache-2.0
"""The page that tells what failures would do to an ensemble, and how it would be repaired."""

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


class DrillView(views.HorizonTemplateView):
    """Each domain of one level fails, one at a time, the one that does most harm first."""

    template_name = "ensembles/drill.html"
    page_title = _("What Failures Do")
    namespace = "horizon:project:ensembles"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Try the failures, or go back to the page of an ensemble that is not built."""
        if not rights.may(request, "drill"):
            return no_page(request, forbidden(), self.page_title)
        ensemble_id = str(kwargs["ensemble_id"])
        try:
            ensemble = api.ensemble_get(request, ensemble_id)
            levels = [each["name"] for each in api.ensemble_capabilities(request)["levels"]]
            asked = request.GET.get("level")
            level = asked if asked in levels else levels[min(1, len(levels) - 1)]
            found = api.ensemble_drill(request, ensemble_id, level)
        except nova_exceptions.NotFound:
            return shortcuts.redirect(f"{self.namespace}:detail", ensemble_id)
        except nova_exceptions.Conflict as error:
            messages.info(request, words.not_interpolated(str(error.message)))
            return shortcuts.redirect(f"{self.namespace}:detail", ensemble_id)
        except Exception as error:  # noqa: BLE001 - what is no answer of a service is raised again
            return no_page(request, caught(request, error), self.page_title)
        context = self.get_context_data(
            ensemble=ensemble, levels=levels, level=level, found=found, **kwargs
        )
        answer: HttpResponse = self.render_to_response(context)
        return answer

    def get_context_data(
        self,
        ensemble: Any = None,
        levels: Any = (),
        level: str = "",
        found: Any = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Give the template the failures with the places of the repairs in words."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["page_title"] = words.as_it_is(
            words.filled(gettext("What failures do to “%(name)s”"), {"name": ensemble.name})
        )
        context["back_url"] = reverse(f"{self.namespace}:detail", args=[ensemble.id])
        context["levels"] = [
            {"name": each, "label": words.LEVELS.get(each, each), "chosen": each == level}
            for each in levels
        ]
        places = Places(found["domains"])
        context["failures"] = [_shown(each, places) for each in found["failures"]]
        context["as_of"] = found["as_of"]
        return context


def _shown(failure: Mapping[str, Any], places: Places) -> dict[str, Any]:
    repair = failure["repair"]
    move = gettext("%(member)s to %(place)s")
    return {
        **failure,
        "lost_names": ", ".join(failure["lost"]),
        "kept": [
            {"holds": promise["holds"], "message": kept["message"]}
            for promise in failure["promises"]
            for kept in promise["tiers"]
        ],
        "moves": [
            words.filled(
                move, {"member": each["member"], "place": " / ".join(places.path(each["domains"]))}
            )
            for each in repair["moves"]
        ],
        "notes": [each["message"] for each in (*repair["unmet"], *repair["reasons"])],
    }
