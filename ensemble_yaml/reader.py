# SPDX-License-Identifier: Apache-2.0
"""YAML (or JSON, which is YAML too) as nodes that know their lines; what no file needs is refused.

Client, API and embedded cloud make of the nodes what each needs.
"""

from typing import Any, Final

import yaml

MAX_BYTES: Final = 2 * 1024 * 1024
"""The largest text read: 20 tiers, each with all the user data that the API takes, fit."""

MAX_VALUES: Final = 50_000
"""The most values read, those behind aliases counted each time: a small file may mean a huge one.

YAML is read by pure Python, so many in some seconds; larger documents are written by code, as JSON.
"""

_TOO_MUCH: Final = f"holds more than {MAX_VALUES} values"
_TOO_DEEP: Final = "is nested too deeply"


class YamlError(ValueError):
    """A text cannot be read as YAML: the line, if one is to blame, and the reason.

    `too_large` is whether it would do if there were less of it.
    """

    def __init__(self, reason: str, line: int | None = None, *, too_large: bool = False) -> None:
        super().__init__(reason, line)
        self.reason = reason
        self.line = line
        self.too_large = too_large

    def __str__(self) -> str:
        """Give the reason with its line."""
        return self.reason if self.line is None else f"line {self.line}: {self.reason}"


class _Loader(yaml.SafeLoader):
    """Stops when there are too many values, before the memory and the time are spent."""

    _composed = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Count each value and each alias."""
        self._composed += 1
        if self._composed > MAX_VALUES:
            line = self.peek_event().start_mark.line + 1  # type: ignore[no-untyped-call]
            raise YamlError(_TOO_MUCH, line, too_large=True)
        node: yaml.Node | None = super().compose_node(parent, index)
        return node


def read(content: bytes) -> yaml.Node | None:
    """Give the one document of a text in UTF-8; None when there is nothing in it.

    Each name in a mapping is plain text, and there once.

    :raises YamlError: when it is none, or unreasonably large or deep.
    """
    if len(content) > MAX_BYTES:
        raise YamlError(f"is larger than {MAX_BYTES} bytes", too_large=True)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise YamlError("is not UTF-8 text", content.count(b"\n", 0, error.start) + 1) from None
    try:
        node = yaml.compose(text, Loader=_Loader)
        if node is not None:
            _check(node, {}, set())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = ", ".join(part for part in (error.context, error.problem) if part)
        raise YamlError(f"is not YAML: {said}", mark.line + 1 if mark else None) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError(f"is not YAML: {error.reason}", line) from None
    except RecursionError:
        raise YamlError(_TOO_DEEP) from None
    return node


def plain(node: yaml.Node) -> Any:
    """Give what a node means in the plain types of YAML.

    :raises YamlError: for a tag that is not one of YAML's own, and for values that are none.
    """
    try:
        return yaml.constructor.SafeConstructor().construct_document(node)
    except (yaml.MarkedYAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or str(error)
        raise YamlError(f"is not YAML: {said}", mark.line + 1 if mark else None) from None


def _check(node: yaml.Node, sizes: dict[yaml.Node, int], around: set[yaml.Node]) -> int:
    """Count the values of a node, each alias as what it stands for; refuse what no file needs."""
    if node in around:
        raise YamlError(_TOO_DEEP, node.start_mark.line + 1)  # it holds itself
    if node in sizes:
        return sizes[node]
    around.add(node)
    inner: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        _check_names(node)
        inner = [value for _, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        inner = node.value
    size = 1
    for each in inner:
        size += _check(each, sizes, around)
        if size > MAX_VALUES:
            raise YamlError(_TOO_MUCH, node.start_mark.line + 1, too_large=True)
    around.remove(node)
    sizes[node] = size
    return size


def _check_names(node: yaml.MappingNode) -> None:
    names: set[str] = set()
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise YamlError("has a name that is not plain text", line)
        if key.value in names:
            raise YamlError(f"gives {key.value[:64]!r} twice", line)
        names.add(key.value)
