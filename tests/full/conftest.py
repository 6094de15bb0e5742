# SPDX-License-Identifier: Apache-2.0
"""The full cloud that these tests share."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ensemble_cloud.ports import free_base
from tests.embedded import BUILD, EmbeddedCloud


@pytest.fixture(scope="session")
def full_cloud() -> Iterator[EmbeddedCloud]:
    """The embedded cloud with all its services apart.

    One of your own is used, and left running, when ENSEMBLE_TEST_FULL_CLOUD names its state.
    """
    named = os.environ.get("ENSEMBLE_TEST_FULL_CLOUD")
    if named:
        yield EmbeddedCloud(Path(named))
        return
    BUILD.mkdir(exist_ok=True)
    # A database listens on a socket below it, whose path must be short.
    cloud = EmbeddedCloud(Path(tempfile.mkdtemp(prefix="ensembles-full-")))
    base = str(free_base())
    options = ("--profile", "full", "--with-heat", "--no-dashboard", "--port-base", base)
    try:
        started = cloud.ensemble_cloud("up", "--detach", *options)
        assert started.returncode == 0, started.stdout + started.stderr
        yield cloud
    finally:
        cloud.ensemble_cloud("down")
        logs = BUILD / "full-cloud-log"
        shutil.rmtree(logs, ignore_errors=True)
        shutil.copytree(cloud.state / "log", logs)
        shutil.rmtree(cloud.state, ignore_errors=True)
