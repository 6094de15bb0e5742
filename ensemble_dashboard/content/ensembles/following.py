# SPDX-License-Identifier: Apache-2.0
"""What the page of one ensemble asks for: its state, its survivability, its file; and its end."""

import datetime
import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import generic
from horizon import exceptions
from openstack_dashboard.api import nova

from ensemble_client import writer
from ensemble_dashboard.api import choices, owners
from ensemble_dashboard.api import ensemble as api
from ensemble_dashboard.content.ensembles.proxy import json_view

LOG = logging.getLogger(__name__)

FAULTS = 5  # broken members of which Nova is asked for the reason
_GONE = "ensembles.gone"
_GONE_SECONDS = 24 * 3600


def clock() -> str:
    """Give the time of this side, by which the page counts: a browser's clock may be wrong."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def signed_name(name: str) -> str:
    """Give a word for the index page's address that makes it say that this ensemble is gone."""
    return signing.dumps(name, salt=_GONE)


def name_of(word: str) -> str | None:
    """Give the name back; None if nobody here has signed the word, or long ago."""
    try:
        return str(signing.loads(word, salt=_GONE, max_age=_GONE_SECONDS))
    except signing.BadSignature:
        return None


class StateView(generic.View):
    """What the page asks for every few seconds while something goes on."""

    http_method_names = ("get",)

    @json_view
    def get(self, request: HttpRequest, ensemble_id: UUID) -> dict[str, Any]:
        """Give {"ensemble": ..., "now": ...} as it is now."""
        return {"ensemble": api.ensemble_get(request, str(ensemble_id)).to_dict(), "now": clock()}


class SurvivabilityView(generic.View):
    """Where Nova has the servers now, and what that means."""

    http_method_names = ("get",)

    @json_view
    def get(self, request: HttpRequest, ensemble_id: UUID) -> dict[str, Any]:
        """Give {"survivability": ...}, with Nova's reason at members that are in error."""
        found = dict(api.ensemble_survivability(request, str(ensemble_id)))
        broken = [each["name"] for each in found["members"] if each["status"] == "ERROR"][:FAULTS]
        found["members"] = [
            {**each, "fault": _fault(request, each)} if each["name"] in broken else each
            for each in found["members"]
        ]
        return {"survivability": found}


def _fault(request: HttpRequest, member: Mapping[str, Any]) -> str:
    """Ask Nova why a server is in error; the page is useful without the answer too."""
    try:
        server = nova.server_get(request, member["server_id"])
    except Exception:
        LOG.exception("Nova did not tell why server %s is in error", member["server_id"])
        return ""
    fault = getattr(server, "fault", None)
    return str(fault.get("message", "")) if isinstance(fault, Mapping) else ""


class OperationsView(generic.View):
    """What was done with an ensemble and what is under way, a page at a time."""

    http_method_names = ("get",)
    all_projects = False

    @json_view
    def get(self, request: HttpRequest, ensemble_id: UUID) -> dict[str, Any]:
        """Give {"operations", "next"} of those after ?marker, with who asked for each.

        Operators alone may ask Keystone for names; everybody knows their own.
        """
        marker = request.GET.get("marker") or None
        page = api.ensemble_operations(request, str(ensemble_id), marker)
        names = {request.user.id: request.user.username}
        if self.all_projects:
            others = {each["user_id"] for each in page.operations} - names.keys()
            names |= owners.user_names(request, others)
        listed = [
            {**each, "asked_by": names.get(each["user_id"], each["user_id"])}
            for each in page.operations
        ]
        return {"operations": listed, "next": page.next}


class CancelView(generic.View):
    """Cancels a build; the page then shows how it goes."""

    http_method_names = ("post",)

    @json_view
    def post(self, request: HttpRequest, ensemble_id: UUID) -> dict[str, Any]:
        """Ask the API to end the build, which it refuses when there is none."""
        api.ensemble_cancel(request, str(ensemble_id))
        return {"id": str(ensemble_id)}


class RepairView(generic.View):
    """Brings lost members back; the page then shows how it goes."""

    http_method_names = ("get", "post")

    @json_view
    def get(self, request: HttpRequest, ensemble_id: UUID) -> dict[str, Any]:
        """Give {"repair": ...}: who is lost, and what a repair would do."""
        return {"repair": api.ensemble_preview_repair(request, str(ensemble_id))}

    @json_view
    def post(self, request: HttpRequest, ensemble_id: UUID) -> dict[str, Any]:
        """Ask the API to begin."""
        api.ensemble_repair(request, str(ensemble_id))
        return {"id": str(ensemble_id)}


class DeleteView(generic.View):
    """Deletes an ensemble; the page then shows how it goes."""

    http_method_names = ("post",)

    @json_view
    def post(self, request: HttpRequest, ensemble_id: UUID) -> dict[str, Any]:
        """Ask the API to release everything."""
        api.ensemble_delete(request, str(ensemble_id))
        return {"id": str(ensemble_id)}


class ReleaseView(generic.View):
    """Gives an ensemble up; its servers stay, as plain servers."""

    http_method_names = ("post",)

    @json_view
    def post(self, request: HttpRequest, ensemble_id: UUID) -> dict[str, Any]:
        """Ask the API to forget the ensemble."""
        api.ensemble_release(request, str(ensemble_id))
        return {"id": str(ensemble_id)}


class DocumentView(generic.View):
    """The ensemble as the file that the command line and the drawing read."""

    http_method_names = ("get",)

    def get(self, request: HttpRequest, ensemble_id: UUID) -> HttpResponse:
        """Give {"document": {"name", "yaml", "commands"}}, or with ?download the file itself."""
        if "download" not in request.GET:
            answer: HttpResponse = self.shown(request, ensemble_id)
            return answer
        try:
            document = _document(request, str(ensemble_id))
        except Exception:  # noqa: BLE001 - Horizon sorts out which kind it is
            page = reverse("horizon:project:ensembles:detail", args=[ensemble_id])
            exceptions.handle(request, _("The file cannot be made at the moment."), redirect=page)
            raise exceptions.Http302(page) from None
        response = HttpResponse(document["yaml"], content_type="application/yaml; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{document["name"]}"'
        response["X-Content-Type-Options"] = "nosniff"
        return response

    @json_view
    def shown(self, request: HttpRequest, ensemble_id: UUID) -> dict[str, Any]:
        """Give the document to the script."""
        return {"document": _document(request, str(ensemble_id))}


def _document(request: HttpRequest, ensemble_id: str) -> dict[str, str]:
    ensemble = api.ensemble_get(request, ensemble_id)
    name = writer.file_name(ensemble.name)
    commands = (
        ("# " + _("another one like it"), f"openstack ensemble create {name} --wait"),
        ("# " + _("where it would go, without building"), f"openstack ensemble plan {name}"),
        ("# " + _("this one"), f"openstack ensemble show {ensemble_id}"),
    )
    return {
        "name": name,
        "yaml": writer.written(ensemble.to_dict(), choices.names(request, networks=True)),
        "commands": "\n".join(line for pair in commands for line in pair) + "\n",
    }
