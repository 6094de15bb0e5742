# SPDX-License-Identifier: Apache-2.0
"""The exact search: HiGHS solves the count model, one objective stage after another.

It is stopped by counts of nodes and of simplex steps and never by the clock, so the same problem
gives the same answer on any machine.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from ensemble_api.planning.formulation import Formulation, Linear
from ensemble_api.planning.topology import IntArray

# HiGHS shares one scheduler between the threads of a process; one search at a time is safe.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True)
class Work:
    """How much one search may do: nodes and simplex steps for each stage, and rows of the model."""

    nodes: int = 2_000
    steps: int = 200_000
    columns: int = 30_000


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a search found: counts [T, U] or none, bounds of the stages looked at, proof of none."""

    counts: IntArray | None
    bounds: Mapping[str, int]
    infeasible: bool = False


def search(
    formulation: Formulation,
    work: Work,
    known: Mapping[str, tuple[int, int]] | None = None,
    prove: frozenset[str] | None = None,
) -> Outcome:
    """Minimise stage after stage; each keeps the value of the ones before.

    `known` gives value and bound of stages as another way found them: a stage whose value is its
    bound is not searched again, and no stage may get worse. `prove` names the stages to search.
    """
    if len(formulation.low) > work.columns:
        return Outcome(None, {})
    if any(low > high for low, high in zip(formulation.low, formulation.high, strict=True)):
        return Outcome(None, {}, infeasible=True)
    with _ONE_AT_A_TIME:
        return _Search(formulation, work).run(known or {}, prove)


class _Search:
    def __init__(self, formulation: Formulation, work: Work) -> None:
        import highspy  # here, so that planning without a search does not load the solver

        self.highspy: ModuleType = highspy
        self.formulation = formulation
        self.work = work
        self.solver: Any = highspy.Highs()
        options = {
            "output_flag": False,
            "threads": 1,
            "parallel": "off",
            "random_seed": 0,
            "mip_rel_gap": 0.0,
            "mip_abs_gap": 0.5,  # every objective is a whole number
            "mip_max_nodes": work.nodes,
        }
        for name, value in options.items():
            self.solver.setOptionValue(name, value)
        self.solver.passModel(self._model())
        self._limit_steps()

    def _model(self) -> Any:
        formulation = self.formulation
        model = self.highspy.HighsLp()
        lengths = [len(row[0]) for row in formulation.rows]
        model.num_col_ = len(formulation.low)
        model.num_row_ = len(lengths)
        model.col_cost_ = np.zeros(len(formulation.low))
        model.col_lower_ = np.array(formulation.low, dtype=float)
        model.col_upper_ = np.array(formulation.high, dtype=float)
        model.row_lower_ = np.array([row[2] for row in formulation.rows], dtype=float)
        model.row_upper_ = np.array([row[3] for row in formulation.rows], dtype=float)
        matrix = model.a_matrix_
        matrix.format_ = self.highspy.MatrixFormat.kRowwise
        matrix.start_ = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        matrix.index_ = np.array([c for row in formulation.rows for c in row[0]], dtype=np.int32)
        matrix.value_ = np.array([f for row in formulation.rows for f in row[1]], dtype=float)
        model.integrality_ = [self.highspy.HighsVarType.kInteger] * len(formulation.low)
        return model

    def _limit_steps(self) -> None:
        """Stop a stage after so many simplex steps: nodes alone can each take very long."""

        def interrupt(event: Any) -> None:
            if event.data_out.mip_total_lp_iterations > self.work.steps:
                event.interrupt()

        self.solver.cbMipInterrupt.subscribe(interrupt)

    def run(self, known: Mapping[str, tuple[int, int]], prove: frozenset[str] | None) -> Outcome:
        status = self.highspy.HighsModelStatus
        bounds: dict[str, int] = {}
        values: IntArray | None = None
        best = None
        for name, stage in self.formulation.stages.items():
            value, bound = known.get(name, (None, None))
            if value is not None and value == bound:
                bounds[name] = value
                self._keep(stage, value)
                continue
            if prove is not None and name not in prove:
                continue
            if value is not None:
                self._keep(stage, value)
            ended, values, bound = self._minimise(stage, best)
            if ended in (status.kInfeasible, status.kUnboundedOrInfeasible):
                return Outcome(None, bounds, infeasible=True)
            if bound is not None:
                bounds[name] = bound
            if values is None:
                break
            best = values
            reached = stage.constant + int(values[stage.columns] @ np.array(stage.factors, int))
            self._keep(stage, reached)
            if ended != status.kOptimal:
                # Later stages still make the plan better, but their bounds would mean little.
                prove = frozenset() if prove is None else prove
        if best is None and values is None and len(bounds) == len(self.formulation.stages):
            ended, best, _ = self._minimise(Linear(), None)
            if ended in (status.kInfeasible, status.kUnboundedOrInfeasible):
                return Outcome(None, bounds, infeasible=True)
        return Outcome(None if best is None else self.formulation.counts(best.tolist()), bounds)
