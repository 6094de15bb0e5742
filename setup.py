# SPDX-License-Identifier: Apache-2.0
"""Compiles message catalogs, and reads the version from git, when a clone is installed."""

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

sys.path.insert(0, str(Path(__file__).parent / "tools"))

import messages
from version import version


class BuildWithCatalogs(build_py):
    """The packages with their catalogs in the form that is read at run time."""

    def run(self) -> None:
        """Compile first: what is compiled is package data."""
        messages.compile_all()
        super().run()


setup(version=version(), cmdclass={"build_py": BuildWithCatalogs})
