# SPDX-License-Identifier: Apache-2.0
"""What the long programs make of a round is right before they are run for hours."""

from typing import Any

import pytest

from tests.soak import drills_round, predictions_round
from tests.soak.report import page

TOLD = [{"date": "2026-11-28", "commit": "abc"}]


def drilled(**more: Any) -> drills_round.Round:
    found: dict[str, Any] = {
        "number": 0,
        "seed": 1,
        "rack": "rack1",
        "lost": {"plain": 4, "groups": 3, "ensemble": 3},
        "kept": {"plain": False, "groups": True, "ensemble": True},
        "agreed": {"plain": True, "groups": True, "ensemble": True},
        "healed": {"plain": None, "groups": None, "ensemble": 31.6},
        "places": True,
        "passed": True,
    }
    return drills_round.Round(**(found | more))


def predicted(**more: Any) -> predictions_round.Round:
    found: dict[str, Any] = {
        "number": 0,
        "together": 1,
        "members": 5,
        "failed": "rack rack1",
        "predicted": ["web-0"],
        "lost": ["web-0"],
        "targets": {"web-0": "h2"},
        "places": {"web-0": "h2"},
        "seconds": 7.2,
        "body": {},
    }
    return predictions_round.Round(**(found | more))


GOOD = [
    ("all as predicted", drilled(), True),
    ("the ensemble failed", drilled(passed=False), False),
    ("it was repaired elsewhere", drilled(places=False), False),
    ("somebody else was lost", drilled(agreed={"plain": False, "ensemble": True}), False),
    ("predicted and repaired", predicted(), True),
    ("another one lost", predicted(lost=["web-1"]), False),
    ("repaired elsewhere", predicted(places={"web-0": "h3"}), False),
    ("repaired elsewhere beside others", predicted(places={"web-0": "h3"}, together=2), True),
    ("not repaired", predicted(seconds=None), False),
    ("not repaired beside others", predicted(seconds=None, together=2), False),
    ("no repair was predicted", predicted(targets=None, places={}, seconds=None), True),
    ("nothing was lost", predicted(predicted=[], lost=[], targets={}, places={}), True),
]


@pytest.mark.parametrize(
    ("round_", "good"), [each[1:] for each in GOOD], ids=[each[0] for each in GOOD]
)
def test_a_round_is_good_when_all_came_as_predicted(round_: Any, good: bool) -> None:
    assert round_.good is good
    assert len(round_.row()) == len(round_.COLUMNS)
    assert round_.line()


def test_the_page_has_the_totals_above_a_row_for_each_round() -> None:
    text = page([drilled(), drilled(number=1, places=False)], TOLD * 2, {"seed": 1})
    assert text.startswith(
        "2026-11-28, commit abc; seed 1. rounds: 2, service lost, plain: 2, service lost, groups: "
        "0, service lost, ensemble: 0, not as predicted: 0, healed elsewhere than predicted: 1, "
        "median seconds to healed: 32, longest: 32."
    )
    row = "| 1 | rack1 | 4 lost, service lost | 3 lost, kept | 3 lost, kept | 32 s | yes |"
    assert text.count(row) == 2
    assert "repairs predicted: 2" in page([predicted(), predicted()], TOLD, {"seed": 1})
