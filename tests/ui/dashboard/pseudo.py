# SPDX-License-Identifier: Apache-2.0
"""A made-up language for tests: each message in Arabic letters, from right to left.

It is made from the sources, so nobody keeps it. What is still in Latin letters on a page was not
marked for translation, or is somebody's name.
"""

import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from tools import messages

CODE = "ar-xb"  # Arabic, so that it is written from right to left; no place has this code
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_ARABIC = "ابثدعفغهيجكلمنوپقرستطڤوخيز"
_LETTERS = str.maketrans(_LATIN + _LATIN.upper(), _ARABIC + _ARABIC)
# What is filled in later stays as it is.
_KEPT = re.compile(r"(%(?:\(\w+\))?[sd]|&\w+;)")


def told(text: str) -> str:
    """Give a message in the made-up language."""
    parts = _KEPT.split(text)
    return "".join(part if at % 2 else part.translate(_LETTERS) for at, part in enumerate(parts))


def write(folder: Path) -> None:
    """Write the compiled catalogs of both domains."""
    target = folder / "ar_XB" / "LC_MESSAGES"
    target.mkdir(parents=True, exist_ok=True)
    for domain in messages.DOMAINS:
        catalog = Catalog(locale="en", domain=domain)
        for message in messages.template(domain):
            if not message.id:
                continue
            if message.context and message.id == "en":
                string: str | tuple[str, ...] = CODE
            elif isinstance(message.id, tuple):
                string = tuple(told(form) for form in message.id)
            else:
                string = told(str(message.id))
            catalog.add(message.id, string, context=message.context)
        with (target / f"{domain}.mo").open("wb") as file:
            write_mo(file, catalog)
