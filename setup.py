# SPDX-License-Identifier: Apache-2.0
"""Compiles the dashboard's message catalogs whenever the packages are built or installed."""

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

sys.path.insert(0, str(Path(__file__).parent / "tools"))

import messages


class BuildWithCatalogs(build_py):
    """The packages with their catalogs in the form that is read at run time."""

    def run(self) -> None:
        """Compile first: what is compiled is package data."""
        messages.compile_all()
        super().run()


setup(cmdclass={"build_py": BuildWithCatalogs})
