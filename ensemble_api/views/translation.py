# SPDX-License-Identifier: Apache-2.0
"""The language of an answer: messages put into words by the catalogs in ``locale``."""

import functools
import gettext
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ensemble_api.planning.message import Message, Translate

DOMAIN = "ensemble_api"
ENGLISH = "en"
_LOCALE = Path(__file__).parents[1] / "locale"


@functools.cache
def languages() -> tuple[str, ...]:
    """The languages that there are answers in, as tags of RFC 5646; English is what we write."""
    found = sorted(path.parts[-3] for path in _LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
    return (ENGLISH, *(name.replace("_", "-") for name in found))


def language(accepted: Any) -> str:
    """The best of our languages for a request's ``Accept-Language``, as WebOb has it."""
    found: str = accepted.lookup(languages(), default=ENGLISH)
    return found


def translated(value: Any, language: str = ENGLISH) -> Any:
    """A JSON-ready value with every message in it as text in a language."""
    return _translated(value, templates(language))


def _translated(value: Any, translate: Translate) -> Any:
    match value:
        case Message():
            return value.translated(translate)
        case Mapping():
            return {name: _translated(each, translate) for name, each in value.items()}
        case list() | tuple():
            return [_translated(each, translate) for each in value]
    return value


@functools.cache
def templates(language: str) -> Translate:
    """Templates in a language; English where the catalog has none."""
    catalog = gettext.translation(DOMAIN, _LOCALE, [language.replace("-", "_")], fallback=True)

    def translate(text: str, several: str | None, count: int) -> str:
        if several is None:
            return catalog.gettext(text)
        return catalog.ngettext(text, several, count)

    return translate
