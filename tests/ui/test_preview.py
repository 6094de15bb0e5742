# SPDX-License-Identifier: Apache-2.0
"""The live preview in a browser: what could be where, failures, files, and a cloud that changed."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest
from selenium.webdriver.common.keys import Keys

from tests.cloud.ensembles import Operator, Project
from tests.ui.browser import Dashboard
from tests.ui.drawing import DRAW, drawing, left, preview_of

pytestmark = [pytest.mark.cloud, pytest.mark.ui]

SVG = "{http://www.w3.org/2000/svg}"
RACKS = "#ens-picture .ens-domain-rack:has([data-member]) > .ens-domain-name"
APART = {"type": "anti-affinity", "level": "host", "tiers": ["web"], "enforcement": "hard"}


def example(page: Dashboard) -> None:
    """Draw the example: three tiers, of which db keeps two after any one rack."""
    page.open(DRAW + "?sample=three-tier")
    preview_of(page, {"web": 3, "cache": 2, "db": 3})


@contextmanager
def disabled(operator: Operator, host: str) -> Iterator[None]:
    """A host that Nova may not use for a while."""
    compute = operator.connection.compute
    service = next(iter(compute.services(binary="nova-compute", host=host)))
    compute.disable_service(service, host, "nova-compute")
    try:
        yield
    finally:
        compute.enable_service(service, host, "nova-compute")


def test_two_racks_fail_at_once_and_the_slider_tells_any_two(
    project: Project, demo: Dashboard
) -> None:
    example(demo)
    hosts = demo.all("#ens-picture .ens-domain-host")
    assert len(hosts) == 24, "those that hold nothing are drawn too"
    assert all(
        "is-possible" in (each.get_attribute("class") or "")
        or "is-impossible" in (each.get_attribute("class") or "")
        for each in hosts
    )
    assert "host" in demo.text("#ens-picture .ens-domain-host .ens-domain-label")

    for rack in demo.all(RACKS)[:2]:
        rack.click()
    said = demo.text("#ens-what-if")
    assert "If rack " in said and " and rack " in said and " fail:" in said
    # What the clicked ones leave, counted here, is what the API says of the same failures.
    assert "(any 1 rack may fail): " in said and " of db would be left, and 2 are needed." in said
    demo.until(lambda: "can be placed again." in demo.text("#ens-what-if"))
    assert demo.text("#ens-what-if").rstrip().endswith("placed again.")

    single = left(demo, "rack", "db")
    assert single.startswith("2 of 3 left")
    demo.press("#ens-failures", Keys.ARROW_RIGHT)
    demo.until(lambda: "any 2 racks at once" in demo.text("#ens-worst [data-level=rack]"))
    assert "2 after any one" in left(demo, "rack", "db")
    assert demo.text(".ens-slider output") == "any 2 at once"
    # The worst case of a row is shown in the picture.
    demo.click("[data-worst=zone]")
    assert len(demo.all(".ens-domain-zone.is-failed")) == 2
    assert "nothing is left of web, cache and db." in demo.text("#ens-what-if")
    demo.click("#ens-reset")
    assert demo.all("#ens-picture .is-failed") == []
    assert "Click a host" in demo.text("#ens-what-if")


def test_the_picture_is_walked_by_keys_and_a_tier_shows_its_places(
    project: Project, demo: Dashboard
) -> None:
    example(demo)
    stops = demo.all("#ens-picture button[tabindex='0']")
    assert len(stops) == 1, "the picture is one stop for the Tab key"
    focus = demo.driver.switch_to
    stops[0].send_keys(Keys.ARROW_RIGHT)
    rack = focus.active_element
    assert demo.text(".ens-domain-rack .ens-domain-label") in rack.text
    rack.send_keys(Keys.SPACE)
    assert rack.get_attribute("aria-pressed") == "true"
    rack.send_keys(Keys.ESCAPE)
    assert rack.get_attribute("aria-pressed") == "false"
    assert focus.active_element == rack, "Escape mends, and leaves the focus"
    demo.click("[data-key=db]")
    assert demo.all(".ens-map.is-marked .is-leaf.is-possible")
    assert "could hold one more of db" in (
        demo.attribute(".is-leaf.is-possible > button", "title") or ""
    )


def test_the_picture_is_taken_along_as_files_and_as_a_table(
    project: Project, demo: Dashboard, tmp_path: Path
) -> None:
    example(demo)
    demo.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    demo.driver.execute_cdp_cmd(
        "Browser.grantPermissions",
        {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]},
    )
    rack = demo.text("#ens-picture .ens-domain-rack .ens-domain-label")
    demo.click("#ens-picture .ens-domain-rack > button")
    demo.click("#ens-take-svg")
    demo.until(lambda: (tmp_path / "shop.svg").exists())
    root = ElementTree.fromstring((tmp_path / "shop.svg").read_text())
    assert root.findtext(f"{SVG}title") == "shop"
    titles = [each.text for each in root.iter(f"{SVG}title")]
    names = [
        f"{tier}-{n}" for tier, count in (("web", 3), ("cache", 2), ("db", 3)) for n in range(count)
    ]
    assert sorted(title for title in titles if title in names) == sorted(names)
    # It is the page's picture: the same boxes with the same names, one of which has failed.
    drawn = [each.text for each in root.iter(f"{SVG}text")]
    shown = demo.texts("#ens-picture .ens-domain-label")
    assert [text for text in drawn if text in shown] == shown
    through = [each.text for each in root.iter(f"{SVG}text") if each.get("text-decoration")]
    assert rack in through
    assert f"If {rack} fails, this is left:" in (root.findtext(f"{SVG}desc") or "")
    for box in root.iter(f"{SVG}rect"):
        assert float(box.attrib["x"]) + float(box.attrib["width"]) <= float(root.attrib["width"])
    assert "url(" not in ElementTree.tostring(root, "unicode")

    demo.click("#ens-take-png")
    demo.until(lambda: (tmp_path / "shop.png").exists())
    head = (tmp_path / "shop.png").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    wide, high = struct.unpack(">II", head[16:24])
    assert (wide, high) == (2 * int(root.attrib["width"]), 2 * int(root.attrib["height"]))

    demo.click("#ens-take-copy")
    demo.until(lambda: demo.text(".ens-outputs .ens-said") == "Copied.")
    copied = demo.driver.execute_async_script(
        "navigator.clipboard.readText().then(arguments[arguments.length - 1])"
    )
    lines = [line.split("\t") for line in copied.strip().splitlines()]
    assert lines[0] == ["Member", "zone", "rack", "host"]
    assert [line[0] for line in lines[1:]] == names


def test_a_cloud_that_changed_since_the_preview_shows_the_difference_first(
    project: Project, demo: Dashboard, operator: Operator
) -> None:
    body = project.body("late", [project.tier("web", 2)], APART)
    # An admin's plan of the same is the same, and has the hosts' names.
    seen = Project(operator.connection).request("POST", "/plans", body).json()
    victim = next(each["name"] for each in seen["plan"]["domains"] if each["level"] == "host")

    demo.open(DRAW)
    preview_of(demo, {"web": 2})
    demo.type("#ens-name", "late")
    preview_of(demo, {"web": 2})
    with disabled(operator, victim):
        demo.click("#ens-submit")
        drawing(demo, "changed")
        assert "nothing was built" in demo.text("#ens-verdict")
        demo.until(
            lambda: demo.driver.switch_to.active_element.get_attribute("id") == "ens-build-new"
        )
        rows = demo.all("#ens-difference tbody tr")
        assert rows and all("host " in row.text for row in rows)
        assert len(demo.all("#ens-picture .is-moved")) >= 1
        assert project.request("GET").json()["ensembles"] == []
        demo.expect_only(409)

        demo.click("#ens-keep-drawing")
        preview_of(demo, {"web": 2})
        assert demo.all("#ens-difference") == []
        demo.click("#ens-submit")
        demo.until(lambda: "/draw" not in demo.driver.current_url)
        assert [each["name"] for each in project.request("GET").json()["ensembles"]] == ["late"]
