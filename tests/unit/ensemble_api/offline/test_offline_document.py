# SPDX-License-Identifier: Apache-2.0
"""Files are read as JSON or YAML, or refused with file, line and place."""

import json
import stat
from pathlib import Path

import pytest

from ensemble_api.offline.document import DocumentError, parse, read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param(
            '{"a": [1, 2.5, true, null, "x"]}', {"a": [1, 2.5, True, None, "x"]}, id="JSON"
        ),
        pytest.param("\ufeff{}", {}, id="JSON after a byte order mark"),
        pytest.param("a: [1, 2.5, yes, ~, x]", {"a": [1, 2.5, True, None, "x"]}, id="YAML"),
        pytest.param("{a: 1}", {"a": 1}, id="YAML that looks like JSON at first"),
        pytest.param("a: 2026-11-22", {"a": "2026-11-22"}, id="a YAML date stays text"),
        pytest.param("a: &x [1]\nb: *x", {"a": [1], "b": [1]}, id="a YAML alias"),
        pytest.param("1: x", {"1": "x"}, id="a YAML key is text"),
        pytest.param("", None, id="an empty file"),
    ],
)
def test_what_is_read(text: str, value: object) -> None:
    assert parse("file", text.encode()).value == value


BOMB = "\n".join(
    ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
)


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("x.json", "{\n]", "x.json:2: is not JSON"),
        ("x.json", "a: 1", "x.json:1: is not JSON"),
        ("x.yaml", "a: [\n1\nb", "x.yaml:3: is not YAML"),
        ("x.yaml", "a: 1\n\x07", "x.yaml:2: is not YAML"),
        ("x.yaml", "a: 1\na: 2", "x.yaml:2: gives 'a' twice"),
        ("x.json", '{"a": {"b": 1, "b": 1}}', "x.json: gives 'b' twice"),
        ("x.yaml", '{"a": 1, "a": 1}', "x.yaml: gives 'a' twice"),
        ("x.yaml", "a:\n  [1]: 2", "x.yaml:2: has a name that is not plain text"),
        ("x.yaml", "a: !!python/object:os.system x", "x.yaml:1: a: has a tag that is not known"),
        ("x.yaml", "a:\n- 0x10", "x.yaml:2: a[0]: must be a number in decimal digits"),
        ("x.yaml", "a: 190:20:30", "x.yaml:1: a: must be a number in decimal digits"),
        ("x.yaml", "a: .nan", "x.yaml:1: a: must be a number within range"),
        ("x.yaml", "a: -.inf", "x.yaml:1: a: must be a number within range"),
        ("x.json", '{"a": NaN}', "x.json: holds a number that is out of range: NaN"),
        ("x.json", '{"a": 1e999}', "x.json: holds a number that is out of range: 1e999"),
        ("x.json", "9" * 5000, "x.json: holds a whole number that is out of range"),
        ("x.yaml", "a: " + "9" * 5000, "x.yaml:1: a: must be a number in decimal digits"),
        ("x.json", "[" * 100_000, "x.json: is nested too deeply"),
        ("x.yaml", "[" * 100_000, "x.yaml: is nested too deeply"),
        ("x.yaml", "- " * 5_000 + "x", "x.yaml: is nested too deeply"),
        ("x.yaml", BOMB, "x.yaml:6: holds more than 50000 values; write large documents as JSON"),
    ],
)
def test_what_is_refused(file: str, text: str, words: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse(file, text.encode())
    assert str(caught.value).startswith(words)


def test_what_is_not_utf_8_is_refused_with_its_line() -> None:
    with pytest.raises(DocumentError, match=r"^x:2: is not UTF-8 text"):
        parse("x", b"a: 1\nb: \xff")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path, words in ((tmp_path, "directory"), (tmp_path / "none", "No such file")):
        with pytest.raises(DocumentError) as caught:
            read(str(path))
        assert str(caught.value).startswith(f"{path}: cannot be read: ")
        assert words in caught.value.reason
    with pytest.raises(DocumentError, match="cannot be read"):
        read("nul\0character")
    assert stat.S_ISDIR(tmp_path.stat().st_mode)


def test_an_error_is_on_the_line_of_its_value_or_of_the_nearest_around_it() -> None:
    document = parse("x.yaml", b"a:\n  - b: 1\n    c:\n      d: 2\n")
    assert str(document.error(("a", 0, "c", "d"), "no")) == "x.yaml:4: a[0].c.d: no"
    assert str(document.error(("a", 0, "z", "y"), "no")) == "x.yaml:2: a[0].z.y: no"
    assert str(document.error_at("a[0].b", "no")) == "x.yaml:2: a[0].b: no"
    assert str(parse("x.json", b"{}").error(("a",), "no")) == "x.json: a: no"


def test_an_error_is_one_line_that_any_terminal_can_show() -> None:
    document = parse("x.json", json.dumps({"\x1b[31m\n\ud800": 1}).encode())
    text = str(document.error(("\x1b[31m\n\ud800",), "no"))
    assert text == r"x.json: \x1b[31m\n\ud800: no"
