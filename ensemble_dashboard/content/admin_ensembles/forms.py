# SPDX-License-Identifier: Apache-2.0
"""The search among the hosts."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ensemble_dashboard import words
from ensemble_dashboard.content.admin_ensembles.search import HostSearch

Choices = list[tuple[str, Any]]


class HostSearchForm(forms.Form):
    """Text, project, ensemble and a domain of each level; what is chosen is always a choice."""

    q = forms.CharField(
        required=False,
        max_length=255,
        label=_("Text in names and IDs"),
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": _("Host, member, ensemble, server ID")}
        ),
    )
    project = forms.CharField(required=False, label=_("Project"), widget=forms.Select)
    ensemble = forms.CharField(required=False, label=_("Ensemble"), widget=forms.Select)
    by = forms.CharField(required=False, widget=forms.HiddenInput)
    sort = forms.CharField(required=False, widget=forms.HiddenInput)
    dir = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, search: HostSearch, summary: Mapping[str, Any], projects: Mapping[str, str]
    ) -> None:
        given = {name: getattr(search, name) for name in ("q", "project", "ensemble", "by", "sort")}
        super().__init__(
            data={**given, "dir": search.direction, **search.domains},
            auto_id="ens-%s",
            label_suffix="",
        )
        owned = summary.get("projects", ())
        offered = [each["project_id"] for each in owned]
        self._offer("project", _("All projects"), _projects(offered, projects), search.project)
        self._offer(
            "ensemble", _("All ensembles"), _ensembles(owned, projects, search), search.ensemble
        )
        for level, chosen in reversed(list(search.domains.items())):
            self.fields[level] = forms.CharField(
                required=False, label=words.level(level).capitalize(), widget=forms.Select
            )
            names = sorted(
                {group[level] for group in summary.get("groups", ()) if group.get(level)}
            )
            self._offer(level, _("All"), [(name, words.as_it_is(name)) for name in names], chosen)
        for field in self.visible_fields():
            field.field.widget.attrs["class"] = "form-control"

    def _offer(self, name: str, everything: Any, choices: Choices, chosen: str) -> None:
        """Give a field its choices; what is chosen but gone stays to be seen."""
        known = {value for each in choices for value in _values(each)}
        if chosen and chosen not in known:
            choices = [(chosen, words.as_it_is(chosen)), *choices]
        self.fields[name].widget.choices = [("", everything), *choices]


def _values(choice: tuple[str, Any]) -> Iterable[str]:
    value, label = choice
    return (inner for inner, _label in label) if isinstance(label, list) else (value,)


def _projects(offered: Iterable[str], names: Mapping[str, str]) -> Choices:
    named = sorted((names.get(each, each), each) for each in offered)
    return [(each, words.as_it_is(name)) for name, each in named]


def _ensembles(
    owned: Iterable[Mapping[str, Any]], names: Mapping[str, str], search: HostSearch
) -> Choices:
    """Give the ensembles in the groups of their projects."""
    groups = []
    for each in owned:
        if search.project in ("", each["project_id"]):
            ensembles = [(one["id"], words.as_it_is(one["name"])) for one in each["ensembles"]]
            groups.append((names.get(each["project_id"], each["project_id"]), ensembles))
    return [(words.as_it_is(name), ensembles) for name, ensembles in sorted(groups)]
