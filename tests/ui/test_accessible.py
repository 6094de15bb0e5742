# SPDX-License-Identifier: Apache-2.0
"""axe-core finds nothing on any of our pages in any state, in a light, another and a dark theme."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud.ensembles import Operator, Project
from tests.ui import axe, states, themes
from tests.ui.browser import Dashboard
from tests.ui.conftest import PASSWORD

pytestmark = [pytest.mark.cloud, pytest.mark.ui]

THEMES = ("default", "material", "dark")


@pytest.fixture
def page(driver: Any, second_url: str, sessions: Any) -> Dashboard:
    """A member of the project at the second dashboard, which has a dark theme.

    Some states are made of answers that never come.
    """
    shown = Dashboard(driver, second_url, sessions)
    shown.go_on_as("demo", PASSWORD)
    return shown


def wrong(page: Dashboard, found: Iterator[str]) -> list[str]:
    """Go through the states and give all that is wrong in any of them, in any theme."""
    sheets = themes.sheets(page, THEMES, "/project/ensembles/")
    broken = []
    for state in found:
        for theme, hrefs in sheets.items():
            themes.use(page, hrefs)
            broken += [f"{state} in {theme}: {each}" for each in axe.violations(page)]
    return broken


def test_the_drawing_is_accessible_in_each_state(page: Dashboard, project: Project) -> None:
    assert wrong(page, states.drawings(page)) == []


def test_the_table_and_the_details_are_accessible_in_each_state(
    page: Dashboard, project: Project, operator: Operator
) -> None:
    found = states.ensembles(page, project, lambda: states.failed_build(project, operator))
    assert wrong(page, found) == []
    page.go_on_as("admin", PASSWORD)
    assert wrong(page, states.operators(page)) == []
