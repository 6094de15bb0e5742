# SPDX-License-Identifier: Apache-2.0
"""Draw build/bench/planner.json: `python tests/bench/plot_planner.py FILE.svg`."""

import json
import math
import sys
from pathlib import Path

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 64, 130, 24, 48
LOW, HIGH = 1.0, 2000.0  # milliseconds
COLOURS = {6: "#7a5195", 20: "#00688b", 100: "#bc5090", 500: "#c46100"}
HOSTS = (24, 200, 1000, 10_000)


def across(hosts: int) -> float:
    """Give the place of a number of hosts, on a logarithmic scale."""
    share = math.log(hosts / HOSTS[0]) / math.log(HOSTS[-1] / HOSTS[0])
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def down(milliseconds: float) -> float:
    """Give the place of a time, on a logarithmic scale."""
    share = math.log(min(max(milliseconds, LOW), HIGH) / LOW) / math.log(HIGH / LOW)
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def drawing(rows: list[dict[str, float]]) -> str:
    """Give the drawing: p50 as a line, p95 dashed, one colour for each number of members."""
    parts = [
        f'<path d="M{LEFT} {down(time):.1f}H{WIDTH - RIGHT}" stroke="#d0d0d0"/>'
        f'<text x="{LEFT - 8}" y="{down(time) + 4:.1f}" text-anchor="end">{time} ms</text>'
        for time in (1, 10, 100, 1000)
    ]
    for hosts in HOSTS:
        place = f'x="{across(hosts):.1f}" y="{HEIGHT - BOTTOM + 20}"'
        parts.append(f'<text {place} text-anchor="middle">{hosts:,}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">hosts</text>')
    for number, (members, colour) in enumerate(COLOURS.items()):
        own = sorted((r for r in rows if r["members"] == members), key=lambda r: r["hosts"])
        for name, dash in (("p50_ms", ""), ("p95_ms", ' stroke-dasharray="5 4"')):
            points = " ".join(f"{across(int(r['hosts'])):.1f},{down(r[name]):.1f}" for r in own)
            parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}"{dash}/>')
            for point in points.split():
                x, y = point.split(",")
                parts.append(f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>')
        place = f'x="{WIDTH - RIGHT + 16}" y="{TOP + 16 + 20 * number}"'
        parts.append(f'<text {place} fill="{colour}">{members} members</text>')
    legend = f'x="{WIDTH - RIGHT + 16}" y="{TOP + 16 + 20 * len(COLOURS)}"'
    parts.append(f"<text {legend}>dashed: p95</text>")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="sans-serif" font-size="12" stroke-width="2">'
        "<title>Time of one plan against the number of hosts</title>"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
        f'<g stroke-width="2">{"".join(parts)}</g></svg>\n'
    )


if __name__ == "__main__":
    rows = json.loads(Path("build/bench/planner.json").read_text())
    measured = [row for row in rows if "tiers" not in row]
    Path(sys.argv[1]).write_text(drawing(measured))
