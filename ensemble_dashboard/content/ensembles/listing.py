# SPDX-License-Identifier: Apache-2.0
"""The JSON view behind the lists of the side sheet: searched, and page by page."""

from typing import Any, Final

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.views import generic

from ensemble_dashboard.api import choices
from ensemble_dashboard.content.ensembles.proxy import RefusedRequest, json_view

MAX_SEARCH: Final = 255
MAX_IDS: Final = 600  # more than a whole drawing can have chosen of a kind


class ChoicesView(generic.View):
    """What there is of a kind: flavors, images, networks..."""

    http_method_names = ("get",)

    @json_view
    def get(self, request: HttpRequest, kind: str) -> dict[str, Any]:
        """Give {"items", "next"} for ?q=TEXT&marker=ID, or {"items"} of ?id=ID (repeatable).

        The quota is no list: it is given as {"quota"}.
        """
        if kind == "quota":
            return {"quota": choices.quota(request)}
        if kind not in choices.kinds(request):
            raise RefusedRequest(404, "dashboard.no_kind", _("There is no such list."))
        ids = request.GET.getlist("id")
        if ids:
            return {"items": choices.known(request, kind, ids[:MAX_IDS])}
        search = request.GET.get("q", "").strip()[:MAX_SEARCH]
        return choices.page(request, kind, search, request.GET.get("marker") or None)
