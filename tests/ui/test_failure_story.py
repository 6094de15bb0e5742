# SPDX-License-Identifier: Apache-2.0
"""An operator breaks a rack on the map, and a tenant's open pages tell the story to its end."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.ensembles import Operator, Project
from tests.embedded import EmbeddedCloud
from tests.ui import axe, browser
from tests.ui.browser import Dashboard
from tests.ui.conftest import PASSWORD

pytestmark = [pytest.mark.cloud, pytest.mark.ui]

STORY_SECONDS = 180  # until Nova takes a host for down, and for what is done about it
RACKS = 6


@pytest.fixture
def begun(project: Project) -> dict[str, str]:
    """Two ensembles that are being built, by the mode of their recovery.

    The one that is repaired when somebody asks for it has a web server in each rack, of which two
    may be lost. The other has its databases in one rack, the loss of which it should outlive.
    """
    apart = {"type": "survive", "level": "rack", "tiers": ["web"], "min_available": RACKS - 2}
    near = {"type": "affinity", "level": "rack", "tiers": ["db"]}
    wish = {"type": "survive", "level": "rack", "tiers": ["db"], "enforcement": "soft"}
    ids = {}
    for mode, tier, policies in (
        ("manual", project.tier("web", RACKS, networks="none"), [apart]),
        ("auto", project.tier("db", 2, networks="none"), [near, wish]),
    ):
        body = project.body(f"story-{mode}", [tier], *policies)
        body["ensemble"]["recovery"] = {"mode": mode}
        ids[mode] = project.create(body)["id"]
    return ids


@pytest.fixture
def operator_page(
    begun: dict[str, str], dashboard_url: str, tmp_path: Path, cloud: EmbeddedCloud
) -> Iterator[Dashboard]:
    """An operator in a browser of their own; afterwards every host runs again."""
    driver = browser.start(tmp_path)
    try:
        page = Dashboard(driver, dashboard_url)
        page.log_in("admin", PASSWORD)
        yield page
        assert page.severe() == []
    finally:
        driver.quit()
        for host in {each["name"] for each in cloud.status["hosts"] if each["state"] == "down"}:
            cloud.ensemble_cloud("host", "start", host)


@dataclass(frozen=True)
class Tenant:
    """A tenant with a window for the page of each ensemble, none of which is loaded again."""

    page: Dashboard
    windows: dict[str, str]  # by the mode of recovery

    def look_at(self, mode: str) -> Dashboard:
        """Turn to the page of an ensemble."""
        self.page.driver.switch_to.window(self.windows[mode])
        return self.page


@pytest.fixture
def tenant(
    demo: Dashboard, begun: dict[str, str], project: Project, operator_page: Dashboard
) -> Iterator[Tenant]:
    """The tenant, once all is built."""
    first, windows = demo.driver.current_window_handle, {}
    for mode, ensemble_id in begun.items():
        project.wait(ensemble_id, "ACTIVE")
        demo.driver.switch_to.new_window("window")
        windows[mode] = demo.driver.current_window_handle
        demo.open(f"/project/ensembles/{ensemble_id}/")
        demo.until(lambda: "run where they were planned" in demo.text("[data-live=sentence]"))
        demo.driver.execute_script("globalThis.neverLoadedAgain = true")
    yield Tenant(demo, windows)
    for window in windows.values():
        demo.driver.switch_to.window(window)
        demo.driver.close()
    demo.driver.switch_to.window(first)


def hosts_of(project: Project, ensemble_id: str, operator: Operator) -> dict[str, str]:
    """The host of each member, by the operator's eyes."""
    servers = operator.servers()
    members: list[Any] = project.request("GET", f"/{ensemble_id}").json()["ensemble"]["members"]
    return {each["name"]: servers[each["server_id"]].compute_host for each in members}


def test_a_broken_rack_is_seen_repaired_and_forgotten_without_a_reload(
    tenant: Tenant,
    operator_page: Dashboard,
    begun: dict[str, str],
    project: Project,
    operator: Operator,
) -> None:
    racks = operator.place("rack")
    web = hosts_of(project, begun["manual"], operator)
    db = hosts_of(project, begun["auto"], operator)
    rack = racks[db["db-0"]]
    (lost,) = [name for name, host in web.items() if racks[host] == rack]

    # Two clicks: the sign beside the rack, and the answer to the question.
    operator_page.open("/admin/ensembles/")
    operator_page.click(f".ens-break-button[data-label='{rack}']")
    assert f"Stop {rack}?" in operator_page.text(".ens-dialog")
    operator_page.click(".ens-dialog .btn-danger")
    operator_page.until(lambda: "are stopped" in operator_page.text("[data-now=stopped]"))
    assert web[lost] in operator_page.text("[data-now=stopped]")

    # What nobody repairs stays down. Its hosts are lost one after the other, and then the rack.
    page = tenant.look_at("manual")
    told = "[data-live=failed] [data-failure] strong"
    page.until(lambda: page.all(told), STORY_SECONDS)
    page.until(lambda: page.text(told).startswith("1 server is down: rack "), STORY_SECONDS)
    assert "lost contact at" in page.text(told)
    assert lost in page.text("[data-live=failed] [data-failure]")
    for secret in (web[lost], rack):
        assert secret not in page.text("#ens-details"), "a tenant sees no name of the cloud"
    kept = page.text("[data-live=failed] .ens-promise")
    assert "Promise kept" in kept and "5 of web run, and 4 are needed." in kept
    page.until(lambda: page.all("[data-live=picture] .ens-domain-rack.is-down"))
    assert page.all(f"[data-live=picture] .ens-member.is-lost[data-member={lost}]")
    assert page.attribute("#ens-details", "data-status") == "DEGRADED"
    assert axe.violations(page) == []

    # The operator's map has followed too.
    cells = f".ens-heat-cell.is-down[href$='/hosts/{web[lost]}/']"
    operator_page.until(lambda: operator_page.all(cells), STORY_SECONDS)
    assert axe.violations(operator_page) == []

    # What is repaired by itself may be whole again before its page has seen it: what stays tells
    # what it was, and what was done.
    page = tenant.look_at("auto")
    page.until(lambda: "holds again since" in page.text("[data-live=healed]"), STORY_SECONDS)
    assert "No member of db runs." in page.text("[data-live=healed]")
    done = "[data-live=operations] tbody tr"
    page.until(lambda: "Repair" in page.text(done) and "Succeeded" in page.text(done))
    page.until(lambda: not page.all("[data-live=picture] :is(.is-down, .is-lost)"))
    assert len(page.all("[data-live=picture] .ens-member")) == len(db)
    assert page.attribute("#ens-details", "data-status") == "ACTIVE"
    assert operator_page.text("[data-now=stopped]"), "the rack is still down"
    now = hosts_of(project, begun["auto"], operator)
    assert rack not in {racks[host] for host in now.values()}
    assert axe.violations(page) == []

    # The other is repaired when somebody asks for it.
    page = tenant.look_at("manual")
    page.click("[data-act=repair]")
    assert f"{lost} to " in page.text(".ens-dialog .ens-repair-moves")
    assert axe.violations(page) == []
    page.click(".ens-dialog .btn-primary")
    page.until(lambda: "holds again since" in page.text("[data-live=healed]"), STORY_SECONDS)
    page.until(lambda: not page.all("[data-live=failed] [data-failure]"))
    page.until(lambda: not page.all("[data-live=picture] :is(.is-down, .is-lost)"))

    operator_page.click("[data-key=start-all]")
    operator_page.click(".ens-dialog .btn-danger")
    operator_page.until(lambda: not operator_page.text("[data-now=stopped]"), STORY_SECONDS)
    operator_page.until(lambda: not operator_page.all(".ens-heat-cell.is-down"), STORY_SECONDS)
    for mode in tenant.windows:
        assert tenant.look_at(mode).driver.execute_script("return globalThis.neverLoadedAgain")
