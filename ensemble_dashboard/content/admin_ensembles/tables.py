# SPDX-License-Identifier: Apache-2.0
"""The table of all projects' ensembles."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from horizon import tables

from ensemble_dashboard import words
from ensemble_dashboard.api import owners
from ensemble_dashboard.content.ensembles.columns import NameColumn
from ensemble_dashboard.content.ensembles.table_actions import DeleteEnsemble
from ensemble_dashboard.content.ensembles.tables import EnsembleRow, EnsemblesTable


def details_url(datum: Any) -> str:
    """Give the address of the ensemble's page for operators."""
    return reverse("horizon:admin:ensembles:detail", args=[datum.id])


class AdminEnsembleRow(EnsembleRow):
    """A row that knows whose ensemble it is also when it arrives alone."""

    def get_data(self, request: HttpRequest, obj_id: str) -> Any:
        """Fetch the ensemble and the names of its project and of its owner."""
        datum = super().get_data(request, obj_id)
        datum.project_name = owners.project_name(request, datum.project_id)
        datum.user_name = owners.user_names(request, (datum.user_id,))[datum.user_id]
        return datum


class AdminEnsemblesTable(EnsemblesTable):
    """The ensembles of every project."""

    project = tables.Column("project_name", verbose_name=gettext_lazy("Project"), sortable=False)
    owner = tables.Column("user_name", verbose_name=gettext_lazy("Owner"), sortable=False)
    name = NameColumn(details_url)

    def get_object_display(self, datum: Any) -> str:
        """Name the ensemble and whose it is: two projects may each have one of the same name."""
        whose = {
            "name": datum.name,
            "project": getattr(datum, "project_name", datum.project_id),
            "owner": getattr(datum, "user_name", datum.user_id),
        }
        return words.not_interpolated(
            gettext("%(name)s (project %(project)s, owner %(owner)s)") % whose
        )

    class Meta(EnsemblesTable.Meta):
        """As a project's table; drawing is for projects."""

        name = "all_ensembles"
        row_class = AdminEnsembleRow
        columns = ("project", "owner", "name", "status", "tiers", "members", "survives", "created")
        table_actions = (DeleteEnsemble,)
        row_actions = (DeleteEnsemble,)
