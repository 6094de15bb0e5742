# SPDX-License-Identifier: Apache-2.0
"""HiGHS on one task: one objective stage after another.

It is stopped by counts of its own work and never by the clock, so the same task gives the same
answer on any machine. Every better solution is reported as soon as it is found, so that a solver
that must be given up was not in vain.
"""

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np

from ensemble_api.planning.milp.task import Answer, Report, Stage, Task
from ensemble_api.planning.topology import IntArray

# HiGHS shares one scheduler between the threads of a process; one search at a time is safe.
_ONE_AT_A_TIME = threading.Lock()
_NOTHING = Stage(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), 0)


def _ignore(answer: Answer) -> None:
    pass


def solve(task: Task, report: Report = _ignore) -> Answer:
    """Search in this process; what is found is reported meanwhile as well."""
    with _ONE_AT_A_TIME:
        return _Search(task, report).run()


@dataclass(frozen=True, slots=True, eq=False)
class _Ended:
    """How one stage ended: values of all columns or none, and what bounds the stage."""

    values: IntArray | None
    bound: int | None
    proved: bool = False
    infeasible: bool = False


class _Search:
    def __init__(self, task: Task, report: Report) -> None:
        import highspy  # here, so that nothing but a search loads the solver

        self.highspy: Any = highspy
        self.task = task
        self.report = report
        self.effort = task.effort
        self.last: IntArray | None = None
        self.name, self.stage = "", _NOTHING
        self.decided = True  # whether all stages so far are proved
        self.bounds: dict[str, int] = {}
        self.solver: Any = highspy.Highs()
        options = {
            "output_flag": False,
            "threads": 1,
            "parallel": "off",
            "random_seed": 0,
            "mip_rel_gap": 0.0,
            "mip_abs_gap": 0.9,  # every objective is a whole number
        }
        for name, value in options.items():
            self.solver.setOptionValue(name, value)
        self.solver.passModel(self._model())
        self._limit_effort()
        self.solver.cbMipImprovingSolution.subscribe(self._improved)

    def _model(self) -> Any:
        task = self.task
        model = self.highspy.HighsLp()
        model.num_col_ = len(task.low)
        model.num_row_ = len(task.row_low)
        model.col_cost_ = np.zeros(len(task.low))
        model.col_lower_ = task.low
        model.col_upper_ = task.high
        model.row_lower_ = task.row_low
        model.row_upper_ = task.row_high
        matrix = model.a_matrix_
        matrix.format_ = self.highspy.MatrixFormat.kRowwise
        matrix.start_ = task.starts.astype(np.int32)
        matrix.index_ = task.index.astype(np.int32)
        matrix.value_ = task.factor
        model.integrality_ = [self.highspy.HighsVarType.kInteger] * len(task.low)
        return model

    def _limit_effort(self) -> None:
        """Stop when the effort is spent; the solver looks up at the same points in every run."""
        cost = max(len(self.task.low), 10)

        def interrupt(event: Any) -> None:
            self.effort -= cost
            if self.effort <= 0:
                event.interrupt()

        self.solver.cbMipInterrupt.subscribe(interrupt)

    def _improved(self, event: Any) -> None:
        """Report a solution that was found inside a stage, with the bound of that moment."""
        found = np.rint(event.data_out.mip_solution).astype(np.int64)
        bounds = dict(self.bounds)
        if self.decided and self.name:
            bound = self._bound(self.stage, event.data_out.mip_dual_bound)
            bounds |= {} if bound is None else {self.name: bound}
        self.report(Answer(found, bounds, infeasible=False, effort=self.effort))

    def run(self) -> Answer:
        task = self.task
        best: IntArray | None = None
        same = True  # whether all stages so far have the known values
        for name, stage in task.stages.items():
            value, bound = task.known.get(name, (None, None)) if same else (None, None)
            if value is not None:
                self._keep(stage, value)
            proved = value is not None and value == bound
            if proved or (task.prove is not None and name not in task.prove):
                continue
            ended = self._minimise(stage, name)
            if ended.infeasible:
                return self._answer(None, infeasible=best is None)
            if self.decided and ended.bound is not None:
                self.bounds[name] = ended.bound
            self.decided = self.decided and ended.proved
            if ended.values is None:
                return self._answer(best)
            best = ended.values
            self.report(self._answer(best))
            reached = stage.value(best)
            same = reached == value
            self._keep(stage, reached)
        if best is None:
            ended = self._minimise(_NOTHING)
            return self._answer(ended.values, infeasible=ended.infeasible)
        return self._answer(best)

    def _answer(self, values: IntArray | None, *, infeasible: bool = False) -> Answer:
        return Answer(values, dict(self.bounds), infeasible, self.effort)

    def _keep(self, stage: Stage, value: int) -> None:
        """Ask that a stage does not get worse than a value."""
        if len(stage.columns):
            self.solver.addRow(
                -self.highspy.kHighsInf,
                float(value - stage.constant),
                len(stage.columns),
                stage.columns.astype(np.int32),
                stage.factors.astype(float),
            )

    @staticmethod
    def _bound(stage: Stage, dual: float) -> int | None:
        """Give the least whole value that a bound of the solver leaves, if it has one."""
        return stage.constant + int(np.ceil(dual - 1e-6)) if np.isfinite(dual) else None

    def _minimise(self, stage: Stage, name: str = "") -> _Ended:
        self.name, self.stage = name, stage
        count = len(self.task.low)
        costs = np.zeros(count)
        np.add.at(costs, stage.columns, stage.factors)
        self.solver.changeColsCost(count, np.arange(count, dtype=np.int32), costs)
        if self.last is not None:
            start = self.highspy.HighsSolution()
            start.col_value = self.last.tolist()
            self.solver.setSolution(start)
        if self.effort <= 0:
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
        bound = self._bound(stage, info.mip_dual_bound)
        if proved and values is not None:
            bound = stage.value(values)
        return _Ended(values, bound, proved)
