# SPDX-License-Identifier: Apache-2.0
"""A YAML document in which every value knows its place: file, line and field."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

import ensemble_yaml
from ensemble_client.words import printable

_TEXT_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "timestamp", "value")
)
_WHOLE_TAG: Final = "tag:yaml.org,2002:int"
_TRUTH_TAG: Final = "tag:yaml.org,2002:bool"
_NULL_TAG: Final = "tag:yaml.org,2002:null"
_PERCENT: Final = re.compile(r"(100|[1-9]?[0-9])%")


class FileError(ValueError):
    """Something in a file is wrong: says where (file, line, field) and what.

    A file that cannot be read has no line.
    """

    def __init__(self, file: str, line: int | None, name: str, reason: str) -> None:
        super().__init__(file, line, name, reason)
        self.file = file
        self.line = line
        self.field = name
        self.reason = reason

    def __str__(self) -> str:
        said = f"{self.field}: {self.reason}" if self.field else self.reason
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return printable(f"{place}: {said}")


@dataclass(slots=True)
class Source:
    """The file a document comes from, and the line of each field looked at so far."""

    file: str
    lines: dict[str, int] = field(default_factory=dict)

    def note(self, name: str, line: int) -> None:
        """Remember the line of a field."""
        self.lines[name] = line

    def line_of(self, name: str) -> int:
        """Give the line of a field, or of the nearest one around it that the file contains."""
        while name not in self.lines and name:
            name = name[: max(name.rfind("."), name.rfind("["), 0)]
        return self.lines.get(name, 1)

    def error(self, name: str, reason: str) -> FileError:
        """Build the error that names the place of a field."""
        return FileError(self.file, self.line_of(name), name, reason)


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a document, read as what the caller needs it to be, or refused."""

    node: yaml.Node
    field: str
    source: Source

    def __post_init__(self) -> None:
        self.source.note(self.field, self.node.start_mark.line + 1)

    def error(self, reason: str) -> FileError:
        """Build the error that names this value's place."""
        return FileError(self.source.file, self.node.start_mark.line + 1, self.field, reason)

    @property
    def is_mapping(self) -> bool:
        """Whether the value is a mapping."""
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        """Whether the value is a list."""
        return isinstance(self.node, yaml.SequenceNode)

    def mapping(self, known: Iterable[str] | None = None) -> dict[str, "Value"]:
        """Read a mapping; keys that are not `known` (None: any) are refused."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error(f"must be a mapping of names to values, not {self._kind}")
        allowed = None if known is None else sorted(known)
        values: dict[str, Value] = {}
        for key_node, value_node in self.node.value:
            key = str(key_node.value)
            name = f"{self.field}.{key}" if self.field else key
            at_key = Value(key_node, name, self.source)
            if allowed is not None and key not in allowed:
                raise at_key.error(f"unknown name{suggestion(key, allowed)}")
            values[key] = Value(value_node, name, self.source)
        return values

    def plain(self) -> Any:
        """Read whatever it is; what is no number, no switch and not null is text."""
        if isinstance(self.node, yaml.MappingNode):
            return {key: each.plain() for key, each in self.mapping().items()}
        if isinstance(self.node, yaml.SequenceNode):
            return [each.plain() for each in self.items()]
        if self.node.tag == _NULL_TAG:
            return None
        if self.node.tag == _WHOLE_TAG:
            return self.whole()
        return self.boolean() if self.node.tag == _TRUTH_TAG else self.text()

    def required(self, given: Mapping[str, "Value"], key: str) -> "Value":
        """Give what this mapping, once read, has under a name; FileError when it lacks it."""
        if key not in given:
            raise self.error(f"{key!r} is missing")
        return given[key]

    def items(self) -> list["Value"]:
        """Read a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error(f"must be a list, not {self._kind}")
        return [
            Value(node, f"{self.field}[{index}]", self.source)
            for index, node in enumerate(self.node.value)
        ]

    def text(self) -> str:
        """Read text as it stands in the file, so that `2026`, `on` and `1.0` need no quotes."""
        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag not in _TEXT_TAGS:
            raise self.error(f"must be text, not {self._kind}")
        return str(self.node.value)

    def name(self) -> str:
        """Read text that is not empty."""
        text = self.text().strip()
        if not text:
            raise self.error("must not be empty")
        return text

    def names(self) -> list[str]:
        """Read a list of names; a single name stands for a list of one."""
        if isinstance(self.node, yaml.ScalarNode):
            return [self.name()]
        return [item.name() for item in self.items()]

    def whole(self) -> int:
        """Read a whole number."""
        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag != _WHOLE_TAG:
            raise self.error(f"must be a whole number, not {self._kind}")
        try:
            return int(self.node.value.replace("_", ""), 10)
        except ValueError:
            raise self.error("must be a whole number in decimal digits") from None

    def boolean(self) -> bool:
        """Read yes or no, in any of YAML's words for them."""
        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag != _TRUTH_TAG:
            raise self.error(f"must be true or false, not {self._kind}")
        return self.node.value.lower() in ("yes", "true", "on")

    def share(self) -> int | str:
        """Read a whole number, or a percentage such as `50%`, which stays text."""
        if isinstance(self.node, yaml.ScalarNode) and self.node.tag == _WHOLE_TAG:
            return self.whole()
        if isinstance(self.node, yaml.ScalarNode) and _PERCENT.fullmatch(self.node.value.strip()):
            return str(self.node.value.strip())
        raise self.error(f"must be a whole number or a percentage up to 100%, not {self._kind}")

    def choice(self, known: Iterable[str]) -> str:
        """Read one of several words."""
        allowed = list(known)
        word = self.name()
        if word not in allowed:
            *most, last = map(repr, allowed)
            listed = f"{', '.join(most)} or {last}" if most else last
            raise self.error(f"must be {listed}, not {word!r}{suggestion(word, allowed)}")
        return word

    @property
    def _kind(self) -> str:
        if isinstance(self.node, yaml.MappingNode):
            return "a mapping"
        if isinstance(self.node, yaml.SequenceNode):
            return "a list"
        if self.node.tag == _NULL_TAG:
            return "nothing"
        return "a number" if self.node.tag == _WHOLE_TAG else f"{self.node.value[:40]!r}"


def parse(file: str, content: bytes) -> Value:
    """Read YAML (or JSON, which is YAML too) without ever building an object from it."""
    try:
        node = ensemble_yaml.read(content)
    except ensemble_yaml.YamlError as error:
        raise FileError(file, error.line or 1, "", error.reason) from None
    if node is None:
        raise FileError(file, 1, "", "is empty")
    return Value(node, "", Source(file))


def suggestion(word: str, known: Iterable[str]) -> str:
    """Give ", did you mean ...?" for a word close to a known one, else nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""
