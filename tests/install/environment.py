# SPDX-License-Identifier: Apache-2.0
"""A virtual environment of somebody who has no clone: what is in it came by pip."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"


class CommandFailed(AssertionError):
    """A command that the documentation gives did not work; the text has what it printed."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Its directory, and the variables that commands in it get beside PATH and HOME."""

    root: Path
    variables: dict[str, str] = field(default_factory=dict)

    @classmethod
    def made(cls, root: Path, **variables: str) -> "Environment":
        """Make one, unless an interrupted check has left it."""
        if not (root / "bin/python").exists():
            subprocess.run([sys.executable, "-m", "venv", str(root)], check=True)
        return cls(root, variables)

    def install(self, *what: str | Path, links: Path | None = None) -> None:
        """Install by pip in the locked versions, our distributions from a directory of wheels."""
        found: Sequence[str] = ("--find-links", str(links)) if links else ()
        self.run(
            *(str(self.root / "bin/python"), "-m", "pip", "install", "--quiet"),
            *("--disable-pip-version-check", "--constraint", str(CONSTRAINTS)),
            *(*found, *map(str, what)),
        )

    def packages(self) -> str:
        """What is installed, a line each."""
        return self.run(str(self.root / "bin/python"), "-m", "pip", "freeze", "--all")

    def shell(self, command: str, codes: Sequence[int] = (0,)) -> str:
        """Run a command as one types it; give what it prints on both streams."""
        return self.run("bash", "-c", command, codes=codes)

    def run(self, *command: str, codes: Sequence[int] = (0,)) -> str:
        """Run a program; give what it prints on both streams.

        :raises CommandFailed: with that, when it ends with another code.
        """
        path = f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}"
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        done = subprocess.run(
            command,
            cwd=self.root,
            env={**kept, **pip, "PATH": path, "PYTHONWARNINGS": "ignore", **self.variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode not in codes:
            told = f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}"
            raise CommandFailed(told)
        return done.stdout
