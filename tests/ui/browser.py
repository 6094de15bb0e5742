# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium and the dashboard in it, as people use it."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common import exceptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--lang=en-US",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-device-scale-factor=1",
)
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
DRIVER = os.environ.get("CHROMEDRIVER") or shutil.which("chromedriver") or "/usr/bin/chromedriver"
# Whatever else a machine has: these fonts, in this order where a page leaves the choice.
FONTS = {
    "sans-serif": ("DejaVu Sans", "Liberation Sans", "Noto Sans"),
    "serif": ("DejaVu Serif",),
    "monospace": ("DejaVu Sans Mono",),
}
# Nor does the machine's language count, or its time zone.
SURROUNDINGS = {"LANG": "C.UTF-8", "LANGUAGE": "en", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
PATIENCE = 60  # seconds for a page of a busy machine


def fontconfig(folder: Path) -> Path:
    """Write the configuration by which a browser knows FONTS and no others; give its path."""
    accepted = "".join(
        f'<pattern><patelt name="family"><string>{family}</string></patelt></pattern>'
        for families in FONTS.values()
        for family in families
    )
    aliases = "".join(
        f"<alias binding='same'><family>{generic}</family><prefer>"
        + "".join(f"<family>{family}</family>" for family in families)
        + "</prefer></alias>"
        for generic, families in FONTS.items()
    )
    path = folder / "fonts.conf"
    path.write_text(
        "<?xml version='1.0'?><!DOCTYPE fontconfig SYSTEM 'fonts.dtd'><fontconfig>"
        "<dir>/usr/share/fonts</dir><dir>/usr/local/share/fonts</dir>"
        f"<cachedir>{folder / 'fonts'}</cachedir><selectfont><acceptfont>{accepted}</acceptfont>"
        "<rejectfont><pattern><patelt name='scalable'><bool>true</bool></patelt></pattern>"
        "<pattern><patelt name='scalable'><bool>false</bool></patelt></pattern></rejectfont>"
        f"</selectfont>{aliases}</fontconfig>"
    )
    return path


def start(profile: Path, width: int = 1440, height: int = 1000) -> webdriver.Chrome:
    """Start a browser with an empty profile in the given directory."""
    surroundings = {**os.environ, **SURROUNDINGS, "FONTCONFIG_FILE": str(fontconfig(profile))}
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--window-size={width},{height}", f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service(DRIVER, env=surroundings))


LOGINS = 5
LANDING = "/settings/"  # for which the dashboard asks no other service
SESSION = "sessionid"  # the cookie
USER = ".dropdown.user-menu, #user_info, .user-name"  # whoever is logged in, in the header


class Dashboard:
    """The dashboard as one person sees it: pages, elements, and what the browser complained of.

    ``sessions`` are those of earlier tests, by dashboard and user.
    """

    def __init__(
        self,
        driver: webdriver.Chrome,
        url: str,
        sessions: dict[tuple[str, str], str] | None = None,
    ) -> None:
        self.driver = driver
        self.url = url.rstrip("/")
        self._sessions = {} if sessions is None else sessions
        self._expected: list[str] = []

    def log_in(self, user: str, password: str) -> None:
        """Log in as somebody else than before, by the form, to a session that nobody had before."""
        for _ in range(LOGINS):
            self._log_out()
            self.open(f"/auth/login/?next={LANDING}")
            if "/auth/login" not in self.driver.current_url:
                continue  # the cookie of the old session came back just then
            for name, text in (("username", user), ("password", password)):
                self.press(f"[name={name}]", text)
            self.click("#loginBtn")
            self.until(lambda: "/auth/login" not in self.driver.current_url)
            if self._is_logged_in_as(user):
                return
        raise AssertionError(f"{user} is not who is logged in")

    def go_on_as(self, user: str, password: str) -> None:
        """Go on with the session that this user had in an earlier test, or log in.

        For tests that change nothing of what a session knows, such as its project.
        """
        key = (self.url, user)
        kept = self._sessions.pop(key, None)
        if kept is not None:
            self._log_out()
            cookie = {"name": SESSION, "value": kept, "url": self.url, "httpOnly": True}
            self.driver.execute_cdp_cmd("Network.setCookie", cookie)
        if kept is None or not self._is_logged_in_as(user):
            self.log_in(user, password)
        self._sessions[key] = self.driver.get_cookie(SESSION)["value"]

    def _is_logged_in_as(self, user: str) -> bool:
        """Open a page that is quickly there; return whether it is this user's."""
        self.open(LANDING)
        shown = "return document.querySelector(arguments[0])?.textContent ?? ''"
        return bool(self.driver.execute_script(shown, USER).split()[:1] == [user])

    def _log_out(self) -> None:
        # Away from the page first: an answer on its way would bring the old session's cookie
        # back. One that comes even so is seen by the name, and has come then.
        self.leave()
        self.end_session()

    def end_session(self) -> None:
        """Let the session end as if its time were over: the page that is open does not notice."""
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})

    def leave(self) -> None:
        """Go away from the dashboard: nothing asks for anything any more."""
        self.driver.get("about:blank")

    def open(self, path: str) -> None:
        """Go to a page of the dashboard."""
        self.driver.get(self.url + path)

    def find(self, selector: str) -> WebElement:
        """Find an element that is on the page or will be soon."""
        return self.until(lambda: self.all(selector)[0])

    def all(self, selector: str) -> list[WebElement]:
        """Find what is there now."""
        found: list[WebElement] = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return found

    def text(self, selector: str) -> str:
        """Read what an element says, nothing included."""
        return str(self._of(selector, lambda element: element.text))

    def texts(self, selector: str) -> list[str]:
        """Read what each element says that is there now."""
        return self._of_each(selector, lambda element: element.text)

    def attribute(self, selector: str, name: str) -> str | None:
        """Read an attribute or a property of an element, None if it has none of this name."""
        found: str | None = self._of(selector, lambda element: element.get_attribute(name))
        return found

    def attributes(self, selector: str, name: str) -> list[str]:
        """Read an attribute or a property of each element that is there now."""
        return self._of_each(selector, lambda element: str(element.get_attribute(name)))

    def is_shown(self, selector: str) -> bool:
        """Tell whether an element can be seen."""
        return bool(self._of(selector, lambda element: element.is_displayed()))

    def is_enabled(self, selector: str) -> bool:
        """Tell whether a button or a field can be used."""
        return bool(self._of(selector, lambda element: element.is_enabled()))

    def is_selected(self, selector: str) -> bool:
        """Tell whether a box is ticked or an entry is selected."""
        return bool(self._of(selector, lambda element: element.is_selected()))

    def rect(self, selector: str) -> dict[str, float]:
        """Give where an element is on the page and how large, in CSS pixels."""
        found: dict[str, float] = self._of(selector, lambda element: element.rect)
        return found

    def press(self, selector: str, *keys: str) -> None:
        """Press keys, or type text, in an element."""
        self._of(selector, lambda element: element.send_keys(*keys))

    def _of(self, selector: str, ask: Callable[[WebElement], Any]) -> Any:
        """Ask an element that is there or will be soon; one that is replaced meanwhile, anew."""
        return self.until(lambda: [ask(self.all(selector)[0])])[0]

    def _of_each(self, selector: str, ask: Callable[[WebElement], str]) -> list[str]:
        found: list[str] = self.until(lambda: [[ask(each) for each in self.all(selector)]])[0]
        return found

    def click(self, selector: str) -> None:
        """Click an element once it is in the middle of the window, clear of strips and bars."""
        self.until(lambda: self._clicked(selector))

    def type(self, selector: str, text: str) -> None:
        """Replace what is in a field, as somebody who types; any letter, emoji too."""
        select = "arguments[0].select(); return true"
        self.until(lambda: self.driver.execute_script(select, self._clicked(selector)))
        self.driver.execute_cdp_cmd("Input.insertText", {"text": text})

    def _clicked(self, selector: str) -> WebElement:
        element = self.all(selector)[0]
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()
        return element

    def choose(self, selector: str, value: str) -> None:
        """Choose an entry of a list by its value."""
        Select(self.find(selector)).select_by_value(value)

    def until(self, condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        """Wait until the condition holds.

        Elements that are replaced meanwhile do no harm, nor do those that are not shown yet.
        """
        harmless = (
            exceptions.StaleElementReferenceException,
            exceptions.ElementNotInteractableException,
            IndexError,
        )
        wait = WebDriverWait(self.driver, seconds, 0.2, ignored_exceptions=harmless)
        return wait.until(lambda _driver: condition())

    def expect_only(self, status: int) -> None:
        """Take it that the browser noted answers of this status, which the test meant to get.

        More of them may follow for as long as the page asks again.
        (Horizon drops a row whose update is answered with 404, and the browser notes each one.)
        """
        noted = self.noted()
        assert noted, f"no answer of status {status} was noted"
        self._expected.append(f"status of {status}")
        assert self._unexpected(noted) == []

    def severe(self) -> list[str]:
        """Give what the browser logged as severe since the last call, less what is expected."""
        return self._unexpected(self.noted())

    def noted(self) -> list[str]:
        """Give what the browser logged as severe since the last call."""
        log = self.driver.get_log("browser")
        return [entry["message"] for entry in log if entry["level"] == "SEVERE"]

    def _unexpected(self, noted: list[str]) -> list[str]:
        return [line for line in noted if not any(each in line for each in self._expected)]


@contextmanager
def in_another_tab(page: Dashboard) -> Iterator[None]:
    """Do something in a tab of its own, and come back to the first one."""
    here = page.driver.current_window_handle
    page.driver.switch_to.new_window("tab")
    try:
        yield
    finally:
        page.driver.close()
        page.driver.switch_to.window(here)
