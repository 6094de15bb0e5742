# SPDX-License-Identifier: Apache-2.0
"""The distributions as `make packages` builds them, each also installed alone."""

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path
from zipfile import Path as ZipPath

import pytest

from tests.packages.environment import Environment, environment

ROOT = Path(__file__).parents[2]
# What is of the same clone is installed from here, and is no distribution of others.
OURS = {
    "ensembles-api": (),
    "python-ensembleclient": (),
    "ensembles-dashboard": ("python-ensembleclient",),
    "ensembles-heat": ("python-ensembleclient",),
    "ensembles-tempest-plugin": (),
    "ensemble-cloud": (
        *("ensembles-api", "ensembles-dashboard", "ensembles-heat", "python-ensembleclient"),
    ),
}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory with all source distributions and wheels."""
    output = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "tools/packages.py", "--output", str(output)], cwd=ROOT, check=True
    )
    return output


def wheel(built: Path, name: str) -> Path:
    """The wheel of a distribution."""
    [found] = built.glob(f"{name.replace('-', '_')}-*.whl")
    return found


def described(built: Path, name: str) -> Distribution:
    """What a wheel says of itself."""
    [found] = (
        each for each in ZipPath(wheel(built, name)).iterdir() if each.name.endswith(".dist-info")
    )
    return PathDistribution(found)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def installed(
    built: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Environment]:
    """A fresh environment with one distribution, and with what it asks for."""

    @cache
    def install(name: str) -> Environment:
        names = (name, *OURS[name])
        requirements = [
            text
            for each in names
            for text in described(built, each).requires or ()
            if not text.startswith(tuple(OURS))
        ]
        root = tmp_path_factory.mktemp(name)
        return environment(root, [wheel(built, each) for each in names], requirements)

    return install
