# SPDX-License-Identifier: Apache-2.0
"""What the planner says, in a real browser: ways out of a refusal, proof, headroom, policies."""

from typing import Any

import pytest

from tests.ui.browser import Dashboard
from tests.ui.drawing import (
    DRAW,
    add_policy,
    choose,
    drawing,
    edit,
    left,
    preview_of,
    room,
    sentences,
)

pytestmark = [pytest.mark.cloud, pytest.mark.ui]


def offers(page: Dashboard) -> dict[str, Any]:
    """The buttons of a refusal by what they say."""
    drawing(page, "refused")
    return {button.text: button for button in page.all(".ens-offer")}


def value(page: Dashboard, selector: str) -> str:
    """What is in a field."""
    return str(page.attribute(selector, "value"))


def test_a_way_out_of_a_refusal_is_taken_with_one_click_and_taken_back(demo: Dashboard) -> None:
    demo.open(DRAW)
    preview_of(demo, {"web": 2})
    choose(demo, "p2", "level", "rack")
    demo.type("#t1-count", "9")
    # Six racks: two in one, or other hosts only, or if it can be, or six members.
    assert set(offers(demo)) == {
        "Relax “at most 1 of web in a rack” to 2.",
        "Ask for “at most 1 of web on a host” in place of “at most 1 of web in a rack”.",
        "Make “at most 1 of web in a rack” soft.",
        "Ask for 6 members of “web” in place of 9.",
    }
    offers(demo)["Make “at most 1 of web in a rack” soft."].click()
    preview_of(demo, {"web": 9})
    assert demo.is_selected("#p2-enforcement-soft")
    assert sentences(demo)["p2"] == "No two members of web should share a rack."
    assert demo.driver.switch_to.active_element.get_attribute("id") == "ens-take-back"
    assert "Make “at most 1 of web in a rack” soft." in demo.text("#ens-changed")

    # What is typed meanwhile is a step of its own: it is taken back first.
    demo.type("#t1-name", "front")
    preview_of(demo, {"front": 9})
    assert demo.text("#ens-changed") == ""
    assert demo.text("#ens-undo") == "Undo: rename tier web to front"
    demo.click("#ens-undo")
    preview_of(demo, {"web": 9})
    demo.click("#ens-take-back")
    assert "Ask for 6 members of “web” in place of 9." in offers(demo)
    assert demo.is_selected("#p2-enforcement-hard")
    assert demo.text("#ens-changed") == ""

    offers(demo)["Ask for 6 members of “web” in place of 9."].click()
    preview_of(demo, {"web": 6})
    assert value(demo, "#t1-count") == "6"
    assert left(demo, "rack", "web") == "5 of 6 left"


def test_changes_are_taken_back_one_after_the_other(demo: Dashboard) -> None:
    demo.open(DRAW)
    preview_of(demo, {"web": 2})
    choose(demo, "p2", "level", "zone")
    demo.type("#t1-count", "3")
    offers(demo)["Ask for 2 members of “web” in place of 3."].click()
    preview_of(demo, {"web": 2})
    demo.click("#t1-more")
    offers(demo)["Relax “at most 1 of web in a zone” to 2."].click()
    preview_of(demo, {"web": 3})
    demo.click("#ens-take-back")
    assert demo.text("#ens-changed") == ""
    drawing(demo, "refused")
    assert value(demo, "#p2-most") == "1"
    demo.click("#ens-undo")
    assert "Ask for 2 members of “web” in place of 3." in demo.text("#ens-changed")
    demo.click("#ens-take-back")
    assert value(demo, "#t1-count") == "3"
    drawing(demo, "refused")
    # And again, to where the undoing began.
    for said in ["Ask for 2 members of “web”", "change web from 2 to 3 members", "Relax"]:
        assert said in demo.text("#ens-redo")
        demo.click("#ens-redo")
    preview_of(demo, {"web": 3})
    assert value(demo, "#p2-most") == "2"


def test_the_proof_unfolds_and_shows_a_project_nothing_of_the_cloud(demo: Dashboard) -> None:
    demo.open(DRAW)
    preview_of(demo, {"web": 2})
    assert demo.text("#ens-proof summary").startswith("It is proved that no plan is better.")
    demo.click("#ens-proof summary")
    rows = {row.get_attribute("data-objective"): row.text for row in demo.all("#ens-proof tr")[1:]}
    assert rows["worst losses by one rack, summed over tiers"].endswith("1 1 yes")
    assert "packing" not in rows


def test_the_head_room_follows_the_plan(demo: Dashboard) -> None:
    demo.open(DRAW)
    preview_of(demo, {"web": 2})
    found = "Lost members can be placed again after the loss of any one"
    assert room(demo, "host") == f"{found} host."
    # Three in each of the six racks, kept so: what one loses has no place in the others.
    choose(demo, "p2", "level", "rack")
    demo.type("#t1-count", "18")
    demo.type("#p2-most", "3")
    preview_of(demo, {"web": 18})
    said = room(demo, "rack")
    assert said == "Lost members cannot always be placed again after the loss of any one rack."
    assert room(demo, "host") == f"{found} host."
    demo.click(".ens-domain-rack > .ens-domain-name")
    assert "Lost members cannot be placed again." in demo.text("#ens-what-if")
    # The same members again; with four to a rack the others could take them.
    demo.type("#p2-most", "4")
    demo.until(lambda: room(demo, "rack") == f"{found} rack.")
    assert "Lost members can be placed again." in demo.text("#ens-what-if")


def test_every_kind_of_policy_is_drawn_said_and_planned(demo: Dashboard) -> None:
    demo.open(DRAW)
    preview_of(demo, {"web": 2})
    demo.click("#ens-add-tier")
    demo.type("#t3-name", "cache")
    demo.click("#t1-relate")
    demo.click("#t1-relate-near")
    choose(demo, "p5", "level", "rack")
    add_policy(demo, "t1", "survive")
    demo.type("#p6-available", "50%")
    add_policy(demo, "t1", "spread")
    demo.type("#p7-domains", "2")
    add_policy(demo, "t3", "exclusive")
    choose(demo, "p8", "enforcement", "soft")
    assert sentences(demo) == {
        "p2": "No two members of web may share a host.",
        "p4": "No two members of cache may share a host.",
        "p6": "At least 50% of web must be left after the loss of any one rack.",
        "p7": (
            "The members of web must be spread: "
            "no rack holds over 1 more than another and at least 2 racks are used."
        ),
        "p8": "A host with members of cache should hold no server of another project.",
        "p5": "Every rack that holds members of web must hold one of cache too.",
    }
    preview_of(demo, {"web": 2, "cache": 2})
    assert left(demo, "rack", "web") == "1 of 2 left"
    assert left(demo, "rack", "cache") == "1 of 2 left"

    # What is wrong is told at its field, by the page or by the API.
    edit(demo, "p6")
    demo.type("#p6-available", "most")
    drawing(demo, "incomplete")
    assert "50%" in demo.text("#p6-available-error")
    demo.type("#p6-available", "3")
    demo.until(lambda: "at most 2" in demo.text("#p6-available-error"))
    assert demo.attribute("#p6-available", "aria-invalid") == "true"
    demo.expect_only(400)
    demo.type("#p6-available", "1")
    preview_of(demo, {"web": 2, "cache": 2})
