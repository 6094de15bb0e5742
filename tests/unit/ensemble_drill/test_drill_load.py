# SPDX-License-Identifier: Apache-2.0
"""Racks are filled to shares by seed, with servers that fit on their hosts."""

from collections import Counter

import pytest
from drilled import LAYOUT

from ensemble_drill.load import Room, servers, shares

FLAVORS = [("large", 4), ("xlarge", 8)]
SIZES = dict(FLAVORS)


def test_shares_are_drawn_evenly_and_the_same_for_one_seed() -> None:
    found = shares(7, LAYOUT, 30)
    assert found == shares(7, LAYOUT, 30)
    assert sorted(found) == ["az1-r1", "az1-r2", "az2-r3"]
    assert sorted(found.values()) == [0, 30, 60], "from empty to twice the average"
    assert len({tuple(shares(seed, LAYOUT, 30).items()) for seed in range(30)}) == 6, "all orders"


def test_no_rack_is_filled_to_the_brim() -> None:
    assert max(shares(1, LAYOUT, 80).values()) == 90


FILLED = [
    ("the largest first", Room(32, 0), 50, {"xlarge": 2}),
    ("what is left by smaller ones", Room(32, 0), 40, {"xlarge": 1, "large": 1}),
    ("what is there counts", Room(32, 12), 50, {"large": 1}),
    ("fuller than that already", Room(32, 20), 50, {}),
    ("too small for any", Room(4, 0), 50, {}),
]


@pytest.mark.parametrize(
    ("room", "share", "counts"), [each[1:] for each in FILLED], ids=[each[0] for each in FILLED]
)
def test_a_host_is_filled_to_the_share_of_its_rack(
    room: Room, share: int, counts: dict[str, int]
) -> None:
    wanted = {"az1-r1": 0, "az1-r2": share, "az2-r3": 0}
    found = list(servers(wanted, LAYOUT, dict.fromkeys(LAYOUT.above, room), FLAVORS))
    assert Counter(flavor for flavor, _ in found) == counts
    assert {host for _, host in found} <= {"h3"}
    assert room.used + sum(SIZES[flavor] for flavor, _ in found) <= max(
        room.used, room.total * share // 100
    )


def test_a_host_of_which_nothing_is_known_is_left_alone() -> None:
    assert list(servers({"az1-r1": 90, "az1-r2": 90, "az2-r3": 90}, LAYOUT, {}, FLAVORS)) == []
