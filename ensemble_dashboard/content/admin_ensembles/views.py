# SPDX-License-Identifier: Apache-2.0
"""The operators' pages about ensembles: everybody's, and one with the names of its hosts."""

from functools import cached_property
from typing import Any

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from ensemble_dashboard.api import owners
from ensemble_dashboard.content.admin_ensembles import tables as admin_tables
from ensemble_dashboard.content.ensembles import drilling
from ensemble_dashboard.content.ensembles import views as project_views


class AllView(project_views.IndexView):
    """The ensembles of all projects."""

    table_class = admin_tables.AdminEnsemblesTable
    template_name = "admin_ensembles/all.html"
    page_title = _("All ensembles")
    all_projects = True

    def get_data(self) -> list[Any]:
        """Add the names of the projects and of the owners to what the API gives."""
        ensembles = super().get_data()
        users = owners.user_names(self.request, (each.user_id for each in ensembles))
        for ensemble in ensembles:
            ensemble.project_name = self.names.get(ensemble.project_id, ensemble.project_id)
            ensemble.user_name = users[ensemble.user_id]
        return ensembles

    @cached_property
    def names(self) -> dict[str, str]:
        """The names of all projects by id."""
        return owners.project_names(self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Offer the projects to the search; one that is asked for is always among them."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        asked = context["search"].project
        names = self.names if asked in ("", *self.names) else {**self.names, asked: asked}
        context["projects"] = sorted(names.items(), key=lambda each: each[1].casefold())
        return context


class DetailView(project_views.DetailView):
    """One ensemble with the real names of its hosts."""

    index_url = reverse_lazy("horizon:admin:ensembles:all")
    namespace = "horizon:admin:ensembles"
    all_projects = True  # what an operator draws would be the operator's project's
    instance_url = "horizon:admin:instances:detail"

    def get_context_data(self, ensemble: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Name the project and the owner, whose ensemble is looked at, and perhaps deleted."""
        context: dict[str, Any] = super().get_context_data(ensemble=ensemble, **kwargs)
        user_id = ensemble.user_id
        context["owner"] = context["page_data"]["owner"] = {
            "project": owners.project_name(self.request, ensemble.project_id),
            "user": owners.user_names(self.request, (user_id,))[user_id],
        }
        return context


class DrillView(drilling.DrillView):
    """What failures would do, with the real names of hosts and racks."""

    namespace = "horizon:admin:ensembles"
