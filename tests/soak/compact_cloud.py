# SPDX-License-Identifier: Apache-2.0
"""The embedded cloud's compact profile, as the soak programs that kill no service have it."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ensemble_cloud.ports import free_base
from tests.embedded import EmbeddedCloud


@contextlib.contextmanager
def compact_cloud(state: Path | None) -> Iterator[EmbeddedCloud]:
    """The cloud of that state, or one of its own for a while."""
    if state is not None:
        yield EmbeddedCloud(state)
        return
    with tempfile.TemporaryDirectory(prefix="ensembles-soak-") as directory:
        cloud = EmbeddedCloud(Path(directory))
        options = ("--detach", "--no-dashboard", "--port-base", str(free_base()))
        try:
            started = cloud.ensemble_cloud("up", *options)
            assert started.returncode == 0, started.stdout + started.stderr
            yield cloud
        finally:
            cloud.ensemble_cloud("down")


def as_client(cloud: EmbeddedCloud) -> None:
    """Let what runs in this process be a client of that cloud, and of no other."""
    for name in [each for each in os.environ if each.startswith("OS_")]:
        del os.environ[name]
    os.environ["OS_CLIENT_CONFIG_FILE"] = cloud.env["OS_CLIENT_CONFIG_FILE"]
