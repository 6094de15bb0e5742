# SPDX-License-Identifier: Apache-2.0
"""Changes the theme of a page that stays as it is, so that each state need be made only once."""

from collections.abc import Sequence

from tests.ui.browser import Dashboard

# The theme's own style sheet is the one that knows our colours.
_SHEETS = """
return [...document.querySelectorAll('link[rel=stylesheet]')].map((link) => link.href)
"""
_USE = """
const [sheets, done] = arguments;
const old = [...document.querySelectorAll('link[rel=stylesheet]')];
const fresh = sheets.map((href) => Object.assign(
  document.createElement('link'), { rel: 'stylesheet', href }));
let waiting = fresh.length;
for (const link of fresh) {
  link.onload = link.onerror = () => {
    waiting -= 1;
    if (!waiting) {
      old.forEach((one) => one.remove());
      requestAnimationFrame(() => requestAnimationFrame(() => done()));
    }
  };
}
document.head.append(...fresh);
"""


def sheets(page: Dashboard, names: Sequence[str], path: str) -> dict[str, list[str]]:
    """Give the style sheets that a page has in each theme."""
    found = {}
    for name in names:
        page.driver.add_cookie({"name": "theme", "value": name, "path": "/"})
        page.open(path)
        found[name] = page.driver.execute_script(_SHEETS)
    page.driver.delete_cookie("theme")
    page.open(path)
    return found


def use(page: Dashboard, hrefs: Sequence[str]) -> None:
    """Show the page with these style sheets and no others, at once: nothing fades over."""
    still = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": still})
    page.driver.set_script_timeout(60)
    page.driver.execute_async_script(_USE, list(hrefs))
