# SPDX-License-Identifier: Apache-2.0
"""The drawing page with no network, half a name, a renamed tier, a closed tab, or many tiers."""

from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.ui import states
from tests.ui.browser import Dashboard
from tests.ui.drawing import DRAW, add_policy, drawing, members


def retype(page: Dashboard, selector: str, text: str) -> None:
    field = page.find(selector)
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(text)


def press(page: Dashboard, key: str) -> None:
    ActionChains(page.driver).send_keys(key).perform()


def test_without_a_network_the_last_plan_stays_and_the_next_is_asked_for_by_itself(
    demo: Dashboard,
) -> None:
    demo.open(DRAW)
    drawing(demo, "fits")
    states.with_network(demo, offline=True)
    try:
        demo.click("#t1-more")
        drawing(demo, "error")
        assert members(demo) == {"web": 2}
        assert "before the last change" in demo.text("#ens-old")
    finally:
        states.with_network(demo)
    drawing(demo, "fits")
    demo.until(lambda: members(demo) == {"web": 3})
    assert demo.text("#ens-old") == ""
    demo.severe()  # the browser complains of the network


def test_what_was_said_of_the_drawing_before_the_last_change_is_told_to_be_old(
    demo: Dashboard,
) -> None:
    demo.open(DRAW)
    drawing(demo, "fits")
    demo.type("#t1-count", "40")
    drawing(demo, "refused")
    assert demo.text("#ens-old") == ""
    assert demo.is_enabled(".ens-offer")
    states.with_network(demo, latency=60_000)
    try:
        demo.type("#t1-count", "3")
        drawing(demo, "asking")
        demo.until(lambda: "from before the last change" in demo.text("#ens-old"))
        assert "there are 24" in demo.text("#ens-picture")
        assert not demo.is_enabled(".ens-offer"), "it is a change of another drawing"
    finally:
        states.with_network(demo)
    demo.type("#t1-count", "4")
    drawing(demo, "fits")
    assert demo.text("#ens-old") == ""


def test_what_was_missing_is_not_said_any_more_while_a_plan_is_made(demo: Dashboard) -> None:
    demo.open(DRAW)
    demo.click("#t1-remove")
    drawing(demo, "incomplete")
    states.with_network(demo, latency=60_000)
    try:
        demo.click("#ens-add-tier")
        drawing(demo, "asking")
        demo.until(lambda: demo.text("#ens-picture") == "Planning…")
    finally:
        states.with_network(demo)


def test_half_a_name_leaves_the_last_plan_in_sight(demo: Dashboard) -> None:
    demo.open(DRAW)
    drawing(demo, "fits")
    retype(demo, "#t1-name", "Two words")
    drawing(demo, "incomplete")
    assert members(demo) == {"web": 2}
    assert "before the last change" in demo.text("#ens-old")
    assert demo.is_shown("#ens-worst")


def test_menus_and_titles_follow_a_renamed_tier(demo: Dashboard) -> None:
    demo.open(DRAW)
    drawing(demo, "fits")
    demo.click("#ens-add-tier")
    retype(demo, "#t1-name", "front")
    assert demo.attribute("#t1-remove", "title") == "Remove the tier front"
    assert demo.attribute("#t1-duplicate", "aria-label") == "Duplicate the tier front"
    assert demo.attribute("#t1-card .ens-stepper", "aria-label") == "Members of front"
    demo.click("#t1-add")
    assert "members of front" in demo.text("#t1-add-anti-affinity")
    press(demo, Keys.ESCAPE)
    demo.click("#t1-relate")
    assert "Relate front to" in demo.text(".ens-relate-to")


def test_a_failed_domain_does_not_outlive_a_new_start(demo: Dashboard) -> None:
    demo.open(DRAW)
    drawing(demo, "fits")
    demo.click("#ens-picture .ens-domain-rack .ens-domain-name")
    assert demo.all("#ens-picture [aria-pressed=true]")
    demo.click("#ens-start")
    demo.click("#ens-gallery [data-start=quorum]")
    demo.until(lambda: set(members(demo)) == {"node"})
    assert not demo.all("#ens-picture [aria-pressed=true]")


def test_every_tier_starts_alike(demo: Dashboard) -> None:
    demo.open(DRAW)
    drawing(demo, "fits")
    demo.click("#ens-add-tier")
    chips = [
        card.find_elements(By.CSS_SELECTOR, ".ens-policy-chip") for card in demo.all(".ens-card")
    ]
    first, second = ([chip.text for chip in each] for each in chips)
    assert first and first == second


def test_a_drawing_of_a_closed_tab_is_offered_and_never_there_unasked(demo: Dashboard) -> None:
    demo.driver.execute_script("localStorage.clear()")
    demo.open(DRAW)
    drawing(demo, "fits")
    retype(demo, "#ens-name", "shop")
    demo.click("#t1-more")
    demo.driver.execute_script("sessionStorage.clear()")  # what closing the tab does
    demo.open(DRAW)
    drawing(demo, "fits")
    assert demo.attribute("#ens-name", "value") == ""
    assert "shop" in demo.text("#ens-elsewhere")
    demo.click("#ens-elsewhere .ens-go-on")
    assert demo.attribute("#ens-name", "value") == "shop"
    demo.until(lambda: members(demo) == {"web": 3})
    assert demo.text("#ens-elsewhere") == ""


def test_what_cancel_leaves_is_said_when_somebody_comes_back(demo: Dashboard) -> None:
    demo.open(DRAW)
    drawing(demo, "fits")
    retype(demo, "#ens-name", "shop")
    demo.click(".ens-strip-buttons .btn-default")
    demo.until(lambda: "draw" not in demo.driver.current_url)
    demo.open(DRAW)
    drawing(demo, "fits")
    assert demo.attribute("#ens-name", "value") == "shop"
    assert "as you left it" in demo.text("#ens-elsewhere")
    demo.click("#ens-elsewhere .ens-anew")
    assert demo.attribute("#ens-name", "value") == ""
    demo.click("#ens-undo")
    assert demo.attribute("#ens-name", "value") == "shop", "nothing is lost by a click"


def test_what_has_the_focus_is_not_below_the_bar(demo: Dashboard) -> None:
    demo.open(DRAW)
    drawing(demo, "fits")
    for _ in range(3):
        demo.click("#ens-add-tier")
    bar = demo.find(".ens-strip")
    covered = """
      const bar = document.querySelector('.ens-strip').getBoundingClientRect();
      const at = document.activeElement.getBoundingClientRect();
      const inside = document.activeElement.closest('.ens-strip');
      return !inside && at.height < bar.top && at.bottom > bar.top + 1;
    """
    assert bar.is_displayed()
    demo.driver.execute_script("document.getElementById('ens-name').focus(); scrollTo(0, 0)")
    for _ in range(80):
        press(demo, Keys.TAB)
        where = demo.driver.execute_script("return document.activeElement.id")
        assert not demo.driver.execute_script(covered), where
        if where == "ens-submit":
            break
    add_policy(demo, "t1", "survive")
    inside = """
      const bar = document.querySelector('.ens-strip').getBoundingClientRect();
      return document.querySelector('.ens-editor').getBoundingClientRect().bottom <= bar.top + 1;
    """
    demo.driver.execute_script("scrollTo(0, 0)")
    last = demo.all(".ens-card")[-1].get_attribute("data-tier")
    add_policy(demo, last or "", "spread")
    demo.until(lambda: bool(demo.driver.execute_script(inside)))


def test_six_of_ten_tiers_are_seen_at_once(demo: Dashboard) -> None:
    demo.open(DRAW)
    drawing(demo, "fits")
    for _ in range(9):
        demo.click("#ens-add-tier")
    seen = """
      document.querySelectorAll('.ens-card')[2].scrollIntoView({block: 'start'});
      const bar = document.querySelector('.ens-strip').getBoundingClientRect();
      return [...document.querySelectorAll('.ens-card')].map((card) => card.getBoundingClientRect())
        .filter((card) => card.top >= 0 && card.bottom <= bar.top).length;
    """
    assert demo.driver.execute_script(seen) >= 6


def test_no_id_is_there_twice(demo: Dashboard) -> None:
    demo.open(DRAW)
    drawing(demo, "fits")
    demo.click("#ens-add-tier")
    demo.click("#t1-server")
    for name in ("source", "flavor", "networks", "access", "setup", "metadata"):
        demo.click(f"#sheet-tab-{name}")
    press(demo, Keys.ESCAPE)
    twice = """
      const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
      return ids.filter((id, at) => ids.indexOf(id) !== at);
    """
    assert demo.driver.execute_script(twice) == []
