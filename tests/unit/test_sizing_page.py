# SPDX-License-Identifier: Apache-2.0
"""The page about sizing has no figure that was not measured, and no default that is not one."""

import re
from pathlib import Path

import pytest
from oslo_middleware import sizelimit

from ensemble_api import conf

ADMIN = Path(__file__).parents[2] / "doc/admin"
PAGE = (ADMIN / "sizing.md").read_text()
MEASURED = re.compile(r"\[measured\]\(([^)#]+)#([^)]+)\)")
FIGURE = re.compile(r"\d[\d,.]*\d|\d")


def sections() -> list[tuple[str, str]]:
    """What stands from one source to the end of the table after it, and that source."""
    found = []
    for match in MEASURED.finditer(PAGE):
        path, anchor = match[1], match[2]
        rest = PAGE[match.end() :]
        table = re.match(r"[^|#]*?\n\n((?:\|.*\n)+)", rest)
        line = PAGE[PAGE.rfind("\n", 0, match.start()) + 1 :].split("\n")[0]
        rows = table[1] if table else line if line.startswith("|") else ""
        if rows:
            found.append((re.sub(r"\]\([^)]*\)", "", rows), source(path, anchor)))
    return found


def source(path: str, anchor: str) -> str:
    """The section of a page that has this anchor."""
    parts = re.split(r"^## ", (ADMIN / path).read_text(), flags=re.MULTILINE)
    [found] = [
        each
        for each in parts
        if re.sub(r"[^\w\- ]", "", each.split("\n")[0].lower()).replace(" ", "-") == anchor
    ]
    return found


@pytest.mark.parametrize(("rows", "measured"), sections())
def test_each_figure_of_a_table_stands_in_what_was_measured(rows: str, measured: str) -> None:
    figures = set(FIGURE.findall(rows)) - {"95", "100"}
    assert figures
    assert figures <= set(FIGURE.findall(measured)), figures - set(FIGURE.findall(measured))


def test_most_tables_say_where_their_figures_are_from() -> None:
    assert len(sections()) >= 6


def test_defaults_are_those_of_the_options() -> None:
    defaults = {each.dest: each.default for each in conf.OPTIONS}
    defaults |= {each.dest: each.default for each in sizelimit.OPTS}
    rows = re.findall(r"^\| `\[\w+\] (\w+)` \| (\d+) \|", PAGE, re.MULTILINE)
    assert len(rows) >= 6
    for name, default in rows:
        assert int(default) == defaults[name], name
