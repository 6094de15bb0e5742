# SPDX-License-Identifier: Apache-2.0
"""A name as long as the API allows takes its place and no more, at each width of a tablet."""

import pytest

from tests.cloud.ensembles import Project
from tests.ui import narrow
from tests.ui.browser import Dashboard
from tests.ui.conftest import PASSWORD

pytestmark = [pytest.mark.cloud, pytest.mark.ui]

NAME = "billing-" + "x" * 242
WIDTHS = (768, 1024)
_TALL = "return document.querySelector(arguments[0]).getBoundingClientRect().height"


def test_a_long_name_and_a_tablet_leave_room_for_the_rest(
    demo: Dashboard, project: Project
) -> None:
    made = project.create(project.body(NAME, [project.tier("web", 1), project.tier("db", 1)]))
    project.wait(made["id"], "ACTIVE")
    broken = []
    pages = ["/project/ensembles/", f"/project/ensembles/{made['id']}/"]
    with narrow.window(demo, 768):
        for path in pages:
            for width in WIDTHS:
                narrow.resize(demo, width)
                demo.open(path)
                broken += narrow.too_wide(demo, path)
        assert demo.driver.execute_script(_TALL, ".ens-detail-header h1") < 120
        narrow.resize(demo, 1024)
        demo.open(pages[0])
        assert demo.driver.execute_script(_TALL, ".ens-table td a[title]") < 80
        demo.go_on_as("admin", PASSWORD)
        for path in ("/admin/ensembles/all/", "/admin/ensembles/"):
            for width in WIDTHS:
                narrow.resize(demo, width)
                demo.open(path)
                broken += narrow.too_wide(demo, path)
    assert broken == []
