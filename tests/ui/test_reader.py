# SPDX-License-Identifier: Apache-2.0
"""Somebody who may look and plan, and change nothing: what the pages offer."""

import pytest

from tests.cloud.ensembles import Project
from tests.ui.browser import Dashboard
from tests.ui.conftest import PASSWORD
from tests.ui.drawing import DRAW, preview_of

pytestmark = [pytest.mark.cloud, pytest.mark.ui]

INDEX = "/project/ensembles/"


@pytest.fixture
def reader(dashboard: Dashboard) -> Dashboard:
    """Somebody with the role reader alone, in the same project as demo."""
    dashboard.go_on_as("reader", PASSWORD)
    dashboard.driver.execute_script("sessionStorage.clear()")
    return dashboard


def test_a_reader_is_offered_nothing_that_changes_an_ensemble(
    reader: Dashboard, project: Project
) -> None:
    made = project.create(project.body("read", [project.tier("web", 2)]))
    project.wait(made["id"], "ACTIVE")
    reader.open(INDEX)
    row = reader.find(f"tr[data-object-id='{made['id']}']")
    page = reader.text("body")
    for action in ("Draw", "Delete", "Create"):
        assert action not in page
    assert not row.find_elements("css selector", "button")
    assert row.find_element("css selector", "[data-label=Name]").text == "read"
    assert not any(box.is_displayed() for box in reader.all(".multi_select_column"))
    assert reader.text("#ensembles__action_plan") == "Plan Ensemble"

    reader.open(f"{INDEX}{made['id']}/")
    reader.until(lambda: "run where they were planned" in reader.text("[data-live=sentence]"))
    actions = reader.text(".detail-actions")
    assert "YAML and commands" in actions and "Plan another like this" in actions
    assert "Delete" not in actions and "Cancel" not in actions and "Draw" not in actions


def test_a_reader_plans_and_is_told_who_may_create(reader: Dashboard, project: Project) -> None:
    reader.open(INDEX)
    assert "Draw" not in reader.text(".ens-invite")
    reader.click(".ens-invite .btn-primary")
    reader.until(lambda: reader.driver.current_url.endswith(DRAW))
    preview_of(reader, {"web": 2})
    reader.type("#t1-count", "3")
    preview_of(reader, {"web": 3})
    assert not reader.all("#ens-submit")
    assert "You may plan in demo, but not create." in reader.text(".ens-strip")
    # The key that would submit the form does nothing.
    reader.press("#ens-name", "x\n")
    preview_of(reader, {"web": 3})
    assert project.request("GET").json()["ensembles"] == []
