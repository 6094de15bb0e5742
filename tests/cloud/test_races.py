# SPDX-License-Identifier: Apache-2.0
"""Builds beside servers of others on a cloud that is nearly full, with the filter in its scheduler.

The long form of the race is tests/soak/race.py.
"""

from typing import Any

import pytest

from tests.soak.exclusive import beside
from tests.soak.race import Race, Sizes

pytestmark = pytest.mark.cloud

# Of the default shape six hosts have room for one member each, and then for no other of that size.
SIZES = Sizes(member=25, other=25, others=2, small=1)


def test_what_fits_is_built_and_nobody_takes_a_place_in_between(cloud: Any) -> None:
    race = Race(cloud, SIZES)
    for number in range(2):
        found = race.round(number)
        assert found.room >= 3, "or the race is none"
        assert found.good, found.line()
        assert not found.others.get("ACTIVE"), found.line()
        assert found.others.get("no valid host"), "there was somebody to race with"
        assert found.small.get("ACTIVE"), found.line()


def test_no_server_of_others_lands_in_a_domain_that_an_ensemble_has_to_itself(cloud: Any) -> None:
    found = beside(cloud, servers=9)
    assert (found.servers, found.inside, found.without_a_host) == (9, 0, 0)
