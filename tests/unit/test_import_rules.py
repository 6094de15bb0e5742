# SPDX-License-Identifier: Apache-2.0
"""The import rules hold what they say: each breaks when what it forbids is planted in a copy."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
RULES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS: dict[str, dict[str, Any]] = {each["name"]: each for each in RULES["contracts"]}
LAYERS = [each for each in CONTRACTS.values() if each["type"] == "layers"]


def forbidden(contract: dict[str, Any]) -> set[tuple[str, str]]:
    """Give the modules and what each of them must not import."""
    if contract["type"] == "independence":
        modules = [each for module in contract["modules"] for each in expanded(module)]
        return {(one, other) for one in modules for other in modules if one != other}
    if contract["type"] == "forbidden":
        return {(s, f) for s in contract["source_modules"] for f in contract["forbidden_modules"]}
    # A module imports neither what is above it nor what stands beside it.
    pairs = set()
    above: list[str] = []
    for layer in contract["layers"]:
        siblings = re.split(r" *\| *", layer)
        for container in contract["containers"]:
            for module in siblings:
                wrong = [*above[:1], *(other for other in siblings if other != module)]
                pairs |= {(f"{container}.{module}", f"{container}.{other}") for other in wrong}
        above += siblings
    return pairs


def expanded(module: str) -> list[str]:
    """Give the modules that a rule means by a package and a star."""
    package, star, _ = module.partition(".*")
    found = ROOT.joinpath(*package.split(".")).glob("[!_]*.py") if star else []
    return [f"{package}.{path.stem}" for path in found] or [module]


def plant(root: Path, module: str, imported: str) -> None:
    place = root.joinpath(*module.split("."))
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    file.write_text(f"{file.read_text()}import {imported}\n")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the check says of a copy in which everything that is forbidden is done."""
    root = tmp_path_factory.mktemp("copy")
    shutil.copy(ROOT / "pyproject.toml", root)
    for package in RULES["root_packages"]:
        no_code = shutil.ignore_patterns("static", "locale", "__pycache__")
        shutil.copytree(ROOT / package, root / package, ignore=no_code)
    for contract in CONTRACTS.values():
        for module, imported in forbidden(contract):
            plant(root, module, imported)
    for contract in LAYERS:
        for container in contract["containers"]:
            root.joinpath(*container.split("."), "stranger.py").write_text('"""Unnamed."""\n')
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")],
        cwd=root,
        env=os.environ | {"COLUMNS": "1000"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    return done.stdout.partition("Broken contracts")[2]


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_forbidden_import_breaks_the_contract(name: str, told: str) -> None:
    _, found, section = told.partition(f"\n{name}\n-----")
    assert found
    section = re.split(r"\n\n[^\n]+\n-----", section)[0]
    seen = set(re.findall(r"^- +(\S+) -> (\S+) \(l", section, re.MULTILINE))
    assert forbidden(CONTRACTS[name]) - seen == set()


@pytest.mark.parametrize("contract", LAYERS, ids=lambda contract: contract["name"])
def test_a_module_that_no_layer_names_breaks_the_contract(
    contract: dict[str, Any], told: str
) -> None:
    assert contract["exhaustive"]
    for container in contract["containers"]:
        assert f"\n- {container}.stranger\n" in told


PURE = (
    "ensemble_api/planning",
    "ensemble_api/codec.py",
    "ensemble_api/records.py",
    "ensemble_api/execution/build.py",
    "ensemble_api/execution/decide.py",
    "ensemble_api/execution/removal.py",
)
HARMLESS = {
    "abc", "collections", "contextlib", "dataclasses", "enum", "fractions", "functools", "hashlib",
    "heapq", "itertools", "json", "math", "re", "types", "typing", "numpy", "ensemble_api",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "__import__"}


@pytest.mark.parametrize("place", PURE)
def test_pure_code_imports_nothing_that_is_not_known_to_be_harmless(place: str) -> None:
    """A contract lists what is forbidden; what nobody thought of is caught here."""
    path = ROOT / place
    for file in path.rglob("*.py") if path.is_dir() else [path]:
        for node in ast.walk(ast.parse(file.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [each.name for each in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert {name.partition(".")[0] for name in names} <= HARMLESS, file
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in IMPURE_CALLS, file


def test_every_package_that_is_installed_has_import_rules() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    installed = setup["options.packages.find"]["include"].split()
    assert {each.rstrip("*") for each in installed} == set(RULES["root_packages"])
    named = {
        module.partition(".")[0]
        for each in CONTRACTS.values()
        for module in each.get("modules", each.get("source_modules", []))
    }
    assert named == set(RULES["root_packages"])
