# SPDX-License-Identifier: Apache-2.0
"""All of each page fits into a narrow window, whatever font it is read in."""

from collections.abc import Iterator

import pytest

from tests.cloud.ensembles import Operator, Project
from tests.ui import narrow, states
from tests.ui.browser import Dashboard
from tests.ui.conftest import PASSWORD

pytestmark = [pytest.mark.cloud, pytest.mark.ui]

NARROWEST = 320  # a small telephone, or a window of 1280 at 400 %
WIDTHS = (NARROWEST, 360)


def wrong(page: Dashboard, found: Iterator[str]) -> list[str]:
    """Go through the states, each in the windows of these widths, and give what does not fit."""
    broken = []
    for state in found:
        for width in WIDTHS[::-1]:
            narrow.resize(page, width)
            broken += narrow.too_wide(page, state)
    return broken


def test_the_drawing_fits_a_narrow_window_in_each_state(demo: Dashboard, project: Project) -> None:
    with narrow.window(demo, NARROWEST):
        assert wrong(demo, states.drawings(demo)) == []


def test_the_table_and_the_details_fit_a_narrow_window_in_each_state(
    demo: Dashboard, project: Project, operator: Operator
) -> None:
    with narrow.window(demo, NARROWEST):
        found = states.ensembles(demo, project, lambda: states.failed_build(project, operator))
        assert wrong(demo, found) == []
        demo.go_on_as("admin", PASSWORD)
        assert wrong(demo, states.operators(demo)) == []
