# SPDX-License-Identifier: Apache-2.0
"""The pages in the language and the time zone of Horizon's settings, by server and script alike."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.cloud.ensembles import Operator, Project
from tests.ui import narrow
from tests.ui.browser import Dashboard
from tests.ui.conftest import PASSWORD
from tests.ui.drawing import DRAW, drawing

pytestmark = [pytest.mark.cloud, pytest.mark.ui]

ZONE = "Asia/Kathmandu"  # 5:45 ahead: neither the browser's time nor whole hours away from it
MANY = 12_000  # more than anybody's quota to begin with


@pytest.fixture
def german(dashboard: Dashboard) -> Dashboard:
    """A member who has chosen German and a time zone far from the browser's, in this session."""
    demo = dashboard
    demo.log_in("demo", PASSWORD)
    demo.driver.execute_script("sessionStorage.clear()")
    demo.open("/settings/")
    for field, value in (("language", "de"), ("timezone", ZONE)):
        # The theme hides the list itself behind one of its own.
        demo.driver.execute_script(
            "arguments[0].value = arguments[1]", demo.find(f"select[name={field}]"), value
        )
    demo.driver.execute_script("document.querySelector('form#user_settings_modal').submit()")
    demo.until(lambda: ZONE in (demo.driver.get_cookie("django_timezone") or {}).get("value", ""))
    return demo


@pytest.fixture
def large_quota(project: Project, operator: Operator) -> Iterator[None]:
    """Room in demo's quota for so many instances that their number has a separator."""
    compute, project_id = operator.connection.compute, project.connection.current_project_id
    before = compute.get_quota_set(project_id).instances
    compute.update_quota_set(project_id, instances=MANY)
    yield
    compute.update_quota_set(project_id, instances=before)


def test_server_and_script_tell_the_same_moment_alike(german: Dashboard, project: Project) -> None:
    made = project.create(project.body("hours", [project.tier("web", 1)]))
    built = project.wait(made["id"], "ACTIVE")
    created = datetime.fromisoformat(built["created_at"]).replace(tzinfo=UTC)
    there = created.astimezone(ZoneInfo(ZONE))
    german.open(f"/project/ensembles/{made['id']}/")
    by_server = german.text(".ens-about time")
    assert f"{there:%H:%M}" in by_server and str(there.year) in by_server
    # Which may be of the next second.
    at = min(each["at"] for each in built["events"])
    there = datetime.fromisoformat(at).replace(tzinfo=UTC).astimezone(ZoneInfo(ZONE))
    first = german.find(f"[data-live=events] time[datetime='{at}']")
    by_script = first.get_attribute("title") or ""
    assert by_script.startswith(f"{there:%d.%m.%Y}") and f"{there:%H:%M:%S}" in by_script
    assert first.text.startswith("vor "), "how long ago it was is German too"


def test_the_bar_above_the_drawing_keeps_its_height_however_long_a_step_is(
    german: Dashboard,
) -> None:
    height = "return document.querySelector('.ens-toolbar').getBoundingClientRect().height"
    with narrow.window(german, 1280):
        german.open(DRAW)
        drawing(german, "fits")
        before = german.driver.execute_script(height)
        # Each is a step with its own words, the last of them with a name of 32 letters.
        german.click("#ens-add-tier")
        german.type("#t1-name", "w" * 32)
        german.type("#t1-count", "3")
        german.type("#t1-name", "x" * 32)
        assert german.text("#ens-undo") != ""
        assert german.driver.execute_script(height) == before
        german.click("#ens-undo")
        german.click("#ens-undo")
        assert german.driver.execute_script(height) == before
    assert before < 50, "one line of buttons"


def test_numbers_have_the_separators_of_the_language(german: Dashboard, large_quota: None) -> None:
    german.open(DRAW)
    drawing(german, "fits")
    german.until(lambda: "12.000" in german.text("[data-quota=instances]"))
