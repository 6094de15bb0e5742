# SPDX-License-Identifier: Apache-2.0
"""The page of one ensemble template: what it is, its versions, who sees it; and its removal."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from django import shortcuts
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from horizon import messages, views
from horizon.utils import filters
from novaclient import exceptions as nova_exceptions

from ensemble_client import writer
from ensemble_dashboard import rights, words
from ensemble_dashboard.api import choices
from ensemble_dashboard.api import templates as api
from ensemble_dashboard.content.ensembles import page_project, template_cards, template_gallery
from ensemble_dashboard.content.ensembles.trouble import caught, forbidden
from ensemble_dashboard.content.ensembles.views import no_page

NAMESPACE: Final = "horizon:project:ensembles"
TYPES: Final[Mapping[str, words.Text]] = {
    "string": _("text"),
    "number": _("number"),
    "boolean": _("yes or no"),
    "comma_delimited_list": _("list"),
    "json": _("JSON"),
}
LOOKED_UP: Final[Mapping[str, words.Text]] = {
    "nova.flavor": _("flavor"),
    "glance.image": _("image"),
    "neutron.network": _("network"),
    "nova.keypair": _("key pair"),
}
_MOST_PROJECTS = 100
_MOST_CHARACTERS = 64


class TemplatePageView(views.HorizonTemplateView):
    """A page about one template that the project sees; others are not there for it."""

    page_title: words.Text = _("Ensemble Template")
    action = "show_template"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page, go back to the gallery when there is no such template, or say why not."""
        try:
            template = api.template_get(request, str(kwargs["template_id"]), version_of(request))
        except nova_exceptions.NotFound:
            return not_there(request)
        except nova_exceptions.BadRequest:
            return shortcuts.redirect(request.path)  # there is no such version
        except Exception as error:  # noqa: BLE001 - what is no answer of a service is raised again
            return no_page(request, caught(request, error), self.page_title)
        if not rights.may(request, self.action, template["project_id"] if self._writes else None):
            return no_page(request, forbidden(), self.page_title)
        try:
            context = self.get_context_data(template=template, **kwargs)
        except Exception as error:  # noqa: BLE001 - what is no answer of a service is raised again
            return no_page(request, caught(request, error), self.page_title)
        answer: HttpResponse = self.render_to_response(context)
        return answer

    @property
    def _writes(self) -> bool:
        return self.action != "show_template"

    def get_context_data(self, template: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Give the page the template."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["template"] = template
        context["page_project"] = page_project.project(self.request)["id"]
        return context


def version_of(request: HttpRequest) -> int | None:
    """Read the version that an address names."""
    text = request.GET.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None


def not_there(request: HttpRequest) -> HttpResponse:
    """Go back to the gallery, and say why."""
    told = gettext(
        "There is no such template here: it was deleted, or this project does not see it."
    )
    messages.error(request, told)
    return shortcuts.redirect(f"{NAMESPACE}:templates")


class TemplateView(TemplatePageView):
    """What a template is: tiers, parameters, versions, who sees it, and what was made from it."""

    template_name = "ensembles/template.html"

    def get_context_data(self, template: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Give the page the parts of the version looked at, and what can be done with it."""
        context = super().get_context_data(template, **kwargs)
        request = self.request
        tiers = template_cards.sketches(template)
        names = choices.names(request, networks=True)
        context["page_title"] = words.as_it_is(template["name"])
        context["whose"] = template_gallery.whose(request, template)
        context["own"] = template_gallery.is_own(request, template)
        context["projects"] = [
            template_gallery.project_name(request, each) for each in template["projects"]
        ]
        context["tiers"], context["picture"] = tiers, template_cards.picture(tiers)
        context["parameters"] = list(parameter_rows(template["parameters"], names))
        context["text"] = writer.template_text(template, names)
        context["versions"] = [
            {**each, "made": filters.parse_isotime(each["created_at"])}
            for each in reversed(template["versions"])
        ]
        context["instances"] = [
            {
                "ensemble": each,
                "version": each.template["version"],
                "other": each.template["version"] != template["latest_version"],
            }
            for each in api.template_instances(request, template["id"])
        ]
        owner = template["project_id"]
        context["may_apply"] = rights.may(request, "plan")
        context["may_update"] = rights.may(request, "change")
        for action in ("change_template", "delete_template"):
            context[f"may_{action}"] = rights.may(request, action, owner)
        context["may_create_template"] = rights.may(request, "create_template")
        return context


def parameter_rows(
    parameters: Mapping[str, Any], names: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Say each parameter in the words of a table's row; ids are called by their names."""
    for name, each in parameters.items():
        constraints = each.get("constraints", ())
        looked_up = [LOOKED_UP[one["custom_constraint"]] for one in constraints
                     if "custom_constraint" in one]  # fmt: skip
        yield {
            "name": name,
            "label": each.get("label") or name,
            "description": each.get("description", ""),
            "type": (looked_up or [TYPES[each["type"]]])[0],
            "default": _default(each, names),
            "allowed": [said for one in constraints for said in allowed(one)],
        }


def _default(parameter: Mapping[str, Any], names: Mapping[str, str]) -> words.Text:
    if "default" not in parameter:
        return gettext("must be given")
    value = parameter["default"]
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    return names.get(value, value) if isinstance(value, str) else str(value)


def allowed(constraint: Mapping[str, Any]) -> Iterator[str]:
    """Say what a constraint allows; its author's own words come first."""
    if constraint.get("description"):
        yield constraint["description"]
        return
    for kind, both, least, most in (
        ("range", gettext("%(min)s to %(max)s"), gettext("at least %(min)s"),
         gettext("at most %(max)s")),
        ("length", gettext("%(min)s to %(max)s characters or items"),
         gettext("at least %(min)s characters or items"),
         gettext("at most %(max)s characters or items")),
    ):  # fmt: skip
        bounds = constraint.get(kind)
        if bounds:
            yield words.filled(
                both if len(bounds) == 2 else least if "min" in bounds else most, bounds
            )
    if "allowed_values" in constraint:
        yield gettext("one of %(values)s") % {
            "values": ", ".join(map(str, constraint["allowed_values"]))
        }
    if "allowed_pattern" in constraint:
        yield gettext("matches %(pattern)s") % {"pattern": constraint["allowed_pattern"]}


class TemplateFileView(TemplatePageView):
    """A version of a template as the file that the command line takes."""

    def get_context_data(self, template: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Give the text and the name of the file."""
        text = writer.template_text(template, choices.names(self.request, networks=True))
        return {"text": text, "name": writer.file_name(template["name"])}

    def render_to_response(self, context: Mapping[str, Any], **_kwargs: Any) -> HttpResponse:
        """Answer with the file."""
        answer = HttpResponse(context["text"], content_type="application/yaml; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{context["name"]}"'
        answer["X-Content-Type-Options"] = "nosniff"
        return answer


class TemplateWriteView(TemplatePageView):
    """A page with a form about a template, which is carried out when it is sent."""

    http_method_names = ("get", "post")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Do it in the page's project, and say what came of it."""
        template_id = str(kwargs["template_id"])
        trouble = page_project.trouble(request, request.POST.get(page_project.FIELD))
        if trouble:
            return no_page(request, trouble, self.page_title)
        try:
            return self.done(request, template_id)
        except nova_exceptions.NotFound:
            return not_there(request)
        except (nova_exceptions.Conflict, nova_exceptions.BadRequest) as error:
            messages.error(request, words.not_interpolated(str(error.message)))
            return shortcuts.redirect(request.path)
        except nova_exceptions.Forbidden as error:
            messages.error(request, words.not_interpolated(str(error.message)))
            return shortcuts.redirect(f"{NAMESPACE}:template", template_id)
        except Exception as error:  # noqa: BLE001 - what is no answer of a service is raised again
            return no_page(request, caught(request, error), self.page_title)

    def done(self, request: HttpRequest, template_id: str) -> HttpResponse:
        """Carry out what the form says."""
        raise NotImplementedError


class DeleteTemplateView(TemplateWriteView):
    """Asks before a template is deleted."""

    template_name = "ensembles/template_delete.html"
    action = "delete_template"
    page_title = _("Delete Ensemble Template")

    def done(self, request: HttpRequest, template_id: str) -> HttpResponse:
        """Delete it, and show the others."""
        api.template_delete(request, template_id)
        messages.success(request, gettext("The template is deleted."))
        return shortcuts.redirect(f"{NAMESPACE}:templates")


class ShareTemplateView(TemplateWriteView):
    """Says who sees a template, and is told who shall."""

    template_name = "ensembles/template_share.html"
    action = "change_template"
    page_title = _("Share Ensemble Template")

    def get_context_data(self, template: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Give the projects that the person knows to choose from, and the others by their ids."""
        context = super().get_context_data(template, **kwargs)
        own = template["project_id"]
        known = {
            each.id: each.name for each in self.request.user.authorized_tenants if each.id != own
        }
        shared = set(template["projects"])
        context["known"] = [
            {"id": key, "name": name, "chosen": key in shared}
            for key, name in sorted(known.items(), key=lambda each: each[1].casefold())
        ]
        context["others"] = "\n".join(sorted(shared - known.keys()))
        context["may_publish"] = rights.may(self.request, "publish_template")
        return context

    def done(self, request: HttpRequest, template_id: str) -> HttpResponse:
        """Change who sees it; a project named twice is one."""
        visibility = request.POST.get("visibility", "private")
        named = [*request.POST.getlist("project"), *request.POST.get("others", "").split()]
        projects = [each[:_MOST_CHARACTERS] for each in dict.fromkeys(named)][: _MOST_PROJECTS + 1]
        body: dict[str, Any] = {"visibility": visibility}
        if visibility == "shared":
            body["projects"] = projects
        template = api.template_change(request, template_id, body)
        messages.success(request, words.not_interpolated(template_gallery.whose(request, template)))
        return shortcuts.redirect(f"{NAMESPACE}:template", UUID(template_id))
