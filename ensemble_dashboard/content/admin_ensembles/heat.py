# SPDX-License-Identifier: Apache-2.0
"""The heat map: all hosts as cells in their racks and zones, coloured by one measure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ensemble_dashboard import words
from ensemble_dashboard.content.admin_ensembles.search import HostSearch

STEPS = 5
# Damage is coloured by the worst that would happen, not by how often.
_DAMAGE = {None: 0, "exposed": 2, "broken": 3, "ended": 5}
NAMED = 120  # up to so many hosts there is room for their names


@dataclass(frozen=True, slots=True)
class Cell:
    """One host: the number it shows, its classes for the style sheet, and all of it in words."""

    name: str
    state: str
    number: int
    css: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Rack:
    """The hosts of one of the smallest domains; `label` names those between it and its zone too."""

    label: str
    url: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Zone:
    """The racks of one of the largest domains."""

    label: str
    url: str
    racks: tuple[Rack, ...]
    hosts: int


@dataclass(frozen=True, slots=True)
class HeatMap:
    """The zones with their cells, and what the colours mean: pairs of step and words."""

    zones: tuple[Zone, ...]
    legend: tuple[tuple[int, str], ...]
    named: bool


def heat_map(summary: Mapping[str, Any], search: HostSearch) -> HeatMap:
    """Draw the summary of the API, leaving out racks in which nothing can be found."""
    groups = [group for group in summary["groups"] if _within(group, search)]
    hosts = [host for group in groups for host in group["hosts"]]
    most = max((host[search.by] for host in hosts), default=0)
    zones: dict[str | None, list[Rack]] = {}
    levels = tuple(search.domains)
    for group in sorted(groups, key=lambda group: [group.get(at) or "" for at in levels[::-1]]):
        cells = tuple(_cell(host, search.by, most) for host in group["hosts"])
        below = [level for level in levels[:-1] if group.get(level)]
        label = " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} ".join(
            group[level] for level in reversed(below)
        )
        chosen = {level: group[level] for level in levels if group.get(level)}
        url = search.within(**chosen) if below else ""
        zone = group.get(levels[-1]) if levels else None
        zones.setdefault(zone, []).append(Rack(label, url, cells))
    drawn = tuple(
        Zone(
            name or "",
            search.within(**{levels[-1]: name}) if name else "",
            tuple(racks),
            sum(len(rack.cells) for rack in racks),
        )
        for name, racks in zones.items()
    )
    return HeatMap(drawn, tuple(_legend(search.by, most)), len(hosts) <= NAMED)


def _within(group: Mapping[str, Any], search: HostSearch) -> bool:
    return all(group.get(level) == name for level, name in search.domains.items() if name)


def step(measure: str, host: Mapping[str, Any], most: int) -> int:
    """Give the strength of a colour, 0 for nothing up to 5."""
    if measure == "damage":
        return _DAMAGE.get(host["worst"], STEPS)
    return -(-host[measure] * STEPS // most) if most else 0


def _cell(host: Mapping[str, Any], measure: str, most: int) -> Cell:
    css = [f"ens-heat-{step(measure, host, most)}", f"is-{slugify(host['state'])}"]
    if measure == "damage" and host["worst"] == "ended":
        css.append("is-ended")
    if not host["found"]:
        css.append("is-dim")
    return Cell(
        name=host["host"],
        state=host["state"],
        number=host[measure],
        css=" ".join(css),
        label=" \N{MIDDLE DOT} ".join(_facts(host)),
        url=reverse("horizon:admin:ensembles:host", args=[host["host"]]),
    )


def _facts(host: Mapping[str, Any]) -> Iterable[str]:
    """Say all about a host in short phrases."""
    yield host["host"]
    yield str(words.state(host["state"]))
    yield ngettext("%(n)d member", "%(n)d members", host["members"]) % {"n": host["members"]}
    if host["members"]:
        of = {"n": host["ensembles"]}
        yield ngettext("%(n)d ensemble", "%(n)d ensembles", host["ensembles"]) % of
        yield damage(host["damage"], host["worst"])


def damage(count: int, worst: str | None) -> str:
    """Say how much a failure would break, and the worst of it."""
    if not count:
        return _("its failure would break nothing")
    given = {"n": count}
    if worst == "ended":
        return ngettext(
            "its failure would break %(n)d promise, and leave a tier with no member",
            "its failure would break %(n)d promises, and leave a tier with no member",
            count,
        ) % given  # fmt: skip
    if worst == "broken":
        return ngettext(
            "its failure would break %(n)d promise at once",
            "its failure would break or use up %(n)d promises",
            count,
        ) % given  # fmt: skip
    return ngettext(
        "its failure would use up %(n)d promise", "its failure would use up %(n)d promises", count
    ) % given  # fmt: skip


def _legend(measure: str, most: int) -> Iterable[tuple[int, str]]:
    if measure == "damage":
        yield 0, _("breaks nothing")
        yield 2, _("uses a promise up")
        yield 3, _("breaks a promise")
        yield 5, _("ends a tier")
        return
    yield 0, "0"
    low = 1
    for strength in range(1, STEPS + 1):
        high = strength * most // STEPS
        if high >= low:
            yield strength, str(high) if high == low else f"{low}\N{EN DASH}{high}"
            low = high + 1
