# SPDX-License-Identifier: Apache-2.0
"""Each page in each state is accessible in every theme, and fits into a narrow window.

A state takes seconds to make, so that it is made once, and all is looked at there. It is made in
the narrowest window: what is needed for it can be reached in it.
"""

from collections.abc import Iterator

import pytest

from tests.cloud.ensembles import Operator, Project
from tests.ui import axe, narrow, states, themes
from tests.ui.browser import Dashboard
from tests.ui.conftest import PASSWORD

pytestmark = [pytest.mark.cloud, pytest.mark.ui]

THEMES = ("default", "material", "dark")
NARROWEST = 320  # a small telephone, or a window of 1280 at 400 %
WIDTHS = (360, NARROWEST)
WIDE = 1280


def wrong(page: Dashboard, found: Iterator[str]) -> list[str]:
    """Go through the states and give all that is wrong in any of them."""
    sheets = themes.sheets(page, THEMES, "/project/ensembles/")
    broken = []
    for state in found:
        for width in WIDTHS:
            narrow.resize(page, width)
            broken += narrow.too_wide(page, state)
        narrow.resize(page, WIDE)
        narrow.restore_fonts(page)
        for theme, hrefs in sheets.items():
            themes.use(page, hrefs)
            rules = None if theme == THEMES[0] else axe.OF_A_THEME
            broken += [f"{state} in {theme}: {each}" for each in axe.violations(page, rules)]
        themes.use(page, sheets[THEMES[0]])
        narrow.resize(page, NARROWEST)
    return broken


def test_the_drawing_in_each_state(second: Dashboard, project: Project) -> None:
    with narrow.window(second, NARROWEST):
        assert wrong(second, states.drawings(second)) == []
    second.severe()  # some states are made of answers that never come


def test_the_table_and_the_details_in_each_state(
    second: Dashboard, project: Project, operator: Operator
) -> None:
    with narrow.window(second, NARROWEST):
        found = states.ensembles(second, project, lambda: states.failed_build(project, operator))
        assert wrong(second, found) == []
        second.go_on_as("admin", PASSWORD)
        assert wrong(second, states.operators(second)) == []
    second.severe()
