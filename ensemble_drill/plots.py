# SPDX-License-Identifier: Apache-2.0
"""How many members ran at which second, and what each failure would have cost, as SVG."""

import itertools
from collections.abc import Mapping, Sequence
from html import escape

from ensemble_drill.result import Drill, Outcome

METHODS: Mapping[str, str] = {"plain": "#64748b", "groups": "#b45309", "ensemble": "#0f766e"}
WIDE, NARROW = 860, 400  # pictures, for windows of which not all have room for the first
_HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 300, 46, 16, 26, 40
_LETTER = 7  # the width of one
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 21600, 86400)


def running(drill: Drill, width: int = WIDE) -> str:
    """Draw as steps how many members of each method ran after the failure began."""
    most = len(drill.service.members)
    end = max([1.0, *(outcome.running[-1][0] for outcome in drill.outcomes if outcome.running)])

    def across(seconds: float) -> float:
        return _LEFT + seconds / end * (width - _LEFT - _RIGHT)

    def down(count: float) -> float:
        return _HEIGHT - _BOTTOM - count / most * (_HEIGHT - _TOP - _BOTTOM)

    parts = [_open("Members that run, by the second after the failure", width)]
    for count in _ticks(most):
        y = down(count)
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{width - _RIGHT}"/>')
        parts.append(_text(_LEFT - 8, y + 4, str(count), "end"))
    most_marks = width // 80
    step = next((each for each in _STEPS if end / each <= most_marks), _STEPS[-1])
    marks = [number * step for number in range(int(end // step) + 1)]
    parts += [_text(across(each), _HEIGHT - _BOTTOM + 18, f"{each} s") for each in marks]
    parts.append(_text((_LEFT + width) / 2, _HEIGHT - 6, "since the failure began"))
    if drill.noticed_after is not None:
        x = across(drill.noticed_after)
        parts.append(f'<path class="mark" d="M{x:.1f} {_TOP - 8}V{_HEIGHT - _BOTTOM}"/>')
        before_end = x + 17 * _LETTER < width
        at, anchor = (x + 6, "start") if before_end else (x - 6, "end")
        parts.append(_text(at, _TOP - 2, "Nova has noticed", anchor))
    for number, outcome in enumerate(drill.outcomes):
        # Lines that lie on each other are shown beside each other.
        shift = (number - (len(drill.outcomes) - 1) / 2) * 3.5
        points = _steps([(across(at), down(count) + shift) for at, count in outcome.running])
        parts.append(f'<polyline class="line" points="{points}" stroke="{_colour(outcome)}"/>')
    return "".join([*parts, "</svg>"])


def losses(drill: Drill, width: int = WIDE) -> str:
    """Draw as bars how many servers each failure would take, method beside method."""
    level = drill.domain.level
    domains = [each for each in drill.layout.domains(level) if each.name in _named(drill)]
    most = max(1, *(len(each.predicted[d.name].lost) for each in drill.outcomes for d in domains))
    room = (width - _LEFT - _RIGHT) / max(1, len(domains))
    bar = min(34.0, (room - 18) / max(1, len(drill.outcomes)))

    def down(count: float) -> float:
        return _HEIGHT - _BOTTOM - count / most * (_HEIGHT - _TOP - _BOTTOM)

    parts = [_open(f"Servers that the failure of each {level} would take", width)]
    for count in _ticks(most):
        y = down(count)
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{width - _RIGHT}"/>')
        parts.append(_text(_LEFT - 8, y + 4, str(count), "end"))
    for number, domain in enumerate(domains):
        start = _LEFT + number * room + (room - bar * len(drill.outcomes)) / 2
        for place, outcome in enumerate(drill.outcomes):
            loss = outcome.predicted[domain.name]
            x, y = start + place * bar, down(len(loss.lost))
            height = max(1.5, _HEIGHT - _BOTTOM - y)
            kept = "the service is kept" if loss.kept else "the service is lost"
            parts.append(
                f"<g><title>{escape(outcome.title)}, {escape(domain.name)}: {len(loss.lost)} lost, "
                f'{kept}</title><rect x="{x:.1f}" y="{_HEIGHT - _BOTTOM - height:.1f}" '
                f'width="{bar - 3:.1f}" height="{height:.1f}" fill="{_colour(outcome)}"/>'
            )
            if not loss.kept:
                parts.append(_text(x + (bar - 3) / 2, y - 5, "&#10007;", kind="cross"))
            parts.append("</g>")
        name = escape(domain.name)
        kind = "chosen" if domain == drill.domain else "label"
        middle = start + bar * len(drill.outcomes) / 2
        parts.append(_text(middle, _HEIGHT - _BOTTOM + 18, name, kind=kind))
    return "".join([*parts, "</svg>"])


def legend(drill: Drill) -> str:
    """Name the colours of the methods."""
    return "".join(
        f'<span class="key"><i style="background:{_colour(each)}"></i>{escape(each.title)}</span>'
        for each in drill.outcomes
    )


def _named(drill: Drill) -> set[str]:
    return set.intersection(*(set(each.predicted) for each in drill.outcomes))


def _colour(outcome: Outcome) -> str:
    return METHODS.get(outcome.method, "#334155")


def _ticks(most: int) -> Sequence[int]:
    step = next(each for each in (1, 2, 5, 10, 20, 50, 100, 200) if most / each <= 8)
    return range(0, most + 1, step)


def _steps(points: Sequence[tuple[float, float]]) -> str:
    """Give the points of a line that goes across before it goes up or down."""
    found = list(points[:1])
    for before, now in itertools.pairwise(points):
        found += [(now[0], before[1]), now]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in found)


def _open(title: str, width: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_HEIGHT}" role="img" '
        f'class="plot"><title>{escape(title)}</title>'
    )


def _text(x: float, y: float, text: str, anchor: str = "middle", kind: str = "label") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'
