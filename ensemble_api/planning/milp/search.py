# SPDX-License-Identifier: Apache-2.0
"""The exact search: the count model as a task for a solver, and what its answer means."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ensemble_api.planning.milp.formulation import Formulation
from ensemble_api.planning.milp.task import Solve, Stage, Task
from ensemble_api.planning.topology import IntArray

# What the model alone costs, before any search: so many looks at the limits.
_MODEL_LOOKS = 8
# What a search may be at most; above it the solver could not be stopped within a second or so.
_MOST_COLUMNS = 5_000


@dataclass(slots=True)
class Effort:
    """How much searching is left, and who does it; without a solver there is none.

    A look of the solver at its limits costs as many as it has columns, and more of a large model.
    `stopped` are the seconds after which it was given up, if it once did not answer.
    """

    left: int
    solve: Solve | None
    stopped: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a search found: counts [T, U] or none, bounds of the stages looked at, proof of none."""

    counts: IntArray | None
    bounds: Mapping[str, int]
    infeasible: bool = False


def search(
    formulation: Formulation,
    effort: Effort,
    known: Mapping[str, tuple[int, int]] | None = None,
    prove: frozenset[str] | None = None,
) -> Outcome:
    """Minimise stage after stage; each keeps the value of the ones before.

    `known` and `prove` are as in a task: what is known of a plan, and which stages to search.
    """
    if effort.solve is None or effort.left <= 0 or len(formulation.low) > _MOST_COLUMNS:
        return Outcome(None, {})
    if any(low > high for low, high in zip(formulation.low, formulation.high, strict=True)):
        return Outcome(None, {}, infeasible=True)
    answer = effort.solve(task(formulation, effort.left, known or {}, prove))
    effort.left = answer.effort - _MODEL_LOOKS * len(formulation.low)
    effort.stopped = answer.stopped or effort.stopped
    counts = None if answer.values is None else formulation.counts(answer.values)
    return Outcome(counts, answer.bounds, answer.infeasible)


def task(
    formulation: Formulation,
    effort: int,
    known: Mapping[str, tuple[int, int]],
    prove: frozenset[str] | None,
) -> Task:
    """Write the model down as arrays, with what the solver is to do."""
    rows = formulation.rows
    return Task(
        low=np.array(formulation.low, dtype=float),
        high=np.array(formulation.high, dtype=float),
        starts=np.concatenate([[0], np.cumsum([len(row[0]) for row in rows])]).astype(np.int64),
        index=np.array([c for row in rows for c in row[0]], dtype=np.int64),
        factor=np.array([f for row in rows for f in row[1]], dtype=float),
        row_low=np.array([row[2] for row in rows], dtype=float),
        row_high=np.array([row[3] for row in rows], dtype=float),
        stages={
            name: Stage(
                np.array(stage.columns, dtype=np.int64),
                np.array(stage.factors, dtype=np.int64),
                stage.constant,
            )
            for name, stage in formulation.stages.items()
        },
        known=known,
        prove=prove,
        effort=effort,
    )
