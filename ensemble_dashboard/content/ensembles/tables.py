# SPDX-License-Identifier: Apache-2.0
"""The table of ensembles, with rows that follow what is being built."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, gettext_lazy, ngettext_lazy
from horizon import tables
from horizon.utils import filters

from ensemble_dashboard import words
from ensemble_dashboard.api import ensemble as api


class DrawEnsemble(tables.LinkAction):
    """Opens the page where an ensemble is drawn."""

    name = "draw"
    verbose_name = gettext_lazy("Draw Ensemble")
    url = "horizon:project:ensembles:draw"
    icon = "pencil"


class DeleteEnsemble(tables.DeleteAction):
    """Deletes ensembles after a confirmation that says what goes with them."""

    help_text = gettext_lazy(
        "All servers of an ensemble are deleted with it. Deleted servers are not recoverable."
    )
    default_message_level = "info"

    @staticmethod
    def action_present(count: int) -> words.Text:
        """Give the label of the button."""
        return ngettext_lazy("Delete Ensemble", "Delete Ensembles", count)

    @staticmethod
    def action_past(count: int) -> words.Text:
        """Give the beginning of the message afterwards."""
        return ngettext_lazy(
            "Scheduled deletion of Ensemble", "Scheduled deletion of Ensembles", count
        )

    def allowed(self, _request: HttpRequest, datum: Any = None) -> bool:
        """Offer it unless the ensemble is going already."""
        return datum is None or datum.status != "DELETING"

    def delete(self, request: HttpRequest, obj_id: str) -> None:
        """Ask the API to release the ensemble."""
        api.ensemble_delete(request, obj_id)


class FilterEnsembles(tables.FilterAction):
    """Searches in the API, so that all pages are searched."""

    filter_type = "server"
    filter_choices = (
        ("name", gettext_lazy("Name"), True),
        ("status", gettext_lazy("Status ="), True),
    )


class EnsembleRow(tables.Row):
    """A row that asks for news while its ensemble is on the way somewhere."""

    ajax = True

    def load_cells(self, datum: Any = None) -> None:
        """Keep AngularJS out of the row: Horizon compiles each row that arrives."""
        self.attrs["ng-non-bindable"] = ""
        super().load_cells(datum)

    def get_data(self, request: HttpRequest, obj_id: str) -> Any:
        """Fetch the ensemble anew; not found makes Horizon drop the row."""
        return api.ensemble_get(request, obj_id)


class StatusColumn(tables.Column):
    """Shows the status, and how many members are there already while it is not settled."""

    def get_data(self, datum: Any) -> str:
        """Give the cell's HTML, made of escaped parts."""
        word = words.status(datum.status)
        if datum.status in words.SETTLED:
            return format_html("{}", word)
        progress: Mapping[str, int] = getattr(datum, "progress", None) or {}
        active, total = progress.get("active", 0), progress.get("total", 0)
        if not total:
            return format_html("{}", word)
        return format_html(
            '{}: {}<div class="progress ens-progress" role="progressbar" aria-valuemin="0"'
            ' aria-valuenow="{}" aria-valuemax="{}" aria-label="{}">'
            '<div class="progress-bar progress-bar-striped active" style="width: {}%"></div></div>',
            word,
            gettext("%(active)d of %(total)d") % {"active": active, "total": total},
            active,
            total,
            gettext("Members that are active"),
            round(100 * active / total),
        )


def details_url(datum: Any) -> str:
    """Give the address of the ensemble's page in its project."""
    return reverse("horizon:project:ensembles:detail", args=[datum.id])


class NameColumn(tables.WrappingColumn):
    """The name, exactly as it was given, as a link to the details."""

    def __init__(self, address: Callable[[Any], str], **options: Any) -> None:
        super().__init__("name", verbose_name=gettext_lazy("Name"), **options)
        self.address = address

    def get_data(self, datum: Any) -> str:
        """Give the cell's HTML; Horizon's own links change braces in names."""
        return format_html('<a href="{}">{}</a>', self.address(datum), words.as_it_is(datum.name))


def tier_chips(datum: Any) -> str:
    """List the tiers with their counts, each on its own chip."""
    return format_html_join(
        " ",
        '<span class="ens-chip">{} &times;&nbsp;{}</span>',
        ((tier["name"], tier["count"]) for tier in datum.tiers),
    )


def member_count(datum: Any) -> int:
    """Count the members as planned."""
    return words.size(datum.tiers)


def survival_chips(datum: Any) -> str:
    """Say for each level whether every tier outlives the loss of any one domain of it."""
    levels = getattr(datum, "survives", None) or ()
    if not levels:
        return format_html('<span class="text-muted">{}</span>', gettext("not known yet"))
    return format_html_join(
        " ",
        '<span class="ens-chip {}" title="{}"><span class="fa {}" aria-hidden="true"></span> {}'
        '<span class="sr-only">: {}</span></span>',
        (_survival(item["level"], bool(item["survives"])) for item in levels),
    )


def _survival(level: str, holds: bool) -> tuple[str, str, str, words.Text, str]:
    word = words.level(level)
    if holds:
        sentence = gettext("every tier outlives the loss of any one %(level)s") % {"level": word}
        return "ens-chip-yes", sentence, "fa-check", word, sentence
    sentence = gettext("the loss of one %(level)s can end a tier") % {"level": word}
    return "ens-chip-no", sentence, "fa-times", word, sentence


class EnsemblesTable(tables.DataTable):
    """The ensembles of a project."""

    name = NameColumn(details_url)
    status = StatusColumn(
        "status",
        verbose_name=gettext_lazy("Status"),
        status=True,
        status_choices=(("active", True), ("error", False)),
    )
    tiers = tables.Column(tier_chips, verbose_name=gettext_lazy("Tiers"), sortable=False)
    members = tables.Column(member_count, verbose_name=gettext_lazy("Members"))
    survives = tables.Column(
        survival_chips,
        verbose_name=gettext_lazy("Survives the loss of one"),
        sortable=False,
        help_text=gettext_lazy(
            "Ticked: after the loss of any one host, rack or zone, every tier has a member left."
        ),
    )
    created = tables.Column(
        "created_at",
        verbose_name=gettext_lazy("Age"),
        filters=(filters.parse_isotime, filters.timesince_sortable),
        attrs={"data-type": "timesince"},
    )

    def get_object_by_id(self, lookup: str) -> Any:
        """Find the ensemble also when it is on another page than the table's first."""
        for datum in self.data or ():
            if str(datum.id) == str(lookup):
                return datum
        return api.ensemble_get(self.request, lookup)

    def get_object_display(self, datum: Any) -> str:
        """Name the ensemble in messages and confirmations."""
        return words.inert(datum.name)

    class Meta:
        """What Horizon wants to know about the table."""

        name = "ensembles"
        verbose_name = gettext_lazy("Ensembles")
        status_columns = ("status",)
        row_class = EnsembleRow
        css_classes = "ens-table"
        no_data_message = gettext_lazy("No ensemble here.")
        table_actions: tuple[type, ...] = (FilterEnsembles, DrawEnsemble, DeleteEnsemble)
        row_actions = (DeleteEnsemble,)
