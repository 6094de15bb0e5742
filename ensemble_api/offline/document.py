# SPDX-License-Identifier: Apache-2.0
"""A JSON or YAML file, read with the place of its values, or refused with the place of a fault."""

import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml

from ensemble_api.offline import yaml_reader

STANDARD_INPUT: Final = "-"
MEBIBYTE: Final = 1 << 20
MAX_JSON: Final = 256 * MEBIBYTE

Steps: TypeAlias = tuple[str | int, ...]
_STEP: Final = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
_YAML_TAG: Final = "tag:yaml.org,2002:"


class DocumentError(Exception):
    """A document cannot be used: the file, the line if it is known, the place in it, the reason."""

    def __init__(self, file: str, reason: str, place: str = "", line: int | None = None) -> None:
        super().__init__(file, reason, place, line)
        self.file = file
        self.reason = reason
        self.place = place
        self.line = line

    def __str__(self) -> str:
        """Give FILE:LINE: PLACE: REASON on one line, whatever characters the file has in it."""
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        said = ": ".join(part for part in (where, self.place, self.reason) if part)
        return _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], said)


def place_of(steps: Sequence[str | int]) -> str:
    """Write the way to a value as people do: ``tiers[0].server.resources``."""
    text = "".join(
        f"[{step}]" if isinstance(step, int) else f".{_shortened(step)}" for step in steps
    )
    return text.lstrip(".")


def _shortened(text: str) -> str:
    return text if len(text) <= 64 else f"{text[:64]}..."


@dataclass(frozen=True, slots=True)
class Document:
    """The value of a file (dict, list, str, int, float, bool, None); finite, no key given twice."""

    file: str
    value: Any
    lines: Mapping[Steps, int] = field(default_factory=dict)  # of YAML; a line of JSON says little

    def error(self, steps: Sequence[str | int], reason: str) -> DocumentError:
        """Build the error about a value, on its line or that of the nearest one around it."""
        near = tuple(steps)
        while near and near not in self.lines:
            near = near[:-1]
        return DocumentError(self.file, reason, place_of(steps), self.lines.get(near))

    def error_at(self, place: str, reason: str) -> DocumentError:
        """Build the error about a value whose place is written out: ``tiers[0].name``."""
        steps = [name or int(number) for name, number in _STEP.findall(place)]
        return self.error(steps, reason)


def read(path: str) -> Document:
    """Read a JSON or YAML file, or standard input for "-".

    :raises DocumentError: when it cannot be read or is neither.
    """
    file = "<stdin>" if path == STANDARD_INPUT else path
    try:
        if path == STANDARD_INPUT:
            content = sys.stdin.buffer.read(MAX_JSON + 1)
        else:
            with Path(path).open("rb") as stream:
                content = stream.read(MAX_JSON + 1)
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise DocumentError(file, f"cannot be read: {reason}") from None
    return parse(file, content)


def parse(file: str, content: bytes) -> Document:
    """Read JSON, or YAML when it is not JSON and the file's name does not say that it is.

    :raises DocumentError: when it is neither, or unreasonably large or deep.
    """
    if len(content) > MAX_JSON:
        raise DocumentError(file, f"is larger than {MAX_JSON // MEBIBYTE} MiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DocumentError(file, "is not UTF-8 text", line=line) from None
    if file.endswith(".json"):
        return Document(file, _json(file, text))
    if text.lstrip()[:1] in ("{", "["):
        try:
            return Document(file, _json(file, text))
        except DocumentError as error:
            if not error.reason.startswith("is not JSON"):
                raise  # that much was JSON
    return _Yaml(file, content).document()


def _json(file: str, text: str) -> Any:
    def number(literal: str) -> float:
        value = float(literal)
        if not math.isfinite(value):
            raise DocumentError(file, f"holds a number that is out of range: {literal[:40]}")
        return value

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) != len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise DocumentError(file, f"gives {_shortened(twice)!r} twice in one object")
        return values

    try:
        return json.loads(
            text, parse_float=number, parse_constant=number, object_pairs_hook=mapping
        )
    except json.JSONDecodeError as error:
        raise DocumentError(file, f"is not JSON: {error.msg}", line=error.lineno) from None
    except ValueError:  # of int(), for thousands of digits
        raise DocumentError(file, "holds a whole number that is out of range") from None
    except RecursionError:
        raise DocumentError(file, "is nested too deeply") from None


class _Yaml:
    """One YAML text on its way to plain values; no object is ever built from a tag."""

    def __init__(self, file: str, content: bytes) -> None:
        self._file = file
        self._content = content
        self._lines: dict[Steps, int] = {}

    def document(self) -> Document:
        try:
            node = yaml_reader.read(self._content)
        except yaml_reader.YamlError as error:
            advice = "; write large documents as JSON" if error.too_large else ""
            raise DocumentError(self._file, error.reason + advice, line=error.line) from None
        value = None if node is None else self._value(node, ())
        return Document(self._file, value, self._lines)

    def _value(self, node: yaml.Node, steps: Steps) -> Any:
        self._lines[steps] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, steps)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(each, (*steps, n)) for n, each in enumerate(node.value)]
        return self._scalar(node, steps)

    def _mapping(self, node: yaml.MappingNode, steps: Steps) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            inner = (*steps, key.value)
            values[key.value] = self._value(value, inner)
            self._lines[inner] = line
        return values

    def _scalar(self, node: yaml.Node, steps: Steps) -> Any:
        text = node.value
        match node.tag.removeprefix(_YAML_TAG):
            case "null":
                return None
            case "bool":
                return text.lower() in ("yes", "true", "on")
            case "int" | "float" as kind:
                return self._number(kind, text.replace("_", ""), steps)
            case "str" | "timestamp" | "value":
                return text
        raise self._error(steps, f"has a tag that is not known here: {_shortened(node.tag)}")

    def _number(self, kind: str, text: str, steps: Steps) -> int | float:
        try:
            if kind == "int":
                return int(text, 10)
            value = float(re.sub(r"\.(inf|nan)$", r"\1", text, flags=re.IGNORECASE))
        except ValueError:
            raise self._error(steps, "must be a number in decimal digits, or in quotes") from None
        if not math.isfinite(value):
            raise self._error(steps, "must be a number within range")
        return value

    def _error(self, steps: Steps, reason: str) -> DocumentError:
        return DocumentError(self._file, reason, place_of(steps), self._lines[steps])
