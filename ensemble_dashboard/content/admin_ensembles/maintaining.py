# SPDX-License-Identifier: Apache-2.0
"""Drains of hosts, racks and zones, as the dialog of the operators' pages asks for them."""

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.views import generic

from ensemble_dashboard import rights
from ensemble_dashboard.api import ensemble as ensembles_api
from ensemble_dashboard.api import host_impact as api
from ensemble_dashboard.api.owners import project_names
from ensemble_dashboard.content.ensembles.proxy import RefusedRequest, json_body, json_view

ACTIONS: Final = ("drain", "cancel")
_NO_DOMAIN: Final = "dashboard.no_domain"


class MaintainView(generic.View):
    """What would come of a drain, how far it is, its beginning and its end."""

    http_method_names = ("get", "post")

    @json_view
    def get(self, request: HttpRequest) -> dict[str, Any]:
        """Give {"domain"} of ?rack=NAME&zone=NAME; with ?check=1, what would come of a drain."""
        asked = {key: value for key, value in request.GET.items() if key != "check"}
        level, name, above = _domain(request, asked)
        check = request.GET.get("check") == "1"
        return _shown(request, api.domain(request, level, name, above, check=check))

    @json_view
    def post(self, request: HttpRequest) -> dict[str, Any]:
        """Do {"action": "drain" or "cancel", "domain": {level: name}}; give it as it is then."""
        if not rights.may(request, "maintain"):
            raise RefusedRequest(403, "dashboard.forbidden", gettext("Only operators may do this."))
        body = json_body(request)
        action, asked = body.get("action"), body.get("domain")
        if action not in ACTIONS or not isinstance(asked, dict):
            raise _nothing_named()
        level, name, above = _domain(request, asked)
        act = api.drain_domain if action == "drain" else api.cancel_drain
        return _shown(request, act(request, level, name, above))


def _domain(request: HttpRequest, asked: Mapping[str, Any]) -> tuple[str, str, dict[str, str]]:
    """Give the level and the name of a domain, and the larger ones that it is in."""
    levels = [level for level in ensembles_api.known(request).levels if asked.get(level)]
    names = {level: asked[level] for level in levels}
    if not levels or len(levels) < len(asked) or not all(map(_is_text, names.values())):
        raise _nothing_named()
    # A host is known by its name alone.
    above = levels[1:] if levels[0] != ensembles_api.known(request).levels[0] else []
    return levels[0], names[levels[0]], {level: names[level] for level in above}


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _nothing_named() -> RefusedRequest:
    return RefusedRequest(400, _NO_DOMAIN, gettext("This names nothing to drain."))


def _shown(request: HttpRequest, domain: Mapping[str, Any]) -> dict[str, Any]:
    """A domain with the names of projects, and the pages of ensembles."""
    names = project_names(request)

    def owned(each: Mapping[str, Any]) -> dict[str, Any]:
        url = reverse("horizon:admin:ensembles:detail", args=[each["ensemble_id"]])
        return {**each, "project": names.get(each["project_id"], each["project_id"]), "url": url}

    shown = {**domain, "moving": [owned(each) for each in domain["moving"]]}
    if "drain" in domain:
        drain = domain["drain"]
        shown["drain"] = {**drain, "ensembles": [owned(each) for each in drain["ensembles"]]}
    return {"domain": shown}
