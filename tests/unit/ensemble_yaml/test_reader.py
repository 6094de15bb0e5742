# SPDX-License-Identifier: Apache-2.0
"""YAML is read with one limit, whoever asks for it, and refused with its line."""

from collections.abc import Callable
from typing import Any

import pytest

from ensemble_api.offline import document as offline
from ensemble_client import document as client
from ensemble_cloud import shape_file
from ensemble_cloud.shape import ShapeError
from ensemble_yaml import MAX_BYTES, MAX_VALUES, YamlError, plain, read

DEEP = "[" * 5_000 + "]" * 5_000
LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
REFUSED = [
    pytest.param(b"a: 1\nb: [1\n", 3, "is not YAML: ", id="an unclosed list"),
    pytest.param(b"a: 1\n\tb: 2\n", 2, "is not YAML: ", id="a tab for indentation"),
    pytest.param(b"a: 1\n---\nb: 2\n", 2, "is not YAML: ", id="two documents"),
    pytest.param(b"a: 1\nb: \x07\n", 2, "is not YAML: ", id="a control character"),
    pytest.param(b"a: *nobody\n", 1, "is not YAML: ", id="an alias to nothing"),
    pytest.param(b"a: 1\nb: 2\na: 3\n", 3, "gives 'a' twice", id="a name given twice"),
    pytest.param(b"a:\n  [1]: 2\n", 2, "has a name that is not plain text", id="a list as a name"),
    pytest.param(DEEP.encode(), None, "is nested too deeply", id="thousands of brackets"),
    pytest.param(b"a: &a [*a]", 1, "is nested too deeply", id="what holds itself"),
    pytest.param(LAUGHS.encode(), 5, f"holds more than {MAX_VALUES} values", id="many aliases"),
    pytest.param(b"- a\n" * (MAX_VALUES + 9), MAX_VALUES, "holds more than", id="many values"),
    pytest.param(b"a" * (MAX_BYTES + 1), None, f"is larger than {MAX_BYTES} bytes", id="large"),
]


@pytest.mark.parametrize(("content", "line", "reason"), REFUSED)
def test_what_is_no_document_is_refused_with_its_line(
    content: bytes, line: int | None, reason: str
) -> None:
    with pytest.raises(YamlError) as refused:
        read(content)
    assert refused.value.reason.startswith(reason)
    assert refused.value.line == line


def test_bytes_that_are_not_utf_8_are_refused_with_their_line() -> None:
    with pytest.raises(YamlError, match="is not UTF-8 text") as refused:
        read(b"a: 1\nb: \xff\n")
    assert refused.value.line == 2


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        pytest.param(client.parse, client.FileError, id="commands and pages"),
        pytest.param(offline.parse, offline.DocumentError, id="a plan without services"),
        pytest.param(
            lambda _, content: shape_file.parse(content.decode()), ShapeError, id="a shape"
        ),
    ],
)
@pytest.mark.parametrize(("content", "line", "reason"), REFUSED)
def test_all_who_read_yaml_refuse_the_same(
    ask: Callable[[str, bytes], Any],
    error: type[Exception],
    content: bytes,
    line: int | None,
    reason: str,
) -> None:
    with pytest.raises(error) as refused:
        ask("x.yaml", content)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a: [1, 2.5, yes, ~, x]", {"a": [1, 2.5, True, None, "x"]}, id="values"),
        pytest.param("\ufeffa: 1", {"a": 1}, id="a byte order mark"),
        pytest.param("a: &x [1]\nb: *x", {"a": [1], "b": [1]}, id="an alias"),
        pytest.param('{"a": {"b": 1}}', {"a": {"b": 1}}, id="JSON"),
    ],
)
def test_what_is_read(text: str, value: Any) -> None:
    node = read(text.encode())
    assert node is not None
    assert plain(node) == value


def test_nothing_is_none() -> None:
    assert read(b"") is None
    assert read(b"# only words\n") is None


@pytest.mark.parametrize("text", ["a: !!python/object/apply:os.getpid []", "a: 2026-13-45"])
def test_a_tag_builds_no_object_and_a_value_that_is_none_is_refused(text: str) -> None:
    node = read(text.encode())
    assert node is not None
    with pytest.raises(YamlError, match="is not YAML"):
        plain(node)
