# SPDX-License-Identifier: Apache-2.0
"""The page that tells what another version would change of an ensemble, and then does just that."""

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
from ensemble_dashboard.api import ensemble as ensembles
from ensemble_dashboard.api import templates as api
from ensemble_dashboard.content.ensembles import page_project
from ensemble_dashboard.content.ensembles.changing import changeable
from ensemble_dashboard.content.ensembles.template_pages import NAMESPACE, version_of
from ensemble_dashboard.content.ensembles.trouble import caught, forbidden
from ensemble_dashboard.content.ensembles.views import no_page

_PARTS: Mapping[str, words.Text] = {
    "added": _("Added"),
    "removed": _("Removed, with their servers"),
    "released": _("Left as plain servers"),
    "outdated": _("Outdated: they go on as they are until they are replaced"),
}


class ToVersionView(views.HorizonTemplateView):
    """A preview of an update to a version of the ensemble's template."""

    template_name = "ensembles/to_version.html"
    page_title: words.Text = _("Update to a Version")
    http_method_names = ("get", "post")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Preview, or go back to the page of an ensemble that cannot be updated now."""
        if not rights.may(request, "change"):
            return no_page(request, forbidden(), self.page_title)
        ensemble_id = str(kwargs["ensemble_id"])
        try:
            ensemble = ensembles.ensemble_get(request, ensemble_id)
            origin = getattr(ensemble, "template", None)
            if not origin or not changeable(ensemble):
                told = gettext("It can be updated while it runs and nothing else is done with it.")
                messages.info(request, told)
                return self._its_page(ensemble_id)
            template = api.template_get(request, origin["id"])
            wanted = version_of(request) or template["latest_version"]
            found = api.preview_version(request, ensemble_id, ensemble.generation, wanted)
            context = self.get_context_data(
                ensemble=ensemble, template=template, wanted=wanted, found=found, **kwargs
            )
        except nova_exceptions.NotFound:
            told = gettext("Its template was deleted, or this project does not see it any more.")
            messages.info(request, told)
            return self._its_page(ensemble_id)
        except (nova_exceptions.Conflict, nova_exceptions.BadRequest) as error:
            messages.info(request, words.not_interpolated(str(error.message)))
            return self._its_page(ensemble_id)
        except Exception as error:  # noqa: BLE001 - what is no answer of a service is raised again
            return no_page(request, caught(request, error), self.page_title)
        answer: HttpResponse = self.render_to_response(context)
        return answer

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Do what was shown under the plan's id, and show how far that is."""
        if not rights.may(request, "change"):
            return no_page(request, forbidden(), self.page_title)
        ensemble_id, plan = str(kwargs["ensemble_id"]), request.POST.get("plan")
        trouble = page_project.trouble(request, request.POST.get(page_project.FIELD))
        if trouble:
            return no_page(request, trouble, self.page_title)
        wanted, generation = (
            int(text) if (text := request.POST.get(name, "")).isdecimal() and len(text) < 9 else 0
            for name in ("version", "generation")
        )
        again = f"{reverse(f'{NAMESPACE}:to_version', args=[ensemble_id])}?version={wanted}"
        if not plan or not wanted:  # nothing was shown, so nobody has agreed to anything
            return shortcuts.redirect(again)
        try:
            api.to_version(request, ensemble_id, generation, wanted, plan)
        except nova_exceptions.NotFound:
            return self._its_page(ensemble_id)
        except nova_exceptions.ClientException as error:
            if error.code not in (400, 409, 412):
                return no_page(request, caught(request, error), self.page_title)
            # What is possible now is shown instead.
            messages.error(request, words.not_interpolated(str(error.message)))
            return shortcuts.redirect(again)
        except Exception as error:  # noqa: BLE001 - what is no answer of a service is raised again
            return no_page(request, caught(request, error), self.page_title)
        return self._its_page(ensemble_id)

    def _its_page(self, ensemble_id: str) -> HttpResponse:
        return shortcuts.redirect(f"{NAMESPACE}:detail", ensemble_id)

    def get_context_data(
        self,
        ensemble: Any = None,
        template: Any = None,
        wanted: int = 0,
        found: Any = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Give the page who comes, goes and moves, in words."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        plan, change = found["plan"], found["change"]
        context["page_title"] = words.as_it_is(
            words.filled(gettext("Update “%(name)s” to a version"), {"name": ensemble.name})
        )
        context |= {
            "ensemble": ensemble,
            "template": template,
            "wanted": wanted,
            "now": ensemble.template["version"],
            "versions": [each["version"] for each in reversed(template["versions"])],
            "page_project": page_project.project(self.request)["id"],
            "plan": plan,
            "back_url": reverse(f"{NAMESPACE}:detail", args=[ensemble.id]),
            "reasons": [each["message"] for each in plan["reasons"]],
        }
        if plan["feasible"]:
            places = Places(plan["domains"])
            context["parts"] = [
                {"name": key, "title": title, "names": ", ".join(map(_named, change[key]))}
                for key, title in _PARTS.items()
                if change.get(key)
            ]
            context["moves"] = [_move(each, places) for each in change["moved"]]
            context["levels"] = [
                {"message": each["message"], "worst": each["worst_message"]}
                for each in plan["survivability"]
            ]
        return context


def _named(member: Any) -> str:
    return str(member["member"] if isinstance(member, Mapping) else member)


def _move(move: Any, places: Places) -> dict[str, str]:
    """A move as it is told; of one of which only the name is known, that."""
    if not isinstance(move, Mapping):
        return {"member": str(move), "before": "", "after": ""}
    return {
        "member": move["member"],
        "before": " / ".join(places.path(move["from"])),
        "after": " / ".join(places.path(move["to"])),
    }
