# SPDX-License-Identifier: Apache-2.0
"""A task for the solver and its answer, as plain arrays that can be handed to another process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ensemble_api.planning.topology import IntArray

FloatArray: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One objective: a sum of columns times whole factors, plus a constant."""

    columns: IntArray
    factors: IntArray
    constant: int

    def value(self, values: IntArray) -> int:
        """Work out the sum for the values of all columns."""
        return self.constant + int(values[self.columns] @ self.factors)


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """N columns of whole numbers from `low` to `high`, M rows, and stages in their order.

    Row r is the columns `index[starts[r]:starts[r + 1]]` times `factor` there, and is from
    `row_low[r]` to `row_high[r]`. `known` gives value and bound of the stages of a plan that is
    known. Then a stage whose value is its bound is not searched, no worse plan is looked for, and a
    better one ends the search: of its later stages nothing is known. `prove` names the stages to
    search (None: all; empty: look for any plan). `effort` is how much the solver may do.
    """

    low: FloatArray
    high: FloatArray
    starts: IntArray
    index: IntArray
    factor: FloatArray
    row_low: FloatArray
    row_high: FloatArray
    stages: Mapping[str, Stage]
    known: Mapping[str, tuple[int, int]]
    prove: frozenset[str] | None
    effort: int


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a solver found: values of all columns or none, and bounds of the stages it looked at.

    `infeasible` is a proof that there are no values at all; `effort` is what is left of it.
    `stopped` are the seconds after which a solver was given up that did not answer: what is here
    is the last that it told, and how far it came depends on the machine.
    """

    values: IntArray | None
    bounds: Mapping[str, int]
    infeasible: bool
    effort: int
    stopped: int | None = None


Report: TypeAlias = Callable[[Answer], None]
Solve: TypeAlias = Callable[[Task], Answer]
