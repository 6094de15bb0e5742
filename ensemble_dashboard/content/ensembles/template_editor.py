# SPDX-License-Identifier: Apache-2.0
"""The drawing of a template: the page, and the views that save it, write it and read it."""

import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import generic
from novaclient import exceptions as nova_exceptions
from openstack import exceptions

from ensemble_client import template_file, writer
from ensemble_client.document import FileError
from ensemble_dashboard import rights, words
from ensemble_dashboard.api import choices
from ensemble_dashboard.api import ensemble as ensembles
from ensemble_dashboard.api import templates as api
from ensemble_dashboard.api.connection import connection
from ensemble_dashboard.content.ensembles.proxy import RefusedRequest, json_body, json_view
from ensemble_dashboard.content.ensembles.template_pages import NAMESPACE, not_there, version_of
from ensemble_dashboard.content.ensembles.trouble import caught, forbidden
from ensemble_dashboard.content.ensembles.views import DrawView, no_page

LOG = logging.getLogger(__name__)
_PARTS = ("name", "description", "parameters", "ensemble")


class DrawTemplateView(DrawView):
    """The page where a template is drawn: a new one, one of an ensemble, or the next version."""

    template_name = "ensembles/template_draw.html"
    page_title: words.Text = _("Draw Template")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the drawing of what is to be a template, to whoever may save it."""
        try:
            template = None
            if "template_id" in kwargs:
                template = api.template_get(
                    request, str(kwargs["template_id"]), version_of(request)
                )
            action = "change_template" if template else "create_template"
            owner = template["project_id"] if template else None
            if not rights.may(request, action, owner) or not rights.may(request, "plan"):
                return no_page(request, forbidden(), self.page_title)
            context = self.get_context_data(
                capabilities=ensembles.ensemble_capabilities(request),
                template=template,
                document=template or _of_ensemble(request),
            )
        except nova_exceptions.NotFound:
            return not_there(request)
        except Exception as error:  # noqa: BLE001 - what is no answer of a service is raised again
            return no_page(request, caught(request, error), self.page_title)
        answer: HttpResponse = self.render_to_response(context)
        return answer

    def get_context_data(
        self, capabilities: Any = None, template: Any = None, document: Any = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Give the script what it begins with, and where to save it."""
        context = super().get_context_data(capabilities, **kwargs)
        back, save, of = (
            reverse(f"{NAMESPACE}:templates"),
            reverse(f"{NAMESPACE}:save_template"),
            "",
        )
        if template is not None:
            back = reverse(f"{NAMESPACE}:template", args=[template["id"]])
            save = reverse(f"{NAMESPACE}:edit_template", args=[template["id"]])
            of = f"{template['id']}.{template['version']}.{template['latest_version']}"
            context["page_title"] = _titled(gettext("Edit “%(name)s”"), template)
        elif document is not None:
            of = f"of.{self.request.GET['ensemble'][:64]}"
            context["page_title"] = _titled(gettext("Save “%(name)s” as a template"), document)
        context["back_url"] = back
        context["page_data"] |= {
            "createUrl": save,
            "writeUrl": reverse(f"{NAMESPACE}:write_template"),
            "readUrl": reverse(f"{NAMESPACE}:read_template"),
            # A template is drawn apart from what is to be created, and each one from the others.
            "draftsOf": f"ensembles.template.{self.request.user.id}.{of}.",
            "mayCreate": True,
            "template": {
                "id": template["id"] if template else None,
                "document": document and {key: document.get(key) for key in _PARTS},
            },
        }
        return context


def _titled(sentence: str, named: Mapping[str, Any]) -> str:
    return words.as_it_is(words.filled(sentence, {"name": named["name"]}))


def _of_ensemble(request: HttpRequest) -> dict[str, Any] | None:
    """Give what an ensemble is as a template without parameters, when the address names one."""
    wanted = request.GET.get("ensemble")
    if not wanted:
        return None
    described = writer.description(ensembles.ensemble_get(request, wanted).to_dict())
    own = {key: described.pop(key) for key in ("name", "description")}
    return {
        **own,
        "parameters": {},
        "ensemble": {key: each for key, each in described.items() if each},
    }


class SaveTemplateView(generic.View):
    """The submit button of the drawing of a template."""

    http_method_names = ("post",)

    @json_view
    def post(self, request: HttpRequest, template_id: UUID | None = None) -> dict[str, Any]:
        """Save what is drawn, as a new template or as the next version; give its page's address."""
        body = _drawn(request)
        if template_id is None:
            saved = api.template_create(request, body)
        else:
            saved = api.template_change(request, str(template_id), body)
        return {"id": saved["id"], "url": reverse(f"{NAMESPACE}:template", args=[saved["id"]])}


class WriteTemplateView(generic.View):
    """What is drawn as a file, and the command that makes a template of it."""

    http_method_names = ("post",)

    @json_view
    def post(self, request: HttpRequest) -> dict[str, Any]:
        """Give {"file": {"name", "yaml", "command"}} for what is drawn; nothing is checked."""
        body = _drawn(request)
        name = writer.file_name(str(body["name"]))
        yaml = writer.template_text(body, choices.names(request, networks=True))
        command = f"openstack ensemble template create {name}\n"
        return {"file": {"name": name, "yaml": yaml, "command": command}}


class ReadTemplateView(generic.View):
    """What a file of a template says, as a drawing."""

    http_method_names = ("post",)

    @json_view
    def post(self, request: HttpRequest) -> dict[str, Any]:
        """Give {"template": ...} for {"text": ...}, with names replaced by ids.

        A file of an ensemble is one of a template without parameters. An error names the line and
        the field, in its details.
        """
        text = json_body(request).get("text")
        if not isinstance(text, str):
            said = gettext("There is no text in the request.")
            raise RefusedRequest(400, "dashboard.no_text", said)
        try:
            read = template_file.read_text(text, "YAML")
            found = template_file.resolve(read, connection(request))
        except FileError as exc:
            said = f"{exc.field}: {exc.reason}" if exc.field else exc.reason
            raise RefusedRequest(
                400, "dashboard.file", said, line=exc.line, field=exc.field
            ) from exc
        except exceptions.SDKException as exc:
            LOG.exception("The names in a file could not be looked up")
            said = gettext("The names in this file cannot be looked up at the moment.")
            raise RefusedRequest(503, "dashboard.no_names", said) from exc
        if not _can_be_drawn(found):
            said = gettext("This file describes no tiers with servers.")
            raise RefusedRequest(400, "dashboard.file", said)
        return {"template": {"parameters": {}, **found}}


def _can_be_drawn(template: Any) -> bool:
    """Whether it has parameters that are described, and tiers with servers."""
    if not isinstance(template, dict):
        return False
    parameters, ensemble = template.get("parameters", {}), template.get("ensemble")
    tiers = ensemble.get("tiers") if isinstance(ensemble, dict) else None
    return (
        isinstance(parameters, dict)
        and all(isinstance(each, dict) for each in parameters.values())
        and isinstance(tiers, list)
        and bool(tiers)
        and all(isinstance(each, dict) and isinstance(each.get("server"), dict) for each in tiers)
    )


def _drawn(request: HttpRequest) -> dict[str, Any]:
    """Read {"template": {"name", "description", "parameters", "ensemble"}}."""
    template = json_body(request).get("template")
    if not isinstance(template, dict) or not _can_be_drawn(template):
        said = gettext("There is no template in the request.")
        raise RefusedRequest(400, "dashboard.no_template", said)
    given = {key: template[key] for key in _PARTS if key in template}
    return {"name": "", "parameters": {}, **given}
