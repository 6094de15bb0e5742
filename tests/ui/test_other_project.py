# SPDX-License-Identifier: Apache-2.0
"""A page of one project in a session that is in another by now: nothing goes to the wrong one."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.cloud.ensembles import Operator, Project
from tests.embedded import EmbeddedCloud
from tests.ui.browser import Dashboard, in_another_tab
from tests.ui.drawing import DRAW, drawing, preview_of, room

pytestmark = [pytest.mark.cloud, pytest.mark.ui]

INDEX = "/project/ensembles/"


@pytest.fixture
def demo2(cloud: EmbeddedCloud) -> Project:
    """The other project, through the API."""
    return Project(cloud.connection("demo2"))


@pytest.fixture
def both(
    project: Project, demo2: Project, operator: Operator, dashboard: Dashboard
) -> Iterator[Dashboard]:
    """A member of both projects, who is in demo; the drawing is empty."""
    identity = operator.connection.identity
    role = identity.find_role("member")
    user = project.connection.current_user_id
    other = demo2.connection.current_project_id
    identity.assign_project_role_to_user(other, user, role)
    dashboard.log_in("demo", "secret")
    switch(dashboard, project)
    dashboard.driver.execute_script("sessionStorage.clear()")
    yield dashboard
    identity.unassign_project_role_from_user(other, user, role)


def switch(page: Dashboard, project: Project, to: str = "/project/ensembles/") -> None:
    """Go to another project as the menu does."""
    page.open(f"/auth/switch/{project.connection.current_project_id}/?next={quote(to)}")


def names(project: Project) -> list[str]:
    """The names of a project's ensembles."""
    return [each["name"] for each in project.request("GET").json()["ensembles"]]


def test_a_drawing_is_never_built_in_the_project_of_another_tab(
    both: Dashboard, project: Project, demo2: Project
) -> None:
    both.open(DRAW)
    preview_of(both, {"web": 2})
    both.type("#ens-name", "at-home")
    preview_of(both, {"web": 2})
    room(both, "host")  # the last question about this plan is answered
    with in_another_tab(both):
        switch(both, demo2)
    both.click("#ens-submit")
    drawing(both, "error")
    said = both.text("#ens-verdict")
    assert "You are now in demo2. This drawing belongs to demo." in said
    assert "cloud has changed" not in said
    assert names(demo2) == [] and names(project) == []
    both.expect_only(409)

    # Nor is it planned there, and what is drawn meanwhile is kept.
    both.type("#t1-count", "3")
    both.until(lambda: both.noted())
    drawing(both, "error")

    both.click("#ens-verdict a")
    both.until(lambda: both.driver.current_url.endswith(DRAW))
    preview_of(both, {"web": 3})
    assert both.attribute("#ens-name", "value") == "at-home"
    both.click("#ens-submit")
    both.until(lambda: "/draw" not in both.driver.current_url)
    assert names(project) == ["at-home"] and names(demo2) == []


def test_the_page_of_an_ensemble_does_not_call_it_gone(
    both: Dashboard, project: Project, demo2: Project
) -> None:
    made = project.create(project.body("still-there", [project.tier("web", 2)]))
    both.open(f"{INDEX}{made['id']}/")
    project.wait(made["id"], "ACTIVE")
    both.until(lambda: "run where they were planned" in both.text("[data-live=sentence]"))
    with in_another_tab(both):
        switch(both, demo2)
    # Coming back to the tab, it asks again.
    both.until(lambda: "You are now in demo2." in both.text("[data-live=trouble]"))
    assert "This ensemble belongs to demo." in both.text("[data-live=trouble]")
    both.click("[data-act=remove]")
    both.click(".ens-dialog .btn-danger")
    both.until(lambda: "You are now in demo2." in both.text(".ens-dialog [role=alert]"))
    assert names(project) == ["still-there"]
    both.expect_only(409)
    both.click(".ens-dialog [role=alert] a")
    both.until(lambda: both.driver.current_url.endswith(f"{made['id']}/"))
    assert both.text(".detail-title h1") == "still-there"


def test_a_bulk_delete_goes_to_no_other_project_than_its_table_s(
    both: Dashboard, project: Project, demo2: Project
) -> None:
    made = project.create(project.body("ticked", [project.tier("web", 1)]))
    project.wait(made["id"], "ACTIVE")
    both.open(INDEX)
    both.click(f"tr[data-object-id='{made['id']}'] .table-row-multi-select + label")
    with in_another_tab(both):
        switch(both, demo2)
    both.click("#ensembles__action_delete")
    both.click(".modal .btn-danger")
    both.until(lambda: "You are now in demo2." in both.text(".ens-no-answer"))
    assert "This page was opened in demo. Nothing was changed." in both.text(".ens-no-answer")
    assert names(project) == ["ticked"]
    both.expect_only(409)
    both.click(".ens-no-answer a")
    both.until(lambda: both.all(f"tr[data-object-id='{made['id']}']"))


def test_a_row_that_is_followed_stays_when_the_project_is_another(
    both: Dashboard, project: Project, demo2: Project
) -> None:
    made = project.create(project.body("rows", [project.tier("web", 1, networks="none")]))
    (member,) = project.wait(made["id"], "ACTIVE")["members"]
    # A locked server stays, and so does what is followed: an ensemble that is being deleted.
    compute = project.connection.compute
    compute.lock_server(member["server_id"])
    try:
        assert project.request("DELETE", f"/{made['id']}").status_code == 202
        both.open(INDEX)
        both.find(f"tr[data-object-id='{made['id']}'].ajax-update")

        def is_refused() -> bool:
            # A question that is under way just then may bring the old session's cookie back.
            with in_another_tab(both):
                switch(both, demo2)
            return not both.all("tr.ajax-update")

        # The next question is refused, and the row stays as it was.
        both.until(is_refused)
        assert both.all(f"tr[data-object-id='{made['id']}']")
        both.expect_only(409)
    finally:
        compute.unlock_server(member["server_id"])


def test_a_draft_of_another_project_is_told_and_not_shown(
    both: Dashboard, project: Project, demo2: Project
) -> None:
    both.open(DRAW)
    preview_of(both, {"web": 2})
    both.type("#ens-name", "mine")
    both.type("#t1-name", "front")
    preview_of(both, {"front": 2})
    both.open(INDEX)
    switch(both, demo2, DRAW)
    preview_of(both, {"web": 2})
    assert both.attribute("#ens-name", "value") == ""
    told = both.text("#ens-elsewhere")
    assert "A drawing for demo is kept in this tab" in told
    room(both, "host")  # no question is left that would be asked on the way
    both.click("#ens-elsewhere a")
    both.until(lambda: both.attribute("#ens-name", "value") == "mine")
    preview_of(both, {"front": 2})
    assert "A drawing for" not in both.text("#ens-elsewhere")
