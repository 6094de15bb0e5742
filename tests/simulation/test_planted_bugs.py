# SPDX-License-Identifier: Apache-2.0
"""The simulation finds bugs that are planted, each within a few schedules that are good without."""

import pytest

from tests.simulation.planted_bugs import BUGS, PROVOKED
from tests.simulation.planting import planted
from tests.simulation.runner import run

FEW = 40
FIRST = {  # of the seeds, where that is not 0
    "the lease is not checked": 14,
    "usages are not read back": 30,
    "moves under way are not counted": 4,
    "the filter lets members go anywhere": 3,
    "a change removes before it has added": 113,
    "a tag is trusted": 4,
    "a claim that was sent twice is left": 16,
    "a create that fails keeps its holds": 6,
    "a late server stays": 31,
    "servers go although one is locked": 3,
    "a new plan forgets what stands": 2,
    "an evacuation is asked for beside the one under way": 7,
    "nothing is repaired by itself": 7,
    "a repair is planned without the policies": 18,
    "a server that is back is not recorded": 7,
    "nobody looks whether a host is down": 7,
    "hosts that are drained are not left": 30,
    "a move is asked for without a saved intent": 1,
    "what was held for a move stays held": 3,
    "a move is planned and Nova is never asked": 3,
    "room for lost members is open to all": 107,
    "a reserve is planned without the policies": 9,
    "a reserve is planned once and for all": 2,
    "a repair does not use what is held for it": 14,
    "what a project may have held is not counted": 22,
    "several are begun one after the other": 16,
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str) -> None:
    first, provoked = FIRST.get(bug, 0), PROVOKED.get(bug, ())
    for seed in range(first, first + FEW):
        with planted(BUGS[bug]):
            found = run(seed, provoked=provoked).broken
        if found:
            without = run(seed, provoked=provoked)
            assert not without.broken, f"also without it: {without.told}"
            return
    pytest.fail(f"no schedule noticed that {bug}")
