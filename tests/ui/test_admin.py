# SPDX-License-Identifier: Apache-2.0
"""The operators' map of hosts in a browser, on the real cloud: what breaks, and what would move."""

from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from tests.cloud.ensembles import Operator, Project
from tests.embedded import EmbeddedCloud
from tests.ui.browser import Dashboard
from tests.ui.states import BUILD_SECONDS

pytestmark = [pytest.mark.cloud, pytest.mark.ui]


# Which of these, or of those that are ticked, have the colour of what is good.
_LIKE_GOOD = """
const colour = (one) => getComputedStyle(one).color;
const probe = document.querySelector('.ens').appendChild(document.createElement('i'));
probe.style.color = 'var(--good)';
const ticked = arguments[0][0].cloneNode(true);
ticked.className = 'ens-chip ens-chip-works';
arguments[0][0].parentElement.append(ticked);
return [...arguments[0], ticked].filter((one) => colour(one) === colour(probe)).length;
"""


@pytest.fixture
def made(project: Project) -> dict[str, Any]:
    """Three web servers apart, of which two must outlive any host, and a database that should."""
    anti_affinity = {"type": "anti-affinity", "level": "host", "tiers": ["web"]}
    survive = {"type": "survive", "level": "host", "tiers": ["web"], "min_available": 2}
    tiers = [project.tier("web", 3, networks="none"), project.tier("db", 1, networks="none")]
    wish = {"type": "survive", "level": "host", "tiers": ["db"], "enforcement": "soft"}
    created = project.create(project.body("mapped", tiers, anti_affinity, survive, wish))
    return project.wait(created["id"], "ACTIVE")


@pytest.fixture
def hosts(made: dict[str, Any], operator: Operator) -> dict[str, str]:
    """The host of each member."""
    servers = operator.servers()
    return {each["name"]: servers[each["server_id"]].compute_host for each in made["members"]}


@pytest.fixture
def stopped(cloud: EmbeddedCloud, hosts: dict[str, str]) -> Iterator[str]:
    """The host of one of the web servers, which is down; afterwards it is up again."""
    victim = hosts["web-0"]
    assert cloud.ensemble_cloud("host", "stop", victim).returncode == 0
    yield victim
    assert cloud.ensemble_cloud("host", "start", victim).returncode == 0


def cell(page: Dashboard, host: str) -> str:
    """Read the cell of a host: all that is said of it."""
    said = page.find(f".ens-heat-cell[href$='/hosts/{host}/'] .sr-only")
    return said.get_attribute("textContent") or ""


def test_an_operator_goes_from_the_map_to_a_host_and_tries_to_drain_it(
    admin: Dashboard, made: dict[str, Any], hosts: dict[str, str]
) -> None:
    admin.open("/admin/ensembles/")
    assert len(admin.all(".ens-heat-cell")) == 24 and len(admin.all(".ens-heat-rack")) == 6
    admin.choose("#ens-ensemble", made["id"])
    admin.click(".ens-host-search [type=submit]")
    admin.until(lambda: len(admin.all(".ens-heat-cell.is-dim")) == 24 - len(set(hosts.values())))
    shown = admin.attributes("tr[data-host]", "data-host")
    assert set(shown) == set(hosts.values())
    assert shown[0] == hosts["db-0"], "the host whose failure ends a tier is the worst"
    assert "db would have no member left." in admin.text("tr[data-host] .ens-break-ended")
    # By keyboard: one stop of Tab for all cells, arrows among them, Enter opens the host.
    cells = admin.all(".ens-heat-cell")
    assert [each.get_attribute("tabindex") for each in cells] == ["0"] + ["-1"] * 23
    admin.driver.execute_script("arguments[0].focus()", cells[0])
    order = [each.get_attribute("href") for each in cells]
    target = next(at for at, href in enumerate(order) if href and f"/{shown[0]}/" in href)
    for _ in range(target):
        admin.driver.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    assert admin.text("#ens-heat-details") == cell(admin, str(shown[0]))
    admin.driver.switch_to.active_element.send_keys(Keys.ENTER)
    admin.until(lambda: admin.driver.current_url.endswith(f"/hosts/{shown[0]}/"))
    admin.click("#ens-drain .btn-primary")
    assert "Yes: all its members fit on other hosts now" in admin.text(".ens-drain-verdict")
    moved = admin.text(".ens-drain-table tbody")
    assert "mapped" in moved and "db-0" in moved
    admin.click("a[href*='?ensemble=']")
    admin.until(lambda: admin.all(".ens-heat-cell.is-dim"))


def test_a_rack_is_drained_from_the_map_while_its_tenant_is_told(
    admin: Dashboard, made: dict[str, Any], hosts: dict[str, str], operator: Operator
) -> None:
    racks = operator.place("rack")
    rack = racks[hosts["db-0"]]
    inside = {host for host, name in racks.items() if name == rack}
    compute = operator.connection.compute
    admin.open("/admin/ensembles/")
    try:
        admin.click(f".ens-maintain-button[data-label='{rack}']")
        admin.until(lambda: "hosts are disabled first" in admin.text(".ens-maintain-said"))
        assert "db-0" in admin.text(".ens-dialog-maintain")
        admin.click(".ens-dialog-maintain .btn-danger:not([hidden])")
        admin.until(lambda: "No member is left" in admin.text(".ens-maintain-said"), BUILD_SECONDS)
        now = operator.servers()
        left = {now[each["server_id"]].compute_host for each in made["members"]}
        assert not left & inside
        services = list(compute.services(binary="nova-compute"))
        assert {each.host for each in services if each.status == "disabled"} == inside
    finally:
        for each in compute.services(binary="nova-compute"):
            if each.host in inside:
                compute.enable_service(each)
    admin.open(f"/project/ensembles/{made['id']}/")
    admin.until(lambda: "moved to other hosts for maintenance" in admin.text("[data-live=events]"))


def test_a_host_that_stops_makes_the_failure_of_the_others_worse(
    admin: Dashboard, made: dict[str, Any], hosts: dict[str, str], stopped: str
) -> None:
    address = f"/admin/ensembles/?ensemble={made['id']}"

    def is_down() -> bool:
        admin.open(address)
        return "down" in cell(admin, stopped)

    admin.until(is_down, 120)
    others = {hosts["web-1"], hosts["web-2"]} - {hosts["db-0"]}
    for host in others:
        assert "Its failure breaks 1 promise" in cell(admin, host)
        row = admin.text(f"tr[data-host='{host}'] .ens-break-broken")
        assert "Only 1 of web would be left." in row
    assert admin.all(".ens-heat-cell.is-down"), "its cell has the sign of a host that is down"
    assert "1 host is down." in admin.text(".ens-heat-totals")
    # What that has cost already is said too, on the map and at each host of the ensemble.
    told = "At least 2 of web must be left after the loss of any one host. That is used up: the "
    told += "loss of one more host would leave 1 of web."
    assert told in admin.text(".ens-broken")
    assert "No single failure" not in admin.text(".ens-heat-totals")
    admin.open(f"/admin/ensembles/hosts/{hosts['web-1']}/")
    assert told in admin.text(".ens-broken")
    assert not admin.all("[aria-labelledby=ens-fails] .ens-good")
    # No page of the ensemble is green: the table tells what would be left, which is no fact.
    admin.open("/admin/ensembles/all/")
    outcomes = ":is(.ens-chip-works, .ens-chip-degraded, .ens-chip-down)"
    chips = admin.until(lambda: admin.all(f"tr[data-object-id='{made['id']}'] {outcomes}"))
    assert len(chips) == 3
    assert not admin.driver.execute_script(_LIKE_GOOD, chips)
    admin.open(f"/admin/ensembles/{made['id']}/")
    admin.until(lambda: admin.all("#ens-details[data-differs]"))
    said = admin.text("[data-live=sentence]")
    assert said == "3 of 4 members run where they were planned."
    assert "web-0 is on a host that is down." in admin.text("[data-live=differences]")
    assert not admin.all("#ens-details[data-holds], [data-live=sign] .ens-icon-good")


def test_all_ensembles_are_found_by_project(admin: Dashboard, made: dict[str, Any]) -> None:
    admin.open("/admin/ensembles/all/")
    assert "demo" in admin.text(f"tr[data-object-id='{made['id']}']")
    other = next(
        option.get_attribute("value")
        for option in admin.all("#ens-project option")
        if option.get_attribute("textContent") == "background"
    )
    admin.choose("#ens-project", str(other))
    admin.click(".ens-search [type=submit]")
    admin.until(lambda: "No ensemble matches the search." in admin.text(".ens-table"))
    admin.choose("#ens-project", made["project_id"])
    admin.click(".ens-search [type=submit]")
    admin.until(lambda: admin.all(f"tr[data-object-id='{made['id']}']"))


@pytest.mark.parametrize("path", ["/admin/ensembles/", "/admin/ensembles/hosts/r1-h1/"])
def test_nobody_else_sees_hosts(demo: Dashboard, path: str) -> None:
    demo.open(path)
    assert not demo.all(".ens-heat-cell") and not demo.all(".ens-host-facts")
    demo.expect_only(403)
