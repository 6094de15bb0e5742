# SPDX-License-Identifier: Apache-2.0
"""The operators' pages about ensembles: everybody's, and one with the names of its hosts."""

from typing import Any

from django.urls import reverse_lazy

from ensemble_dashboard.content.admin_ensembles import tables as admin_tables
from ensemble_dashboard.content.admin_ensembles.hosts import project_names
from ensemble_dashboard.content.ensembles import views as project_views


class AllView(project_views.IndexView):
    """The ensembles of all projects."""

    table_class = admin_tables.AdminEnsemblesTable
    template_name = "admin_ensembles/all.html"
    all_projects = True

    def get_data(self) -> list[Any]:
        """Add the names of the projects to what the API gives."""
        ensembles = super().get_data()
        names = project_names(self.request) if ensembles else {}
        for ensemble in ensembles:
            ensemble.project_name = names.get(ensemble.project_id)
        return ensembles


class DetailView(project_views.DetailView):
    """One ensemble with the real names of its hosts."""

    index_url = reverse_lazy("horizon:admin:ensembles:all")
    namespace = "horizon:admin:ensembles"
    can_draw = False  # what an operator draws would be the operator's project's
    instance_url = "horizon:admin:instances:detail"
