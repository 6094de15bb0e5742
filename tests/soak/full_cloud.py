# SPDX-License-Identifier: Apache-2.0
"""The embedded cloud's full profile, as the soak programs have it."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ensemble_cloud.ports import free_base
from tests.embedded import EmbeddedCloud


@contextlib.contextmanager
def full_cloud(state: Path | None) -> Iterator[EmbeddedCloud]:
    """The cloud in ``state``, or one of the full profile that is removed afterwards."""
    if state is not None:
        yield EmbeddedCloud(state)
        return
    # A database listens on a socket below it, whose path must be short.
    cloud = EmbeddedCloud(Path(tempfile.mkdtemp(prefix="ensembles-soak-")))
    options = ("--profile", "full", "--no-dashboard", "--port-base", str(free_base()))
    try:
        started = cloud.ensemble_cloud("up", "--detach", *options)
        if started.returncode:
            raise SystemExit(started.stdout + started.stderr)
        yield cloud
    finally:
        cloud.ensemble_cloud("down")
        shutil.rmtree(cloud.state, ignore_errors=True)
