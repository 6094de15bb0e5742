# SPDX-License-Identifier: Apache-2.0
"""The ``openstack ensemble`` commands of the pages are ones that their parsers take."""

import argparse
import configparser
import pkgutil
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "doc").rglob("*.md"), ROOT / "README.md"])
COMMAND = re.compile(r"(`|^ *\$ )([^`\n]*openstack [^`\n]*)", re.MULTILINE)
GLOBAL = re.compile(r"--os-\w+[ =]\S+ *")
XARGS = re.compile(r"xargs .*?(?=openstack )")


@cache
def commands() -> dict[tuple[str, ...], str]:
    """The commands by their words."""
    setup = configparser.ConfigParser(interpolation=None)
    setup.read(ROOT / "setup.cfg")
    lines = setup["options.entry_points"]["openstack.ensemble.v1"].split("\n")
    pairs = (line.split(" = ") for line in lines if line)
    return {tuple(name.split("_")): where for name, where in pairs}


def written() -> Iterator[Any]:
    for path in PAGES:
        text = path.read_text().replace("\\\n", " ")
        for found in COMMAND.finditer(text):
            line = text[: found.start()].count("\n") + 1
            for part in found[2].split("|"):
                piped = " ID" if XARGS.search(part) else ""
                words = GLOBAL.sub("", part).partition("openstack ")[2].strip() + piped
                if re.match(r"ensemble [a-z]", words):
                    name = f"{path.relative_to(ROOT)}:{line}"
                    yield pytest.param(words, found[1] == "`", id=name)


@pytest.mark.parametrize(("words", "in_passing"), written())
def test_a_documented_command_is_one_that_its_parser_takes(
    words: str, in_passing: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Within a sentence it may leave out what it needs."""
    given = shlex.split(re.split(r"[>&;]", words)[0], comments=True)
    known = [each for each in commands() if tuple(given[: len(each)]) == each]
    assert known, f"there is no command {words}"
    name = max(known, key=len)
    parser: argparse.ArgumentParser = pkgutil.resolve_name(commands()[name])(
        Mock(), None
    ).get_parser("it")
    try:
        parser.parse_args(given[len(name) :])
    except SystemExit as left:
        said = capsys.readouterr().err
        assert left.code == 0 or (in_passing and "required" in said), said


def test_commands_are_found_in_pages() -> None:
    assert len(list(written())) > 60
