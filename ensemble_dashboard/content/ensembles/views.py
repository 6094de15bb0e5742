# SPDX-License-Identifier: Apache-2.0
"""The pages of a project: the table, the details and the drawing."""

from typing import Any

from django import shortcuts
from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from horizon import exceptions, messages, tables, views
from horizon.utils import filters
from novaclient import exceptions as nova_exceptions

from ensemble_client import writer
from ensemble_dashboard import rights, words
from ensemble_dashboard.api import choices
from ensemble_dashboard.api import ensemble as api
from ensemble_dashboard.content.ensembles import following, page_project
from ensemble_dashboard.content.ensembles.links import change_url, like_url
from ensemble_dashboard.content.ensembles.search import Search
from ensemble_dashboard.content.ensembles.tables import EnsemblesTable
from ensemble_dashboard.content.ensembles.trouble import Trouble, caught, forbidden
from ensemble_dashboard.starts import STARTS

# What the script of an ensemble's page asks for, by the names of the addresses.
_QUESTIONS = (
    "state", "survivability", "operations", "cancel", "repair", "release", "delete", "document"
)  # fmt: skip
# How an ensemble can have gone from the table, as its page tells it in the address.
_GONE = {
    "gone": gettext_noop("“%s” is deleted. Nothing of it is left."),
    "released": gettext_noop("“%s” is no ensemble any more. Its servers go on as plain servers."),
}


def no_page(request: HttpRequest, trouble: Trouble, title: words.Text) -> HttpResponse:
    """Say in the place of a page why there is none."""
    context = {"trouble": trouble, "page_title": title}
    return shortcuts.render(request, "ensembles/trouble.html", context, status=trouble.status)


class IndexView(tables.PagedTableMixin, tables.DataTableView):
    """The table of ensembles, page by page, searched and sorted by the API."""

    table_class = EnsemblesTable
    template_name = "ensembles/index.html"
    page_title = _("Ensembles")
    all_projects = False
    trouble: Trouble | None = None

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say first of one that has gone, when its page sends somebody here for that."""
        for how, said in _GONE.items():
            if how not in request.GET:
                continue
            name = following.name_of(request.GET[how])
            if name is not None:
                messages.success(request, gettext(said) % words.not_interpolated(name))
            return shortcuts.redirect(request.path)
        answer: HttpResponse = super().get(request, *args, **kwargs)
        return answer

    def construct_tables(self) -> HttpResponse | None:
        """Do what a button of the table, or a row that asks for news, wants: in its project."""
        request = self.request
        asked = request.POST if request.method == "POST" else request.GET
        if request.method == "POST" or "action" in asked:
            trouble = page_project.trouble(request, asked.get(page_project.FIELD))
            if trouble:
                return no_page(request, trouble, self.page_title)
        answer: HttpResponse | None = super().construct_tables()
        return answer

    def get_data(self) -> list[Any]:
        """Fetch the page that the marker names, in the order and with the search asked for."""
        marker, direction = self._get_marker()
        search = Search.of(self.request.GET, api.known(self.request))
        try:
            page = api.ensemble_page(
                self.request,
                marker=marker,
                backwards=direction == "asc",
                filters=search.filters,
                all_projects=self.all_projects,
                sort_key=search.sort,
                descending=search.descending,
            )
        except Exception as error:  # noqa: BLE001 - what is no answer of a service is raised again
            if marker is not None and isinstance(error, nova_exceptions.BadRequest):
                # The one that the page began after was deleted meanwhile: begin anew.
                raise self._first_page(search) from None
            self.trouble = caught(self.request, error)
            return []
        if marker is not None and not page.ensembles:
            raise self._first_page(search)  # the last ones of all were deleted meanwhile
        self._has_more_data, self._has_prev_data = page.has_next, page.has_previous
        return list(page.ensembles)

    def _first_page(self, search: Search) -> Exception:
        first: Exception = exceptions.Http302(f"{self.request.path}?{search.query}")
        return first

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Invite to draw when there is nothing at all, rather than nothing that matches."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        known = api.known(self.request)
        search = Search.of(self.request.GET, known)
        context["search"] = search
        context["statuses"] = known.statuses.items()
        context["trouble"] = self.trouble
        context["invite"] = not (
            self.table.data or self.trouble or self._get_marker()[0] or search.filters
        )
        return context


class DetailView(views.HorizonTemplateView):
    """One ensemble; the page's script follows it while something goes on."""

    template_name = "ensembles/detail.html"
    index_url = reverse_lazy("horizon:project:ensembles:index")
    namespace = "horizon:project:ensembles"
    instance_url = "horizon:project:instances:detail"
    all_projects = False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the ensemble, go back to the table when there is none, or say why it cannot be."""
        try:
            ensemble = api.ensemble_get(request, str(kwargs["ensemble_id"]))
        except nova_exceptions.NotFound:
            told = gettext(
                "There is no such ensemble here: it was deleted, or it is in another project."
            )
            messages.error(request, told)
            return shortcuts.redirect(self.index_url)
        except Exception as error:  # noqa: BLE001 - what is no answer of a service is raised again
            return no_page(request, caught(request, error), gettext("Ensemble"))
        context = self.get_context_data(ensemble=ensemble, **kwargs)
        answer: HttpResponse = self.render_to_response(context)
        return answer

    def get_context_data(self, ensemble: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Give the template the ensemble, and the script the same as data."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["ensemble"] = ensemble
        # Not the attribute of the class, which Horizon compiles as a template.
        context["page_title"] = words.as_it_is(ensemble.name)
        # As pairs: in a template a key such as "items" would stand in the way of all of them.
        context["metadata"] = sorted(ensemble.metadata.items())
        context["created"] = filters.parse_isotime(ensemble.created_at)
        context["index_url"] = self.index_url
        may_plan = not self.all_projects and rights.may(self.request, "plan")
        context["like_url"] = like_url(ensemble) if may_plan else None
        may_change = not self.all_projects and rights.may(self.request, "change")
        context["change_url"] = change_url(ensemble) if may_change else None
        may_drill = rights.may(self.request, "drill", ensemble.project_id)
        context["drill_url"] = self._url("drill", ensemble) if may_drill else None
        may_move = not self.all_projects and rights.may(self.request, "rebalance")
        context["rebalance_url"] = self._url("rebalance", ensemble) if may_move else None
        context["may_create_template"] = not self.all_projects and rights.may(
            self.request, "create_template"
        )
        context["may_templates"] = not self.all_projects and rights.may(
            self.request, "show_template"
        )
        for action in ("cancel", "repair", "release", "delete"):
            context[f"may_{action}"] = rights.may(self.request, action, ensemble.project_id)
        named = following.signed_name(ensemble.name)
        context["page_data"] = {
            "ensemble": ensemble.to_dict(),
            "now": following.clock(),
            "names": choices.names(self.request, networks=True),
            "settled": list(api.known(self.request).settled),
            **{f"{name}Url": self._url(name, ensemble) for name in _QUESTIONS},
            "indexUrl": str(self.index_url),
            "goneUrl": f"{self.index_url}?gone={named}",
            "releasedUrl": f"{self.index_url}?released={named}",
            "session": page_project.session(self.request),
            "allProjects": self.all_projects,
            "changeUrl": context["change_url"],
            # The script puts a server's id in the place of the zeros.
            "instanceUrl": reverse(self.instance_url, args=["0" * 8]),
        }
        return context

    def _url(self, name: str, ensemble: Any) -> str:
        return str(reverse(f"{self.namespace}:{name}", args=[ensemble.id]))


def _zone(capabilities: Any) -> str | None:
    """Give the name of the level of the availability zones, if this cloud has one."""
    return next((each["name"] for each in capabilities["levels"] if each["zone"]), None)


class DrawView(views.HorizonTemplateView):
    """The page where an ensemble is drawn, previewed and submitted."""

    template_name = "ensembles/draw.html"
    page_title: words.Text = _("Draw Ensemble")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the drawing to whoever may at least plan it, and name what can be done here."""
        if not rights.may(request, "create"):
            self.page_title = _("Plan Ensemble")
        if not rights.may(request, "plan"):
            return no_page(request, forbidden(), self.page_title)
        try:
            capabilities = api.ensemble_capabilities(request)
        except Exception as error:  # noqa: BLE001 - what is no answer of a service is raised again
            return no_page(request, caught(request, error), self.page_title)
        context = self.get_context_data(capabilities=capabilities, **kwargs)
        answer: HttpResponse = self.render_to_response(context)
        return answer

    def get_context_data(self, capabilities: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Give the script what a tier can be made of and where to send the drawing."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        found = choices.choices(self.request)
        context["project_name"] = page_project.project(self.request)["name"]
        context["missing"] = [words.CHOICES.get(name, name) for name in found["missing"]]
        context["volumes"] = "volumes" in found
        context["starts"] = STARTS
        context["some_starts"] = [start for start in STARTS if start.tiers]
        context["back_url"] = reverse("horizon:project:ensembles:index")
        context["page_data"] = {
            "choices": found,
            "levels": [each["name"] for each in capabilities["levels"]],
            "limits": capabilities["limits"],
            "zoneLevel": _zone(capabilities),
            "selectors": capabilities.get("selectors", []),
            "schedulerHints": capabilities.get("scheduler_hints", []),
            # The script puts a kind in the place of "kind".
            "choicesUrl": reverse("horizon:project:ensembles:choices", args=["kind"]),
            "keyPairUrl": reverse("horizon:project:ensembles:key_pairs"),
            "planUrl": reverse("horizon:project:ensembles:plan"),
            "createUrl": reverse("horizon:project:ensembles:create"),
            "writeUrl": reverse("horizon:project:ensembles:write"),
            "readUrl": reverse("horizon:project:ensembles:read"),
            "indexUrl": reverse("horizon:project:ensembles:index"),
            "session": page_project.session(self.request),
            # Whose drafts they are, whatever the project; the script adds the project's id.
            "draftsOf": f"ensembles.draft.{self.request.user.id}.",
            "mayCreate": rights.may(self.request, "create"),
            "starts": [start.data(_zone(capabilities)) for start in STARTS],
            "like": self._like(),
        }
        return context

    def _like(self) -> dict[str, Any] | None:
        """Give what to begin with, when somebody wants another one like one that is there."""
        wanted = self.request.GET.get("like")
        if not wanted:
            return None
        try:
            found = api.ensemble_get(self.request, wanted).to_dict()
        except Exception:  # noqa: BLE001 - Horizon sorts out which kind it is
            told = _("What is to be drawn like could not be fetched; the drawing is as it was.")
            exceptions.handle(self.request, told)
            return None
        return writer.description(found)
