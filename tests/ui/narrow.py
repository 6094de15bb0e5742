# SPDX-License-Identifier: Apache-2.0
"""Narrow windows, text in fonts of different widths, and what of our pages does not fit then."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.ui.browser import FONTS as KNOWN
from tests.ui.browser import Dashboard

# Of the fonts that pages are read in, one of the widest, a narrow one, and one between.
FONTS = KNOWN["sans-serif"]

# Icons and code keep fonts of their own.
_USE = """
const id = 'forced-font';
const style = document.getElementById(id)
  || document.head.appendChild(Object.assign(document.createElement('style'), { id }));
style.textContent = '.ens, .ens :not(.fa, code, pre, kbd, textarea)'
  + `{ font-family: "${arguments[0]}" !important; }`;
"""
_WIDE = """
const right = document.documentElement.clientWidth + 1;
const out = [...document.querySelectorAll('.ens, .ens *')].filter((one) => {
  if (!one.getClientRects().length || one.closest('.sr-only')) { return false; }
  const box = one.getBoundingClientRect();
  return box.right > right || (box.left < -1 && box.width > 1);
});
// Of what is too wide, the outermost; code may be scrolled.
const told = out.filter((one) => !out.includes(one.parentElement) && !one.closest('pre, textarea'))
  .map((one) => `${one.localName}#${one.id}.${one.getAttribute('class') || ''}`);
const { scrollWidth, clientWidth } = document.documentElement;
return scrollWidth > clientWidth ? [...told, `the page: ${scrollWidth} px`] : told;
"""
_NAMES = """
const context = document.createElement('canvas').getContext('2d');
const wide = (font) => {
  context.font = '40px ' + font;
  return context.measureText('Wide mill').width;
};
return arguments[0].filter((name) => wide(`"${name}", monospace`) === wide('monospace'));
"""


@contextmanager
def window(page: Dashboard, width: int) -> Iterator[None]:
    """Have a window of so many CSS pixels."""
    resize(page, width)
    try:
        yield
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def resize(page: Dashboard, width: int) -> None:
    """Change the width of the window, as who turns a telephone."""
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )


def restore_fonts(page: Dashboard) -> None:
    """Take back the last font of `too_wide`."""
    page.driver.execute_script("document.getElementById('forced-font')?.remove()")


def too_wide(page: Dashboard, state: str) -> list[str]:
    """Give what does not fit into the window with each font, a line for each."""
    missing = page.driver.execute_script(_NAMES, list(FONTS))
    assert not missing, f"{missing} are not installed: tools/browser does it"
    found = []
    for font in FONTS:
        page.driver.execute_script(_USE, font)
        width = page.driver.execute_script("return innerWidth")
        found += [
            f"{state} at {width} in {font}: {each}" for each in page.driver.execute_script(_WIDE)
        ]
    return found
