# SPDX-License-Identifier: Apache-2.0
"""Compiles message catalogs, and writes the description, whenever the packages are built."""

import re
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.egg_info import egg_info

sys.path.insert(0, str(Path(__file__).parent / "tools"))

import messages

README = Path(__file__).parent / "README.md"


class BuildWithCatalogs(build_py):
    """The packages with their catalogs in the form that is read at run time."""

    def run(self) -> None:
        """Compile first: what is compiled is package data."""
        messages.compile_all()
        super().run()


def description() -> str:
    """The README for a package index, which has none of the files that it links to."""
    text = README.read_text(encoding="utf-8")
    text = re.sub(r"^!\[[^]]*\]\((?!https?:)[^)]*\)\n\n", "", text, flags=re.MULTILINE)
    return re.sub(r"\[([^]]+)\]\((?!https?:|#)([^)#]+)[^)]*\)", r"\1 (`\2` in the source)", text)


class MetadataWithDescription(egg_info):
    """The metadata of the packages, of which an index shows the description."""

    def run(self) -> None:
        """Put the description in the place of the README that setup.cfg names."""
        self.distribution.metadata.long_description = description()
        super().run()


setup(cmdclass={"build_py": BuildWithCatalogs, "egg_info": MetadataWithDescription})
