# SPDX-License-Identifier: Apache-2.0
"""What the pages have operators write into Nova's files is right for the Nova that is installed."""

import configparser
import re
import sys
from pathlib import Path

import nova.conf
import pytest

from ensemble_api.cloud import session
from ensemble_api.cmd import checks, status
from tests.install.guide import Guide

ROOT = Path(__file__).parents[2]
ADMIN = ROOT / "doc/admin"
INSTALLING = Guide(ADMIN / "install.md")


@pytest.mark.parametrize(
    ("page", "phrases"),
    [
        ("install.md", ("pip install", "ensembles-api")),
        ("install.md", ("CREATE DATABASE",)),
        ("install.md", ("ensemble-manage", "db sync")),
        ("install.md", ("ensemble-status", "upgrade check")),
        ("upgrading.md", ("pip install", "ensembles-api")),
        ("upgrading.md", ("ensemble-manage", "db sync")),
        ("upgrading.md", ("ensemble-status", "upgrade check")),
        ("removing.md", ("openstack ensemble delete",)),
        ("removing.md", ("ensemble-manage", "reservations audit")),
        ("removing.md", ("pip uninstall",)),
        ("removing.md", ("DROP DATABASE",)),
    ],
)
def test_the_check_of_an_installation_finds_what_it_follows(
    page: str, phrases: tuple[str, ...]
) -> None:
    """It takes a quarter of an hour, and should not end with this."""
    for command in Guide(ADMIN / page).commands(*phrases):
        assert command.strip()


@pytest.mark.parametrize(
    "page",
    [each for each in sorted((ROOT / "doc").rglob("*.md")) if "```ini" in each.read_text()],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_no_option_that_a_page_shows_has_a_comment_behind_it(page: Path) -> None:
    """oslo.config would take the comment as a part of the value."""
    for block in Guide(page).blocks("ini"):
        for line in block.splitlines():
            assert not re.match(r"\s*[^#\s].*\s#", line), line


def of_ini(*phrases: str) -> configparser.RawConfigParser:
    found = configparser.RawConfigParser(strict=False)
    found.read_string(INSTALLING.block(*phrases))
    return found


def test_the_pipelines_are_nova_s_own_with_the_filter_before_the_application() -> None:
    own = configparser.RawConfigParser()
    own.read(Path(sys.prefix) / "etc/nova/api-paste.ini")
    shown = of_ini("[composite:openstack_compute_api_v21]")
    assert len(shown.sections()) == 2
    for section in shown.sections():
        assert shown[section]["use"] == own[section]["use"]
        names = shown[section]["keystone"].split()
        assert names[-2:] == ["ensembles", "osapi_compute_app_v21"]
        assert [each for each in names if each != "ensembles"] == own[section]["keystone"].split()


def test_the_section_of_the_filter_is_the_one_that_is_checked() -> None:
    assert of_ini("[filter:ensembles]")["filter:ensembles"]["paste.filter_factory"] == (
        checks.FACTORY
    )


def test_the_rule_is_the_one_that_is_checked() -> None:
    block = INSTALLING.block(session.NAMING_A_HOST)
    assert block.strip() == f'"{session.NAMING_A_HOST}": "{session.RULE}"'


def test_the_filters_of_the_scheduler_are_nova_s_own_and_then_ours() -> None:
    ours = nova.conf.CONF._groups["filter_scheduler"]._opts
    block = INSTALLING.block("[filter_scheduler]")
    enabled = re.findall(r"^enabled_filters = (.*)$", block, re.MULTILINE)
    assert enabled == [",".join([*ours["enabled_filters"]["opt"].default, status.FILTER])]
    available = re.findall(r"^available_filters = (.*)$", block, re.MULTILINE)
    assert available == [*ours["available_filters"]["opt"].default, status.FILTER_PATH]
