# SPDX-License-Identifier: Apache-2.0
"""The table, the details and the operators' pages in a real browser."""

import re

import pytest

from tests.cloud.ensembles import Operator, Project
from tests.ui import narrow
from tests.ui.browser import Dashboard
from tests.ui.drawing import drawing

pytestmark = [pytest.mark.cloud, pytest.mark.ui]

WIDTHS = (360, 640, 768, 1280, 1920)  # 640: 1280 at 200 %
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
    bodies = [project.body(name, [project.tier("web", 1, networks="none")]) for name in HOSTILE]
    made = [project.create(body) for body in bodies]
    demo.open("/project/ensembles/")

    def shown() -> set[str | None]:
        return {
            link.get_attribute("textContent") for link in demo.all(".ens-table td:nth-child(2) a")
        }

    assert demo.until(shown) == set(HOSTILE)
    for ensemble in made:
        project.wait(ensemble["id"], "ACTIVE")
        demo.open(f"/project/ensembles/{ensemble['id']}/")
        demo.until(lambda: demo.all(".ens-members tbody tr"))
        title = demo.attribute(".detail-title .h1", "textContent")
        assert title is not None and title.strip() == ensemble["name"]
        demo.click("[data-act=remove]")
        assert ensemble["name"] in (demo.attribute(".ens-dialog h2", "textContent") or "")
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
    demo.click(row + " [id$='action_delete']")
    demo.click(".modal-footer .btn-danger")
    demo.until(lambda: "Deleting" in demo.text(row))
    demo.until(lambda: not demo.all(row), 240)
    demo.expect_only(404)


def test_when_all_of_a_page_are_deleted_it_shows_what_follows(
    demo: Dashboard, project: Project
) -> None:
    tier = project.tier("web", 1, networks="none")
    made = [project.create(project.body(f"many-{number}", [tier])) for number in range(5)]
    for each in made:  # rows that are still followed would be drawn anew below the pointer
        project.wait(each["id"], "ACTIVE")
    demo.driver.add_cookie({"name": "API_RESULT_PAGE_SIZE", "value": "2", "path": "/"})

    def names() -> list[str]:
        return demo.texts(".ens-table tr[data-object-id] td:nth-child(2) a")

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
    demo.until(lambda: demo.attribute("#ens-draw", "data-state") == "fits")
    ground, behind = demo.driver.execute_script(
        "return ['.ens-card', 'body'].map((selector) =>"
        " getComputedStyle(document.querySelector(selector)).backgroundColor)"
    )
    assert ground == behind


_OVERFLOW = """
const right = document.querySelector('.ens').getBoundingClientRect().right + 1;
return [...document.querySelectorAll('.ens *')].filter((one) => one.getClientRects().length
  && one.getBoundingClientRect().right > right && !one.closest('.sr-only'))
  .map((one) => one.className || one.tagName);
"""
_SMALL = """
return [...document.querySelectorAll('.ens button, .ens a.btn, .ens summary')]
  .filter((one) => one.getClientRects().length && !one.closest('.sr-only'))
  .map((one) => [one.id || one.className, one.getBoundingClientRect()])
  .filter(([_name, box]) => box.width < 24 || box.height < 24).map(([name]) => name);
"""


def test_the_drawing_fits_the_window(demo: Dashboard) -> None:
    with narrow.window(demo, WIDTHS[0]):
        demo.open("/project/ensembles/draw/?sample=three-tier")
        drawing(demo, "fits")
        for width in WIDTHS:
            narrow.resize(demo, width)
            assert demo.driver.execute_script("return innerWidth") == width
            assert demo.driver.execute_script(_OVERFLOW) == [], width
            assert demo.driver.execute_script(_SMALL) == [], width


def test_forced_colours_leave_the_drawing_readable(demo: Dashboard) -> None:
    forced = [{"name": "forced-colors", "value": "active"}]
    demo.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": forced})
    try:
        demo.open("/project/ensembles/draw/?sample=three-tier")
        demo.until(lambda: demo.attribute("#ens-draw", "data-state") == "fits")
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
