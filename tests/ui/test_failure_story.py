# SPDX-License-Identifier: Apache-2.0
"""An operator breaks a rack on the map, and the tenant's open page tells the story to its end."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.ensembles import Operator, Project
from tests.embedded import EmbeddedCloud
from tests.ui import browser
from tests.ui.browser import Dashboard
from tests.ui.conftest import PASSWORD

pytestmark = [pytest.mark.cloud, pytest.mark.ui]

STORY_SECONDS = 180  # until Nova takes a host for down, and for up again


@pytest.fixture
def made(request: pytest.FixtureRequest, project: Project) -> dict[str, Any]:
    """Three web servers in racks of their own, of which two must outlive any rack.

    A test's parameter says how they are recovered; without one, when somebody asks for it.
    """
    apart = {"type": "anti-affinity", "level": "rack", "tiers": ["web"]}
    survive = {"type": "survive", "level": "rack", "tiers": ["web"], "min_available": 2}
    body = project.body("story", [project.tier("web", 3, networks="none")], apart, survive)
    body["ensemble"]["recovery"] = {"mode": getattr(request, "param", "manual")}
    return project.wait(project.create(body)["id"], "ACTIVE")


@pytest.fixture
def tenant(demo: Dashboard, made: dict[str, Any]) -> Dashboard:
    """The tenant with the ensemble's page open, which is never loaded again."""
    demo.open(f"/project/ensembles/{made['id']}/")
    demo.until(lambda: "run where they were planned" in demo.text("[data-live=sentence]"))
    demo.driver.execute_script("globalThis.neverLoadedAgain = true")
    return demo


@pytest.fixture
def operator_page(dashboard_url: str, tmp_path: Path, cloud: EmbeddedCloud) -> Iterator[Dashboard]:
    """An operator in a browser of their own; afterwards every host runs again."""
    driver = browser.start(tmp_path)
    try:
        page = Dashboard(driver, dashboard_url)
        page.log_in("admin", PASSWORD)
        page.open("/admin/ensembles/")
        yield page
        assert page.severe() == []
    finally:
        driver.quit()
        for host in {each["name"] for each in cloud.status["hosts"] if each["state"] == "down"}:
            cloud.ensemble_cloud("host", "start", host)


def test_a_broken_rack_is_seen_with_its_promise_and_its_end_without_a_reload(
    tenant: Dashboard, operator_page: Dashboard, made: dict[str, Any], operator: Operator
) -> None:
    lost = next(each for each in made["members"] if each["name"] == "web-0")
    host = operator.servers()[lost["server_id"]].compute_host
    rack = operator.place("rack")[host]

    # Two clicks: the sign beside the rack, and the answer to the question.
    operator_page.click(f".ens-break-button[data-label='{rack}']")
    assert f"Stop {rack}?" in operator_page.text(".ens-dialog")
    operator_page.click(".ens-dialog .btn-danger")
    operator_page.until(lambda: "are stopped" in operator_page.text("[data-now=stopped]"))
    assert host in operator_page.text("[data-now=stopped]")

    tenant.until(lambda: tenant.all("[data-live=failed] [data-failure]"), STORY_SECONDS)
    # Its hosts are lost one after the other, and in the end the rack as a whole.
    told = "[data-live=failed] [data-failure] strong"
    tenant.until(lambda: tenant.text(told).startswith("1 server is down: rack "), STORY_SECONDS)
    assert "lost contact at" in tenant.text(told)
    assert "web-0" in tenant.text("[data-live=failed] [data-failure]")
    for secret in (host, rack):
        assert secret not in tenant.text("#ens-details"), "a tenant sees no name of the cloud"
    kept = tenant.text("[data-live=failed] .ens-promise")
    assert "Promise kept" in kept and "2 of web run, and 2 are needed." in kept
    tenant.until(lambda: tenant.all("[data-live=picture] .ens-domain-rack.is-down"))
    assert tenant.all("[data-live=picture] .ens-member.is-lost[data-member=web-0]")
    assert tenant.find("#ens-details").get_attribute("data-status") == "DEGRADED"

    # The operator's map has followed too.
    cells = f".ens-heat-cell.is-down[href$='/hosts/{host}/']"
    operator_page.until(lambda: operator_page.all(cells), STORY_SECONDS)
    assert "What does not hold now" in operator_page.text("[data-now=broken]")

    operator_page.click("[data-key=start-all]")
    operator_page.click(".ens-dialog .btn-danger")
    tenant.until(lambda: "holds again since" in tenant.text("[data-live=healed]"), STORY_SECONDS)
    tenant.until(lambda: not tenant.all("[data-live=failed] [data-failure]"))
    assert tenant.find("#ens-details").get_attribute("data-status") == "ACTIVE"
    tenant.until(lambda: not tenant.all("[data-live=picture] .is-down"))
    assert tenant.driver.execute_script("return globalThis.neverLoadedAgain")


@pytest.mark.parametrize("made", ["auto"], indirect=True)
def test_a_lost_rack_is_repaired_by_itself_before_the_eyes_of_the_tenant(
    tenant: Dashboard, operator_page: Dashboard, made: dict[str, Any], operator: Operator
) -> None:
    lost = next(each for each in made["members"] if each["name"] == "web-0")
    host = operator.servers()[lost["server_id"]].compute_host
    operator_page.click(f".ens-break-button[data-label='{operator.place('rack')[host]}']")
    operator_page.click(".ens-dialog .btn-danger")
    tenant.until(lambda: tenant.all("[data-live=failed] [data-failure]"), STORY_SECONDS)
    tenant.until(lambda: "Repair" in tenant.text("[data-live=operations]"), STORY_SECONDS)
    tenant.until(lambda: "holds again since" in tenant.text("[data-live=healed]"), STORY_SECONDS)
    # It is healed while the rack is still down, on another host, in the picture too.
    assert operator_page.text("[data-now=stopped]")
    assert operator.servers()[lost["server_id"]].compute_host != host
    tenant.until(lambda: not tenant.all("[data-live=picture] :is(.is-down, .is-lost)"))
    moved = "[data-live=picture] .ens-domain:not(.is-down) .ens-member[data-member=web-0]"
    assert tenant.all(moved)
    tenant.until(lambda: "Succeeded" in tenant.text("[data-live=operations] tbody tr"))
    assert tenant.driver.execute_script("return globalThis.neverLoadedAgain")
