# SPDX-License-Identifier: Apache-2.0
"""The colours that the pages take from a theme, light or dark."""

import re
from pathlib import Path

import pytest
import sass

import ensemble_dashboard

THEME = Path(ensemble_dashboard.__file__).parent / "static" / "ensembles" / "theme.scss"


def colours(ground: str, text: str, link: str) -> dict[str, str]:
    """Compile our file with a theme of three colours."""
    variables = f"$body-bg: {ground}; $text-color: {text}; $link-color: {link};"
    css = sass.compile(
        string=THEME.read_text(), importers=[(0, lambda _path, _from: [("theme", variables)])]
    )
    return dict(re.findall(r"--ens-([a-z]+): *(#[0-9a-f]{3,6})", css))


def luminance(colour: str) -> float:
    """Give the relative luminance as the accessibility guidelines define it."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("ground", "text", "link"),
    [
        pytest.param("#ffffff", "#333333", "#2a6496", id="a light theme"),
        pytest.param("#16181d", "#e4e6eb", "#8ab4f8", id="a dark theme"),
    ],
)
@pytest.mark.parametrize("role", ["text", "quiet", "good", "bad", "warn"])
def test_every_word_can_be_read_on_every_ground(
    ground: str, text: str, link: str, role: str
) -> None:
    found = colours(ground, text, link)
    for name in ("ground", "soft", "softer"):
        darker, lighter = sorted((luminance(found[role]), luminance(found[name])))
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, f"{role} on {name}"
