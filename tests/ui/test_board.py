# SPDX-License-Identifier: Apache-2.0
"""The board in a real browser: where to start, steps back and forth, keys, and YAML both ways."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.cloud.ensembles import Project
from tests.embedded import EmbeddedCloud
from tests.ui.browser import Dashboard
from tests.ui.drawing import DRAW, drawing, preview_of

pytestmark = [pytest.mark.cloud, pytest.mark.ui]

STARTS = {
    "three-tier": {"web": 3, "cache": 2, "db": 3},
    "active-standby": {"node": 2, "witness": 1},
    "quorum": {"node": 3},
    "workers": {"scheduler": 2, "worker": 8},
}


def press(page: Dashboard, *keys: str) -> None:
    """Press a key with others held, where the focus is."""
    chain = ActionChains(page.driver)
    for held in keys[:-1]:
        chain.key_down(held)
    chain.send_keys(keys[-1])
    for held in keys[:-1]:
        chain.key_up(held)
    chain.perform()


def focused(page: Dashboard) -> str:
    """The id of what has the focus."""
    return str(page.driver.switch_to.active_element.get_attribute("id"))


def start_from(page: Dashboard, start: str) -> None:
    """Choose a card of the gallery."""
    page.click("#ens-start")
    page.click(f"#ens-gallery [data-start={start}]")


def tiers(page: Dashboard) -> list[str]:
    """The names of the tiers on the board."""
    return page.attributes(".ens-cards .ens-tier-name", "value")


def text(page: Dashboard, tab: str) -> str:
    """What a tab beside the drawing says."""
    if page.attribute(f"#ens-tab-{tab}", "aria-selected") != "true":
        page.click(f"#ens-tab-{tab}")
    code = "document.getElementById('ens-code').textContent"
    return str(page.until(lambda: page.driver.execute_script(f"return {code}")))


def import_text(page: Dashboard, written: str) -> None:
    """Paste a text and have it drawn."""
    page.click("#ens-import-open")
    page.until(page.find("#ens-yaml-draw").is_enabled)
    page.type("#ens-yaml", written)
    page.click("#ens-yaml-draw")


def test_each_start_is_drawn_and_fits_and_is_one_step_to_take_back(demo: Dashboard) -> None:
    demo.open(DRAW)
    preview_of(demo, {"web": 2})
    demo.type("#ens-name", "mine")
    for start, members in STARTS.items():
        start_from(demo, start)
        preview_of(demo, members)
        assert demo.attribute("#ens-verdict", "class").endswith("-good"), start
        assert demo.attribute("#ens-name", "value") == "mine"
        assert "start from “" in demo.text("#ens-undo")
        demo.click("#ens-undo")
        preview_of(demo, {"web": 2})
    start_from(demo, "empty")
    drawing(demo, "incomplete")
    assert len(demo.all(".ens-cards [data-start]")) == len(STARTS)
    demo.click(".ens-cards [data-start=quorum]")
    preview_of(demo, {"node": 3})


def test_every_step_is_taken_back_and_again_in_words(demo: Dashboard) -> None:
    demo.open(DRAW)
    preview_of(demo, {"web": 2})
    demo.type("#t1-name", "front")
    demo.click("#t1-more")
    demo.click("#t1-duplicate")
    demo.click("#t1-remove")
    assert tiers(demo) == ["front-2"]
    said = [
        "remove tier front",
        "add tier front-2",
        "change front from 2 to 3 members",
        "rename tier web to front",
    ]
    for step in said:
        assert demo.text("#ens-undo") == f"Undo: {step}"
        demo.click("#ens-undo")
    assert tiers(demo) == ["web"]
    assert demo.attribute("#ens-undo", "aria-disabled") == "true"
    assert focused(demo) == "ens-undo", "the focus stays at the last step"
    for step in reversed(said):
        assert demo.text("#ens-redo") == f"Redo: {step}"
        demo.click("#ens-redo")
    assert tiers(demo) == ["front-2"]
    preview_of(demo, {"front": 3})


def test_the_cards_work_by_keys_and_the_focus_is_never_lost(demo: Dashboard) -> None:
    demo.open(DRAW + "?sample=three-tier")
    preview_of(demo, STARTS["three-tier"])
    demo.driver.execute_script("document.getElementById('t1-card').focus()")
    press(demo, Keys.ARROW_DOWN)
    assert focused(demo) == "t2-card"
    press(demo, Keys.END)
    assert focused(demo) == "t3-card"
    press(demo, "d")
    assert tiers(demo) == ["web", "cache", "db", "db-2"]
    press(demo, Keys.DELETE)
    assert tiers(demo) == ["web", "cache", "db-2"]
    copy = focused(demo)
    assert copy.endswith("-card"), "the card that took the place has the focus"
    press(demo, Keys.CONTROL, "z")
    press(demo, Keys.CONTROL, "z")
    assert tiers(demo) == ["web", "cache", "db"]
    press(demo, Keys.CONTROL, Keys.SHIFT, "z")
    assert tiers(demo) == ["web", "cache", "db", "db-2"]

    # In a field letters are letters, and Ctrl+Z takes back what was typed there, and nothing else.
    demo.driver.execute_script("document.getElementById('t1-card').focus()")
    press(demo, Keys.ENTER)
    assert focused(demo) == "t1-name"
    press(demo, "d")
    press(demo, "?")
    assert tiers(demo)[0] == "d?" and not demo.all("dialog[open]")
    press(demo, Keys.CONTROL, "z")
    assert tiers(demo)[1:] == ["cache", "db", "db-2"]
    press(demo, Keys.ESCAPE)
    assert focused(demo) == "t1-card"
    press(demo, "?")
    assert "Ctrl+Z" in demo.text("#ens-keys[open]")
    press(demo, Keys.ESCAPE)
    assert focused(demo) == "t1-card"
    for _tier in range(4):
        press(demo, Keys.DELETE)
    assert tiers(demo) == [] and focused(demo) == "ens-add-tier"


def test_what_is_exported_is_imported_planned_and_built_by_the_command_line(
    demo: Dashboard, cloud: EmbeddedCloud, project: Project, tmp_path: Path
) -> None:
    demo.open(DRAW)
    preview_of(demo, {"web": 2})
    start_from(demo, "quorum")
    demo.type("#ens-name", "It's {$ 7*7 $}")
    demo.type("#ens-description", "<b>$HOME</b> `id`")
    demo.until(lambda: "name: It's {$ 7*7 $}\ndescription: <b>" in text(demo, "yaml"))
    yaml = text(demo, "yaml")
    assert "flavor: m1.tiny" in yaml and "image: cirros" in yaml

    # The same drawing again, from its text alone.
    start_from(demo, "empty")
    demo.until(lambda: "tiers: []" in text(demo, "yaml"))
    import_text(demo, yaml)
    demo.until(lambda: text(demo, "yaml") == yaml)
    assert demo.text("#ens-undo") == "Undo: import YAML"
    demo.click("#ens-tab-preview")
    preview_of(demo, {"node": 3})

    # The command line plans and builds the same, as printed.
    (tmp_path / "quorum.yaml").write_text(yaml)
    planned = cloud.run(["--os-cloud", "demo", "ensemble", "plan", str(tmp_path / "quorum.yaml")])
    assert planned.returncode == 0, planned.stderr
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/sh", "-c", text(demo, "command")],
        env={**cloud.env, "OS_CLOUD": "demo", "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    built = project.request("GET").json()["ensembles"]
    assert [(one["name"], one["status"]) for one in built] == [("It's {$ 7*7 $}", "ACTIVE")]


def test_what_is_wrong_with_a_text_is_shown_at_its_line_and_nothing_is_lost(
    demo: Dashboard,
) -> None:
    demo.open(DRAW)
    preview_of(demo, {"web": 2})
    written = (
        "name: shop\ntiers:\n  - name: web\n    count: many\n    server: {flavor: m1.tiny, "
        "image: cirros, user_data: aGk=, metadata: {role: web}}\n"
    )
    import_text(demo, written)
    demo.until(lambda: demo.text("#ens-yaml-error"))
    assert demo.text("#ens-yaml-error").startswith("Line 4: ensemble.tiers[0].count: must be")
    assert demo.text(".ens-lines .is-wrong") == "4"
    chosen = demo.driver.execute_script("return getSelection().toString()")
    assert chosen.strip() == "count: many"
    demo.expect_only(400)
    press(demo, Keys.ESCAPE)
    assert focused(demo) == "ens-import-open"
    demo.click("#ens-import-open")
    assert demo.attribute("#ens-yaml", "value") == written
    demo.type("#ens-yaml", written.replace("many", "4"))
    demo.click("#ens-yaml-draw")
    preview_of(demo, {"web": 4})
    # What the card does not show at a glance is there too.
    yaml = text(demo, "yaml")
    assert "user_data: aGk=" in yaml and "role: web" in yaml
