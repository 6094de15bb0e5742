# SPDX-License-Identifier: Apache-2.0
"""The drawing page as a test reads it: the state of the preview, its members and its tables."""

from collections import Counter

from tests.ui.browser import Dashboard

DRAW = "/project/ensembles/draw/"


# Until it asks about a change, 150 ms after it, the page has the state of before. A timer that is
# set later and runs longer ends later, however busy the machine is.
_ASKED = "setTimeout(arguments[0], 200)"


def drawing(page: Dashboard, state: str, seconds: float = 60) -> None:
    """Wait until the preview is in a state after the last change."""
    page.driver.execute_async_script(_ASKED)
    page.until(lambda: page.attribute("#ens-draw", "data-state") == state, seconds)


def members(page: Dashboard) -> Counter[str]:
    """Count the members in the picture by their tier, as a screen reader names them."""
    names = page.attributes("#ens-picture .ens-badge", "aria-label")
    return Counter(name.partition("-")[0] for name in names if name)


def preview_of(page: Dashboard, expected: dict[str, int]) -> None:
    """Wait until the preview shows these members and no others."""
    page.until(lambda: dict(members(page)) == expected)
    drawing(page, "fits")


def left(page: Dashboard, level: str, tier: str) -> str:
    """Read what the table of the worst failures says."""
    return page.text(f"#ens-worst [data-level={level}] [data-tier={tier}]")


def room(page: Dashboard, level: str) -> str:
    """Wait for what the same table says of placing the lost again, the answer first."""
    page.until(lambda: "being found out" not in page.text(f"#ens-worst [data-room={level}]"))
    return page.text(f"#ens-worst [data-room={level}]")


def add_policy(page: Dashboard, tier: str, kind: str) -> None:
    """Choose a kind from a card's menu; its editor is open afterwards."""
    page.click(f"#{tier}-add")
    page.click(f"#{tier}-add-{kind}")


def edit(page: Dashboard, policy: str) -> None:
    """Open the editor of a policy, unless it is open."""
    if page.attribute(f"#{policy}-chip", "aria-expanded") != "true":
        page.click(f"#{policy}-chip")


def choose(page: Dashboard, policy: str, field: str, value: str) -> None:
    """Choose one of a few in a policy's editor, such as its level."""
    edit(page, policy)
    page.click(f"#{policy}-{field}-{value}")


def sentences(page: Dashboard) -> dict[str, str]:
    """Read what the policies say to those who cannot see their pictures, by their keys."""
    return {
        one.get_attribute("data-sentence") or "": one.get_attribute("textContent") or ""
        for one in page.all(".ens-policy > [data-sentence]")
    }
