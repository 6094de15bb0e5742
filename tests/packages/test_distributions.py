# SPDX-License-Identifier: Apache-2.0
"""What the distributions are said to be, and what is in them."""

import ast
import re
import sys
import tarfile
from importlib import metadata
from pathlib import Path, PurePosixPath

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.packages.conftest import OURS, ROOT, described, wheel

sys.path.insert(0, str(ROOT / "tools"))
from distributions import SetupError, read
from version import version

BY_NAME = {each.name: each for each in read()}


def members(archive: Path) -> set[str]:
    """The files of a source distribution, below its one directory."""
    with tarfile.open(archive) as opened:
        paths = [PurePosixPath(each.name) for each in opened if each.isfile()]
    assert {each.parts[0] for each in paths} == {archive.name.removesuffix(".tar.gz")}
    return {str(each.relative_to(each.parts[0])) for each in paths}


def test_setup_cfg_describes_all_of_them() -> None:
    assert {each.name: set(each.needs_ours) for each in read()} == {
        "ensembles-api": set(),
        "python-ensembleclient": set(),
        "ensembles-dashboard": {"python-ensembleclient"},
        "ensembles-heat": {"python-ensembleclient"},
        "ensembles-tempest-plugin": set(),
        "ensemble-cloud": {"ensembles-api", "ensembles-dashboard", "ensembles-heat"},
    }


@pytest.mark.parametrize("name", OURS)
def test_a_wheel_says_all_that_an_index_shows(name: str, built: Path) -> None:
    found = described(built, name)
    said = found.metadata
    assert (said["Name"], said["Version"], said["License"]) == (name, version(), "Apache-2.0")
    assert said["Description-Content-Type"] == "text/markdown"
    assert f"# {name}\n" in str(said.get_payload())
    assert said["Summary"] and len(said["Summary"]) < 120
    assert "Environment :: OpenStack" in said.get_all("Classifier")
    assert said["Requires-Python"] == ">=3.11"
    # We have no site, and name none.
    assert said["Home-page"] is None and said.get_all("Project-URL") is None
    assert "https://" not in str(said.get_payload())


@pytest.mark.parametrize("name", OURS)
def test_a_description_names_files_of_its_source_distribution(name: str, built: Path) -> None:
    text = str(described(built, name).metadata.get_payload())
    assert re.findall(r"\]\(", text) == []  # an index has nothing that a link could lead to
    named = re.findall(r"`((?:doc|etc|examples)/[^`]+)`", text)
    [archive] = built.glob(f"{name.replace('-', '_')}-*.tar.gz")
    assert named and set(named) <= members(archive)


@pytest.mark.parametrize("name", OURS)
def test_what_is_imported_is_asked_for(name: str) -> None:
    """By the distribution itself, or by one of ours that it asks for."""
    asked = [name, *OURS[name]]
    needs = {canonicalize_name(Requirement(t).name) for each in asked for t in BY_NAME[each].needs}
    packages = {package for each in asked for package in BY_NAME[each].packages}
    owners = metadata.packages_distributions()
    for package in BY_NAME[name].packages:
        for file in (ROOT / package).rglob("*.py"):
            for module in imported(file) - sys.stdlib_module_names - packages:
                found = {canonicalize_name(each) for each in owners.get(module, [module])}
                assert found & needs, f"{file} imports {module}"


def imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module).partition(".")[0])
    return names


def test_no_file_is_in_two_wheels(built: Path) -> None:
    found = [
        str(file)
        for name in OURS
        for file in described(built, name).files or ()
        if ".dist-info/" not in str(file) and ".data/" not in str(file)
    ]
    assert found and len(found) == len(set(found))


@pytest.mark.parametrize("name", OURS)
def test_a_source_distribution_has_documents_samples_and_tests(name: str, built: Path) -> None:
    [archive] = built.glob(f"{name.replace('-', '_')}-*.tar.gz")
    has = members(archive)
    assert {"LICENSE", "README.md", "setup.cfg", "pyproject.toml", "tests/conftest.py"} <= has
    assert any(each.startswith("doc/") for each in has)
    assert any(re.search("(^|/)tests/.*(/test_|/js/)", each) for each in has)
    assert set(BY_NAME[name].samples) <= has
    assert wheel(built, name).exists()


WRONG = {
    "a package of no distribution": (
        "    ensemble_client\n    ensemble_drill\n    ensemble_yaml\n",
        "    ensemble_client\n    ensemble_yaml\n",
    ),
    "a package of two": ("packages = ensemble_cloud", "packages = ensemble_cloud ensemble_yaml"),
    "an entry point of no package": ("= ensemble_cloud.main:main", "= ensemble_clod.main:main"),
    "an extra that is no distribution": ("%(dashboard)s", "%(test)s"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_in_setup_cfg_is_refused(case: str, tmp_path: Path) -> None:
    right, wrong = WRONG[case]
    text = (ROOT / "setup.cfg").read_text()
    assert right in text
    changed = tmp_path / "setup.cfg"
    changed.write_text(text.replace(right, wrong.replace(" ensemble_yaml", "\n    ensemble_yaml")))
    with pytest.raises(SetupError):
        read(changed)
