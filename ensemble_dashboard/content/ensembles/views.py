# SPDX-License-Identifier: Apache-2.0
"""The pages of a project: the table, the details and the drawing."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _
from horizon import exceptions, tables, views
from horizon.utils import filters, memoized

from ensemble_dashboard import words
from ensemble_dashboard.api import choices
from ensemble_dashboard.api import ensemble as api
from ensemble_dashboard.content.ensembles import tables as ensemble_tables


class IndexView(tables.PagedTableMixin, tables.DataTableView):
    """The table of ensembles, page by page, newest first."""

    table_class = ensemble_tables.EnsemblesTable
    template_name = "ensembles/index.html"
    page_title = _("Ensembles")
    all_projects = False

    def get_data(self) -> list[Any]:
        """Fetch the page that the marker names, searched by the filter in the API."""
        marker, direction = self._get_marker()
        try:
            page = api.ensemble_page(
                self.request,
                marker=marker,
                backwards=direction == "asc",
                filters=self._filters(),
                all_projects=self.all_projects,
            )
        except Exception:  # noqa: BLE001 - Horizon sorts out which kind it is
            self.failed = True
            exceptions.handle(self.request, _("Unable to retrieve ensembles."))
            return []
        self._has_more_data, self._has_prev_data = page.has_next, page.has_previous
        return list(page.ensembles)

    def _filters(self) -> dict[str, str]:
        """Give the filter as the API wants it: statuses in capitals, as words or as values."""
        chosen: dict[str, str] = self.get_filters()
        wanted = chosen.get("status")
        if wanted:
            by_word = {str(word).lower(): value for value, word in words.STATUSES}
            chosen["status"] = by_word.get(wanted.lower(), wanted.upper())
        return chosen

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Invite to draw when there is nothing at all, rather than nothing that matches."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["invite"] = not (
            self.table.data
            or getattr(self, "failed", False)
            or self._get_marker()[0]
            or self.get_filters()
        )
        return context


class DetailView(views.HorizonTemplateView):
    """One ensemble; the page's script keeps it up to date while it is being built."""

    template_name = "ensembles/detail.html"
    table_class = ensemble_tables.EnsemblesTable
    index_url = reverse_lazy("horizon:project:ensembles:index")
    state_url = "horizon:project:ensembles:state"
    instance_url = "horizon:project:instances:detail"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Give the template the ensemble, and the script the same as data."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        ensemble = self.get_data()
        context["ensemble"] = ensemble
        # Not the attribute of the class, which Horizon compiles as a template.
        context["page_title"] = words.as_it_is(ensemble.name)
        context["created"] = filters.parse_isotime(ensemble.created_at)
        context["page_data"] = {
            "ensemble": ensemble.to_dict(),
            "names": choices.names(self.request),
            "settled": list(words.SETTLED),
            "stateUrl": reverse(self.state_url, args=[ensemble.id]),
            "indexUrl": str(self.index_url),
            # The script puts a server's id in the place of the zeros.
            "instanceUrl": reverse(self.instance_url, args=["0" * 8]),
        }
        context["url"] = self.index_url
        context["actions"] = self.table_class(self.request).render_row_actions(ensemble)
        return context

    @memoized.memoized_method
    def get_data(self) -> Any:
        """Fetch the ensemble, or go back to the table with a message."""
        ensemble_id = str(self.kwargs["ensemble_id"])
        try:
            return api.ensemble_get(self.request, ensemble_id)
        except Exception:  # noqa: BLE001 - Horizon sorts out which kind it is
            exceptions.handle(
                self.request, _("Unable to retrieve the ensemble."), redirect=self.index_url
            )
            raise exceptions.Http302(self.index_url) from None


class DrawView(views.HorizonTemplateView):
    """The page where an ensemble is drawn, previewed and submitted."""

    template_name = "ensembles/draw.html"
    page_title = _("Draw Ensemble")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Give the script what a tier can be made of and where to send the drawing."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["page_data"] = {
            "choices": choices.choices(self.request),
            "levels": list(words.LEVELS),
            # The script puts a kind in the place of "kind".
            "choicesUrl": reverse("horizon:project:ensembles:choices", args=["kind"]),
            "planUrl": reverse("horizon:project:ensembles:plan"),
            "createUrl": reverse("horizon:project:ensembles:create"),
            "writeUrl": reverse("horizon:project:ensembles:write"),
            "readUrl": reverse("horizon:project:ensembles:read"),
            "indexUrl": reverse("horizon:project:ensembles:index"),
            "draftKey": _draft_key(self.request),
        }
        return context


def _draft_key(request: HttpRequest) -> str:
    """Name the draft in the browser, so that it never turns up in another project's page."""
    return f"ensembles.draft.{request.user.id}.{request.user.tenant_id}"
