# SPDX-License-Identifier: Apache-2.0
"""Who was lost, when that was noticed and when all was whole again follows from looks at Nova."""

from typing import Any

import pytest
from drilled import RACK, SPREAD, look

from ensemble_drill.watched import events, healed_at, lost_in, noticed_at

MOVED = SPREAD | {"web-0": "h4", "db-0": "h3"}
HALF = SPREAD | {"web-0": "h4"}
BOTH = ("h1", "h2")
QUIET = [look(0, SPREAD), look(5, SPREAD)]

CASES: list[tuple[str, list[Any], set[str], float | None, float | None]] = [
    ("nobody has noticed yet", QUIET, set(), None, None),
    ("half of it is noticed", [*QUIET, look(15, SPREAD, "h1")], {"web-0"}, None, None),
    ("lost and not healed", [*QUIET, look(16, SPREAD, *BOTH)], {"web-0", "db-0"}, 16, None),
    (
        "healed on other hosts",
        [look(16, SPREAD, *BOTH), look(20, HALF, *BOTH), look(25, MOVED, *BOTH)],
        {"web-0", "db-0"},
        16,
        25,
    ),
    (
        "one went before all hosts were down",
        [look(14, SPREAD, "h1"), look(16, HALF, *BOTH), look(25, MOVED, *BOTH)],
        {"web-0", "db-0"},
        16,
        25,
    ),
    (
        "moved, and not started yet",
        [look(16, SPREAD, *BOTH), look(20, MOVED, *BOTH, db_0="SHUTOFF")],
        {"web-0", "db-0"},
        16,
        None,
    ),
    (
        "healed and broken again",
        [look(16, MOVED, *BOTH), look(20, MOVED, *BOTH, "h4"), look(24, MOVED, *BOTH)],
        set(),
        16,
        24,
    ),
    ("somebody else's failure", [look(9, SPREAD, "h4")], set(), None, None),
]


@pytest.mark.parametrize(
    ("looks", "lost", "noticed", "healed"), [each[1:] for each in CASES], ids=[c[0] for c in CASES]
)
def test_a_failure_is_known_by_the_looks(
    looks: list[Any], lost: set[str], noticed: float | None, healed: float | None
) -> None:
    assert lost_in(looks, "ensemble", RACK.hosts) == lost
    assert noticed_at(looks, RACK.hosts) == noticed
    assert healed_at(looks, "ensemble", RACK.hosts, len(SPREAD)) == healed


def test_what_becomes_otherwise_is_told_once_and_in_its_order() -> None:
    looks = [
        look(0, SPREAD),
        look(8, SPREAD),
        look(16, SPREAD, *BOTH),
        look(20, HALF, *BOTH, web_0="REBUILD"),
        look(21, HALF, *BOTH),
        look(25, MOVED, *BOTH),
        look(60, MOVED),
    ]
    assert [(each.at, each.kind, each.text) for each in events(looks, {"ensemble": "Shop"})] == [
        (16, "noticed", "Nova takes h1, h2 for down."),
        (16, "noticed", "Shop: db-0, web-0 lost; 3 of 5 run."),
        (20, "repair", "Shop: web-0 is put on h4."),
        (21, "repair", "Shop: web-0 runs again, on h4."),
        (25, "repair", "Shop: db-0 runs again, on h3."),
        (25, "healed", "Shop: all 5 members run."),
        (60, "return", "Nova takes h1, h2 for up again."),
    ]
