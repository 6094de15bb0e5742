# SPDX-License-Identifier: Apache-2.0
"""The pages of the operators: the spread over hosts, and everybody's ensembles."""

from typing import Any

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from horizon import exceptions, views
from openstack_dashboard.api import keystone

from ensemble_dashboard.api import ensemble as api
from ensemble_dashboard.content.admin_ensembles import spread
from ensemble_dashboard.content.admin_ensembles import tables as admin_tables
from ensemble_dashboard.content.ensembles import views as project_views


class SpreadView(views.HorizonTemplateView):
    """Which ensembles have which members on which host."""

    template_name = "admin_ensembles/spread.html"
    page_title = _("Ensembles")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Group the hosts by rack, keeping those that were searched for."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        query = self.request.GET.get("q", "")[:255]
        try:
            hosts = api.ensemble_spread(self.request)
        except Exception:  # noqa: BLE001 - Horizon sorts out which kind it is
            exceptions.handle(self.request, _("Unable to retrieve the spread over hosts."))
            hosts = []
        groups = spread.racks(hosts, query)
        context["query"] = query
        context["racks"] = groups
        context["found"] = sum(len(group.hosts) for group in groups)
        context["total"] = len(hosts)
        return context


class AllView(project_views.IndexView):
    """The ensembles of all projects."""

    table_class = admin_tables.AdminEnsemblesTable
    template_name = "admin_ensembles/all.html"
    all_projects = True

    def get_data(self) -> list[Any]:
        """Add the names of the projects to what the API gives."""
        ensembles = super().get_data()
        names = self._project_names() if ensembles else {}
        for ensemble in ensembles:
            ensemble.project_name = names.get(ensemble.project_id)
        return ensembles

    def _project_names(self) -> dict[str, str]:
        try:
            projects, _more = keystone.tenant_list(self.request)
        except Exception:  # noqa: BLE001 - the table is useful with ids too
            exceptions.handle(self.request, ignore=True)
            return {}
        return {project.id: project.name for project in projects}


class DetailView(project_views.DetailView):
    """One ensemble with the real names of its hosts."""

    table_class = admin_tables.AdminEnsemblesTable
    index_url = reverse_lazy("horizon:admin:ensembles:all")
    state_url = "horizon:admin:ensembles:state"
    instance_url = "horizon:admin:instances:detail"
