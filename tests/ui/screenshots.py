# SPDX-License-Identifier: Apache-2.0
"""Makes a picture of each page in each state and theme from the real dashboard.

    python -m tests.ui.screenshots [USER]

All go to build/screenshots; those of the README and the user guide are copied there as well. A
cloud is started for it, or ENSEMBLE_TEST_CLOUD names one that runs. Look at the pictures before you
commit them.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from selenium import webdriver

from tests.cloud.ensembles import Operator, Project
from tests.embedded import BUILD, EmbeddedCloud, started_cloud
from tests.ui import browser, states, template_states, themes
from tests.ui import dashboard as second_dashboard
from tests.ui.browser import Dashboard
from tests.ui.conftest import PASSWORD

PICTURES = BUILD / "screenshots"
IN_THE_GUIDE = Path(__file__).parents[2] / "doc" / "user" / "images"
# The names of states, and of their pictures in the documentation, in the default theme.
GUIDE = {
    "draw-failed": "draw",
    "draw-refused": "draw-refused",
    "draw-changed": "draw-changed",
    "details-building": "details-building",
    "change": "change",
    "adopt": "adopt",
    "templates": "templates",
    "template-form": "template-form",
    "template-draw": "template-draw",
    "failure-asked": "failure-asked",
    "failure-repair": "failure-repair",
    "failure-healed": "failure-healed",
    "index": "index",
    "admin-host-impact": "host-impact",
}
THEMES = ("default", "material", "dark")
WIDTH = 1400
LOWEST, HIGHEST = 500, 1600  # pixels; as high as what is on the page, within reason
LARGEST = 300_000  # bytes; the repository keeps every version of a picture of the documentation


def take(page: Dashboard, sheets: dict[str, list[str]], name: str) -> None:
    """Take the page as it is, in each theme."""
    for theme, hrefs in sheets.items():
        themes.use(page, hrefs)
        path = PICTURES / f"{name}-{theme}.png"
        _take(page.driver, path)
        if theme == "default" and name in GUIDE:
            size = path.stat().st_size
            assert size < LARGEST, f"{path} has {size} bytes"
            shutil.copyfile(path, IN_THE_GUIDE / f"{GUIDE[name]}.png")


def _take(driver: webdriver.Chrome, path: Path) -> None:
    driver.execute_script("window.scrollTo(0, 0)")
    driver.execute_script("document.querySelector('.ens-preview')?.scrollTo(0, 0)")
    needed = driver.execute_script(
        "const ends = [...document.querySelectorAll('.ens')]"
        ".map((one) => one.getBoundingClientRect().bottom);"
        "const beside = document.querySelector('#ens-panel-preview');"
        "return Math.ceil(Math.max(...ends, beside ? beside.scrollHeight + 215 : 0)) + 24"
    )
    size = {"width": WIDTH, "height": min(HIGHEST, max(LOWEST, needed))}
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {**size, "deviceScaleFactor": 1, "mobile": False}
    )
    driver.save_screenshot(str(path))
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def make(cloud: EmbeddedCloud, user: str) -> None:
    """Make all pictures; the ensembles made for them are deleted again."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    project, operator = Project(cloud.connection(user)), Operator(cloud.connection("admin"))
    with tempfile.TemporaryDirectory() as profile, second_dashboard.started(cloud) as url:
        driver = browser.start(Path(profile), width=WIDTH, height=1300)
        page = Dashboard(driver, url)
        try:
            page.log_in(user, PASSWORD)
            sheets = themes.sheets(page, THEMES, "/project/ensembles/")
            for name in _all(page, user, project, operator, cloud):
                take(page, sheets, name)
                sys.stdout.write(f"{name}\n")
        finally:
            driver.quit()
            for left in project.request("GET").json()["ensembles"]:
                project.delete(left["id"])


def _all(
    page: Dashboard, user: str, project: Project, operator: Operator, cloud: EmbeddedCloud
) -> Iterator[str]:
    yield from chain(
        states.drawings(page),
        states.ensembles(page, project, lambda: states.failed_build(project, operator)),
        states.adoption(page, project),
        template_states.templates(page, project),
        states.failure(page, project, operator, cloud),
    )
    page.log_in("admin", PASSWORD)
    yield from states.operators(page)
    yield from states.broken_hosts(page, operator, cloud)
    page.log_in(user, PASSWORD)


if __name__ == "__main__":
    with started_cloud() as running:
        make(running, sys.argv[1] if len(sys.argv) > 1 else "demo")
