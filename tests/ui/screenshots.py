# SPDX-License-Identifier: Apache-2.0
"""Makes the pictures of the README and the user guide from the real dashboard.

    python -m tests.ui.screenshots [DIRECTORY]

A cloud is started for it, or ENSEMBLE_TEST_CLOUD names one that runs. Look at the pictures before
you commit them.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.cloud.ensembles import Project
from tests.embedded import EmbeddedCloud, shared_cloud
from tests.ui import browser
from tests.ui.browser import Dashboard
from tests.ui.conftest import PASSWORD
from tests.ui.drawing import add_policy, choose

PICTURES = Path(__file__).parents[2] / "doc" / "user" / "images"
LARGEST = 300_000  # bytes; the repository keeps every version of a picture
BUILD_SECONDS = 240


def draw(page: Dashboard) -> None:
    """The example, with a rack that was clicked to fail, and with its head-room."""
    page.open("/project/ensembles/draw/?sample=three-tier")
    _state(page, "fits")
    page.until(lambda: "being found out" not in page.text("#ens-worst"))
    racks = page.all(".ens-domain-rack > .ens-domain-name")
    racks[1].click()


def refused(page: Dashboard) -> None:
    """The same with more members than there are hosts."""
    page.type("#t1-count", "40")
    _state(page, "refused")


def changed(page: Dashboard) -> None:
    """What one of the changes that are offered makes of it, with more kinds of policies."""
    page.type("#t1-count", "9")
    choose(page, "p4", "level", "rack")
    _state(page, "refused")
    page.until(lambda: "9" in page.text(".ens-reasons li"))
    page.click(".ens-offer")
    _state(page, "fits")
    add_policy(page, "t1", "survive")
    page.type("#p8-available", "50%")
    add_policy(page, "t1", "exclusive")
    choose(page, "p9", "enforcement", "soft")
    page.until(lambda: "being found out" not in page.text("#ens-worst"))
    _state(page, "fits")
    page.click("#ens-proof summary")
    page.driver.execute_script("document.querySelector('.ens-preview').scrollTo(0, 0)")


def building(page: Dashboard) -> None:
    """The details right after the submit."""
    page.open("/project/ensembles/draw/?sample=three-tier")
    _state(page, "fits")
    page.click("#ens-submit")
    page.find("#ens-details[data-status=BUILDING]")
    page.until(lambda: page.all(".ens-member.is-active"), BUILD_SECONDS)


def details(page: Dashboard) -> None:
    """The details when all is there."""
    page.until(lambda: page.all("#ens-details[data-status=ACTIVE]"), BUILD_SECONDS)


def index(page: Dashboard) -> None:
    """The table, with a second ensemble that was submitted just now."""
    page.open("/project/ensembles/draw/")
    _state(page, "fits")
    page.type("#ens-name", "render farm")
    page.type("#t1-name", "worker")
    page.type("#t1-count", "6")
    page.until(lambda: len(page.all("#ens-picture .ens-badge")) == 6)
    page.click("#ens-submit")
    page.find("#ens-details[data-status=BUILDING]")
    page.open("/project/ensembles/")
    page.find(".ens-table .progress")


def spread(page: Dashboard) -> None:
    """The operators' page."""
    page.log_in("admin", PASSWORD)
    page.open("/admin/ensembles/")
    page.find(".ens-spread")


def material(page: Dashboard) -> None:
    """The drawing in the other theme."""
    page.log_in("demo", PASSWORD)
    page.driver.add_cookie({"name": "theme", "value": "material", "path": "/"})
    draw(page)


# In this order: each one goes on where the one before it stopped.
STEPS: dict[str, tuple[Callable[[Dashboard], None], int]] = {
    "draw": (draw, 1120),
    "draw-refused": (refused, 700),
    "draw-changed": (changed, 1480),
    "details-building": (building, 800),
    "details": (details, 1250),
    "index": (index, 480),
    "spread": (spread, 1250),
    "draw-material": (material, 1000),
}


def _state(page: Dashboard, state: str) -> None:
    page.until(lambda: page.find("#ens-draw").get_attribute("data-state") == state)


def _take(page: Dashboard, path: Path, height: int) -> None:
    page.driver.execute_script("window.scrollTo(0, 0); document.activeElement.blur()")
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 1400, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )
    page.driver.save_screenshot(str(path))
    page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    size = path.stat().st_size
    assert size < LARGEST, f"{path} has {size} bytes"
    sys.stdout.write(f"{path} ({size // 1024} KB)\n")


def make(cloud: EmbeddedCloud, folder: Path) -> None:
    """Make all pictures; the ensembles made for them are deleted again."""
    folder.mkdir(parents=True, exist_ok=True)
    url = os.environ.get("ENSEMBLE_TEST_DASHBOARD") or cloud.status["urls"]["dashboard"]
    project = Project(cloud.connection("demo"))
    with tempfile.TemporaryDirectory() as profile:
        driver = browser.start(Path(profile), width=1400, height=1300)
        page = Dashboard(driver, url)
        try:
            page.log_in("demo", PASSWORD)
            for name, (step, height) in STEPS.items():
                step(page)
                _take(page, folder / f"{name}.png", height)
        finally:
            driver.quit()
            for left in project.request("GET").json()["ensembles"]:
                project.delete(left["id"])


if __name__ == "__main__":
    with shared_cloud(str(os.getpid())) as running:
        make(running, Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES)
