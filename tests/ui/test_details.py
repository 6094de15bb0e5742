# SPDX-License-Identifier: Apache-2.0
"""The page of an ensemble on the real embedded cloud: built, cancelled half-way, and moved."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from tests.cloud.ensembles import Operator, Project
from tests.embedded import EmbeddedCloud
from tests.ui.browser import Dashboard

pytestmark = [pytest.mark.cloud, pytest.mark.ui]

BUILD_SECONDS = 240
MANY = 24  # members; enough of them that a build can be caught half-way


@pytest.fixture
def placement(cloud: EmbeddedCloud) -> Iterator[psutil.Process]:
    """Placement, without which no build goes on: a test suspends it to look at one."""
    pids = {each["name"]: each["pid"] for each in cloud.status["services"]}
    process = psutil.Process(pids["placement"])
    yield process
    process.resume()


def _open(page: Dashboard, ensemble: dict[str, Any]) -> None:
    page.open(f"/project/ensembles/{ensemble['id']}/")


def _status(page: Dashboard, status: str) -> None:
    page.until(lambda: page.attribute("#ens-details", "data-status") == status, BUILD_SECONDS)


def _active_members(page: Dashboard) -> int:
    return len(page.all("[data-live=picture] .ens-member.is-active"))


def _until(what: str, holds: Callable[[], Any]) -> None:
    end = time.monotonic() + BUILD_SECONDS
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(1)


def test_members_light_up_and_what_somebody_looks_at_stays(
    project: Project, demo: Dashboard
) -> None:
    made = project.create(project.body("light", [project.tier("web", MANY // 2, networks="none")]))
    _open(demo, made)
    demo.until(lambda: demo.all("[data-live=picture] .ens-member"))
    demo.click("[data-live=picture] .ens-domain-rack > .ens-domain-name")
    rack = demo.driver.switch_to.active_element
    assert "If rack" in demo.text("[data-live=whatIf]")
    _status(demo, "ACTIVE")
    demo.until(lambda: _active_members(demo) == MANY // 2)
    # The page was never drawn anew: the same element has the focus, and still fails.
    assert demo.driver.switch_to.active_element == rack
    assert rack.get_attribute("aria-pressed") == "true"
    assert "built in" in demo.text("[data-live=time]")
    demo.until(lambda: "run where they were planned" in demo.text("[data-live=sentence]"))
    assert demo.text("[data-live=as-of]").startswith("As Nova has it at")
    demo.click("[data-act=document]")
    assert "name: light" in demo.text(".ens-code")


def test_a_change_is_seen_on_the_open_page(project: Project, demo: Dashboard) -> None:
    made = project.create(project.body("grows", [project.tier("web", 2, networks="none")]))
    _open(demo, made)
    _status(demo, "ACTIVE")
    demo.until(lambda: _active_members(demo) == 2)
    wanted = {"generation": made["generation"], "tiers": [{"name": "web", "count": 4}]}
    answer = project.request("PATCH", f"/{made['id']}", {"ensemble": wanted})
    assert answer.status_code == 202, answer.text
    demo.until(lambda: _active_members(demo) == 4, BUILD_SECONDS)
    demo.until(lambda: "web-3" in demo.text("[data-live=members]"))
    demo.until(lambda: "run where they were planned" in demo.text("[data-live=sentence]"))
    demo.until(lambda: "Change" in demo.text("[data-live=operations]"))
    assert "Succeeded" in demo.text("[data-live=operations]")


def test_a_build_is_cancelled_half_way_and_nothing_is_left(
    project: Project, demo: Dashboard, operator: Operator
) -> None:
    before = operator.left_behind()
    made = project.create(project.body("half-way", [project.tier("web", MANY)]))
    _open(demo, made)
    demo.until(lambda: _active_members(demo) > 0)
    demo.click("[data-act=cancel]")
    assert "half-way" in demo.text(".ens-dialog h2")
    demo.click(".ens-dialog .btn-danger")
    _status(demo, "DELETING")
    assert demo.text("[data-live=sentence]").endswith("of 24 members are removed.")
    assert demo.driver.switch_to.active_element == demo.find("[data-live=sentence]")
    demo.until(lambda: "“half-way” is deleted" in demo.text(".messages"), BUILD_SECONDS)
    assert demo.driver.current_url.endswith("/project/ensembles/")
    demo.expect_only(404)  # the last question, by which the page knew
    assert operator.left_behind() == before


def test_what_was_done_is_listed_and_what_is_under_way_is_cancelled_from_there(
    project: Project, demo: Dashboard, placement: psutil.Process
) -> None:
    made = project.create(project.body("done with", [project.tier("web", 2)]))
    placement.suspend()
    _open(demo, made)
    row = "[data-live=operations] tbody tr"
    demo.until(lambda: len(demo.all(row)) == 1)
    said = demo.text(row)
    assert "Create" in said and "demo" in said and "under way" in said
    assert "of 2 members are active." in said
    placement.resume()
    _status(demo, "ACTIVE")
    demo.until(lambda: "Succeeded" in demo.text(row), BUILD_SECONDS)
    assert "under way" not in demo.text(row)
    assert not demo.all(row + " .btn-danger")

    other = project.create(project.body("cancelled", [project.tier("web", MANY)]))
    _open(demo, other)
    demo.click(row + " .btn-danger")
    assert "cancelled" in demo.text(".ens-dialog h2")
    demo.click(".ens-dialog .btn-danger")
    _status(demo, "DELETING")
    demo.until(lambda: [each.text.split()[0] for each in demo.all(row)] == ["Delete", "Create"])
    demo.until(lambda: "“cancelled” is deleted" in demo.text(".messages"), BUILD_SECONDS)
    demo.expect_only(404)  # the last question, by which the page knew


def test_a_cancel_that_comes_after_the_end_of_the_build_deletes_nothing(
    project: Project, demo: Dashboard, placement: psutil.Process
) -> None:
    made = project.create(project.body("too late", [project.tier("web", 2)]))
    placement.suspend()
    _open(demo, made)
    # The page hears nothing more, as in a tab that slept.
    demo.driver.execute_script(
        "const real = fetch; globalThis.deaf = true; globalThis.fetch = (url, options) => "
        "(globalThis.deaf && options.method !== 'POST' ? new Promise(() => {})"
        " : real(url, options))"
    )
    demo.click("[data-act=cancel]")
    placement.resume()
    project.wait(made["id"], "ACTIVE")
    demo.click(".ens-dialog .btn-danger")
    demo.until(lambda: "There is no build to cancel" in demo.text(".ens-dialog [role=alert]"))
    demo.driver.execute_script("globalThis.deaf = false")
    assert project.request("GET", f"/{made['id']}").json()["ensemble"]["status"] == "ACTIVE"
    demo.expect_only(409)


def test_an_open_dialog_follows_the_build_that_it_speaks_of(
    project: Project, demo: Dashboard, placement: psutil.Process
) -> None:
    made = project.create(project.body("left open", [project.tier("web", 2)]))
    placement.suspend()
    _open(demo, made)
    demo.click("[data-act=cancel]")
    assert "of 2 servers are there already" in demo.text(".ens-dialog")
    placement.resume()
    demo.until(lambda: "The build has ended" in demo.text(".ens-dialog"), BUILD_SECONDS)
    assert not demo.all(".ens-dialog .btn-danger"), "there is nothing to cancel any more"
    demo.click(".ens-dialog .btn")
    assert not demo.all(".ens-dialog")
    demo.click("[data-act=remove]")
    assert "Its 2 servers are deleted with it." in demo.text(".ens-dialog")
    # Somebody else is quicker.
    assert project.request("DELETE", f"/{made['id']}").status_code == 202
    demo.until(lambda: not demo.all(".ens-dialog .btn-danger"))
    demo.until(lambda: "“left open” is deleted" in demo.text(".messages"), BUILD_SECONDS)
    demo.expect_only(404)


def test_a_server_that_an_operator_moved_shows_what_that_costs(
    project: Project, demo: Dashboard, operator: Operator
) -> None:
    survive = {"type": "survive", "level": "rack", "tiers": ["web"], "min_available": 2}
    survive["enforcement"] = "soft"  # Nova is kept from breaking a hard one
    made = project.create(project.body("moved", [project.tier("web", 3)], survive))
    built = project.wait(made["id"], "ACTIVE")
    _open(demo, made)
    demo.until(lambda: "run where they were planned" in demo.text("[data-live=sentence]"))

    stays, moves, _ = (each["server_id"] for each in built["members"])
    host = operator.servers()[stays].compute_host
    racks = operator.place("rack")
    other_host = next(each for each in racks if racks[each] == racks[host] and each != host)
    # By force, past the scheduler, whose filter refuses what breaks a policy.
    forced = {"host": other_host, "block_migration": "auto", "force": True}
    operator.connection.compute.post(
        f"/servers/{moves}/action", json={"os-migrateLive": forced}, microversion="2.67"
    ).raise_for_status()
    _until("the migration", lambda: operator.servers()[moves].compute_host == other_host)

    # The page looks by itself, and what Nova has is observed every few seconds.
    demo.until(
        lambda: demo.text("[data-live=sentence]").startswith("2 of 3 members run where"),
        BUILD_SECONDS,
    )
    told = demo.text("[data-live=differences]")
    assert "web-1 is now in" in told and "planned was" in told
    assert "now leaves 1 of 3 of web; as planned, 2 would be left." in told
    assert "A promise does not hold: At least 2 of web should be left" in told
    assert "planned: rack" in demo.text("tr[data-member=web-1]")
    assert demo.all("[data-live=policies] [data-holds=false]")
    for name in racks:
        assert name not in told, "a tenant sees no name of the cloud"


def test_a_server_that_was_deleted_degrades_the_ensemble_on_its_page_and_in_the_list(
    project: Project, demo: Dashboard
) -> None:
    made = project.create(project.body("lost one", [project.tier("web", 2)]))
    built = project.wait(made["id"], "ACTIVE")
    _open(demo, made)
    demo.until(lambda: "run where they were planned" in demo.text("[data-live=sentence]"))
    assert demo.text("[data-live=fault]") == ""
    project.connection.compute.delete_server(built["members"][0]["server_id"])
    gone = "web-0 is gone: Nova has no server of it any more."
    # The page looks by itself.
    demo.until(lambda: gone in demo.text("[data-live=fault]"), BUILD_SECONDS)
    assert "What does not hold now:" in demo.text("[data-live=fault]")
    demo.until(lambda: gone in demo.text("[data-live=differences]"), BUILD_SECONDS)
    assert demo.is_shown("[data-act=remove]")
    demo.open("/project/ensembles/?status=DEGRADED")
    row = demo.text(f"tr[data-object-id='{made['id']}']")
    assert "Degraded" in row and gone in row


def test_each_member_has_the_addresses_that_nova_lists(
    project: Project, demo: Dashboard, operator: Operator
) -> None:
    made = project.create(project.body("addressed", [project.tier("web", 2)]))
    built = project.wait(made["id"], "ACTIVE")
    _open(demo, made)
    demo.until(lambda: "run where they were planned" in demo.text("[data-live=sentence]"))
    demo.until(lambda: len(demo.all("[data-label=Addresses] li")) == 2, BUILD_SECONDS)
    servers = operator.servers()
    for each in built["members"]:
        [[network, [port]]] = servers[each["server_id"]].addresses.items()
        shown = demo.find(f"tr[data-member={each['name']}] [data-label=Addresses] li")
        assert (shown.text, shown.get_attribute("title")) == (port["addr"], network)


def test_operators_see_real_names_on_the_same_page(
    project: Project, admin: Dashboard, operator: Operator
) -> None:
    made = project.create(project.body("named", [project.tier("web", 2)]))
    built = project.wait(made["id"], "ACTIVE")
    admin.open(f"/admin/ensembles/{made['id']}/")
    admin.until(lambda: "run where they were planned" in admin.text("[data-live=sentence]"))
    for each in built["members"]:
        row = admin.text(f"tr[data-member={each['name']}]")
        assert operator.servers()[each["server_id"]].compute_host in row
    assert not admin.all("a[href*='?like=']")
