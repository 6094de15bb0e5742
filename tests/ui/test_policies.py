# SPDX-License-Identifier: Apache-2.0
"""Policies as chips and edges in a real browser: by pointer, by keys, and what a plan says."""

from typing import Any

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.ui.browser import Dashboard
from tests.ui.drawing import DRAW, choose, drawing, preview_of, sentences

pytestmark = [pytest.mark.cloud, pytest.mark.ui]


def focused(page: Dashboard) -> str:
    """The id of what has the focus."""
    return str(page.driver.switch_to.active_element.get_attribute("id"))


def press(page: Dashboard, *keys: str) -> None:
    """Press keys where the focus is."""
    ActionChains(page.driver).send_keys(*keys).perform()


def two_tiers(page: Dashboard) -> None:
    """Draw web and cache."""
    page.open(DRAW)
    preview_of(page, {"web": 2})
    page.click("#ens-add-tier")
    page.type("#t3-name", "cache")


def edges(page: Dashboard) -> dict[str, Any]:
    """Where the edges are drawn, by the keys of their policies."""
    found: dict[str, Any] = page.driver.execute_script(
        "return Object.fromEntries([...document.querySelectorAll('.ens-edge')]"
        ".map(edge => [edge.dataset.edge, edge.getBoundingClientRect().toJSON()]))"
    )
    return found


def test_an_edge_is_drawn_from_card_to_card(demo: Dashboard) -> None:
    two_tiers(demo)
    demo.driver.execute_script("scrollTo(0, 0)")
    handle, target = demo.find("#t1-card .ens-handle"), demo.find("#t3-name")
    drag = ActionChains(demo.driver).click_and_hold(handle).move_to_element(target)
    drag.perform()
    assert "is-target" in str(demo.attribute("#t3-card", "class"))
    drag.release().perform()
    assert demo.attribute("#t1-relate-to", "value") == "t3"
    demo.click("#t1-relate-anti-affinity")
    assert sentences(demo)["p5"] == "No host may hold members of two of web and cache."
    assert focused(demo) == "p5-chip"
    demo.until(lambda: list(edges(demo)) == ["p5"])

    # It runs beside the cards, from the one to the other, also when something above it unfolds.
    def joined() -> bool:
        edge = edges(demo)["p5"]
        web, cache = demo.rect("#t1-card"), demo.rect("#t3-card")
        offset = demo.driver.execute_script("return scrollY")
        top, bottom = edge["top"] + offset, edge["bottom"] + offset
        return bool(
            edge["right"] <= web["x"] + 5
            and web["y"] < top < web["y"] + web["height"]
            and cache["y"] < bottom < cache["y"] + cache["height"]
        )

    demo.until(joined)
    demo.click("#p2-chip")
    demo.until(joined)
    preview_of(demo, {"web": 2, "cache": 2})

    # Dropped on nothing, a drag changes nothing; a click on the handle asks which tier.
    ActionChains(demo.driver).click_and_hold(
        handle := demo.find("#t1-card .ens-handle")
    ).move_to_element(demo.find("#ens-description")).release().perform()
    assert not demo.all(".ens-popup")
    handle.click()
    assert focused(demo) == "t1-relate-to"
    demo.click("#ens-undo")
    demo.until(lambda: not edges(demo))


def colours(page: Dashboard, selector: str, what: str) -> list[str]:
    """What these have by their styles, as the browser works it out."""
    found: list[str] = page.driver.execute_script(
        "return [...document.querySelectorAll(arguments[0])]"
        ".map(one => getComputedStyle(one)[arguments[1]])",
        selector,
        what,
    )
    return found


def bound(page: Dashboard) -> list[str]:
    """The tiers that stand out."""
    return page.attributes("[data-tier].is-bound", "data-tier")


def point_at(page: Dashboard, x: float, y: float) -> None:
    """Move the pointer to a place of the window."""
    chain = ActionChains(page.driver)
    chain.w3c_actions.pointer_action.move_to_location(int(x), int(y))
    chain.perform()


def test_an_edge_has_the_colours_of_its_tiers_and_what_it_binds_lights_up(demo: Dashboard) -> None:
    two_tiers(demo)
    demo.click("#ens-add-tier")
    demo.click("#t3-relate")
    demo.choose("#t3-relate-to", "t1")
    demo.click("#t3-relate-anti-affinity")
    [key] = demo.until(lambda: list(edges(demo)))
    tiers = [
        colour
        for card in ("#t1-card", "#t3-card")
        for colour in colours(demo, f"{card} .ens-card-head .ens-badge", "backgroundColor")
    ]
    assert len(set(tiers)) == 2
    assert colours(demo, f"#{key}-colours stop", "stopColor") == tiers
    [line] = colours(demo, f"[data-edge={key}] .ens-edge-line", "stroke")
    assert f"#{key}-colours" in line

    # Nothing stands out but what the pointer or the focus is at.
    away = demo.find("#ens-name")
    ActionChains(demo.driver).click(away).perform()
    demo.until(lambda: not bound(demo))
    demo.driver.execute_script("arguments[0].scrollIntoView()", demo.find("#t1-card"))
    demo.driver.execute_script("scrollBy(0, -150)")
    at = edges(demo)[key]
    point_at(demo, at["left"] + 1, at["top"] + at["height"] / 4)
    demo.until(lambda: bound(demo) == ["t1", "t3"])
    assert "is-lit" in str(demo.attribute(f"[data-edge={key}]", "class"))
    ActionChains(demo.driver).move_to_element(away).perform()
    demo.until(lambda: not bound(demo))
    demo.driver.execute_script("arguments[0].focus()", demo.find(f"#{key}-chip"))
    demo.until(lambda: bound(demo) == ["t1", "t3"])
    demo.driver.execute_script("arguments[0].focus()", demo.find("#p2-chip"))
    demo.until(lambda: bound(demo) == ["t1"])


def test_policies_and_edges_are_drawn_by_keys_alone(demo: Dashboard) -> None:
    two_tiers(demo)
    demo.press("#t3-relate", Keys.ENTER)
    assert focused(demo) == "t3-relate-to"
    press(demo, Keys.ESCAPE)
    assert focused(demo) == "t3-relate"
    press(demo, Keys.ENTER, Keys.TAB, Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert focused(demo) == "t3-relate-near"
    press(demo, Keys.ENTER)
    assert focused(demo) == "p5-chip"
    assert (
        sentences(demo)["p5"] == "Every zone that holds members of cache must hold one of web too."
    )
    # Into the editor: close, level, strictness; the focus stays while the card is drawn anew.
    press(demo, Keys.TAB, Keys.TAB, Keys.ARROW_LEFT)
    assert focused(demo) == "p5-level-rack"
    press(demo, Keys.TAB, Keys.ARROW_RIGHT)
    assert focused(demo) == "p5-enforcement-soft"
    assert (
        sentences(demo)["p5"]
        == "Every rack that holds members of cache should hold one of web too."
    )
    assert "soft" in demo.text("#p5-chip")
    press(demo, Keys.ESCAPE)
    assert focused(demo) == "p5-chip"
    assert not demo.all(".ens-editor")
    demo.press("#t1-add", Keys.ENTER)
    press(demo, Keys.ARROW_DOWN, Keys.ENTER)
    assert focused(demo) == "p6-chip"
    preview_of(demo, {"web": 2, "cache": 2})
    demo.press("#p6-remove", Keys.ENTER)
    assert focused(demo) == "p2-chip"
    assert "p6" not in sentences(demo)


def test_a_refusal_marks_the_chip_in_the_way_and_a_plan_the_wish_not_met(demo: Dashboard) -> None:
    two_tiers(demo)
    choose(demo, "p2", "level", "zone")
    demo.type("#t1-count", "3")
    drawing(demo, "refused")
    assert "in the way" in demo.text("#p2-chip")
    assert demo.text("#p2-type-error")
    choose(demo, "p2", "enforcement", "soft")
    preview_of(demo, {"web": 3, "cache": 2})
    demo.until(lambda: "not met" in demo.text("#p2-chip"))
    assert demo.text("#p2-told")
    choose(demo, "p2", "level", "host")
    preview_of(demo, {"web": 3, "cache": 2})
    demo.until(lambda: "not met" not in demo.text("#p2-chip"))
