# SPDX-License-Identifier: Apache-2.0
"""What the YAML reader refuses, and that it always says where."""

import pytest

from ensemble_client.document import MAX_BYTES, MAX_VALUES, FileError, Value, parse

DEEP = "[" * 5_000 + "]" * 5_000
LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        pytest.param(b"", 1, "is empty", id="an empty file"),
        pytest.param(b"# only words\n", 1, "is empty", id="only a comment"),
        pytest.param(b"a: 1\nb: [1\n", 3, "is not YAML", id="an unclosed list"),
        pytest.param(b"a: 1\n\tb: 2\n", 2, "is not YAML", id="a tab for indentation"),
        pytest.param(b"a: 1\n---\nb: 2\n", 2, "is not YAML", id="two documents"),
        pytest.param(b"a: 1\nb: \x07\n", 2, "is not YAML", id="a control character"),
        pytest.param(b"a: 1\nb: \xff\n", 2, "is not UTF-8 text", id="bytes that are not UTF-8"),
        pytest.param(b"a: *nobody\n", 1, "is not YAML", id="an alias to nothing"),
        pytest.param(DEEP.encode(), 1, "is nested too deeply", id="thousands of brackets"),
        pytest.param(b"a" * (MAX_BYTES + 1), 1, "is larger than", id="a file too large"),
    ],
)
def test_what_is_no_document_is_refused_with_its_line(
    content: bytes, line: int, reason: str
) -> None:
    with pytest.raises(FileError) as refused:
        parse("x.yaml", content)
    assert str(refused.value).startswith(f"x.yaml:{line}: {reason}")


def read_all(value: Value) -> int:
    if value.is_mapping:
        return sum(read_all(each) for each in value.mapping().values())
    return sum(read_all(each) for each in value.items()) if value.is_list else 1


def test_aliases_that_multiply_are_stopped() -> None:
    with pytest.raises(FileError, match="too much to read"):
        read_all(parse("x.yaml", LAUGHS.encode()))


def test_a_file_of_very_many_values_is_given_up_early() -> None:
    with pytest.raises(FileError, match="too much to read") as refused:
        parse("x.yaml", b"- a\n" * (MAX_BYTES // 4))
    assert refused.value.line == MAX_VALUES


def test_a_tag_that_would_build_an_object_is_not_obeyed() -> None:
    value = parse("x.yaml", b"a: !!python/object/apply:os.getpid []").mapping()["a"]
    with pytest.raises(FileError, match="must be text"):
        value.text()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("2026", "2026", id="a number"),
        pytest.param("on", "on", id="a word YAML takes for true"),
        pytest.param("1.10", "1.10", id="a version"),
        pytest.param("2026-11-22", "2026-11-22", id="a date"),
        pytest.param("'quoted'", "quoted", id="quoted text"),
    ],
)
def test_text_is_taken_as_it_is_written(written: str, meant: str) -> None:
    assert parse("x.yaml", f"a: {written}".encode()).mapping()["a"].text() == meant


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        pytest.param("'3'", "must be a whole number, not '3'", id="a quoted number"),
        pytest.param("3.0", "must be a whole number, not '3.0'", id="a fraction"),
        pytest.param("", "must be a whole number, not nothing", id="no value"),
        pytest.param("[3]", "must be a whole number, not a list", id="a list"),
        pytest.param("0x10", "must be a whole number in decimal", id="a hexadecimal number"),
    ],
)
def test_a_count_that_is_no_whole_number_is_refused(written: str, reason: str) -> None:
    with pytest.raises(FileError) as refused:
        parse("x.yaml", f"\na: {written}".encode()).mapping()["a"].whole()
    assert str(refused.value).startswith(f"x.yaml:2: a: {reason}")


def test_the_line_of_a_field_that_is_not_in_the_file_is_that_of_what_is_around_it() -> None:
    top = parse("x.yaml", b"a:\n  - b: 1\n  - b: 2\n")
    for item in top.mapping()["a"].items():
        item.mapping()
    assert [top.source.line_of(name) for name in ("a[1].b", "a[1].b.c", "a[1].z", "a[9]", "z")] == [
        3,
        3,
        3,
        2,
        1,
    ]
