# SPDX-License-Identifier: Apache-2.0
"""The packages of the release before this one, built from the clone's history."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PACKED_BY = "tools/packages.py"


def release_before() -> str:
    """The commit of the latest tag, or where nothing was released yet the first that was packed."""
    tagged = _git("describe", "--tags", "--abbrev=0", "HEAD^", fails=True)
    if tagged:
        return tagged
    added = _git("log", "--diff-filter=A", "--format=%H", "--", _PACKED_BY).split()
    return added[-1]


def build(commit: str, tree: Path, output: Path) -> None:
    """Build all distributions of a commit, in a tree of its own."""
    if not (tree / _PACKED_BY).exists():
        _git("worktree", "prune")
        _git("worktree", "add", "--force", "--detach", str(tree), commit)
    command = [sys.executable, _PACKED_BY, "--output", str(output)]
    subprocess.run(command, cwd=tree, check=True, stdout=subprocess.DEVNULL)


def remove(tree: Path) -> None:
    """Remove that tree."""
    if tree.exists():
        _git("worktree", "remove", "--force", str(tree))


def _git(*arguments: str, fails: bool = False) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, check=not fails, capture_output=True, text=True
    )
    return done.stdout.strip()
