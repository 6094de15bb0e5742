# SPDX-License-Identifier: Apache-2.0
"""The exact search: HiGHS solves the count model, one objective stage after another.

It is stopped by counts of its own work and never by the clock, so the same problem
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


# What a search may be at most; above it the solver could not be stopped within a second or so.
_MOST_COLUMNS = 12_000
# The solver is stopped by its effort. This many seconds are for one that no longer looks up.
_BACKSTOP = 30.0


@dataclass(slots=True)
class Effort:
    """How much searching is left: a look of the solver at its limits costs its columns."""

    left: int


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

    `known` gives value and bound of the stages of a plan that is known: a stage whose value is its
    bound is not searched again, and no worse plan is looked for. `prove` names the stages to
    search; none of them means to look for any plan.
    """
    if len(formulation.low) > _MOST_COLUMNS or effort.left <= 0:
        return Outcome(None, {})
    if any(low > high for low, high in zip(formulation.low, formulation.high, strict=True)):
        return Outcome(None, {}, infeasible=True)
    with _ONE_AT_A_TIME:
        return _Search(formulation, effort).run(known or {}, prove)


class _Search:
    def __init__(self, formulation: Formulation, effort: Effort) -> None:
        import highspy  # here, so that planning without a search does not load the solver

        self.highspy: ModuleType = highspy
        self.formulation = formulation
        self.effort = effort
        self.last: IntArray | None = None
        self.solver: Any = highspy.Highs()
        options = {
            "output_flag": False,
            "threads": 1,
            "parallel": "off",
            "random_seed": 0,
            "mip_rel_gap": 0.0,
            "mip_abs_gap": 0.9,  # every objective is a whole number
            "time_limit": _BACKSTOP,
        }
        for name, value in options.items():
            self.solver.setOptionValue(name, value)
        self.solver.passModel(self._model())
        self._limit_effort()

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

    def _limit_effort(self) -> None:
        """Stop when the effort is spent; the solver looks up at the same points in every run."""
        cost = max(len(self.formulation.low), 10)

        def interrupt(event: Any) -> None:
            self.effort.left -= cost
            if self.effort.left <= 0:
                event.interrupt()

        self.solver.cbMipInterrupt.subscribe(interrupt)

    def run(self, known: Mapping[str, tuple[int, int]], prove: frozenset[str] | None) -> Outcome:
        bounds: dict[str, int] = {}
        best: IntArray | None = None
        decided = True  # whether all stages so far are proved
        same = True  # whether all stages so far have the known values
        for name, stage in self.formulation.stages.items():
            value, bound = known.get(name, (None, None)) if same else (None, None)
            if value is not None:
                self._keep(stage, value)
            settled = value is not None and value == bound
            if settled or (prove is not None and name not in prove):
                continue
            ended = self._minimise(stage)
            if ended.infeasible:
                return Outcome(None, bounds, infeasible=best is None)
            if decided and ended.bound is not None:
                bounds[name] = ended.bound
            decided = decided and ended.proved
            if ended.values is None:
                return Outcome(self._read(best), bounds)
            best = ended.values
            reached = stage.value(best)
            same = reached == value
            self._keep(stage, reached)
        if best is None:
            ended = self._minimise(Linear())
            return Outcome(self._read(ended.values), bounds, ended.infeasible)
        return Outcome(self._read(best), bounds)

    def _read(self, values: IntArray | None) -> IntArray | None:
        return None if values is None else self.formulation.counts(values)

    def _keep(self, stage: Linear, value: int) -> None:
        """Ask that a stage does not get worse than a value."""
        if stage.columns:
            self.solver.addRow(
                -self.highspy.kHighsInf,
                float(value - stage.constant),
                len(stage.columns),
                np.array(stage.columns, dtype=np.int32),
                np.array(stage.factors, dtype=float),
            )

    def _minimise(self, stage: Linear) -> "_Ended":
        count = len(self.formulation.low)
        costs = np.zeros(count)
        np.add.at(costs, np.array(stage.columns, dtype=np.int64), stage.factors)
        self.solver.changeColsCost(count, np.arange(count, dtype=np.int32), costs)
        if self.last is not None:
            start = self.highspy.HighsSolution()
            start.col_value = self.last.tolist()
            self.solver.setSolution(start)
        if self.effort.left <= 0:
            return _Ended(None, None)
        self.solver.run()
        status, kinds = self.solver.getModelStatus(), self.highspy.HighsModelStatus
        if status in (kinds.kInfeasible, kinds.kUnboundedOrInfeasible):
            return _Ended(None, None, infeasible=True)
        info = self.solver.getInfo()
        values = None
        if info.primal_solution_status == 2:  # feasible
            values = np.rint(self.solver.getSolution().col_value).astype(np.int64)
            self.last = values
        proved = status == kinds.kOptimal
        bound = None
        if proved and values is not None:
            bound = stage.value(values)
        elif np.isfinite(info.mip_dual_bound):
            bound = stage.constant + int(np.ceil(info.mip_dual_bound - 1e-6))
        return _Ended(values, bound, proved)


@dataclass(frozen=True, slots=True, eq=False)
class _Ended:
    """How one stage ended: values of all columns or none, and what bounds the stage."""

    values: IntArray | None
    bound: int | None
    proved: bool = False
    infeasible: bool = False
