# SPDX-License-Identifier: Apache-2.0
"""Commands that we print are commands: the real parser takes each, in documents and hints alike."""

import re
import shlex
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from openstackclient.shell import OpenStackShell

ROOT = Path(__file__).parents[3]
PRINTED = sorted(
    path for pattern in ("*.md", "doc/**/*.md", "examples/*") for path in ROOT.glob(pattern)
)
# On a line of its own (after a prompt, in a file's comment, at a sentence's end), or between
# backticks; and in the texts of our code, where what is put in stands in braces.
IT = r"openstack (?:--os-cloud \w+ )?ensemble [a-z]"
COMMAND = re.compile(
    rf"^(?:[ #$]*|[^`\n]*: )(?P<line>{IT}.*)$|`+(?P<span>{IT}[^`]*)`", re.MULTILINE
)
HINT = re.compile(rf"{IT}[^\"\\\n`<]*")
OURS = "openstack.ensemble.v1"
COMMANDS = sorted(each.name for each in metadata.entry_points(group=OURS))


def printed() -> Iterator[Any]:
    for path in PRINTED:
        text = path.read_text()
        for found in COMMAND.finditer(text):
            # In a comment, what a command does stands far to its right; a pipe takes what it says.
            words = re.split(r"  +| \| ", found["line"] or found["span"])[0]
            line = text[: found.start()].count("\n") + 1
            yield pytest.param(words, id=f"{path.relative_to(ROOT)}:{line}")


def hinted() -> Iterator[Any]:
    for path in sorted(ROOT.glob("ensemble_*/**/*.py")):
        text = path.read_text()
        for found in HINT.finditer(text):
            line = text[: found.start()].count("\n") + 1
            if not text.splitlines()[line - 1].startswith('"""'):
                words = re.sub(r"\{[^}]*\}", "IT", found[0])
                yield pytest.param(words, id=f"{path.relative_to(ROOT)}:{line}")


@pytest.fixture(scope="module")
def shell() -> OpenStackShell:
    shell = OpenStackShell()
    shell.command_manager.add_command_group(OURS)
    return shell


def parser_of(shell: OpenStackShell, *words: str) -> tuple[Any, list[str]]:
    """The parser of a command, and the words that are for it."""
    factory, name, rest = shell.command_manager.find_command(list(words))
    return factory(shell, None, cmd_name=name).get_parser(f"openstack {name}"), rest


def test_commands_are_found_where_they_are_printed() -> None:
    assert len(list(printed())) >= 25
    assert len(list(hinted())) >= 4  # those of the client are printed and run in test_commands*


@pytest.mark.parametrize("command", [*printed(), *hinted()])
def test_a_command_that_is_printed_is_one_that_the_parser_takes(
    shell: OpenStackShell, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _options, words = shell.parser.parse_known_args(shlex.split(command, comments=True)[1:])
    parser, rest = parser_of(shell, *words)
    try:
        parser.parse_args(rest)
    except SystemExit as left:
        assert left.code == 0, capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS)
def test_no_option_of_ours_is_one_of_openstack_s_own(shell: OpenStackShell, name: str) -> None:
    """cliff drops what is there already without a word."""
    factory, _name, _rest = shell.command_manager.find_command(name.replace("_", " ").split())
    taken = set(shell.parser._option_string_actions)
    added: list[str] = []

    class Watched(factory):  # type: ignore[misc, valid-type]
        def get_parser(self, prog_name: str) -> Any:
            parser = super().get_parser(prog_name)
            added.extend(parser._option_string_actions)
            return parser

    parser = Watched(shell, None).get_parser("it")
    plain = next(
        each for each in factory.__mro__ if each.__module__.startswith(("osc_lib.", "cliff."))
    )
    cliff_s = {"-h", "--help"} | {
        option
        for group in parser._action_groups
        if "format" in (group.title or "") or group.title == "table formatter"
        for action in group._group_actions
        for option in action.option_strings
    }
    ours = set(added) - cliff_s
    assert not ours & taken, f"{plain.__name__}: openstack takes these for itself"
    formats = parser._option_string_actions.get("-f")
    assert formats is None or formats.dest == "formatter"
    columns = parser._option_string_actions.get("-c")
    assert columns is None or columns.dest == "columns"


@pytest.mark.parametrize("command", ["plan", "create"])
@pytest.mark.parametrize(
    "words",
    [
        "FILE -f json",
        "-f json FILE",
        "--format json FILE",
        "--name x -f json FILE",
        "FILE --name x -f json",
        "--file FILE -f json",
        "-f json --file FILE --name x",
        "--file=FILE -f json",
    ],
)
def test_the_format_may_stand_before_or_after_the_file(
    shell: OpenStackShell, command: str, words: str
) -> None:
    parser, rest = parser_of(shell, "ensemble", command, *words.split())
    parsed = parser.parse_args(rest)
    assert (parsed.file, parsed.formatter) == ("FILE", "json")


@pytest.mark.parametrize("command", ["plan", "create"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "one of the arguments <file> --file is required"),
        ("-f json", "one of the arguments <file> --file is required"),
        ("FILE --file OTHER", "argument --file: not allowed with argument <file>"),
        ("--file OTHER FILE", "argument <file>: not allowed with argument --file"),
        ("-f FILE", "argument -f/--format: invalid choice: 'FILE'"),
        ("--file", "argument --file: expected one argument"),
    ],
)
def test_no_file_or_two_are_refused_by_name(
    shell: OpenStackShell,
    command: str,
    words: str,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    parser, rest = parser_of(shell, "ensemble", command, *words.split())
    with pytest.raises(SystemExit) as left:
        parser.parse_args(rest)
    assert left.value.code == 2
    assert said in capsys.readouterr().err
