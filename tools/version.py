# SPDX-License-Identifier: Apache-2.0
"""The version of what is built here, by the tags of git; printed when run."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIRST = "0.1.0"
"""The release that the first tag will be."""

_DESCRIBED = re.compile(r"(\d+)\.(\d+)\.(\d+)-(\d+)-g[0-9a-f]+")


def version(root: Path = ROOT) -> str:
    """Give the tag of a released tree, ``1.2.3``, and after it ``1.2.4.dev5`` as pbr does.

    Without a tag it is a development version of the first release. A tree that is no clone has
    no history to count: what PBR_VERSION says is taken before all else, as in all of OpenStack.

    :raises SystemExit: for a clone of which git does not tell, as of one that somebody else owns.
    """
    given = os.environ.get("PBR_VERSION")
    if given:
        return given
    if _git(root, "rev-parse", "--show-toplevel") != str(root.resolve()):
        if (root / ".git").exists():
            raise SystemExit(f"git does not tell the version of {root}: set PBR_VERSION")
        return f"{FIRST}.dev0"
    found = _DESCRIBED.fullmatch(
        _git(root, "describe", "--tags", "--long", "--match", "[0-9]*.[0-9]*.[0-9]*")
    )
    if found is None:
        return f"{FIRST}.dev{_git(root, 'rev-list', '--count', 'HEAD') or 0}"
    major, minor, patch, commits = map(int, found.groups())
    if not commits:
        return f"{major}.{minor}.{patch}"
    return f"{major}.{minor}.{patch + 1}.dev{commits}"


def _git(root: Path, *arguments: str) -> str:
    """Give what git says, which is nothing where there is none, or no clone."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


if __name__ == "__main__":
    sys.stdout.write(f"{version()}\n")
