# SPDX-License-Identifier: Apache-2.0
"""Which hosts Nova has not heard of lately, by the clocks of their cells."""

from collections.abc import Collection, Mapping
from typing import Any, cast

import pytest

from ensemble_api.cloud.compute_services import ComputeServices
from ensemble_api.context import Context

NORTH, SOUTH = {"n1": "north", "n2": "north"}, {"s1": "south", "s2": "south"}


class Reporting(ComputeServices):
    """Services that last reported at these seconds."""

    def __init__(self, reports: Mapping[str, int]) -> None:
        self._reports = reports

    def services(self, context: Context) -> list[dict[str, Any]]:
        return [
            {"host": host, "updated_at": f"2026-11-28T12:00:{at:02}.000000"}
            for host, at in self._reports.items()
        ]


BOTH = NORTH | SOUTH
CASES = [
    ("all have reported", {"n1": 50, "n2": 45}, {}, set()),
    ("one is late", {"n1": 50, "n2": 10}, {}, {"n2"}),
    (
        "the clock of a cell is behind",
        {"n1": 50, "n2": 45, "s1": 10, "s2": 5},
        NORTH | SOUTH,
        set(),
    ),
    ("one is late by that clock", {"n1": 59, "s1": 40, "s2": 5}, BOTH, {"s2"}),
    ("of a new host no cell is known", {"n1": 50, "new": 5}, NORTH, set()),
]


@pytest.mark.parametrize(
    ("reports", "cells", "unheard"), [each[1:] for each in CASES], ids=[each[0] for each in CASES]
)
def test_hosts_are_compared_with_the_others_of_their_cells(
    reports: Mapping[str, int], cells: Mapping[str, str], unheard: set[str]
) -> None:
    def of(hosts: Collection[str]) -> Mapping[str, str]:
        assert set(hosts) == set(reports)
        return cells

    assert Reporting(reports).unheard(cast(Context, None), 30.0, of) == unheard
