# SPDX-License-Identifier: Apache-2.0
"""Lets Horizon's own browser tests run here: in Chromium, without a display.

    tools/horizon-tests

They ask for Firefox in a virtual display. What they test is the dashboard; any browser will do.
"""

import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from selenium import webdriver
from selenium.webdriver import firefox

from tests.ui import browser


class _NoDisplay:
    """The display of a browser that has none."""

    extra_xvfb_args: tuple[str, ...] = ()
    new_display = 0

    def __init__(self, **size: int) -> None:
        self.extra_xvfb_args = []  # type: ignore[assignment]

    def start(self) -> None:
        """Nothing is to be started."""

    def stop(self) -> None:
        """Nothing is to be stopped."""


def _chromium(**_options: Any) -> webdriver.Chrome:
    return browser.start(Path(tempfile.mkdtemp()), width=1920, height=1080)


sys.modules["xvfbwrapper"] = SimpleNamespace(Xvfb=_NoDisplay)  # type: ignore[assignment]
firefox.webdriver.WebDriver = _chromium
