# SPDX-License-Identifier: Apache-2.0
"""A fresh environment with one distribution and what it asks for, and with nothing else.

What it asks for is taken from the environment of the tests, which has the locked versions, by the
requirements of requirements. That takes seconds and no index; what nobody asks for is not there.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


@dataclass(frozen=True)
class Environment:
    """Its directory, and the canonical names of the distributions of others that are in it."""

    root: Path
    others: frozenset[str]

    def run(self, *arguments: str, **variables: str) -> str:
        """Give what its Python prints, on both streams; a failure fails the test."""
        done = subprocess.run(
            [self.root / "bin/python", "-W", "ignore", *arguments],
            cwd=self.root,
            env={"PATH": os.environ["PATH"], "HOME": str(self.root)} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


def environment(root: Path, wheels: Iterable[Path], requirements: Iterable[str]) -> Environment:
    """Make one with these wheels, and all that the requirements lead to."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root], check=True)
    others = frozenset(_required(requirements))
    [site] = root.glob("lib/python*/site-packages")
    taken = root / "others"
    _link(others, taken)
    (site / "others.pth").write_text(f"{taken}\n")
    pip = [sys.executable, "-m", "pip", "--python", str(root / "bin/python"), "install", "-q"]
    alone = ["--no-deps", "--no-index", "--no-compile", "--disable-pip-version-check"]
    subprocess.run([*pip, *alone, *wheels], check=True)
    return Environment(root, others)


def _required(requirements: Iterable[str]) -> Iterator[str]:
    """Give the names of what these lead to, each with the extras that are asked for.

    What is missing here, or of a version that is not asked for, fails the test.
    """
    left = [Requirement(each) for each in requirements]
    seen: set[tuple[str, str]] = set()
    while left:
        one = left.pop()
        if one.marker and not one.marker.evaluate({"extra": ""}):
            continue
        name = canonicalize_name(one.name)
        assert one.specifier.contains(metadata.version(name), prereleases=True), one
        for extra in ("", *one.extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            for text in metadata.requires(name) or ():
                needed = Requirement(text)
                if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                    needed.marker = None
                    left.append(needed)
    return (name for name in {name for name, _ in seen})


def _link(names: Iterable[str], target: Path) -> None:
    """Link what these have installed: whole directories, but for those that several share."""
    owners: Counter[str] = Counter()
    for each in metadata.distributions():
        owners.update({file.parts[0] for file in each.files or ()})
    for name in names:
        for file in metadata.distribution(name).files or ():
            top = file.parts[0]
            if top in ("..", "__pycache__") or file.suffix == ".pth":
                continue
            part = Path(*file.parts) if owners[top] > 1 else Path(top)
            place = target / part
            if not place.is_symlink():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(Path(str(file.locate())).parents[len(file.parts) - 1] / part)
