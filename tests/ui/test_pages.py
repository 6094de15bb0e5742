# SPDX-License-Identifier: Apache-2.0
"""The table, the details and the operators' pages in a real browser."""

import re

import pytest

from tests.cloud.ensembles import Operator, Project
from tests.ui.browser import Dashboard

pytestmark = [pytest.mark.cloud, pytest.mark.ui]

HOSTILE = [
    "<img src=x onerror=\"alert('x')\">",
    "{$ 7*7 $} {$ constructor.constructor('alert(1)')() $}",
    "{{ 7*7 }} {% now 'Y' %}",
    "x" * 255,
    "\N{OCTOPUS}\N{HOT BEVERAGE}\N{SNOWMAN} caf\u00e9",
    "\u0635\u062d \"quotes' & ampersands",
]


def test_hostile_names_are_text_on_every_page(
    demo: Dashboard, project: Project, operator: Operator
) -> None:
    bodies = [project.body(name, [project.tier("web", 1)]) for name in HOSTILE]
    made = [project.create(body) for body in bodies]
    demo.open("/project/ensembles/")
    shown = {row.get_attribute("textContent") for row in demo.all(".ens-table td:nth-child(2) a")}
    assert shown == set(HOSTILE)
    for ensemble in made:
        project.wait(ensemble["id"], "ACTIVE")
        demo.open(f"/project/ensembles/{ensemble['id']}/")
        demo.until(lambda: demo.all(".ens-members tbody tr"))
        title = demo.find(".detail-title .h1").get_attribute("textContent")
        assert title is not None and title.strip() == ensemble["name"]
        demo.click("[data-act=remove]")
        assert ensemble["name"] in (demo.find(".ens-dialog h2").get_attribute("textContent") or "")
    # The confirmation and the message name them all, and run nothing.
    demo.open("/project/ensembles/")
    for box in demo.all(".ens-table tbody .themable-checkbox label"):
        box.click()
    demo.click("#ensembles__action_delete")
    demo.until(lambda: "onerror=" in demo.text(".modal-body"))
    assert demo.all(".modal-body img") == []
    demo.click(".modal-footer .btn-danger")
    demo.until(lambda: "Scheduled deletion of Ensembles" in demo.text(".messages"))
    told = demo.text(".messages")
    assert "49" not in told and demo.all(".messages img") == []
    assert "{$7*7$}" in re.sub(r"[\s\u2060]", "", told)
    demo.until(lambda: not demo.all("tr[data-object-id]"), 240)
    demo.expect_only(404)


def test_rows_follow_what_is_being_built_and_deleted(demo: Dashboard, project: Project) -> None:
    made = project.create(project.body("rows", [project.tier("web", 3)]))
    demo.open("/project/ensembles/")
    row = f"tr[data-object-id='{made['id']}']"
    demo.until(lambda: "Active" in demo.text(row + " .status_up"), 240)
    assert "web × 3" in demo.text(row).replace("\xa0", " ")
    demo.click(row + " .dropdown-toggle")
    demo.click(row + " .btn-danger")
    demo.click(".modal-footer .btn-danger")
    demo.until(lambda: "Deleting" in demo.text(row))
    demo.until(lambda: not demo.all(row), 240)
    demo.expect_only(404)


def test_when_all_of_a_page_are_deleted_it_shows_what_follows(
    demo: Dashboard, project: Project
) -> None:
    for number in range(5):
        project.create(project.body(f"many-{number}", [project.tier("web", 1)]))
    demo.driver.add_cookie({"name": "API_RESULT_PAGE_SIZE", "value": "2", "path": "/"})

    def names() -> list[str]:
        return [link.text for link in demo.all(".ens-table tr[data-object-id] td:nth-child(2) a")]

    def delete_all() -> None:
        for box in demo.all(".ens-table tbody .themable-checkbox label"):
            box.click()
        demo.click("#ensembles__action_delete")
        demo.click(".modal-footer .btn-danger")

    demo.open("/project/ensembles/?sort=name&dir=asc")
    assert names() == ["many-0", "many-1"]
    delete_all()
    demo.until(lambda: names() == ["many-2", "many-3"], 240)
    demo.click("a[href*='marker=']")
    demo.until(lambda: names() == ["many-4"])
    delete_all()
    demo.until(lambda: names() == ["many-2", "many-3"], 240)
    demo.expect_only(404)


@pytest.mark.parametrize("theme", ["default", "material"])
def test_the_pages_take_the_theme_s_colours(demo: Dashboard, theme: str) -> None:
    demo.driver.add_cookie({"name": "theme", "value": theme, "path": "/"})
    demo.open("/project/ensembles/draw/")
    demo.until(lambda: demo.find("#ens-draw").get_attribute("data-state") == "fits")
    ground, behind = demo.driver.execute_script(
        "return ['.ens-card', 'body'].map((selector) =>"
        " getComputedStyle(document.querySelector(selector)).backgroundColor)"
    )
    assert ground == behind


@pytest.mark.parametrize("width", [360, 640, 768, 1280, 1920])  # 640: 1280 at 200 %
def test_the_drawing_fits_the_window(demo: Dashboard, width: int) -> None:
    demo.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    try:
        demo.open("/project/ensembles/draw/?sample=three-tier")
        demo.until(lambda: demo.find("#ens-draw").get_attribute("data-state") == "fits")
        overflow = demo.driver.execute_script(
            "const right = document.querySelector('.ens').getBoundingClientRect().right + 1;"
            "return [...document.querySelectorAll('.ens *')]"
            ".filter(e => e.getClientRects().length && e.getBoundingClientRect().right > right"
            " && !e.closest('.sr-only')).map(e => e.className || e.tagName)"
        )
        assert overflow == []
        small = demo.driver.execute_script(
            "return [...document.querySelectorAll('.ens button, .ens a.btn, .ens summary')]"
            ".filter(e => e.getClientRects().length && !e.closest('.sr-only'))"
            ".map(e => [e.id || e.className, e.getBoundingClientRect()])"
            ".filter(([_name, box]) => box.width < 24 || box.height < 24).map(([name]) => name)"
        )
        assert small == []
    finally:
        demo.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_forced_colours_leave_the_drawing_readable(demo: Dashboard) -> None:
    forced = [{"name": "forced-colors", "value": "active"}]
    demo.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": forced})
    try:
        demo.open("/project/ensembles/draw/?sample=three-tier")
        demo.until(lambda: demo.find("#ens-draw").get_attribute("data-state") == "fits")
        badge, bar, filled = demo.driver.execute_script(
            "const style = (selector) => getComputedStyle(document.querySelector(selector));"
            "return [style('#ens-picture .ens-badge').borderTopStyle,"
            " style('.ens-bar').borderTopStyle, style('.ens-bar-filled').backgroundColor]"
        )
        assert (badge, bar) == ("solid", "solid")
        assert filled not in ("rgba(0, 0, 0, 0)", "rgb(255, 255, 255)")
    finally:
        demo.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_a_browser_that_prefers_dark_pages_changes_nothing_in_a_light_theme(
    demo: Dashboard,
) -> None:
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    demo.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": dark})
    try:
        demo.open("/project/ensembles/")
        ours, behind = demo.driver.execute_script(
            "return [getComputedStyle(document.querySelector('.ens')).colorScheme,"
            " getComputedStyle(document.body).backgroundColor]"
        )
        assert (ours, behind) == ("light", "rgb(255, 255, 255)")
    finally:
        demo.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
