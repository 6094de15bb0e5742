# SPDX-License-Identifier: Apache-2.0
"""The table of ensembles, with rows that follow what is being built."""

import copy
import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, gettext_lazy, ngettext, ngettext_lazy
from horizon import exceptions, tables
from horizon.utils import filters
from novaclient import exceptions as nova_exceptions

from ensemble_dashboard import rights, words
from ensemble_dashboard.api import ensemble as api
from ensemble_dashboard.content.ensembles import page_project
from ensemble_dashboard.content.ensembles.search import Search

_BUILT = ("ACTIVE", "DEGRADED")


class DrawEnsemble(tables.LinkAction):
    """Opens the page where an ensemble is drawn."""

    name = "draw"
    verbose_name = gettext_lazy("Draw Ensemble")
    url = "horizon:project:ensembles:draw"
    icon = "pencil"
    policy_rules = rights.rules("create", "plan")


class PlanEnsemble(DrawEnsemble):
    """Opens the same page for somebody who may plan there, and no more."""

    name = "plan"
    verbose_name = gettext_lazy("Plan Ensemble")
    policy_rules = rights.rules("plan")

    def allowed(self, request: HttpRequest, _datum: Any = None) -> bool:
        """Offer it in the place of the other."""
        return not rights.may(request, "create")


class AdoptServers(tables.LinkAction):
    """Opens the page that makes an ensemble of servers that run."""

    name = "adopt"
    verbose_name = gettext_lazy("Adopt Servers")
    url = "horizon:project:ensembles:adopt"
    icon = "plus"
    policy_rules = rights.rules("adopt")


class ChangeEnsemble(tables.LinkAction):
    """Opens the drawing of an ensemble that runs."""

    name = "change"
    verbose_name = gettext_lazy("Change")
    icon = "pencil"
    policy_rules = rights.rules("change")

    def allowed(self, _request: HttpRequest, datum: Any = None) -> bool:
        """Offer it for what is built, while nothing else is done with it."""
        return datum is None or (datum.status in _BUILT and datum.settled)

    def get_link_url(self, datum: Any = None) -> str:
        """Give the address of the drawing."""
        return change_url(datum)


class DrawAnother(tables.LinkAction):
    """Opens the drawing with the tiers and policies of an ensemble."""

    name = "like"
    verbose_name = gettext_lazy("Draw Another")
    icon = "clone"
    policy_rules = rights.rules("create", "plan")

    def get_link_url(self, datum: Any = None) -> str:
        """Give the address of the drawing; none is asked for without an ensemble."""
        return like_url(datum)


class PlanAnother(DrawAnother):
    """Opens the same drawing for somebody who may plan it, and no more."""

    name = "plan_like"
    verbose_name = gettext_lazy("Plan Another")
    policy_rules = rights.rules("plan")

    def allowed(self, request: HttpRequest, _datum: Any = None) -> bool:
        """Offer it in the place of the other."""
        return not rights.may(request, "create")


class _OfEach(rights.OfProject, tables.BatchAction):
    """Something that is done with each of the ensembles chosen, after a confirmation."""

    action_type = "danger"  # these are what Horizon has confirmed
    default_message_level = "info"
    refused: words.Text  # what is said of one with which it cannot be done, with its reason

    def action(self, request: HttpRequest, obj_id: str) -> None:
        """Ask the API; say of each that it refuses why."""
        try:
            self.ask(request, obj_id)
        except nova_exceptions.ClientException as error:
            if isinstance(error, nova_exceptions.Unauthorized):
                raise
            values = {
                "name": self.table.get_object_display(self.table.get_object_by_id(obj_id)),
                "reason": words.not_interpolated(str(error.message or error)),
            }
            told = str(self.refused) % values
            exceptions.handle(request, told, escalate=True, details="")

    def ask(self, request: HttpRequest, obj_id: str) -> None:
        """Ask the API to do it."""
        raise NotImplementedError


class DeleteEnsemble(_OfEach):
    """Deletes ensembles after a confirmation that says what goes with them."""

    name = "delete"
    icon = "trash"
    help_text = gettext_lazy(
        "All servers of an ensemble are deleted with it. Deleted servers are not recoverable."
    )
    policy_rules = rights.rules("delete")
    refused = gettext_lazy("“%(name)s” is not deleted: %(reason)s")

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

    def ask(self, request: HttpRequest, obj_id: str) -> None:
        """Ask the API to release everything that the ensemble holds."""
        api.ensemble_delete(request, obj_id)


class ReleaseEnsemble(_OfEach):
    """Gives an ensemble up after a confirmation that says what stays."""

    name = "release"
    icon = "unlink"
    help_text = gettext_lazy(
        "All its servers stay as they are, as plain servers. Its policies are not kept any more."
    )
    policy_rules = rights.rules("release")
    refused = gettext_lazy("“%(name)s” is not released: %(reason)s")

    @staticmethod
    def action_present(count: int) -> words.Text:
        """Give the label of the button."""
        return ngettext_lazy("Release Servers", "Release Servers", count)

    @staticmethod
    def action_past(count: int) -> words.Text:
        """Give the beginning of the message afterwards."""
        return ngettext_lazy("Released the servers of", "Released the servers of", count)

    def allowed(self, _request: HttpRequest, datum: Any = None) -> bool:
        """Offer it for what is built, while nothing else is done with it."""
        return datum is None or (datum.status in _BUILT and datum.settled)

    def ask(self, request: HttpRequest, obj_id: str) -> None:
        """Ask the API to forget the ensemble."""
        api.ensemble_release(request, obj_id)


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


# The sign beside a status: a shape, since colour alone tells nobody anything; lines on a square of
# 16 by 16, as the page's script draws them, because the themes' icon fonts differ.
_CIRCLE = "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13z"
_SIGNS = {
    "ACTIVE": _CIRCLE + "M4.8 8.2l2.3 2.3 4.2-4.6",
    "DEGRADED": "M8 1.8l6.6 12H1.4zM8 6v4M8 12v.1",
    "ERROR": _CIRCLE + "M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8",
}
_ON_THE_WAY = "M4 2h8M4 14h8M5.5 2v3L8 8l2.5-3V2M5.5 14v-3L8 8l2.5 3v3"


class StatusColumn(tables.Column):
    """Shows the status, and how many members are there while it is not settled."""

    def get_data(self, datum: Any) -> str:
        """Give the cell's HTML, made of escaped parts."""
        said = format_html(
            '<span class="ens-status-{}"><svg class="ens-icon" viewBox="0 0 16 16"'
            ' focusable="false" aria-hidden="true"><path d="{}"/></svg> {}</span>',
            str(datum.status).lower(),
            _SIGNS.get(datum.status, _ON_THE_WAY),
            datum.status_label,
        )
        if datum.degraded:
            return said + _what_does_not_hold(datum)
        done, total = datum.progress["done"], datum.progress["total"]
        if datum.settled or not total:
            return said
        return format_html(
            '{}<span class="ens-count">{}</span>'
            '<div class="progress ens-progress" role="progressbar" aria-valuemin="0"'
            ' aria-valuenow="{}" aria-valuemax="{}" aria-label="{}">'
            '<div class="progress-bar progress-bar-striped active" style="width: {}%"></div></div>',
            said,
            datum.progress["message"],
            done,
            total,
            datum.progress["message"],
            round(100 * done / total),
        )


def _what_does_not_hold(datum: Any) -> str:
    """Say the first thing that does not hold, and how many more; beside it all, and their age."""
    first, *more = (words.not_interpolated(each["message"]) for each in datum.degraded["reasons"])
    age = words.as_of(datum.observed_at)
    others = ""
    if more:
        count = len(more)
        told = ngettext("And %(count)s more.", "And %(count)s more.", count) % {"count": count}
        others = format_html('<span class="ens-count">{}</span>', told)
    return format_html(
        '<span class="ens-count" title="{}">{}</span>{}',
        "\n".join([first, *more, age]),
        first,
        others,
    )


def like_url(datum: Any) -> str:
    """Give the address of a drawing that begins with what this ensemble is."""
    return f"{reverse('horizon:project:ensembles:draw')}?{urlencode({'like': datum.id})}"


def change_url(datum: Any) -> str:
    """Give the address of the drawing of this ensemble."""
    return reverse("horizon:project:ensembles:change", args=[datum.id])


def details_url(datum: Any) -> str:
    """Give the address of the ensemble's page in its project."""
    return reverse("horizon:project:ensembles:detail", args=[datum.id])


class NameColumn(tables.WrappingColumn):
    """The name, exactly as it was given, as a link to the details."""

    def __init__(self, address: Callable[[Any], str], **options: Any) -> None:
        super().__init__("name", verbose_name=gettext_lazy("Name"), sortable=False, **options)
        self.address = address

    def get_data(self, datum: Any) -> str:
        """Give the cell's HTML; Horizon's own links change braces in names."""
        return format_html(
            '<a title="{}" href="{}">{}</a>',
            words.as_it_is(datum.name),
            self.address(datum),
            words.as_it_is(datum.name),
        )


def tier_chips(datum: Any) -> str:
    """List the tiers, each on its own chip: how many members it has, and how many of them run."""
    return format_html_join(" ", '<span class="ens-chip{}" title="{}">{} {}</span>', _tiers(datum))


def _tiers(datum: Any) -> Iterator[tuple[str, str, str, str]]:
    for tier in datum.standing:
        running, count = tier["running"], tier["count"]
        if running == count:
            number, mark = f"\N{MULTIPLICATION SIGN}\N{NO-BREAK SPACE}{count}", ""
        else:
            # What is on its way there or away is no trouble: the status tells how far it is.
            number, mark = _of(running, count), "" if not datum.settled else " ens-chip-lacks"
        yield mark, tier["message"], tier["tier"], number


def _of(running: int, count: int) -> str:
    return words.filled(gettext("%(running)d of %(count)d"), {"running": running, "count": count})


def member_count(datum: Any) -> str:
    """Count the members, and those that run where that is not all of them."""
    running, count = (sum(each[key] for each in datum.standing) for key in ("running", "count"))
    return words.number(count) if running == count else _of(running, count)


_LEAVING = ("ROLLING_BACK", "DELETING")  # of what is being removed nothing is to survive


def survival_chips(datum: Any) -> str:
    """Say for each level in one word what the loss of any one domain of it leaves."""
    levels = datum.survives
    if datum.status in _LEAVING:
        return format_html('<span class="text-muted">{}</span>', gettext("being removed"))
    if not levels:
        dash = '<span class="text-muted" aria-hidden="true">&ndash;</span>'
        return format_html(dash + '<span class="sr-only">{}</span>', gettext("nothing stays"))
    return format_html_join(
        " ",
        '<span class="ens-chip ens-chip-{}" title="{}"><span class="fa {}" aria-hidden="true">'
        '</span> {}: {}<span class="sr-only"> ({})</span></span>',
        (_survival(each, planned=datum.status not in _BUILT) for each in levels),
    )


_OUTCOME_ICONS = {"works": "fa-check", "degraded": "fa-exclamation-triangle"}


def _survival(item: Mapping[str, Any], *, planned: bool) -> tuple[str, str, str, str, str, str]:
    state = str(item["state"])
    icon = _OUTCOME_ICONS.get(state, "fa-times")
    message = str(item["message"])
    if planned:
        message = gettext("As planned: %(message)s") % {"message": message}
    return state, message, icon, item["level_label"], item["label"], message


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
            DeleteEnsemble,
        )
        row_actions: tuple[type, ...] = (
            ChangeEnsemble,
            DrawAnother,
            PlanAnother,
            ReleaseEnsemble,
            DeleteEnsemble,
        )
