# SPDX-License-Identifier: Apache-2.0
"""The pages about hosts: all of them as a map and a table, and one with the question of a drain."""

import time
from typing import Any, Final

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views import generic
from horizon import exceptions, views
from novaclient import exceptions as nova_exceptions

from ensemble_dashboard import rights, words
from ensemble_dashboard.api import ensemble as ensembles_api
from ensemble_dashboard.api import host_impact as api
from ensemble_dashboard.api.owners import project_names
from ensemble_dashboard.content.admin_ensembles import breaking, drain, host_impact, sharing
from ensemble_dashboard.content.admin_ensembles.forms import HostSearchForm
from ensemble_dashboard.content.admin_ensembles.heat import heat_map
from ensemble_dashboard.content.admin_ensembles.search import MEASURES, HostSearch
from ensemble_dashboard.content.ensembles import page_project
from ensemble_dashboard.content.ensembles.proxy import json_view

# The parts of the page that follow the cloud, by their templates.
PARTS: Final = ("totals", "as_of", "stopped", "broken", "sharing", "heat", "hosts")
LIVE_SECONDS: Final = 4  # between two looks of one page, at least
SHARE: Final = 10  # times as long as it took to answer
SHARING_HOSTS: Final = 200  # of a domain, whose members are listed

_MEASURE_WORDS = {
    "impact": _("What its failure breaks"),
    "members": _("Members"),
    "ensembles": _("Ensembles"),
    "usage": _("vCPU in use"),
}
_COLUMNS = (("host", _("Host")), ("members", _("Members")), ("impact", _("If it fails")))


class HostImpactView(views.HorizonTemplateView):
    """All hosts: which ensembles they hold, and what the failure of each would break."""

    template_name = "admin_ensembles/host_impact.html"
    page_title = _("Ensembles")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Ask for one page of hosts and the summary of all, and lay them out."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        began = time.monotonic()
        try:
            context |= _now(self.request)
        except Exception:  # noqa: BLE001 - Horizon sorts out which kind it is
            exceptions.handle(self.request, _("Unable to retrieve the host impact."))
            context["failed"] = True
            return context
        query = self.request.GET.urlencode()
        context["page_data"] = {
            "nowUrl": f"{reverse('horizon:admin:ensembles:hosts_now')}?{query}",
            "breakUrl": reverse("horizon:admin:ensembles:break"),
            "maintainUrl": reverse("horizon:admin:ensembles:maintain"),
            "pause": _pause(time.monotonic() - began),
            "session": page_project.session(self.request),
        }
        return context


class HostsNowView(generic.View):
    """What the page of hosts asks for as long as somebody looks at it."""

    http_method_names = ("get",)

    @json_view
    def get(self, request: HttpRequest) -> dict[str, Any]:
        """Give {"parts": HTML by name, "pause": ms}, for the same search as the page's."""
        began = time.monotonic()
        context = _now(request)
        parts = {
            name: render_to_string(f"admin_ensembles/_{name}.html", context, request)
            for name in PARTS
        }
        return {"parts": parts, "pause": _pause(time.monotonic() - began)}


def _pause(seconds: float) -> int:
    """Give the ms until the page may ask again: a large cloud is asked less often."""
    return int(1000 * max(LIVE_SECONDS, SHARE * seconds))


def _now(request: HttpRequest) -> dict[str, Any]:
    """Give the templates the hosts as they are now, by the search of the request's address."""
    known = ensembles_api.known(request)
    search = HostSearch.of(request.GET, known.levels[1:], known.sort_keys.get("hosts", ()))
    page = _ask(request, search)
    names = project_names(request)
    levels = tuple(search.domains)
    usage = api.usage(request) if search.by == "usage" else {}
    context = {
        "search": search,
        "form": HostSearchForm(search, page.summary, names),
        "page": page,
        "totals": page.summary["totals"],
        "as_of": words.as_of(page.observed_at),
        "map": heat_map(page.summary, search, usage),
        "measures": [
            (measure, word, search.link(by=measure), measure == search.by)
            for measure, word in ((each, _MEASURE_WORDS[each]) for each in MEASURES)
        ],
        "rows": [host_impact.row(host, levels, names) for host in page.hosts],
        **host_impact.now(page.broken, names),
        "columns": [_column(key, word, search) for key, word in _COLUMNS],
        "may_drill": rights.may(request, "drill"),
        "sharing": None,
        "break": breaking.panel(page.summary, levels),
    }
    if any(search.domains.values()):
        inside = {level: name for level, name in search.domains.items() if name}
        shared = api.hosts_within(request, inside, SHARING_HOSTS)
        context["sharing"] = sharing.sharing(shared, inside, names)
    if page.has_previous:
        first = page.hosts[0]["host"]
        context["previous_url"] = search.link(marker=first, backwards=True)
    if page.has_next:
        context["next_url"] = search.link(marker=page.hosts[-1]["host"])
    return context


def _ask(request: HttpRequest, search: HostSearch) -> api.HostImpactPage:
    """Ask the API, once more where the page's first host is gone."""
    try:
        return _page(request, search, search.marker)
    except nova_exceptions.BadRequest:
        if not search.marker:
            raise
        return _page(request, search, "")


def _page(request: HttpRequest, search: HostSearch, marker: str) -> api.HostImpactPage:
    return api.host_impacts(
        request,
        search.filters,
        sort_key=search.sort,
        descending=search.descending,
        marker=marker or None,
        backwards=search.backwards and bool(marker),
    )


def _column(key: str, word: words.Text, search: HostSearch) -> dict[str, Any]:
    here = key == search.sort
    return {
        "key": key,
        "word": word,
        "url": search.sorted_by(key),
        "order": ("descending" if search.descending else "ascending") if here else "",
    }


class HostView(views.HorizonTemplateView):
    """One host: who is on it, what its failure breaks, and whether it could be drained."""

    template_name = "admin_ensembles/host.html"
    index_url = reverse_lazy("horizon:admin:ensembles:index")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Ask for the host; with ?check=1, also whether its members fit elsewhere."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        name, check = str(self.kwargs["host"]), self.request.GET.get("check") == "1"
        try:
            host = api.ensemble_drain(self.request, name, check=check)
        except Exception:  # noqa: BLE001 - Horizon sorts out which kind it is
            exceptions.handle(
                self.request, _("Unable to retrieve the host."), redirect=self.index_url
            )
            raise exceptions.Http302(self.index_url) from None
        names = project_names(self.request)
        levels = [key for key in host if key not in host_impact.OWN_KEYS]
        row = host_impact.row(host, levels, names)
        search = HostSearch.of({}, tuple(levels))
        places = []
        for at, (level, place) in enumerate(row.places):
            chosen = dict(row.places[: at + 1])
            places.append((words.level(level), place, f"{self.index_url}{search.within(**chosen)}"))
        return context | {
            # Not the attribute of the class, which Horizon compiles as a template.
            "page_title": words.as_it_is(row.name),
            "row": row,
            "as_of": words.as_of(host["observed_at"]),
            **host_impact.now(host.get("broken") or (), names),
            "places": places,
            "drain": drain.drain(host["drain"], names) if check else None,
            "domain": {"host": row.name},
            "page_data": {
                "maintainUrl": reverse("horizon:admin:ensembles:maintain"),
                "session": page_project.session(self.request),
            },
        }
