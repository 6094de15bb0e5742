# SPDX-License-Identifier: Apache-2.0
"""The table of all projects' ensembles."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy
from horizon import exceptions, tables
from openstack_dashboard.api import keystone

from ensemble_dashboard.content.ensembles import tables as project_tables


def details_url(datum: Any) -> str:
    """Give the address of the ensemble's page for operators."""
    return reverse("horizon:admin:ensembles:detail", args=[datum.id])


def project_label(datum: Any) -> str:
    """Give the project's name, or its id when Keystone did not tell the name."""
    return str(getattr(datum, "project_name", None) or datum.project_id)


class AdminEnsembleRow(project_tables.EnsembleRow):
    """A row that knows its project's name also when it arrives alone."""

    def get_data(self, request: HttpRequest, obj_id: str) -> Any:
        """Fetch the ensemble and the name of its project."""
        datum = super().get_data(request, obj_id)
        try:
            datum.project_name = keystone.tenant_get(request, datum.project_id).name
        except Exception:  # noqa: BLE001 - the id is shown instead
            exceptions.handle(request, ignore=True)
        return datum


class AdminEnsemblesTable(project_tables.EnsemblesTable):
    """The ensembles of every project."""

    project = tables.Column(project_label, verbose_name=gettext_lazy("Project"), sortable=False)
    name = project_tables.NameColumn(details_url)

    class Meta(project_tables.EnsemblesTable.Meta):
        """As a project's table; drawing is for projects."""

        name = "all_ensembles"
        row_class = AdminEnsembleRow
        columns = ("project", "name", "status", "tiers", "members", "survives", "created")
        table_actions = (project_tables.DeleteEnsemble,)
        row_actions = (project_tables.DeleteEnsemble,)
