# SPDX-License-Identifier: Apache-2.0
"""The distributions that setup.cfg describes: what is in each, and what each needs."""

import re
from configparser import RawConfigParser
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_SECTION = "distribution:"
_OTHER_EXTRA = re.compile(r"%\((\w+)\)s")

Lines = tuple[str, ...]


class SetupError(Exception):
    """Setup.cfg says something of distributions that cannot be."""


@dataclass(frozen=True)
class Distribution:
    """One of them, as its own setup.cfg will say it.

    ``needs`` are requirements of others; ``needs_ours`` the names of distributions from here;
    ``sources`` are folders and files that its source distribution has beside the packages;
    ``samples`` what is installed below ``share/NAME``; ``entry_points`` have lines by group.
    """

    name: str
    description: str
    packages: Lines
    needs: Lines
    needs_ours: Lines
    sources: Lines
    samples: Lines
    classifiers: Lines
    package_data: dict[str, Lines]
    entry_points: dict[str, Lines]
    python: str

    @property
    def readme(self) -> str:
        """The file whose text an index shows."""
        return f"doc/packages/{self.name}.md"


def read(path: Path = ROOT / "setup.cfg") -> list[Distribution]:
    """Read what setup.cfg says.

    :raises SetupError: for a package, an entry point or an extra that is of none, or of several.
    """
    setup = RawConfigParser(strict=True)
    setup.optionxform = str  # type: ignore[assignment,method-assign]
    setup.read(path, encoding="utf-8")
    sections = {
        name.removeprefix(_SECTION): dict(setup[name])
        for name in setup.sections()
        if name.startswith(_SECTION)
    }
    extras = {section["extra"]: name for name, section in sections.items()}
    found = [_distribution(setup, name, section, extras) for name, section in sections.items()]
    _check(setup, found)
    return found


def _distribution(
    setup: RawConfigParser, name: str, section: dict[str, str], extras: dict[str, str]
) -> Distribution:
    packages = _lines(section["packages"])
    requirements = _lines(setup["options.extras_require"][section["extra"]])
    ours = [_OTHER_EXTRA.fullmatch(each) for each in requirements]
    try:
        needs_ours = tuple(extras[each[1]] for each in ours if each)
    except KeyError as error:
        raise SetupError(f"{name} needs the extra {error}, which no distribution is") from None
    return Distribution(
        name=name,
        description=section["description"],
        packages=packages,
        needs=tuple(each for each, other in zip(requirements, ours, strict=True) if other is None),
        needs_ours=needs_ours,
        sources=_lines(section["sources"]),
        samples=_lines(section.get("samples", "")),
        classifiers=_lines(setup["metadata"]["classifiers"])
        + _lines(section.get("classifiers", "")),
        package_data={
            package: _lines(files)
            for package, files in setup["options.package_data"].items()
            if package in packages
        },
        entry_points={
            group: mine
            for group, lines in setup["options.entry_points"].items()
            if (mine := tuple(each for each in _lines(lines) if _package(each) in packages))
        },
        python=setup["options"]["python_requires"],
    )


def _check(setup: RawConfigParser, found: list[Distribution]) -> None:
    packages = sorted(each for one in found for each in one.packages)
    installed = sorted(
        each.rstrip("*") for each in _lines(setup["options.packages.find"]["include"])
    )
    if packages != installed:
        raise SetupError(f"distributions have {packages}, and a clone {installed}")
    for group, lines in setup["options.entry_points"].items():
        strangers = [each for each in _lines(lines) if _package(each) not in packages]
        if strangers:
            raise SetupError(f"entry points of {group} are in no package of ours: {strangers}")


def _package(entry_point: str) -> str:
    return entry_point.partition("=")[2].strip().partition(".")[0]


def _lines(text: str) -> Lines:
    return tuple(
        each.strip()
        for each in text.splitlines()
        if each.strip() and not each.lstrip().startswith("#")
    )
