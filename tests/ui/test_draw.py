# SPDX-License-Identifier: Apache-2.0
"""Drawing an ensemble in a real browser on the real embedded cloud, and watching it being built."""

import os
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from tests.cloud.ensembles import Operator, Project
from tests.embedded import EmbeddedCloud
from tests.ui.browser import Dashboard
from tests.ui.drawing import DRAW, add_policy, choose, drawing, left, members, preview_of

pytestmark = [pytest.mark.cloud, pytest.mark.ui]

BUILD_SECONDS = 240


def test_three_tiers_are_drawn_previewed_built_as_promised_and_deleted(
    project: Project, demo: Dashboard, operator: Operator
) -> None:
    before = operator.left_behind()
    demo.open("/project/ensembles/")
    assert "Draw your first ensemble" in demo.text(".ens-invite")
    demo.click(".ens-invite .btn-primary")

    # A fresh page has one tier of two on different hosts, and a plan for it.
    preview_of(demo, {"web": 2})
    demo.type("#ens-name", "shop")
    demo.click("#t1-more")
    # Every new tier is two on different hosts; here caches.
    demo.click("#ens-add-tier")
    demo.type("#t3-name", "cache")
    # The third one: three databases, on different racks.
    demo.click("#ens-add-tier")
    demo.type("#t5-name", "db")
    demo.click("#t5-more")
    choose(demo, "p6", "level", "rack")
    # Caches are wanted in one zone.
    add_policy(demo, "t3", "affinity")
    choose(demo, "p7", "enforcement", "soft")
    assert "All members of cache should be in one zone." in demo.text("[data-policy=p7]")

    preview_of(demo, {"web": 3, "cache": 2, "db": 3})
    assert "8 members fit on " in demo.text("#ens-verdict")
    assert left(demo, "host", "web") == "2 of 3 left"
    assert left(demo, "rack", "db") == "2 of 3 left"
    assert left(demo, "zone", "cache") == "none left"
    lost = demo.find(".ens-domain-rack > .ens-domain-name")
    label = lost.find_element("css selector", ".ens-domain-label").text
    assert label.startswith("rack "), "a tenant sees no rack's name"
    lost.click()
    assert f"If {label} fails:" in demo.text("#ens-what-if")
    assert demo.all(".ens-domain-rack.is-failed")

    demo.click("#ens-submit")
    demo.until(lambda: demo.driver.current_url.rstrip("/").rsplit("/", 1)[1].count("-") == 4)
    assert demo.text(".detail-title h1") == "shop"
    ensemble_id = demo.driver.current_url.rstrip("/").rsplit("/", 1)[1]
    demo.until(lambda: demo.attribute("#ens-details", "data-status") == "ACTIVE", BUILD_SECONDS)
    assert len(demo.all(".ens-members tbody tr")) == 8
    demo.until(lambda: len(demo.all("[data-live=picture] .ens-member.is-active")) == 8)

    _check_promises(operator, ensemble_id)

    demo.click("[data-act=remove]")
    assert "shop" in demo.text(".ens-dialog h2")
    demo.click(".ens-dialog .btn-danger")
    demo.until(lambda: "“shop” is deleted" in demo.text(".messages"), BUILD_SECONDS)
    assert project.request("GET", f"/{ensemble_id}").status_code == 404
    assert not demo.all("tr[data-object-id]")
    demo.expect_only(404)
    assert operator.left_behind() == before


def _check_promises(operator: Operator, ensemble_id: str) -> None:
    """Compare every member's host, as Nova's admin API has it, with the policies drawn."""
    shown: dict[str, Any] = operator.connection.compute.get(f"/os-ensembles/{ensemble_id}").json()
    servers = operator.servers()
    racks, zones = operator.place("rack"), operator.place("zone")
    hosts: dict[str, list[str]] = {}
    for member in shown["ensemble"]["members"]:
        server = servers[member["server_id"]]
        assert server.status == "ACTIVE"
        hosts.setdefault(member["tier"], []).append(server.compute_host)
    assert {tier: len(where) for tier, where in hosts.items()} == {"web": 3, "cache": 2, "db": 3}
    assert len(set(hosts["web"])) == 3
    assert len(set(hosts["cache"])) == 2
    assert len({(zones[host], racks[host]) for host in hosts["db"]}) == 3
    assert len({zones[host] for host in hosts["cache"]}) == 1


def test_what_does_not_fit_is_explained_and_nothing_is_lost(
    demo: Dashboard, project: Project
) -> None:
    demo.open(DRAW)
    preview_of(demo, {"web": 2})
    demo.type("#t1-count", "60")
    drawing(demo, "refused")
    assert "This does not fit." in demo.text("#ens-verdict")
    assert "60" in demo.text(".ens-reasons li") and "24" in demo.text(".ens-reasons li")
    assert demo.all(".ens-offer")
    assert demo.text("#p2-type-error"), "the policy in the way is marked"
    assert "in the way" in demo.text("#p2-chip")
    # What is known not to fit is not sent; the reasons are shown instead.
    demo.type("#ens-name", "too large")
    drawing(demo, "refused")
    assert demo.attribute("#ens-submit", "aria-disabled") == "true"
    demo.click("#ens-submit")
    assert demo.driver.switch_to.active_element.get_attribute("id") == "ens-picture"
    assert demo.attribute("#ens-draw", "data-state") == "refused"
    # Submitted before the preview knows, the API refuses with the same reasons; the drawing stays.
    demo.driver.execute_script(
        "const count = document.getElementById('t1-count'); count.value = 61;"
        "count.dispatchEvent(new Event('input')); document.getElementById('ens-submit').click();"
    )
    drawing(demo, "refused")
    assert "61" in demo.text(".ens-reasons li")
    assert demo.attribute("#t1-count", "value") == "61"
    assert project.request("GET").json()["ensembles"] == []
    demo.expect_only(409)
    demo.type("#t1-count", "3")
    preview_of(demo, {"web": 3})
    assert demo.attribute("#ens-submit", "aria-disabled") is None


def test_a_field_the_api_refuses_is_named_and_the_draft_is_kept(demo: Dashboard) -> None:
    demo.open(DRAW)
    preview_of(demo, {"web": 2})
    demo.type("#ens-name", "n" * 300)
    demo.until(lambda: "255" in demo.text("#ens-name-error"))
    assert demo.attribute("#ens-name", "aria-invalid") == "true"
    demo.expect_only(400)
    demo.type("#ens-name", "\N{OCTOPUS}")
    demo.until(lambda: demo.text("#ens-name-error") == "")
    demo.type("#ens-name", "shop")
    demo.type("#ens-description", "<b>{$ 7*7 $}</b> \N{OCTOPUS}")
    demo.type("#t1-name", "front")
    demo.open("/project/ensembles/")
    demo.open(DRAW)
    preview_of(demo, {"front": 2})
    assert demo.attribute("#ens-name", "value") == "shop"
    description = demo.attribute("#ens-description", "value")
    assert description == "<b>{$ 7*7 $}</b> \N{OCTOPUS}"


def test_what_is_missing_is_told_before_anything_is_sent(demo: Dashboard, project: Project) -> None:
    demo.open(DRAW)
    preview_of(demo, {"web": 2})
    demo.click("#ens-submit")
    assert demo.text("#ens-name-error") == "Give it a name."
    assert demo.driver.switch_to.active_element.get_attribute("id") == "ens-name"
    assert demo.is_enabled("#ens-submit"), "it can be tried again"
    demo.type("#t1-name", "Web Server")
    drawing(demo, "incomplete")
    assert "Small letters" in demo.text("#t1-name-error")
    demo.click("#t1-remove")
    demo.until(lambda: "Add a tier." in demo.text("#ens-verdict"))
    assert project.request("GET").json()["ensembles"] == []


def test_the_page_works_by_keyboard(demo: Dashboard) -> None:
    demo.open(DRAW)
    preview_of(demo, {"web": 2})
    demo.press("#ens-start", Keys.ENTER)
    demo.press("#ens-gallery [data-start=three-tier]", Keys.ENTER)
    preview_of(demo, {"web": 3, "cache": 2, "db": 3})
    demo.press("#t1-more", Keys.SPACE)
    demo.until(lambda: members(demo)["web"] == 4)
    assert demo.driver.switch_to.active_element.get_attribute("id") == "t1-more"
    drawing(demo, "fits")
    demo.press(".ens-domain-name", Keys.ENTER)
    assert demo.driver.switch_to.active_element.get_attribute("aria-pressed") == "true"
    demo.press(".ens-as-table summary", Keys.ENTER)
    demo.until(lambda: len(demo.all(".ens-as-table tbody tr")) == 9)
    # Every control can be reached, and in the order of the page.
    reached = demo.driver.execute_script(
        "return [...document.querySelectorAll('#ens-draw :is(a, button, input, select, summary)')]"
        ".filter(e => e.tabIndex < 0 && e.type !== 'hidden')"
        # The arrow keys lead to these: tabs and the picture are one stop each.
        ".filter(e => !e.matches('[role=tab], .ens-domain-name'))"
        ".map(e => e.outerHTML)"
    )
    assert reached == []
    assert len(demo.all(".ens-domain-name[tabindex='0']")) == 1


def test_the_command_that_the_page_shows_runs_as_it_is_printed(
    demo: Dashboard, project: Project, cloud: EmbeddedCloud
) -> None:
    demo.open(f"{DRAW}?sample=three-tier")
    preview_of(demo, {"web": 3, "cache": 2, "db": 3})
    demo.type("#ens-name", "it's a $HOME `shop`")
    demo.click("#ens-tab-command")
    demo.until(lambda: "$HOME" in demo.attribute("#ens-code", "textContent"))
    command = demo.attribute("#ens-code", "textContent") or ""
    folder = Path(sysconfig.get_path("scripts"))
    env = {**cloud.env, "OS_CLOUD": "demo", "PATH": f"{folder}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euc", command], env=env, text=True, capture_output=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    (made,) = project.request("GET").json()["ensembles"]
    assert made["name"] == "it's a $HOME `shop`"
    assert [tier["count"] for tier in made["tiers"]] == [3, 2, 3]
