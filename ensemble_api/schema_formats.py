# SPDX-License-Identifier: Apache-2.0
"""What texts in requests may hold, as formats of JSON Schema."""

import base64
import binascii
import unicodedata

import jsonschema

from ensemble_api import schema_errors

FORMATS = jsonschema.FormatChecker(formats=())


# Characters that join or direct others, and stand in words and in emoji.
_JOINING = frozenset("\u200c\u200d\u200e\u200f\u061c") | {chr(n) for n in range(0xE0020, 0xE0080)}


@FORMATS.checks("printable")
def _is_printable(value: object) -> bool:
    """Whether it is text on one line, in any script, that shows as what it is.

    What turns the direction of the text after it is refused. Characters that are newer than this
    Python's tables are let through.
    """
    if not isinstance(value, str):
        return True
    text = value.strip()
    return all(map(_shows, text)) and not _JOINING.issuperset(text.split())


def _shows(character: str) -> bool:
    if ord(character) & 0xFFFE == 0xFFFE:  # no character in any plane
        return False
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
    return not hidden or character in _JOINING


@FORMATS.checks("line")
def _is_line(value: object) -> bool:
    """Whether it is text on one line."""
    return not (isinstance(value, str) and holds_control(value))


@FORMATS.checks("text")
def _is_text(value: object) -> bool:
    """Whether it is text, be it on several lines."""
    return not (isinstance(value, str) and holds_control(value, allowed="\t\n\r"))


@FORMATS.checks("described")
def _is_described(value: object) -> bool:
    """Whether Nova takes it as the description of a server."""
    return not (isinstance(value, str) and schema_errors.not_described(value))


def holds_control(text: str, allowed: str = "") -> bool:
    """Whether a text holds a control character, which some databases refuse, beside ``but``."""
    return any(unicodedata.category(each) == "Cc" and each not in allowed for each in text)


@FORMATS.checks("base64", raises=(binascii.Error, ValueError))
def _is_base64(value: object) -> bool:
    """Whether it is base64, be it on several lines."""
    if isinstance(value, str):
        base64.b64decode("".join(value.split()), validate=True)
    return True
