# SPDX-License-Identifier: Apache-2.0
"""Each message that the page about troubleshooting quotes is one that the code has."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "doc/admin/troubleshooting.md").read_text()
QUOTED = re.compile(r"^\| (\"[^|]*\") \|", re.MULTILINE)
PLACEHOLDER = re.compile(r"%\(\w+\)s|%[sdr]")
LEFT_OUT = "..."


@cache
def messages() -> frozenset[str]:
    """The texts of the API, with dots in the place of what is put into them."""
    found: set[str] = set()
    for path in (ROOT / "ensemble_api").rglob("*.py"):
        tree = ast.parse(path.read_text())
        statements = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
        for node in ast.walk(tree):
            if id(node) in statements:
                continue  # which are docstrings
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(PLACEHOLDER.sub(LEFT_OUT, node.value))
            elif isinstance(node, ast.JoinedStr):
                found.add("".join(map(_part, node.values)))
    return frozenset(found)


def _part(node: ast.expr) -> str:
    return (
        PLACEHOLDER.sub(LEFT_OUT, str(node.value)) if isinstance(node, ast.Constant) else LEFT_OUT
    )


def quoted() -> Iterator[str]:
    for cell in QUOTED.findall(PAGE):
        yield from re.findall(r'"([^"]+)"', cell)


@pytest.mark.parametrize("text", list(quoted()))
def test_what_the_page_quotes_is_a_text_of_the_code(text: str) -> None:
    assert any(text in each for each in messages())


def test_many_are_quoted_and_what_the_code_does_not_say_is_not_found() -> None:
    assert len(list(quoted())) >= 40
    assert len(set(quoted())) == len(list(quoted()))
    assert not any("Ensembles are available here" in each for each in messages())
