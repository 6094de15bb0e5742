# SPDX-License-Identifier: Apache-2.0
"""A cloud's hosts with the members on them, as SVG by plain Python."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from html import escape
from string import ascii_lowercase

from ensemble_drill.service import Domain, Layout, Placement, Service

TIERS = ("#2563eb", "#c2410c", "#7c3aed", "#0e7490", "#a16207", "#be185d")
LOST, BACK = "#b42318", "#15803d"
_RACK, _GAP, _HOST, _LINE, _HEAD = 90, 7, 27, 23, 38
_CHIP, _CHIPS = 21, 2  # the width of a member, and how many stand in a line of a host
WIDE, NARROW = 6, 3  # racks in a row
_MANY = 60  # hosts, from which on those without members are left out


@dataclass(frozen=True, slots=True)
class Scene:
    """One moment of a service: who is where, what is down, and who is lost or back again."""

    title: str
    placement: Placement
    down: frozenset[str] = frozenset()
    lost: Collection[str] = ()
    back: Collection[str] = ()


def colours(service: Service) -> Mapping[str, str]:
    """Give a colour to each tier."""
    return {tier.name: TIERS[number % len(TIERS)] for number, tier in enumerate(service.tiers)}


def letters(service: Service) -> Mapping[str, str]:
    """Give each tier a letter of its own, or two where others begin with the same."""
    found: dict[str, str] = {}
    for tier in service.tiers:
        name = tier.name.lower()
        candidates = [name[0], *(f"{name[0]}{other}" for other in name[1:]), *ascii_lowercase]
        found[tier.name] = next(each for each in candidates if each not in found.values())
    return found


def scene(
    shown: Scene,
    layout: Layout,
    service: Service,
    domain: Domain,
    used: Collection[str] = (),
    *,
    across: int = WIDE,
) -> str:
    """Draw the racks, so many `across`, each with its hosts, and on each host its members.

    In a large cloud only hosts are drawn that are `used`, in this scene or others, or have failed.
    """
    members: dict[str, list[str]] = {}
    for name in service.members:
        if name in shown.placement:
            members.setdefault(shown.placement[name], []).append(name)
    chosen = {*used, *members, *domain.hosts} if len(layout.above) > _MANY else set(layout.above)
    racks = [
        (names, drawn)
        for names, hosts in layout.racks()
        if (drawn := [host for host in hosts if host in chosen])
    ]
    parts: list[str] = []
    top = 0
    for first in range(0, len(racks), across):
        row = racks[first : first + across]
        tallest = max(
            sum(_height(len(members.get(host, ()))) for host in hosts) for _, hosts in row
        )
        for number, (names, hosts) in enumerate(row):
            x = _GAP + number * (_RACK + _GAP)
            failed = bool(shown.down) and set(hosts) <= domain.hosts
            parts.append(_rack(x, top, names, tallest, failed=failed))
            y = top + _HEAD
            for host in hosts:
                parts.append(_host(x, y, host, members.get(host, []), shown, service))
                y += _height(len(members.get(host, ())))
        top += _HEAD + tallest + 2 * _GAP
    width = min(len(racks), across) * (_RACK + _GAP) + _GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" role="img" '
        f'class="map"><title>{escape(shown.title)}</title>{"".join(parts)}</svg>'
    )


def _height(members: int) -> int:
    return _HOST + _LINE * max(0, -(-members // _CHIPS) - 1)


def _rack(x: int, top: int, names: tuple[str, ...], height: int, *, failed: bool) -> str:
    kind = "rack failed" if failed else "rack"
    above = " / ".join(names[:-1])
    return (
        f'<rect class="{kind}" x="{x}" y="{top + 3}" width="{_RACK}" height="{_HEAD + height}" '
        'rx="6"/>'
        f'<text class="name" x="{x + 7}" y="{top + 18}">{escape(names[-1])}</text>'
        f'<text class="small" x="{x + 7}" y="{top + 31}">{escape(above)}'
        f"{' &#183; down' if failed else ''}</text>"
    )


def _host(x: int, y: int, host: str, members: list[str], shown: Scene, service: Service) -> str:
    down = host in shown.down
    parts = [
        (
            f'<rect class="host{" down" if down else ""}" x="{x + 4}" y="{y}" width="{_RACK - 8}" '
            f'height="{_height(len(members)) - 4}" rx="3"/>'
        ),
        (
            f'<text class="small{" struck" if down else ""}" x="{x + 8}" y="{y + 16}">'
            f"{escape(host)}</text>"
        ),
    ]
    colour, letter = colours(service), letters(service)
    right = x + _RACK - 5
    for number, name in enumerate(members):
        line, place = divmod(number, _CHIPS)
        across = right - (min(_CHIPS, len(members) - line * _CHIPS) - place) * (_CHIP + 2)
        tier, _, index = name.rpartition("-")
        text = f"{letter[tier]}{index}"
        parts.append(
            _chip(across, y + 3 + line * _LINE, text, name, colour[tier], _state(name, shown))
        )
    return "".join(parts)


def _state(name: str, shown: Scene) -> str:
    if name in shown.back:
        return "back"
    return "lost" if name in shown.lost else "runs"


def _chip(x: int, y: int, text: str, name: str, colour: str, state: str) -> str:
    said = {"runs": "", "lost": ", lost", "back": ", runs again"}[state]
    fill, ink, edge = colour, "#fff", colour
    if state == "lost":
        fill, ink, edge = "#fff", LOST, LOST
    if state == "back":
        edge = BACK
    strike = dashes = ""
    if state == "lost":
        line = f"M{x + 2} {y + 15}L{x + _CHIP - 2} {y + 3}"
        strike = f'<path d="{line}" stroke="{LOST}" stroke-width="1.5"/>'
        dashes = ' stroke-dasharray="3 2"'
    wide = 3 if state == "back" else 1.2
    return (
        f"<g><title>{escape(name)}{said}</title>"
        f'<rect x="{x}" y="{y}" width="{_CHIP}" height="18" rx="4" fill="{fill}" stroke="{edge}" '
        f'stroke-width="{wide}"{dashes}/>'
        f'<text x="{x + _CHIP / 2}" y="{y + 13}" text-anchor="middle" fill="{ink}" '
        f'class="chip">{escape(text)}</text>{strike}</g>'
    )
