# SPDX-License-Identifier: Apache-2.0
"""What the YAML reader refuses, and that it always says where."""

import pytest

from ensemble_client.document import FileError, parse


@pytest.mark.parametrize("content", [b"", b"# only words\n"], ids=["nothing", "only a comment"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    with pytest.raises(FileError, match=r"x\.yaml:1: is empty"):
        parse("x.yaml", content)


def test_what_is_no_yaml_is_refused_with_its_line() -> None:
    with pytest.raises(FileError) as refused:
        parse("x.yaml", b"a: 1\nb: [1\n")
    assert str(refused.value).startswith("x.yaml:3: is not YAML")


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
