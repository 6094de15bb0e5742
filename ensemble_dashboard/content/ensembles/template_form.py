# SPDX-License-Identifier: Apache-2.0
"""The form by which a template is applied: the page, its live preview, and its submit."""

from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.views import generic

from ensemble_dashboard import rights, words
from ensemble_dashboard.api import choices
from ensemble_dashboard.api import ensemble as ensembles
from ensemble_dashboard.api import templates as api
from ensemble_dashboard.content.ensembles import page_project
from ensemble_dashboard.content.ensembles.proxy import RefusedRequest, json_body, json_view
from ensemble_dashboard.content.ensembles.template_pages import NAMESPACE, TemplatePageView

MAX_INSTANCES: Final = 100  # more than the API takes at once


class ApplyView(TemplatePageView):
    """The form made of a template's parameters."""

    template_name = "ensembles/template_apply.html"
    action = "show_template"

    def get_context_data(self, template: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Give the script the parameters, what can be chosen, and where to ask."""
        context = super().get_context_data(template, **kwargs)
        request, template_id = self.request, template["id"]
        capabilities = ensembles.ensemble_capabilities(request)
        found = choices.choices(request)
        context["page_title"] = words.as_it_is(
            words.filled(gettext("Use “%(name)s”"), {"name": template["name"]})
        )
        context["missing"] = [words.CHOICES.get(name, name) for name in found["missing"]]
        context["back_url"] = reverse(f"{NAMESPACE}:template", args=[template_id])
        context["project_name"] = page_project.project(request)["name"]
        context["page_data"] = {
            "template": {key: template[key] for key in ("id", "name", "version", "parameters")},
            "choices": found,
            "levels": [each["name"] for each in capabilities["levels"]],
            "limits": capabilities["limits"],
            "choicesUrl": reverse(f"{NAMESPACE}:choices", args=["kind"]),
            "planUrl": reverse(f"{NAMESPACE}:preview_template", args=[template_id]),
            "createUrl": reverse(f"{NAMESPACE}:submit_template", args=[template_id]),
            "session": page_project.session(request),
            "mayCreate": rights.may(request, "create"),
        }
        return context


class PreviewTemplateView(generic.View):
    """The dry run behind the form."""

    http_method_names = ("post",)

    @json_view
    def post(self, request: HttpRequest, template_id: UUID) -> dict[str, Any]:
        """Give {"plan" of all, "instances": [{"ensemble", "plan"}]}; nothing is reserved."""
        return api.template_preview(request, str(template_id), _asked(request))


class SubmitTemplateView(generic.View):
    """The submit button of the form."""

    http_method_names = ("post",)

    @json_view
    def post(self, request: HttpRequest, template_id: UUID) -> dict[str, Any]:
        """Make what was previewed; give the address of the ensemble, of several the table's."""
        wanted, body = _asked(request), json_body(request)
        for name, said in (
            ("plan", gettext("This is no plan's id.")),
            ("key", gettext("This is no idempotency key.")),
        ):
            if body.get(name) is not None and not isinstance(body[name], str):
                raise RefusedRequest(400, f"dashboard.no_{name}", said)
        made = api.template_instantiate(
            request, str(template_id), wanted, body.get("plan"), body.get("key")
        )
        url = (
            reverse(f"{NAMESPACE}:detail", args=[made[0].id])
            if len(made) == 1
            else reverse(f"{NAMESPACE}:index")
        )
        return {"ids": [each.id for each in made], "url": url}


def _asked(request: HttpRequest) -> dict[str, Any]:
    """Read {"version", "instances": [{"name", "parameters"}]}."""
    body = json_body(request)
    version, instances = body.get("version"), body.get("instances")
    if not isinstance(version, int) or isinstance(version, bool):
        raise RefusedRequest(400, "dashboard.no_version", gettext("The request names no version."))
    if not isinstance(instances, list) or not 1 <= len(instances) <= MAX_INSTANCES:
        raise _no_instances()
    if not all(_is_instance(each) for each in instances):
        raise _no_instances()
    return {
        "version": version,
        "instances": [
            {"name": each["name"], "parameters": each["parameters"]} for each in instances
        ],
    }


def _is_instance(each: Any) -> bool:
    return (
        isinstance(each, dict)
        and isinstance(each.get("name"), str)
        and isinstance(each.get("parameters"), dict)
    )


def _no_instances() -> RefusedRequest:
    return RefusedRequest(
        400, "dashboard.no_instances", gettext("The request does not say what is to be made.")
    )
