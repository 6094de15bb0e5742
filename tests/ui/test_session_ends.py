# SPDX-License-Identifier: Apache-2.0
"""A page that stays open while its session ends: what it says, and that it goes on afterwards."""

import pytest

from tests.cloud.ensembles import Project
from tests.ui.browser import Dashboard, in_another_tab
from tests.ui.conftest import PASSWORD
from tests.ui.drawing import DRAW, drawing, members, preview_of

pytestmark = [pytest.mark.cloud, pytest.mark.ui]

BUILD_SECONDS = 240


def _sign_in(page: Dashboard) -> None:
    """Fill in the form that is shown."""
    for name, text in (("username", "demo"), ("password", PASSWORD)):
        page.press(f"[name={name}]", text)
    page.click("#loginBtn")
    page.until(lambda: "/auth/login" not in page.driver.current_url)


def test_a_drawing_goes_on_after_a_sign_in_in_another_tab(
    demo: Dashboard, project: Project
) -> None:
    demo.open(DRAW)
    preview_of(demo, {"web": 2})
    demo.type("#ens-name", "again")
    with in_another_tab(demo):
        demo.log_in("demo", PASSWORD)
    # A plan that was asked for just then had no session.
    assert all("401" in each for each in demo.severe())
    demo.type("#t1-count", "3")
    preview_of(demo, {"web": 3})
    demo.click("#ens-submit")
    demo.until(lambda: "/draw" not in demo.driver.current_url)
    assert [each["name"] for each in project.request("GET").json()["ensembles"]] == ["again"]


def test_a_drawing_offers_to_sign_in_and_is_there_afterwards(demo: Dashboard) -> None:
    demo.open(DRAW)
    preview_of(demo, {"web": 2})
    demo.type("#ens-name", "kept")
    demo.end_session()
    demo.type("#t1-count", "4")
    drawing(demo, "error")
    assert "Your session has ended." in demo.text("#ens-verdict")
    assert "Nothing drawn here is lost." in demo.text("#ens-verdict")
    demo.expect_only(401)
    demo.click("#ens-verdict a")
    _sign_in(demo)
    demo.until(lambda: demo.driver.current_url.endswith(DRAW))
    preview_of(demo, {"web": 4})
    assert demo.attribute("#ens-name", "value") == "kept"


def test_a_drawing_that_comes_back_to_the_front_after_a_sign_in_is_planned_again(
    demo: Dashboard,
) -> None:
    demo.open(DRAW)
    preview_of(demo, {"web": 2})
    demo.end_session()
    demo.type("#t1-count", "4")
    drawing(demo, "error")
    demo.expect_only(401)
    with in_another_tab(demo):
        demo.log_in("demo", PASSWORD)
    preview_of(demo, {"web": 4})


def test_the_page_of_an_ensemble_says_so_too_and_can_delete_after_a_sign_in(
    demo: Dashboard, project: Project
) -> None:
    made = project.create(project.body("stays", [project.tier("web", 1)]))
    demo.open(f"/project/ensembles/{made['id']}/")
    demo.until(lambda: demo.attribute("#ens-details", "data-status") == "ACTIVE", BUILD_SECONDS)
    demo.end_session()
    demo.click("[data-act=remove]")
    demo.click(".ens-dialog .btn-danger")
    demo.until(lambda: "Your session has ended." in demo.text(".ens-dialog [role=alert]"))
    link = demo.attribute(".ens-dialog [role=alert] a", "href")
    assert link is not None and link.endswith(f"?next=%2Fproject%2Fensembles%2F{made['id']}%2F")
    demo.expect_only(401)
    with in_another_tab(demo):
        demo.log_in("demo", PASSWORD)
    demo.click(".ens-dialog .btn-danger")
    demo.until(lambda: "“stays” is deleted" in demo.text(".messages"), BUILD_SECONDS)
    demo.expect_only(404)  # the last question, by which the page knew


def test_a_form_in_the_drawing_keeps_what_was_typed_when_the_session_ends(
    demo: Dashboard,
) -> None:
    """The window for a text says it as well, and closing it loses nothing."""
    demo.open(DRAW)
    preview_of(demo, {"web": 2})
    demo.end_session()
    demo.click("#ens-import-open")
    demo.type("#ens-yaml", "name: x")
    demo.until(lambda: demo.is_enabled("#ens-yaml-draw"))
    demo.click("#ens-yaml-draw")
    demo.until(lambda: "Your session has ended." in demo.text("#ens-yaml-error"))
    assert demo.attribute("#ens-yaml", "value") == "name: x"
    assert members(demo) == {"web": 2}
    demo.expect_only(401)
