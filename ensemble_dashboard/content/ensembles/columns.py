# SPDX-License-Identifier: Apache-2.0
"""The columns of the table of ensembles: what stands in the cell of each."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, gettext_lazy, ngettext
from horizon import tables

from ensemble_dashboard import words
from ensemble_dashboard.api import ensemble as api

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
        (_survival(each, planned=datum.status not in api.BUILT) for each in levels),
    )


_OUTCOME_ICONS = {"works": "fa-check", "degraded": "fa-exclamation-triangle"}


def _survival(item: Mapping[str, Any], *, planned: bool) -> tuple[str, str, str, str, str, str]:
    state = str(item["state"])
    icon = _OUTCOME_ICONS.get(state, "fa-times")
    message = str(item["message"])
    if planned:
        message = gettext("As planned: %(message)s") % {"message": message}
    return state, message, icon, item["level_label"], item["label"], message
