# SPDX-License-Identifier: Apache-2.0
"""The pages hang together: each is found from the first, and what they name is there."""

import argparse
import os
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import nova.conf
import pytest
from oslo_config import cfg

from ensemble_api import conf, policies
from ensemble_api.cmd import manage
from tools.sphinx_pages import INDEX, pages

ROOT = Path(__file__).parents[2]
DOC = ROOT / "doc"
# What an index of packages shows is on no page.
ALL = sorted(
    path
    for path in (*DOC.rglob("*.md"), *DOC.rglob("*.rst"))
    if not path.is_relative_to(DOC / "packages") and not path.is_relative_to(DOC / "reference/api")
)
MARKDOWN = sorted({*ROOT.glob("*.md"), *DOC.rglob("*.md")})
FENCED = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
COMMAND = re.compile(r"(?:^[ $#]*|(`))(ensemble-manage [^`\n]*)", re.MULTILINE)
OPTION = re.compile(r"`\[(\w+)\] (\w+)(?: = [^`]*)?`")
RULE = re.compile(r"`(ensembles:\w+)`")
BLOCK = re.compile(r"^ *```ini\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
# What oslo's libraries register only when they are used.
OSLO_S = {"oslo_messaging_notifications", "oslo_messaging_rabbit", "oslo_middleware", "oslo_policy"}
# In the files of Placement and of Heat.
OTHERS = {("placement", "allocation_conflict_retry_count"), ("DEFAULT", "plugin_dirs")}
UWSGI_S = "uwsgi"  # which tests/functional/test_uwsgi.py starts


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def reached(index: Path) -> Iterator[Path]:
    """The pages that are found from one index, and from those that it links to."""
    yield index
    for name in pages(index.read_text()):
        page = next(
            each
            for ending in (".md", ".rst")
            if (each := index.parent / f"{name}{ending}").exists()
        )
        if page.stem == INDEX:
            yield from reached(page)
        else:
            yield page


def test_each_page_is_found_once_from_the_first() -> None:
    assert sorted(reached(DOC / f"{INDEX}.md")) == ALL


@cache
def anchors(path: Path) -> frozenset[str]:
    """What GitHub and Sphinx make of the headings."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", path.read_text()), re.MULTILINE)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", each) for each in headings)
    return frozenset(
        re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in plain
    )


@pytest.mark.parametrize("path", MARKDOWN, ids=named)
def test_each_link_of_a_page_leads_somewhere(path: Path) -> None:
    for target, anchor in LINK.findall(FENCED.sub("", path.read_text())):
        there = path if not target else path.parent / target
        assert there.is_file(), f"{named(path)}: {target}"
        if anchor:
            assert anchor in anchors(there.resolve()), f"{named(path)}: {target}#{anchor}"


def commands() -> Iterator[Any]:
    for path in MARKDOWN:
        text = path.read_text().replace("\\\n", " ")
        for found in COMMAND.finditer(text):
            line = text[: found.start()].count("\n") + 1
            yield pytest.param(found[2], bool(found[1]), id=f"{named(path)}:{line}")


@pytest.mark.parametrize(("command", "in_passing"), commands())
def test_a_command_of_operators_is_one_that_the_parser_takes(
    command: str, in_passing: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Within a sentence it may leave out what it needs; a stroke stands between alternatives."""
    words = shlex.split(re.split(r"[|>&]", command)[0], comments=True)[1:]
    parser: argparse.ArgumentParser = manage._parser()
    try:
        parser.parse_args(words)
    except SystemExit as left:
        said = capsys.readouterr().err
        assert left.code == 0 or (in_passing and "arguments are required" in said), said


@cache
def options() -> dict[str, set[str]]:
    """The options of nova-api by their sections, ours among them."""
    config = nova.conf.CONF
    conf.register(config)
    found = {"DEFAULT": set(config._opts)}
    for name, group in config._groups.items():
        found[name] = set(group._opts)
    for group, ours in conf.list_opts():
        found[group.name] = {each.dest for each in ours}
    return found


@pytest.mark.parametrize("path", sorted((DOC / "admin").glob("*.md")), ids=named)
def test_each_option_that_a_page_names_is_one_of_nova_or_ours(path: Path) -> None:
    text = path.read_text()
    wrong = [
        f"[{section}] {option}"
        for section, option in [*OPTION.findall(text), *in_blocks(text)]
        if section not in OSLO_S
        and section != UWSGI_S
        and ":" not in section
        and (section, option) not in OTHERS
        and option not in options().get(section, set())
    ]
    assert not wrong, named(path)


def in_blocks(text: str) -> Iterator[tuple[str, str]]:
    for block in BLOCK.findall(text):
        section = ""
        for line in block.splitlines():
            if found := re.match(r" *\[([\w:]+)\]", line):
                section = found[1]
            elif (found := re.match(r" *(\w+) *=", line)) and section:
                yield section, found[1]


def test_options_are_found_where_pages_name_them() -> None:
    assert len(list(in_blocks((DOC / "admin/install.md").read_text()))) >= 6
    assert {"connection", "levels"} <= options()["ensembles"]
    assert isinstance(nova.conf.CONF, cfg.ConfigOpts)


@pytest.mark.parametrize("path", MARKDOWN, ids=named)
def test_each_rule_that_a_page_names_is_one_of_ours(path: Path) -> None:
    known = {rule.name for rule in policies.list_rules()}
    assert set(RULE.findall(path.read_text())) <= known


def test_the_pages_are_built_with_what_is_installed_for_them() -> None:
    """What Sphinx is told to load stands in the extra that brings it."""
    settings: dict[str, Any] = {"__file__": os.fspath(DOC / "conf.py")}
    exec((DOC / "conf.py").read_text(), settings)
    extra = (ROOT / "setup.cfg").read_text().split("\ndocs =")[1].split("\ntest =")[0]
    brought = {
        re.split("[>=]", line)[0].strip().lower() for line in extra.splitlines() if line.strip()
    }
    assert {"myst-parser", "openstackdocstheme", "os-api-ref", "reno", "sphinx"} == brought
    assert settings["root_doc"] == INDEX
