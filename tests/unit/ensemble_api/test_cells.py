# SPDX-License-Identifier: Apache-2.0
"""The cells of hosts are read when a host is new, and told where there are several."""

from collections.abc import Mapping

from ensemble_api.cloud.cells import Cells


def test_cells_are_read_again_for_a_new_host_alone() -> None:
    answers: list[Mapping[str, str]] = [
        {"a": "one", "b": "two"},
        {"a": "one", "b": "two", "c": "two"},
    ]
    read = iter(answers)
    cells = Cells(lambda: next(read))
    assert cells.of(["a", "b"]) == cells.of(["b"]) == answers[0]
    assert cells.of(["a", "c"]) == answers[1]


def test_one_cell_is_not_worth_telling() -> None:
    assert Cells(lambda: {"a": "one", "b": "one"}).of(["a"]) == {}
