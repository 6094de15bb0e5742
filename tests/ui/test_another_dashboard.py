# SPDX-License-Identifier: Apache-2.0
"""Our pages at a dashboard with other languages and under a strict CSP."""

import re
from typing import Any

import pytest

from tests.cloud.ensembles import Project
from tests.ui import axe
from tests.ui.browser import Dashboard
from tests.ui.conftest import PASSWORD
from tests.ui.dashboard import pseudo
from tests.ui.drawing import DRAW, drawing

pytestmark = [pytest.mark.cloud, pytest.mark.ui]

SAMPLE = DRAW + "?sample=three-tier"
# What a page may show in Latin letters whatever the language: names of the cloud and of the sample.
NAMES = {
    "AM",
    "PM",
    "web",
    "cache",
    "db",
    "shop",
    "vCPU",
    "cirros",
    "m1",
    "tiny",
    "small",
    "medium",
    "GB",
    "MB",
}

SHORTEST = 4  # letters of an answer that may be a part of a text, such as "host"

# All texts that the API has answered.
_HEAR = """
window.answers = [];
const inner = (item) => (typeof item === 'string' ? window.answers.push(item)
  : item && typeof item === 'object' && Object.values(item).forEach(inner));
const send = window.fetch;
window.fetch = (...call) => send(...call).then((answer) => {
  answer.clone().json().then(inner).catch(() => {});
  return answer;
});
"""
# Told by the browser itself, also of what other scripts did before ours were there.
_LISTEN = """
window.reports = [];
addEventListener('securitypolicyviolation', (event) => {
  window.reports.push({
    file: event.sourceFile, what: event.violatedDirective, blocked: event.blockedURI,
    sample: event.sample, line: event.lineNumber,
  });
}, true);
"""
_OURS = """
const done = arguments[0];
const scripts = [...document.scripts].filter((one) => one.src).map((one) => one.src);
const ours = (src) => fetch(src).then((answer) => answer.text())
  .then((text) => text.includes('globalThis.ensembles'));
Promise.all(scripts.map(ours)).then((found) => done(scripts.filter((_src, at) => found[at])));
"""
_LATIN_LEFT = """
const walker = document.createTreeWalker(document.querySelector('.ens'), NodeFilter.SHOW_TEXT);
const found = [];
while (walker.nextNode()) {
  const node = walker.currentNode;
  const shown = node.parentElement.getClientRects().length;
  const data = node.parentElement.closest('script, pre, code, [data-verbatim]');
  if (shown && !data && /[A-Za-z]{2}/.test(node.data)) { found.push(node.data.trim()); }
}
return found;
"""


def speak(page: Dashboard, language: str) -> None:
    """Have the dashboard in a language."""
    page.driver.add_cookie({"name": "horizon_language", "value": language, "path": "/"})


def test_the_drawing_is_german_for_who_asks_for_it(second: Dashboard) -> None:
    speak(second, "de")
    second.open(SAMPLE)
    drawing(second, "fits")
    root = second.find(".ens")
    assert (root.get_attribute("lang"), root.get_attribute("dir")) == ("de", "ltr")
    assert "Vorschau" in root.text and "Mitglieder passen auf" in second.text("#ens-verdict")


def test_the_drawing_is_written_from_right_to_left(second: Dashboard) -> None:
    speak(second, pseudo.CODE)
    added = second.driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": _HEAR}
    )
    try:
        second.open(SAMPLE)
        drawing(second, "fits")
    finally:
        second.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)
    root = second.find(".ens")
    assert (root.get_attribute("lang"), root.get_attribute("dir")) == (pseudo.CODE, "rtl")
    assert pseudo.told("Preview") in root.text
    # The API knows nothing of a language that only the dashboard was given.
    answers = second.driver.execute_script("return window.answers")
    assert latin_left(second, answers) == []
    # The drawing is on the right now, and the preview on the left of it.
    assert second.rect(".ens-drawing")["x"] > second.rect(".ens-preview")["x"]
    assert axe.violations(second) == []


@pytest.mark.parametrize("path", ["/project/ensembles/", SAMPLE])
def test_other_languages_than_ours_leave_the_pages_english(second: Dashboard, path: str) -> None:
    speak(second, "ar-xb")
    second.open(path)
    assert second.attribute(".ens", "dir") == "rtl"
    speak(second, "en")
    second.open(path)
    assert second.attribute(".ens", "dir") == "ltr"


def latin_left(page: Dashboard, answers: list[str] | None = None) -> list[str]:
    """Give the texts that are not in the made-up language, but for names and the API's answers."""
    own = sorted({each for each in answers or () if len(each) >= SHORTEST}, key=len, reverse=True)
    left = []
    for text in page.driver.execute_script(_LATIN_LEFT):
        rest = re.sub(r"\baz\d\b", "", text)
        if any(rest in each for each in own):
            continue
        for each in own:
            rest = rest.replace(each, "")
        if set(re.findall("[A-Za-z]{2,}", rest)) - NAMES:
            left.append(text)
    return left


def test_nothing_of_ours_breaks_a_strict_policy(second: Dashboard, project: Project) -> None:
    added = second.driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": _LISTEN}
    )
    try:
        second.open(SAMPLE)
        drawing(second, "fits")
        assert _broken_by_us(second) == []
        made = project.create(project.body("policy", [project.tier("web", 1)]))
        second.open(f"/project/ensembles/{made['id']}/")
        second.find(".ens-members tbody tr")
        assert _broken_by_us(second) == []
        second.go_on_as("admin", PASSWORD)
        second.open("/admin/ensembles/")
        second.find(".ens")
        assert _broken_by_us(second) == []
    finally:
        second.driver.execute_cdp_cmd(
            "Page.removeScriptToEvaluateOnNewDocument", {"identifier": added["identifier"]}
        )
        # What Horizon's own part does, the browser notes as reports, which are severe for it.
        second.severe()


def _broken_by_us(page: Dashboard) -> list[dict[str, Any]]:
    page.driver.set_script_timeout(60)
    ours = page.driver.execute_async_script(_OURS)
    reports = page.driver.execute_script("return window.reports")
    assert reports, "Horizon's own part breaks the policy: the policy is not there"
    return [report for report in reports if report["file"] in ours]
