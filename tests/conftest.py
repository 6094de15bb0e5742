# SPDX-License-Identifier: Apache-2.0
"""Fixtures for all kinds of tests."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.embedded import EmbeddedCloud

# How long a case takes says more of the machine than of the code; tests/bench measures.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# The files of minutes, each of which one worker does alone.
LONGEST = ("test_each_state.py", "test_failures.py", "test_details.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker goes on long after the others."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session")
def cloud() -> "Iterator[EmbeddedCloud]":
    """The embedded cloud, with the dashboard; one for each process that runs tests on it."""
    from tests.embedded import started_cloud

    with started_cloud() as running:
        yield running
