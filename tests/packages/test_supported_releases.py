# SPDX-License-Identifier: Apache-2.0
"""Each supported release of OpenStack has locked versions, which meet what we say that we need."""

import configparser
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

TOP = Path(__file__).parents[2]
LOCKED = {"constraints.txt": "34", "constraints-2026.1.txt": "33"}


def required(extra: str) -> list[Requirement]:
    """The requirements of an extra of setup.cfg, with those of the extras in it."""
    setup = configparser.ConfigParser()
    setup.read(TOP / "setup.cfg")
    lines = setup["options.extras_require"][extra].split()
    return [Requirement(each) for each in lines]


def locked(name: str) -> dict[str, Version]:
    """The versions in a file of constraints, by canonical name."""
    found = re.findall(r"^([\w.-]+)==(\S+)$", (TOP / name).read_text(), flags=re.MULTILINE)
    return {canonicalize_name(package): Version(version) for package, version in found}


@pytest.mark.parametrize("name", LOCKED)
def test_the_versions_of_a_release_meet_what_the_api_and_its_tests_need(name: str) -> None:
    versions = locked(name)
    unmet = [
        str(each)
        for each in required("functional")
        if versions.get(canonicalize_name(each.name), Version("0")) not in each.specifier
    ]
    assert unmet == []


@pytest.mark.parametrize(("name", "nova"), LOCKED.items())
def test_the_installation_guide_names_the_nova_of_each_release(name: str, nova: str) -> None:
    assert str(locked(name)["nova"].major) == nova
    guide = (TOP / "doc/admin/install.md").read_text()
    (row,) = [line for line in guide.splitlines() if line.startswith("| 2026") and name in line]
    assert row.split("|")[2].strip() == nova
