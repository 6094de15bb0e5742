# SPDX-License-Identifier: Apache-2.0
"""The gallery of ensemble templates: searched, sorted and page by page, as the API gives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django import shortcuts
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from horizon import views
from horizon.utils import filters
from novaclient import exceptions as nova_exceptions

from ensemble_dashboard import rights, words
from ensemble_dashboard.api import templates as api
from ensemble_dashboard.content.ensembles import page_project, template_cards
from ensemble_dashboard.content.ensembles.trouble import Trouble, caught, forbidden
from ensemble_dashboard.content.ensembles.views import no_page

NEWEST: Final = "created_at"
SORTS: Final[Mapping[str, words.Text]] = {
    NEWEST: _("newest first"),
    "updated_at": _("last changed first"),
    "name": _("by name"),
}
WHOSE: Final[Mapping[str, words.Text]] = {
    "all": _("All that this project sees"),
    "private": _("Of this project alone"),
    "shared": _("Shared"),
    "public": _("Public"),
}
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class GallerySearch:
    """A part of the name, whose, and the order; all of them fit for the API."""

    name: str = ""
    whose: str = "all"
    sort: str = NEWEST

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "GallerySearch":
        """Read an address; what the API would not understand is left out."""
        whose, sort = query.get("whose", ""), query.get("sort", "")
        return cls(
            name=query.get("q", "").strip()[:_LONGEST],
            whose=whose if whose in WHOSE else "all",
            sort=sort if sort in SORTS else NEWEST,
        )

    @property
    def filters(self) -> dict[str, str]:
        """The filters of the API."""
        return {"visibility": self.whose} | ({"name": self.name} if self.name else {})

    @property
    def is_narrow(self) -> bool:
        """Whether something may be hidden by it."""
        return bool(self.name) or self.whose != "all"

    def query(self, **more: str) -> str:
        """The address's query for this search, without what goes without saying."""
        asked = {
            "q": self.name,
            "whose": self.whose if self.whose != "all" else "",
            "sort": self.sort if self.sort != NEWEST else "",
        }
        return urlencode({key: value for key, value in (asked | more).items() if value})


class TemplatesView(views.HorizonTemplateView):
    """The gallery."""

    template_name = "ensembles/templates.html"
    page_title = _("Ensemble Templates")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show one page of cards, or say why there is none."""
        if not rights.may(request, "list_templates"):
            return no_page(request, forbidden(), self.page_title)
        search = GallerySearch.of(request.GET)
        marker, before = request.GET.get("marker"), request.GET.get("before")
        trouble: Trouble | None = None
        try:
            page = api.template_page(
                request,
                search.filters,
                before or marker,
                backwards=bool(before),
                sort_key=search.sort,
                descending=search.sort != "name",
            )
            if (marker or before) and not page.templates:
                return shortcuts.redirect(f"{request.path}?{search.query()}")
        except Exception as error:  # noqa: BLE001 - what is no answer of a service is raised again
            if (marker or before) and isinstance(error, nova_exceptions.BadRequest):
                # The one that the page began after was deleted meanwhile: begin anew.
                return shortcuts.redirect(f"{request.path}?{search.query()}")
            page, trouble = api.TemplatePage(()), caught(request, error)
        documents = api.template_documents(request, [each["id"] for each in page.templates])
        context = self.get_context_data(**kwargs)
        context |= {
            "search": search,
            "whose": WHOSE.items(),
            "sorts": SORTS.items(),
            "trouble": trouble,
            "cards": [_card(request, each, documents.get(each["id"])) for each in page.templates],
            "next": search.query(marker=page.templates[-1]["id"]) if page.has_next else None,
            "previous": search.query(before=page.templates[0]["id"]) if page.has_previous else None,
        }
        answer: HttpResponse = self.render_to_response(context)
        return answer


def _card(
    request: HttpRequest, template: api.Template, document: api.Template | None
) -> dict[str, Any]:
    tiers = template_cards.sketches(document) if document else []
    return {
        "template": template,
        "tiers": tiers,
        "picture": template_cards.picture(tiers),
        "parameters": len(document["parameters"]) if document else None,
        "said": whose(request, template),
        "changed": filters.parse_isotime(template["updated_at"]),
        "own": is_own(request, template),
    }


def is_own(request: HttpRequest, template: api.Template) -> bool:
    """Whether it is the session's project's own."""
    return bool(template["project_id"] == page_project.project(request)["id"])


def project_name(request: HttpRequest, project_id: str) -> str:
    """Give what a project is called, as far as the person is in it; else its id."""
    known = {each.id: each.name for each in request.user.authorized_tenants}
    return str(known.get(project_id, project_id))


def whose(request: HttpRequest, template: api.Template) -> str:
    """Say whose a template is and who sees it."""
    visibility = template["visibility"]
    if is_own(request, template):
        return {
            "private": gettext("This project’s, seen by nobody else"),
            "shared": gettext("This project’s, shared"),
            "public": gettext("This project’s, public"),
        }[visibility]
    name = project_name(request, template["project_id"])
    if visibility == "public":
        return gettext("Public, of project %(project)s") % {"project": name}
    return gettext("Shared by project %(project)s") % {"project": name}
