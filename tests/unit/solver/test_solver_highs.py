# SPDX-License-Identifier: Apache-2.0
"""The solver beside a plan that is known: it looks for a better one, or proves that none is."""

from collections.abc import Mapping

import numpy as np
import pytest

from ensemble_api.planning.milp.task import Stage, Task
from ensemble_api.solver import highs


def task(known: Mapping[str, tuple[int, int]], prove: frozenset[str] | None = None) -> Task:
    """Two columns of 0 to 5 of which the sum is 4 or more: first the one, then the other."""
    one = np.ones(1, dtype=np.int64)
    return Task(
        low=np.zeros(2),
        high=np.array([5.0, 5.0]),
        starts=np.array([0, 2]),
        index=np.array([0, 1]),
        factor=np.ones(2),
        row_low=np.array([4.0]),
        row_high=np.array([np.inf]),
        stages={"one": Stage(one * 0, one, 0), "other": Stage(one, one, 0)},
        known=known,
        prove=prove,
        effort=10_000,
    )


def test_without_a_plan_every_stage_is_as_low_as_can_be() -> None:
    answer = highs.solve(task({}))
    assert answer.values is not None
    assert answer.values.tolist() == [0, 4]
    assert answer.bounds == {"one": 0, "other": 4}


def test_a_better_plan_ends_the_search() -> None:
    answer = highs.solve(task({"one": (2, -1), "other": (2, 2)}))
    assert answer.values is not None
    assert answer.values[0] == 0
    assert answer.bounds == {"one": 0}


@pytest.mark.parametrize("bound", [-5, -1])
def test_where_none_is_better_the_plan_is_proved_and_none_given(bound: int) -> None:
    answer = highs.solve(task({"one": (0, bound), "other": (4, bound)}))
    assert answer.values is None
    assert not answer.infeasible
    assert answer.bounds == {"one": 0, "other": 4}


def test_a_later_stage_is_made_better_beside_those_that_are_proved() -> None:
    answer = highs.solve(task({"one": (1, 1), "other": (4, 0)}))
    assert answer.values is not None
    assert answer.values.tolist() == [1, 3]
    assert answer.bounds == {"other": 3}


def test_stages_that_are_not_asked_for_do_not_get_worse() -> None:
    answer = highs.solve(task({"one": (1, 0), "other": (4, 0)}, frozenset({"other"})))
    assert answer.values is not None
    assert answer.values.tolist() == [1, 3]
