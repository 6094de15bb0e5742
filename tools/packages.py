# SPDX-License-Identifier: Apache-2.0
"""Builds the distributions of setup.cfg: tools/packages.py [--output DIRECTORY] [NAME ...]

Each gets a tree of its own with an ordinary setup.cfg. Its source distribution is made from this,
and its wheel from the unpacked source distribution, as whoever has only that would make it.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import messages
from distributions import ROOT, Distribution, read
from version import version

SETUPTOOLS = "setuptools==84.2.1"
_BUILD = ROOT / "build"
_BACKEND = _BUILD / SETUPTOOLS
_BUILD_SYSTEM = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
"""
_ALWAYS = ("LICENSE", "tests/__init__.py", "tests/conftest.py")
_CALL = "import sys, setuptools.build_meta as it; getattr(it, 'build_' + sys.argv[1])(sys.argv[2])"


def build(distribution: Distribution, release: str, output: Path) -> None:
    """Write the source distribution and the wheel of one release into a directory."""
    work = _BUILD / "packages" / distribution.name
    shutil.rmtree(work, ignore_errors=True)
    name = f"{distribution.name.replace('-', '_')}-{release}"
    tree = work / "tree"
    stage(distribution, release, tree)
    _call_backend("sdist", tree, output)
    with tarfile.open(output / f"{name}.tar.gz") as archive:
        archive.extractall(work, filter="data")
    _call_backend("wheel", work / name, output)
    shutil.rmtree(work)


def stage(distribution: Distribution, release: str, tree: Path) -> None:
    """Copy what a distribution has into a tree of its own, and write what builds it."""
    for path in _files([*distribution.packages, *distribution.sources, *distribution.samples]):
        _copy(path, tree)
    for path in _ALWAYS:
        if (ROOT / path).exists():
            _copy(path, tree)
    for catalog in tree.rglob("locale/*/LC_MESSAGES/*.po"):
        compiled = (ROOT / catalog.relative_to(tree)).with_suffix(".mo")
        shutil.copy(compiled, catalog.with_suffix(".mo"))
    shutil.copy(ROOT / distribution.readme, tree / "README.md")
    (tree / "setup.cfg").write_text(setup_cfg(distribution, release), encoding="utf-8")
    (tree / "pyproject.toml").write_text(_BUILD_SYSTEM + _settings_of_tests(), encoding="utf-8")
    folders = sorted(each.name for each in tree.iterdir() if each.is_dir())
    (tree / "MANIFEST.in").write_text("".join(f"graft {each}\n" for each in folders))


def setup_cfg(distribution: Distribution, release: str) -> str:
    """Give the setup.cfg of one distribution; those of ours that it needs are as new as it is."""
    sections: dict[str, dict[str, str | Iterable[str]]] = {
        "metadata": {
            "name": distribution.name,
            "version": release,
            "description": distribution.description,
            "long_description": "file: README.md",
            "long_description_content_type": "text/markdown",
            "license": "Apache-2.0",
            "license_files": "LICENSE",
            "classifiers": distribution.classifiers,
        },
        "options": {
            "packages": "find:",
            "python_requires": distribution.python,
            "install_requires": [
                *(f"{each}>={release}" for each in distribution.needs_ours),
                *distribution.needs,
            ],
        },
        "options.packages.find": {
            "include": [
                f"{package}{end}" for package in distribution.packages for end in ("", ".*")
            ]
        },
        "options.package_data": dict(distribution.package_data),
        "options.data_files": {f"share/{distribution.name}": distribution.samples},
        "options.entry_points": dict(distribution.entry_points),
    }
    return "\n".join(_section(name, section) for name, section in sections.items())


def _section(name: str, section: dict[str, str | Iterable[str]]) -> str:
    lines = [f"[{name}]"]
    for key, value in section.items():
        if isinstance(value, str):
            lines.append(f"{key} = {value}")
        else:
            lines += [f"{key} =", *(f"    {each}" for each in value)]
    return "\n".join(lines) + "\n"


def _settings_of_tests() -> str:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(
        r"^\[tool\.pytest\.ini_options\]\n(?:(?!\[tool)[^\n]*\n)*", text, re.MULTILINE
    )
    assert found is not None
    return "\n" + found[0]


def _files(places: Sequence[str]) -> Iterator[str]:
    """Give the files there that git does not ignore, or all of them where there is no clone."""
    known = subprocess.run(
        ["git", "ls-files", "-zco", "--exclude-standard", "--", *places],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = [each for each in known.stdout.split("\0") if each]
    if not names:
        names = [
            str(path.relative_to(ROOT))
            for place in places
            for path in ([ROOT / place] if (ROOT / place).is_file() else (ROOT / place).rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        ]
    return (each for each in names if (ROOT / each).exists())


def _copy(path: str, tree: Path) -> None:
    """Copy a file, and of a link what it leads to: a source distribution has no links."""
    target = tree / path
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / path, target)


def _call_backend(what: str, tree: Path, output: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _CALL, what, str(output.resolve())],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(_BACKEND)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{tree}: no {what} was built:\n{done.stdout}")


def _install_backend() -> None:
    """Get what builds, of one version, apart from the one that the services run with."""
    if not _BACKEND.exists():
        pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, "--target", str(_BACKEND), SETUPTOOLS], check=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build all distributions, or those that are named."""
    known = {each.name: each for each in read()}
    parser = argparse.ArgumentParser(
        description="Build the distributions that setup.cfg describes."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: {', '.join(known)}")
    parser.add_argument("--output", type=Path, default=_BUILD / "dist", metavar="DIRECTORY")
    options = parser.parse_args(arguments)
    strangers = [each for each in options.names if each not in known]
    if strangers:
        parser.error(f"setup.cfg describes no {', '.join(strangers)}")
    options.output.mkdir(parents=True, exist_ok=True)
    messages.compile_all()
    _install_backend()
    release = version()
    for name in options.names or known:
        build(known[name], release, options.output)
        sys.stdout.write(f"{name} {release}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
