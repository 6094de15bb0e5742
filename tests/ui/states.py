# SPDX-License-Identifier: Apache-2.0
"""Each page in each state, made one after another: what is looked at, by people and by axe-core."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.cloud.ensembles import Operator, Project
from tests.embedded import EmbeddedCloud
from tests.ui.browser import Dashboard
from tests.ui.drawing import DRAW, drawing

BUILD_SECONDS = 240
SHEET = ("source", "flavor", "networks", "access", "setup", "metadata", "advanced")
_ANY = {"downloadThroughput": -1, "uploadThroughput": -1}


def drawings(page: Dashboard) -> Iterator[str]:
    """The drawing page; gives a state's name when the page is in it."""
    page.open(DRAW)
    page.driver.execute_script("sessionStorage.clear(); localStorage.clear()")
    page.open(DRAW)
    drawing(page, "fits")
    yield "draw-fresh"
    page.click("#t1-remove")
    page.find(".ens-begin")
    yield "draw-no-tier"
    page.open(DRAW + "?sample=three-tier")
    drawing(page, "fits")
    page.until(lambda: "being found out" not in page.text("#ens-worst"))
    yield "draw-fits"
    page.click(".ens-domain-rack ~ .ens-domain-rack > .ens-domain-name")
    page.until(lambda: page.all(".ens-domain.is-failed"))
    yield "draw-failed"
    for name, opener in (("menu", "#t1-add"), ("relate", "#t1-relate"), ("policy", "#p4-chip")):
        page.click(opener)
        page.until(lambda opener=opener: page.attribute(opener, "aria-expanded") == "true")
        yield f"draw-{name}"
        escape(page)
        if page.attribute(opener, "aria-expanded") == "true":
            page.click(opener)
    yield from _windows(page)
    yield from _troubles(page)


def _windows(page: Dashboard) -> Iterator[str]:
    page.click("#t1-server")
    page.find("dialog[open]")
    for tab in SHEET:
        page.click(f"#sheet-tab-{tab}")
        page.until(lambda tab=tab: _selected(page, f"#sheet-tab-{tab}"))
        page.until(lambda: not page.all("#sheet-panel [aria-busy=true]"))
        yield f"draw-sheet-{tab}"
    escape(page)
    for name, opener in (("start", "#ens-start"), ("import", "#ens-import-open")):
        page.click(opener)
        page.find("dialog[open]")
        yield f"draw-{name}"
        escape(page)
    page.click("#ens-help")
    page.find("dialog[open]")
    yield "draw-keys"
    escape(page)
    for tab in ("yaml", "command"):
        page.click(f"#ens-tab-{tab}")
        page.until(lambda tab=tab: _selected(page, f"#ens-tab-{tab}"))
        yield f"draw-{tab}"
    page.click("#ens-tab-preview")


def _troubles(page: Dashboard) -> Iterator[str]:
    page.type("#t1-count", "40")
    drawing(page, "refused")
    yield "draw-refused"
    page.click(".ens-offer")
    drawing(page, "fits")
    page.until(lambda: "being found out" not in page.text("#ens-worst"))
    yield "draw-changed"
    with_network(page, latency=20_000)
    page.type("#t1-count", "3")
    drawing(page, "asking")
    yield "draw-asking"
    with_network(page, latency=0)
    page.type("#t1-name", "Not a name")
    drawing(page, "incomplete")
    yield "draw-incomplete"
    page.type("#t1-name", "web")
    drawing(page, "fits")
    with_network(page, offline=True)
    page.type("#t1-count", "4")
    drawing(page, "error")
    with_network(page, latency=0)  # what looks at the state may fetch another theme
    yield "draw-error"
    page.severe()  # the browser notes what could not be asked


def ensembles(page: Dashboard, project: Project, break_a_build: Callable[[], Any]) -> Iterator[str]:
    """The table and the details; break_a_build makes an ensemble that ends in an error."""
    page.open("/project/ensembles/")
    page.find(".ens-invite")
    yield "index-empty"
    page.open(DRAW + "?sample=three-tier")
    drawing(page, "fits")
    page.click("#ens-submit")
    page.find("#ens-details[data-status=BUILDING]")
    page.until(lambda: page.all("#ens-details .ens-member.is-active"), BUILD_SECONDS)
    yield "details-building"
    page.until(lambda: page.all("#ens-details[data-status=ACTIVE]"), BUILD_SECONDS)
    page.driver.refresh()
    page.find(".ens-members tbody tr")
    yield "details-active"
    for act in ("document", "remove"):
        page.click(f"[data-act={act}]")
        page.find("dialog[open]")
        yield f"details-{act}"
        escape(page)
    details = page.driver.current_url
    for name, link in (("failures", "/drill/"), ("rebalance", "/rebalance/")):
        page.click(f".detail-actions a[href$='{link}']")
        page.find(f"#ens-{link.strip('/')}")
        yield f"details-{name}"
        page.driver.get(details)
    yield from changes(page)
    broken = break_a_build()
    page.open(f"/project/ensembles/{broken['id']}/")
    page.find("#ens-details[data-status=ERROR]")
    yield "details-error"
    farm = project.create(
        project.body("render farm", [project.tier("worker", 16, networks="none")])
    )
    page.open(f"/project/ensembles/{farm['id']}/")
    page.click("[data-act=cancel]")
    page.find("dialog[open]")
    yield "details-cancel"
    escape(page)
    page.open("/project/ensembles/")
    page.until(lambda: len(page.all("tr[data-object-id]")) == 3)
    yield "index"
    page.open("/project/ensembles/?q=nothing-has-this-name")
    page.until(lambda: "No ensemble matches the search." in page.text(".ens-table"))
    yield "index-no-match"


def changes(page: Dashboard) -> Iterator[str]:
    """The drawing of the ensemble whose page is open."""
    page.click("a[href$='/change/']")
    drawing(page, "fits")
    yield "change-begin"
    page.click("#t1-more")
    page.click("#t2-less")
    page.until(lambda: len(page.all("[data-change]")) == 2)
    drawing(page, "fits")
    yield "change"
    page.click("#t2-goes summary")
    yield "change-who-goes"
    page.click("#ens-submit")
    page.find("dialog[open]")
    yield "change-ask"
    escape(page)
    page.type("#t1-count", "60")
    drawing(page, "refused")
    yield "change-refused"


def failure(
    page: Dashboard, project: Project, operator: Operator, cloud: EmbeddedCloud
) -> Iterator[str]:
    """The story of a rack that fails: asked before, seen, repaired, and made good again."""
    survives = {"type": "survive", "level": "rack", "failures": 1, "min_available": "50%"}
    tiers = [
        project.tier(name, count, networks="none")
        for name, count in (("web", 6), ("cache", 2), ("db", 3))
    ]
    policies = [{**survives, "tiers": [each["name"]]} for each in tiers]
    made = project.create(project.body("storefront", tiers, *policies))
    built = project.wait(made["id"], "ACTIVE")
    host = operator.servers()[built["members"][0]["server_id"]].compute_host
    rack = operator.place("rack")[host]
    page.open(f"/project/ensembles/{made['id']}/drill/")
    page.find(".ens-drill tbody tr")
    yield "failure-asked"
    page.open(f"/project/ensembles/{made['id']}/")
    page.find(".ens-members tbody tr")
    try:
        assert cloud.ensemble_cloud("rack", "stop", rack, "--forced").returncode == 0
        page.until(lambda: "lost contact" in page.text("#ens-details"))
        yield "failure-seen"
        page.click("[data-act=repair]")
        page.find(".ens-dialog .ens-repair-moves")
        yield "failure-ask-repair"
        page.click(".ens-dialog .btn-primary")
        page.until(lambda: "A repair brings" in page.text("#ens-details"))
        yield "failure-repair"
        page.until(lambda: _is_healed(page.text("#ens-details")), BUILD_SECONDS)
        yield "failure-healed"
    finally:
        assert cloud.ensemble_cloud("rack", "start", rack, "--forced").returncode == 0
    try:
        address = f"/project/ensembles/{made['id']}/rebalance/"

        def is_offered() -> bool:
            page.open(address)
            return bool(page.all("#ens-rebalance-now"))

        page.until(is_offered, BUILD_SECONDS)  # once the rack is seen up
        yield "failure-rebalance"
    finally:
        project.delete(made["id"])


def broken_hosts(page: Dashboard, operator: Operator, cloud: EmbeddedCloud) -> Iterator[str]:
    """The operators' pages while a rack with members is down, asked for on the map."""
    members = {each.compute_host for each in operator.servers().values()}
    place = operator.place("rack")
    rack = next(rack for host, rack in place.items() if host in members)
    page.open("/admin/ensembles/")
    try:
        page.click(f".ens-break-button[data-label='{rack}']")
        page.find(".ens-dialog .btn-danger")
        yield "break-ask"
        page.click(".ens-dialog .btn-danger")
        page.until(lambda: "are stopped" in page.text("[data-now=stopped]"), BUILD_SECONDS)
        racks_hosts = {host for host, each in place.items() if each == rack}
        page.until(lambda: len(page.all(".is-down")) == len(racks_hosts), BUILD_SECONDS)
        yield "break-down"
        page.click(f".ens-heat-rack h4 a[href*='{rack}']")
        page.find(".ens-sharing")
        yield "break-sharing"
        worst = page.attribute("tr[data-host]", "data-host")
        page.open(f"/admin/ensembles/hosts/{worst}/")
        page.find(".ens-host-part")
        yield "break-host"
    finally:
        assert cloud.ensemble_cloud("rack", "start", rack).returncode == 0


def adoption(page: Dashboard, project: Project) -> Iterator[str]:
    """The page that adopts servers, with some of the project's that are kept apart, and others."""
    compute = project.connection.compute
    group = compute.create_server_group(name="shop", policy="soft-anti-affinity")
    made = [
        compute.create_server(
            name=f"{name}-{number}",
            flavor_id=project.names["flavor"]["m1.tiny"],
            image_id=project.names["image"]["cirros"],
            networks="none",
            scheduler_hints={"group": group.id},
        )
        for name, count in (("web", 3), ("db", 2))
        for number in range(count)
    ]
    try:
        for server in made:
            compute.wait_for_server(server, wait=BUILD_SECONDS)
        page.open("/project/ensembles/adopt/")
        page.until(lambda: page.all("#ens-from:not([disabled])"))
        yield "adopt-begin"
        page.choose("#ens-server_group", group.id)
        page.until(lambda: "5 servers" in page.text("#ens-verdict"))
        yield "adopt"
        page.choose("#ens-kind", "servers")
        page.click(".ens-adopt-servers input")
        page.until(lambda: "1 server in" in page.text("#ens-verdict"))
        yield "adopt-servers"
        page.choose("#ens-kind", "stack")
        page.type("#ens-stack", "none-of-this-name")
        page.until(lambda: "has no servers" in page.text("#ens-from-error"))
        yield "adopt-refused"
    finally:
        for server in made:
            compute.delete_server(server)
        for server in made:
            compute.wait_for_delete(server, wait=BUILD_SECONDS)
        compute.delete_server_group(group)


def operators(page: Dashboard) -> Iterator[str]:
    """The operators' pages, where ensembles are."""
    page.open("/admin/ensembles/")
    page.find(".ens table")
    yield "admin-host-impact"
    page.click(".ens-heat-rack .ens-maintain-button")
    page.until(lambda: "disabled first" in page.text(".ens-maintain-said"))
    yield "admin-rack-drain"
    escape(page)
    link = page.all(".ens table a[href*='/hosts/']")
    if link:
        page.driver.get(link[0].get_attribute("href"))
        page.find(".ens h2, .ens h3")
        yield "admin-host"
        page.click("#ens-drain .btn-primary")
        page.find(".ens-drain-verdict")
        yield "admin-host-drain"
    page.open("/admin/ensembles/headroom/?level=rack")
    page.find("#ens-headroom tbody tr")
    yield "admin-headroom"
    page.open("/admin/ensembles/all/")
    page.find("tr[data-object-id]")
    yield "admin-all"


def failed_build(project: Project, operator: Operator) -> dict[str, Any]:
    """An ensemble that could not be built: the project's ports run out while it is."""
    network = operator.connection.network
    project_id = project.connection.current_project_id
    used = len(list(network.ports(project_id=project_id)))
    # What the quota does not hold to begin with is not accepted.
    made = project.create(project.body("broken", [project.tier("web", 3)]))
    network.update_quota(project_id, ports=used + 1, check_limit=False)
    try:
        until = time.monotonic() + BUILD_SECONDS
        while time.monotonic() < until:
            found: dict[str, Any] = project.request("GET", f"/{made['id']}").json()["ensemble"]
            if found["status"] == "ERROR":
                return found
            time.sleep(1)
        raise AssertionError(f"still {found['status']} after {BUILD_SECONDS} s")
    finally:
        network.delete_quota(project_id)


def with_network(page: Dashboard, *, latency: int = 0, offline: bool = False) -> None:
    """Let answers take so long, or never come."""
    page.driver.execute_cdp_cmd("Network.enable", {})
    page.driver.execute_cdp_cmd(
        "Network.emulateNetworkConditions", {"offline": offline, "latency": latency, **_ANY}
    )


def _is_healed(text: str) -> bool:
    return "holds again" in text and "is about to be looked at" not in text


def _selected(page: Dashboard, selector: str) -> bool:
    return page.attribute(selector, "aria-selected") == "true"


def escape(page: Dashboard) -> None:
    """Close the window that is open."""
    ActionChains(page.driver).send_keys(Keys.ESCAPE).perform()
    page.until(lambda: not page.all("dialog[open]"))
