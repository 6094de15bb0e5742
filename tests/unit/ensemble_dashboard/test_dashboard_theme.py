# SPDX-License-Identifier: Apache-2.0
"""The colours that the pages take from a theme, light or dark."""

import re
from pathlib import Path

import pytest
import sass

import ensemble_dashboard

WHITE = "#ffffff"
THEME = Path(ensemble_dashboard.__file__).parent / "static" / "ensembles" / "theme.scss"


def colours(ground: str, text: str, link: str) -> dict[str, str]:
    """Compile our file with a theme of three colours, and buttons as Bootstrap has them."""
    buttons = "; ".join(
        f"$btn-{kind}-bg: {colour}; $btn-{kind}-color: {WHITE}"
        for kind, colour in (("primary", "#428bca"), ("danger", "#d9534f"))
    )
    variables = f"$body-bg: {ground}; $text-color: {text}; $link-color: {link}; {buttons};"
    found = dict(re.findall(r"--ens-([a-z]+): *(#[0-9a-f]{3,6}|[a-z]+)", compiled(variables)))
    named = {"white": WHITE, "black": "#000000"}
    return {role: named.get(colour, colour) for role, colour in found.items()}


def compiled(variables: str) -> str:
    """Compile our file with these variables of a theme."""
    css: str = sass.compile(
        string=THEME.read_text(), importers=[(0, lambda _path, _from: [("theme", variables)])]
    )
    return css


def luminance(colour: str) -> float:
    """Give the relative luminance as the accessibility guidelines define it."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


THEMES = [
    pytest.param("#ffffff", "#333333", "#428bca", id="a light theme"),
    pytest.param("#fffffe", "#7f8081", "#ffee00", id="a light theme that can hardly be read"),
    pytest.param("#16181d", "#e4e6eb", "#8ab4f8", id="a dark theme"),
    pytest.param("#222222", "#777777", "#0000ee", id="a dark theme that can hardly be read"),
]


@pytest.mark.parametrize(("ground", "text", "link"), THEMES)
@pytest.mark.parametrize("role", ["text", "quiet", "accent", "good", "bad", "warn"])
def test_every_word_can_be_read_on_every_ground(
    ground: str, text: str, link: str, role: str
) -> None:
    found = colours(ground, text, link)
    for name in ("ground", "soft", "softer"):
        assert contrast(found[role], found[name]) >= 4.5, f"{role} on {name}"


@pytest.mark.parametrize(("ground", "text", "link"), THEMES)
@pytest.mark.parametrize("role", ["primary", "danger"])
def test_buttons_can_be_read(ground: str, text: str, link: str, role: str) -> None:
    assert contrast(colours(ground, text, link)[role], WHITE) >= 4.5


@pytest.mark.parametrize(("ground", "text", "link"), THEMES)
def test_the_lines_of_what_can_be_used_are_seen(ground: str, text: str, link: str) -> None:
    found = colours(ground, text, link)
    assert contrast(found["edge"], found["ground"]) >= 3.0


@pytest.mark.parametrize(
    ("ground", "expected"),
    [
        pytest.param("#ffffff", "light", id="light"),
        pytest.param("#16181d", "dark", id="dark"),
    ],
)
def test_the_browser_s_own_controls_go_with_the_theme(ground: str, expected: str) -> None:
    assert colours(ground, "#808080", "#428bca")["scheme"] == expected


def test_every_icon_is_in_the_font_that_horizon_loads() -> None:
    """Names of the font's fourth version are in a style sheet that no theme loads."""
    from xstatic.pkg import font_awesome

    known = (Path(font_awesome.BASE_DIR) / "css" / "all.css").read_text()
    dashboard = Path(ensemble_dashboard.__file__).parent
    used = {
        (name, path.name)
        for folder, ending in (("templates", "html"), ("content", "py"))
        for path in (dashboard / folder).rglob(f"*.{ending}")
        for name in re.findall(r"\bfa-[a-z-]+", path.read_text())
    }
    assert used
    assert [each for each in sorted(used) if not re.search(rf"\.{each[0]}\b(?!-)", known)] == []
