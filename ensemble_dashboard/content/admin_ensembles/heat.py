# SPDX-License-Identifier: Apache-2.0
"""The heat map: all hosts as cells in their racks and zones, coloured by one measure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ensemble_dashboard import words
from ensemble_dashboard.api.host_impact import Usage
from ensemble_dashboard.content.admin_ensembles.search import HostSearch

NO_USAGE: Final[Mapping[str, Usage]] = {}
STEPS = 5
# The impact is coloured by the worst that would happen, not by how often.
_IMPACT = {None: 0, "unprotected": 1, "exposed": 2, "broken": 3, "ended": 5}
NAMED = 120  # up to so many hosts there is room for their names
MOST = 1000  # hosts that are drawn one by one; beyond that, each rack is one cell


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
    hosts: int
    domain: Mapping[str, str]  # its names by level, empty where it has none


@dataclass(frozen=True, slots=True)
class Zone:
    """The racks of one of the largest domains."""

    label: str
    url: str
    racks: tuple[Rack, ...]
    hosts: int
    domain: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """The zones with their cells, and what the colours mean: pairs of step and words.

    `folded` is whether each rack is one cell, in the colour of its worst host.
    """

    zones: tuple[Zone, ...]
    legend: tuple[tuple[int, str], ...]
    named: bool
    folded: bool = False


def heat_map(
    summary: Mapping[str, Any], search: HostSearch, usage: Mapping[str, Usage] = NO_USAGE
) -> HeatMap:
    """Draw the summary of the API, leaving out racks in which nothing can be found.

    `usage` is needed where it is what the colours mean.
    """
    groups = [
        {**group, "hosts": [_with_usage(host, usage) for host in group["hosts"]]}
        for group in summary["groups"]
        if _within(group, search)
    ]
    hosts = [host for group in groups for host in group["hosts"]]
    folded = len(hosts) > MOST
    most = (
        100
        if search.by == "usage"
        else max((_number(host, search.by) for host in hosts), default=0)
    )
    zones: dict[str | None, list[Rack]] = {}
    levels = tuple(search.domains)
    for group in sorted(groups, key=lambda group: [group.get(at) or "" for at in levels[::-1]]):
        below = [level for level in levels[:-1] if group.get(level)]
        label = " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} ".join(
            group[level] for level in reversed(below)
        )
        chosen = {level: group[level] for level in levels if group.get(level)}
        url = search.within(**chosen) if below else ""
        if folded and url:
            cells: tuple[Cell, ...] = (_folded(group["hosts"], label, url, search.by, most),)
        else:
            cells = tuple(_cell(host, search.by, most) for host in group["hosts"])
        zone = group.get(levels[-1]) if levels else None
        zones.setdefault(zone, []).append(
            Rack(label, url, cells, len(group["hosts"]), chosen if url else {})
        )
    drawn = tuple(
        Zone(
            name or "",
            search.within(**{levels[-1]: name}) if name else "",
            tuple(racks),
            sum(rack.hosts for rack in racks),
            {levels[-1]: name} if name else {},
        )
        for name, racks in zones.items()
    )
    return HeatMap(drawn, tuple(_legend(search.by, most)), len(hosts) <= NAMED, folded)


def _with_usage(host: Mapping[str, Any], usage: Mapping[str, Usage]) -> Mapping[str, Any]:
    known = usage.get(host["host"])
    return {**host, "usage": known.percent, "used": known} if known else {**host, "usage": 0}


def _folded(
    hosts: Sequence[Mapping[str, Any]], label: str, url: str, measure: str, most: int
) -> Cell:
    """Give one cell for all hosts of a rack, which shows the worst of them."""
    worst = max(hosts, key=lambda host: (step(measure, host, most), host["state"] == "down"))
    down = sum(host["state"] == "down" for host in hosts)
    count = len(hosts)
    facts = [label, _filled(ngettext("%(n)d host", "%(n)d hosts", count), count)]
    if down:
        facts.append(_filled(ngettext("%(n)d is down", "%(n)d are down", down), down))
    members = sum(host["members"] for host in hosts)
    facts.append(_filled(ngettext("%(n)d member", "%(n)d members", members), members))
    css = [f"ens-heat-{step(measure, worst, most)}", "is-down" if down else "is-up"]
    if not any(host["found"] for host in hosts):
        css.append("is-dim")
    return Cell(
        name=label,
        state="down" if down else "up",
        number=_number(worst, measure),
        css=" ".join(css),
        label=" \N{MIDDLE DOT} ".join(facts),
        url=url,
    )


def _within(group: Mapping[str, Any], search: HostSearch) -> bool:
    return all(group.get(level) == name for level, name in search.domains.items() if name)


def step(measure: str, host: Mapping[str, Any], most: int) -> int:
    """Give the strength of a colour, 0 for nothing up to 5."""
    if measure == "impact":
        return _IMPACT.get(host["worst"], STEPS)
    return min(STEPS, -(-_number(host, measure) * STEPS // most)) if most else 0


def _number(host: Mapping[str, Any], measure: str) -> int:
    """Give what the cell of a host shows; of its impact what breaks of what somebody asked for."""
    return broken(host["impact"]) if measure == "impact" else int(host[measure])


def _cell(host: Mapping[str, Any], measure: str, most: int) -> Cell:
    css = [f"ens-heat-{step(measure, host, most)}", f"is-{slugify(host['state'])}"]
    if measure == "impact" and host["worst"] in ("ended", "unprotected"):
        css.append(f"is-{host['worst']}")
    if not host["found"]:
        css.append("is-dim")
    return Cell(
        name=host["host"],
        state=host["state"],
        number=_number(host, measure),
        css=" ".join(css),
        label=" \N{MIDDLE DOT} ".join(_facts(host)),
        url=reverse("horizon:admin:ensembles:host", args=[host["host"]]),
    )


def _facts(host: Mapping[str, Any]) -> Iterable[str]:
    """Say all about a host in short phrases."""
    yield host["host"]
    yield str(words.state(host["state"]))
    members, ensembles = host["members"], host["ensembles"]
    yield _filled(ngettext("%(n)d member", "%(n)d members", members), members)
    if members:
        yield _filled(ngettext("%(n)d ensemble", "%(n)d ensembles", ensembles), ensembles)
        yield host["impact_message"]
    if "used" in host:
        used = host["used"]
        text = _("%(vcpus_used)s of %(vcpus)s vCPU, %(memory_used)s of %(memory)s MB in use")
        yield words.filled(
            text, {name: words.number(value) for name, value in asdict(used).items()}
        )


def _filled(text: str, count: int) -> str:
    return words.filled(text, {"n": count})


def broken(impact: Mapping[str, int]) -> int:
    """Count what a failure breaks of what somebody asked for."""
    return sum(impact.get(effect, 0) for effect in ("ended", "broken", "exposed"))


def _legend(measure: str, most: int) -> Iterable[tuple[int, str]]:
    if measure == "impact":
        yield 0, _("breaks nothing")
        yield 1, _("nothing was asked of what ends")
        yield 2, _("uses a promise up")
        yield 3, _("breaks a promise")
        yield 5, _("ends a tier")
        return
    unit = "\N{NO-BREAK SPACE}%" if measure == "usage" else ""
    yield 0, f"0{unit}"
    low = 1
    for strength in range(1, STEPS + 1):
        high = strength * most // STEPS
        if high >= low:
            first, last = words.number(low), words.number(high)
            yield strength, (last if high == low else f"{first}\N{EN DASH}{last}") + unit
            low = high + 1
