# SPDX-License-Identifier: Apache-2.0
"""The version of what is built, by the tags of a clone."""

import subprocess
import sys
from pathlib import Path

import pytest
from packaging.version import Version

from tests.packages.conftest import ROOT

sys.path.insert(0, str(ROOT / "tools"))
from version import version


def git(tree: Path, *arguments: str) -> None:
    who = ("-c", "user.name=T", "-c", "user.email=t@example.org")
    subprocess.run(["git", *who, *arguments], cwd=tree, check=True, capture_output=True)


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("PBR_VERSION", raising=False)
    git(tmp_path, "init", "-q")
    for _ in range(3):
        git(tmp_path, "commit", "-q", "--allow-empty", "-m", "x")
    return tmp_path


def test_a_clone_without_a_tag_is_on_its_way_to_the_first_release(clone: Path) -> None:
    assert version(clone) == "0.1.0.dev3"


def test_a_tag_is_the_version_and_what_follows_it_is_on_its_way_to_the_next(clone: Path) -> None:
    git(clone, "tag", "1.4.9")
    assert version(clone) == "1.4.9"
    git(clone, "commit", "-q", "--allow-empty", "-m", "x")
    assert version(clone) == "1.4.10.dev1"
    assert Version("1.4.9") < Version(version(clone)) < Version("1.4.10")


def test_a_tag_of_another_kind_is_no_version(clone: Path) -> None:
    git(clone, "tag", "demo-2")
    assert version(clone) == "0.1.0.dev3"


def test_a_tree_that_is_no_clone_has_a_version_though_it_lies_in_one(clone: Path) -> None:
    git(clone, "tag", "1.4.9")
    inside = clone / "unpacked"
    inside.mkdir()
    assert version(inside) == "0.1.0.dev0"


def test_a_clone_of_which_git_does_not_tell_has_no_version_made_up(clone: Path) -> None:
    (clone / ".git" / "HEAD").unlink()
    with pytest.raises(SystemExit, match="PBR_VERSION"):
        version(clone)


def test_who_packages_may_say_the_version(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PBR_VERSION", "2.0.0")
    assert version(clone) == "2.0.0"
