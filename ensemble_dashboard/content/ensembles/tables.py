# SPDX-License-Identifier: Apache-2.0
"""The table of ensembles, with rows that follow what is being built."""

import copy
import functools
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_lazy
from horizon import tables
from horizon.utils import filters

from ensemble_dashboard import words
from ensemble_dashboard.api import ensemble as api
from ensemble_dashboard.content.ensembles import page_project
from ensemble_dashboard.content.ensembles.columns import (
    NameColumn,
    StatusColumn,
    member_count,
    survival_chips,
    tier_chips,
)
from ensemble_dashboard.content.ensembles.links import details_url
from ensemble_dashboard.content.ensembles.search import Search
from ensemble_dashboard.content.ensembles.table_actions import (
    AdoptServers,
    ChangeEnsemble,
    DeleteEnsemble,
    DrawAnother,
    DrawEnsemble,
    PlanAnother,
    PlanEnsemble,
    ReleaseEnsemble,
    Templates,
)


class EnsembleRow(tables.Row):
    """A row that asks for news while its ensemble is on the way somewhere."""

    ajax = True

    def get_ajax_update_url(self) -> str:
        """Name the page's project: the ensemble is not gone because the session has left it."""
        named = urlencode({page_project.FIELD: self.table.page_project})
        return f"{super().get_ajax_update_url()}&{named}"

    def load_cells(self, datum: Any = None) -> None:
        """Keep AngularJS out of the row: Horizon compiles each row that arrives."""
        self.attrs["ng-non-bindable"] = ""
        super().load_cells(datum)

    def get_data(self, request: HttpRequest, obj_id: str) -> Any:
        """Fetch the ensemble anew; not found makes Horizon drop the row."""
        return api.ensemble_get(request, obj_id)


def _always(attributes: dict[str, str], _value: Any) -> dict[str, str]:
    return attributes


class EnsemblesTable(tables.DataTable):
    """The ensembles of a project, sorted by the API when a heading is followed."""

    # What Horizon's metaclass makes of the class.
    base_actions: dict[str, Any]
    _columns: dict[str, Any]

    # The columns that the API can sort by.
    sorts: ClassVar[Mapping[str, str]] = {
        "name": "name", "status": "status", "created": "created_at"
    }  # fmt: skip

    name = NameColumn(details_url)
    status = StatusColumn(
        "status",
        verbose_name=gettext_lazy("Status"),
        sortable=False,
        status=True,
        status_choices=(("active", True), ("degraded", False), ("error", False)),
    )
    tiers = tables.Column(tier_chips, verbose_name=gettext_lazy("Tiers"), sortable=False)
    members = tables.Column(
        member_count, verbose_name=gettext_lazy("Members"), sortable=False, classes=["ens-number"]
    )
    survives = tables.Column(
        survival_chips,
        verbose_name=gettext_lazy("After the loss of one"),
        sortable=False,
        help_text=gettext_lazy(
            "As the members run now, or as planned until they are built. Works: every tier has "
            "the members that its policies need, at least one. Degraded: a tier has fewer. "
            "Down: a tier has none."
        ),
    )
    created = tables.Column(
        "created_at",
        verbose_name=gettext_lazy("Age"),
        sortable=False,
        filters=(filters.parse_isotime, filters.timesince_sortable),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        # Horizon keeps these for all tables of the class: a row that another thread is asked for
        # meanwhile would take the actions of the page, whose table is not the row's.
        self.base_actions = {name: type(each)() for name, each in self.base_actions.items()}
        self._columns = {name: copy.copy(each) for name, each in self._columns.items()}
        for column in self._columns.values():
            column.classes = list(column.classes)
        super().__init__(request, *args, **kwargs)
        self.search = Search.of(request.GET, api.known(request))
        if "multi_select" in self.columns:
            self.columns["multi_select"].verbose_name = format_html(
                '<span class="sr-only">{}</span>', gettext("Select")
            )
        for column in self.columns.values():
            # In a narrow window each cell stands below the last one, with its heading beside it.
            label = {} if column.auto else {"data-label": str(column.verbose_name)}
            column.cell_attributes_getter = functools.partial(_always, label)
        for name, key in self.sorts.items():
            self._make_sortable(self.columns[name], key)

    def _make_sortable(self, column: tables.Column, key: str) -> None:
        here = self.search.sort == key
        column.verbose_name = format_html(
            '<a class="ens-sort" href="?{}">{}<span class="ens-sort-sign" aria-hidden="true">{}'
            "</span></a>",
            self.search.sorted_by(key).query or "sort=created_at",
            column.verbose_name,
            ("\N{BLACK DOWN-POINTING TRIANGLE}" if self.search.descending else
             "\N{BLACK UP-POINTING TRIANGLE}") if here else "",
        )  # fmt: skip
        if here:
            order = "descending" if self.search.descending else "ascending"
            column.attrs = {**column.attrs, "aria-sort": order}

    @property
    def page_project(self) -> str:
        """The project that the page is made for, which goes with whatever is done from it."""
        return page_project.project(self.request)["id"]

    def get_pagination_string(self) -> str:
        """Keep the search and the order on the next page."""
        return "&".join(filter(None, (super().get_pagination_string(), self.search.query)))

    def get_prev_pagination_string(self) -> str:
        """Keep the search and the order on the page before."""
        return "&".join(filter(None, (super().get_prev_pagination_string(), self.search.query)))

    def get_object_by_id(self, lookup: str) -> Any:
        """Find the ensemble also when it is on another page than the table's first."""
        for datum in self.data or ():
            if str(datum.id) == str(lookup):
                return datum
        return api.ensemble_get(self.request, lookup)

    def get_object_display(self, datum: Any) -> str:
        """Name the ensemble in messages and confirmations."""
        return words.not_interpolated(datum.name)

    class Meta:
        """What Horizon wants to know about the table."""

        name = "ensembles"
        verbose_name = gettext_lazy("Ensembles")
        status_columns = ("status",)
        row_class = EnsembleRow
        template = "ensembles/_table.html"
        row_actions_dropdown_template = "ensembles/_row_actions.html"
        css_classes = "ens-table"
        no_data_message = gettext_lazy("No ensemble matches the search.")
        table_actions: tuple[type, ...] = (
            DrawEnsemble,
            PlanEnsemble,
            AdoptServers,
            Templates,
            DeleteEnsemble,
        )
        row_actions: tuple[type, ...] = (
            ChangeEnsemble,
            DrawAnother,
            PlanAnother,
            ReleaseEnsemble,
            DeleteEnsemble,
        )
