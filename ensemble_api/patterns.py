# SPDX-License-Identifier: Apache-2.0
"""Patterns of a server template, filled in for one member: `{ensemble}`, `{tier}` and so on."""

import base64
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Sentence

WORDS: Final = ("ensemble", "tier", "index", "count")

_WORDS = "|".join(WORDS)
# Of a shell, ${count} is a variable; with two braces it is not ours either.
_TOKEN = re.compile(rf"(?<!\$)(?<!\$\{{)\{{(?:\{{({_WORDS})\}}|({_WORDS}))\}}")
_BRACES = re.compile(rf"\{{\{{|\}}\}}|\{{({_WORDS})\}}|[{{}}]")
_UNKNOWN = re.compile(r"(?<![${])\{([a-z_][a-z0-9_.:-]*)\}(?!\})")
_DOMAIN = re.compile(r"(?<!\$)\{domain[a-z0-9_.:-]*\}")

_NOT_FILLED = Sentence(
    "invalid.not-filled",
    "holds %(text)s, which cannot be filled in; there are {ensemble}, {tier}, {index} and {count}, "
    "and {{ stands for a brace",
)
_CANNOT_FOLLOW = Sentence(
    "invalid.cannot-follow-a-move",
    "holds %(text)s, which could not follow when the member moves",
)
_NOT_TEXT = Sentence("invalid.not-text", "is not text in UTF-8, so that nothing can be filled in")
_NO_LETTERS = Sentence(
    "invalid.no-host-name",
    "cannot have {ensemble} filled in: the ensemble's name has no Latin letter and no digit",
)


@dataclass(frozen=True, slots=True)
class Values:
    """What is filled in for one member; ``count`` is how many members its tier has."""

    ensemble: str
    tier: str
    index: int
    count: int

    def of(self, word: str) -> str:
        """The value of one of ``WORDS``."""
        return str(getattr(self, word))


def filled(server: Mapping[str, Any], values: Values) -> Mapping[str, Any]:
    """A server template with its patterns filled in for one member.

    Names and host names are patterns always, metadata and user data where ``fill_in`` names them.

    :raises ensemble_api.planning.errors.ModelError: naming the field that cannot be filled in.
    """
    result = {key: each for key, each in server.items() if key != "fill_in"}
    if "name" in server:
        result["name"] = _whole(server["name"], values, "name", as_name(values.ensemble)).strip()
    if "hostname" in server:
        ensemble = as_host_name(values.ensemble)
        if not ensemble and "{ensemble}" in server["hostname"]:
            raise ModelError("hostname", _NO_LETTERS())
        result["hostname"] = _whole(server["hostname"], values, "hostname", ensemble)
    wanted = server.get("fill_in", ())
    if "metadata" in wanted and "metadata" in server:
        result["metadata"] = {
            key: _metadata(text, values, f"metadata.{key}")
            for key, text in server["metadata"].items()
        }
    if "user_data" in wanted and "user_data" in server:
        result["user_data"] = _user_data(server["user_data"], values)
    return result


def as_name(text: str) -> str:
    """A text with an underscore in the place of what Nova does not take in a server's name."""
    composed = unicodedata.normalize("NFC", text)
    return re.sub("_+", "_", "".join(each if is_taken(each) else "_" for each in composed))


def is_taken(character: str) -> bool:
    """Whether Nova takes it in a server's name (nova/api/validation/parameter_types.py)."""
    category = unicodedata.category(character)
    return character < "\uffff" and category[0] != "C" and (category[0] != "Z" or category == "Zs")


def as_host_name(text: str) -> str:
    """A text as a host name has it: a to z, digits and dashes; empty if nothing is left of it."""
    latin = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", latin).strip("-")


def _whole(pattern: str, values: Values, field: str, ensemble: str) -> str:
    """A pattern in which every brace has a meaning."""

    def value(found: re.Match[str]) -> str:
        if found[0] in ("{{", "}}"):
            return found[0][0]
        if not found[1]:
            unknown = _UNKNOWN.match(pattern, found.start())
            raise ModelError(field, _NOT_FILLED(text=(unknown or found)[0][:64]))
        return ensemble if found[1] == "ensemble" else values.of(found[1])

    return _BRACES.sub(value, pattern)


def _metadata(text: str, values: Values, field: str) -> str:
    """A value of metadata, in which braces that hold no single word stay as they are."""
    for unknown in _UNKNOWN.finditer(text):
        if unknown[1] not in WORDS:
            raise ModelError(field, _NOT_FILLED(text=unknown[0][:64]))
    return _TOKEN.sub(lambda found: _value(found, values, values.ensemble), text)


def _user_data(encoded: str, values: Values) -> str:
    """A script or a file of cloud-init, in which all other braces stay as they are.

    Of the ensemble's name it gets what a host name has, since nobody knows how to quote it there.
    """
    try:
        text = base64.b64decode("".join(encoded.split()), validate=True).decode()
    except ValueError as error:
        raise ModelError("user_data", _NOT_TEXT()) from error
    if domain := _DOMAIN.search(text):
        raise ModelError("user_data", _CANNOT_FOLLOW(text=domain[0][:64]))
    ensemble = as_host_name(values.ensemble)
    if not ensemble and any(found[2] == "ensemble" for found in _TOKEN.finditer(text)):
        raise ModelError("user_data", _NO_LETTERS())
    written = _TOKEN.sub(lambda found: _value(found, values, ensemble), text)
    return base64.b64encode(written.encode()).decode()


def _value(found: re.Match[str], values: Values, ensemble: str) -> str:
    if found[1]:
        return f"{{{found[1]}}}"
    return ensemble if found[2] == "ensemble" else values.of(found[2])
