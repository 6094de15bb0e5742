# SPDX-License-Identifier: Apache-2.0
"""Which ensembles share a rack, a zone or another domain that an operator has chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, ngettext

from ensemble_dashboard import words

NAMED = 12  # members of an ensemble that are named


@dataclass(frozen=True, slots=True)
class Shared:
    """What one ensemble has in the domain; `members` names the first of them."""

    ensemble_id: str
    name: str
    project: str
    count: int
    members: str


@dataclass(frozen=True, slots=True)
class Sharing:
    """The ensembles in a domain, those with most members first, and what to try failures of."""

    title: str
    summary: str
    level: str
    ensembles: tuple[Shared, ...]


def sharing(
    answer: Mapping[str, Any], inside: Mapping[str, str], projects: Mapping[str, str]
) -> Sharing:
    """Read a page of hosts, as the API tells it, by ensembles.

    `inside` is the chosen domain of each level, the smallest level first.
    """
    members: dict[str, list[str]] = {}
    known: dict[str, Mapping[str, Any]] = {}
    hosts, found = answer["hosts"], int(answer["found"])
    for host in hosts:
        for each in host["members"]:
            members.setdefault(str(each["ensemble_id"]), []).append(str(each["name"]))
            known[str(each["ensemble_id"])] = each
    order = sorted(members, key=lambda key: (-len(members[key]), str(known[key]["ensemble_name"])))
    level, place = next(iter(inside.items()))
    title = gettext("Ensembles that share %(place)s")
    return Sharing(
        words.filled(title, {"place": place}),
        _summary(len(order), len(hosts), found),
        level,
        tuple(
            Shared(
                key,
                str(known[key]["ensemble_name"]),
                projects.get(known[key]["project_id"], str(known[key]["project_id"])),
                len(members[key]),
                _names(sorted(members[key])),
            )
            for key in order
        ),
    )


def _summary(ensembles: int, looked_at: int, hosts: int) -> str:
    if not ensembles and looked_at == hosts:
        return gettext("No ensemble has members here.")
    text = ngettext(
        "%(n)s ensemble has members here.", "%(n)s ensembles have members here.", ensembles
    )
    said = words.filled(text, {"n": words.number(ensembles)})
    if looked_at < hosts:
        more = gettext("Only the %(some)s hosts with most members of %(all)s were looked at.")
        some = {"some": words.number(looked_at), "all": words.number(hosts)}
        said = f"{said} {words.filled(more, some)}"
    return said


def _names(names: list[str]) -> str:
    shown = ", ".join(names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} \N{HORIZONTAL ELLIPSIS}"
