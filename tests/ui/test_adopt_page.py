# SPDX-License-Identifier: Apache-2.0
"""A tenant adopts a server group, and gives its servers back."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud.ensembles import Project
from tests.ui.axe import violations
from tests.ui.browser import Dashboard
from tests.ui.narrow import too_wide, window

pytestmark = [pytest.mark.cloud, pytest.mark.ui]


@pytest.fixture
def servers(project: Project) -> Iterator[list[Any]]:
    """Two servers of a server group, and one beside it."""
    compute = project.connection.compute
    group = compute.create_server_group(name="before", policy="soft-anti-affinity")
    made = [
        compute.create_server(
            name=name,
            flavor_id=project.names["flavor"]["m1.tiny"],
            image_id=project.names["image"]["cirros"],
            networks="none",
            scheduler_hints=hints,
        )
        for name, hints in (
            ("before-1", {"group": group.id}),
            ("before-2", {"group": group.id}),
            ("beside", {}),
        )
    ]
    for server in made:
        compute.wait_for_server(server, wait=240)
    yield made
    for server in made:
        compute.delete_server(server, ignore_missing=True)
    for server in made:
        compute.wait_for_delete(server, wait=240)
    compute.delete_server_group(group, ignore_missing=True)


def test_a_server_group_is_adopted_as_it_was_shown_and_released_again(
    project: Project, servers: list[Any], demo: Dashboard
) -> None:
    demo.open("/project/ensembles/")
    demo.click("a[href$='/ensembles/adopt/']")
    demo.until(lambda: len(demo.all("#ens-server_group option")) == 2)
    (group,) = (
        each.get_attribute("value") for each in demo.all("#ens-server_group option:not([value=''])")
    )
    demo.choose("#ens-server_group", str(group))
    demo.until(lambda: "2 servers in 1 tier." in demo.text("#ens-verdict"))
    assert demo.attribute("#ens-name", "value") == "before"
    assert "before-1" in demo.text("[data-live=tiers]")
    assert len(demo.all("[data-live=picture] .ens-member")) == 2
    assert violations(demo) == []
    with window(demo, 390):
        assert too_wide(demo, "adopt") == []

    demo.type("#ens-tier-0", "web")
    demo.click("#ens-name")
    demo.until(lambda: demo.all("[data-live=tiers] [data-tier=web]"))
    demo.type("#ens-name", "adopted by hand")
    demo.until(lambda: demo.attribute("#ens-submit", "aria-disabled") == "false")
    demo.click("#ens-submit")
    demo.until(lambda: demo.all("#ens-details[data-status=ACTIVE]"))
    (found,) = project.request("GET").json()["ensembles"]
    assert (found["name"], found["adopted"]) == ("adopted by hand", True)
    shown = project.request("GET", f"/{found['id']}").json()["ensemble"]
    assert [each["name"] for each in shown["members"]] == ["web-0", "web-1"]
    assert {each["server_id"] for each in shown["members"]} == {each.id for each in servers[:2]}

    demo.click("[data-act=release]")
    assert "Its 2 servers go on as they are" in demo.text(".ens-dialog")
    assert violations(demo) == []
    demo.click(".ens-dialog .btn-danger")
    demo.until(lambda: "is no ensemble any more" in demo.text("body"))
    assert project.request("GET").json()["ensembles"] == []
    compute = project.connection.compute
    assert {compute.get_server(each).status for each in servers} == {"ACTIVE"}
