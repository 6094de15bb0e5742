# SPDX-License-Identifier: Apache-2.0
"""Drawing another one like an ensemble whose user data only its own user sees."""

import base64
from collections.abc import Iterator
from typing import Any

import openstack
import pytest

from tests.cloud.ensembles import Operator, Project
from tests.ui.browser import Dashboard
from tests.ui.drawing import DRAW, drawing

pytestmark = pytest.mark.ui

PASSWORD = "open-sesame-4711"
SECRET = base64.b64encode(b"token=secret").decode()


@pytest.fixture
def of_a_colleague(cloud: Any, operator: Operator, project: Project) -> Iterator[dict[str, Any]]:
    """An ensemble in demo's project that another user of it created."""
    identity = operator.connection.identity
    user = identity.create_user(name="colleague-of-demo", password=PASSWORD)
    try:
        member = next(each for each in identity.roles() if each.name == "member")
        identity.assign_project_role_to_user(project.connection.current_project_id, user, member)
        theirs = Project(
            openstack.connection.Connection(
                auth={
                    "auth_url": project.connection.auth["auth_url"],
                    "username": user.name,
                    "password": PASSWORD,
                    "project_name": "demo",
                    "user_domain_name": "Default",
                    "project_domain_name": "Default",
                },
                region_name=project.connection.config.region_name,
            )
        )
        made = theirs.create(
            theirs.body("secret", [theirs.tier("web", 1, user_data=SECRET), theirs.tier("db", 1)])
        )
        yield theirs.wait(made["id"], "ACTIVE")
        theirs.delete(made["id"])
    finally:
        identity.delete_user(user)


def test_another_one_is_not_built_without_its_user_data_unawares(
    demo: Dashboard, project: Project, of_a_colleague: dict[str, Any]
) -> None:
    demo.open(f"/project/ensembles/{of_a_colleague['id']}/")
    assert SECRET not in demo.driver.page_source

    demo.open(f"{DRAW}?like={of_a_colleague['id']}")
    drawing(demo, "fits")
    assert "There was user data, which is not copied." in demo.text("#t1-server-error")
    assert not demo.text("#t2-server-error")
    demo.click("#ens-submit")
    demo.until(lambda: demo.driver.switch_to.active_element.get_attribute("id") == "t1-server")
    assert "/draw" in demo.driver.current_url
    assert len(project.request("GET").json()["ensembles"]) == 1, "nothing was built"

    demo.click("#t1-server")
    demo.click("#sheet-tab-setup")
    assert "There was user data, which is not copied." in demo.text("#sheet-userData-error")
    demo.press("#sheet-userData", "mine")
    demo.until(lambda: not demo.is_shown("#sheet-withoutUserData"))
    demo.find("#sheet-userData").clear()
    demo.press("#sheet-userData", " \b")
    demo.click("#sheet-withoutUserData")
    demo.until(lambda: not demo.text("#sheet-userData-error"))
    demo.click(".ens-sheet-foot button")
    assert not demo.text("#t1-server-error")
