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
# From so many columns on, a look costs as much as of so many: there is more work between two looks.
_LARGE, _LARGE_COST = 1_000, 2_500
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
            "mip_heuristic_run_feasibility_jump": False,  # half the time of a small search
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
        """Stop when the effort is spent; the solver looks up at the same points in every run.

        Of a large model it takes longer from one look to the next than its columns tell.
        """
        size = max(len(self.task.low), 10)
        cost = size if size < _LARGE else max(size, _LARGE_COST)

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
        best: IntArray | None = None
        for name, stage in self.task.stages.items():
            if not len(stage.columns):
                continue
            known = self.task.known.get(name)
            row = self._keep(stage, None if known is None else known[0])
            if not self._open(name, known):
                continue
            ended = (
                self._improve(row, stage, name, *known) if known else self._minimise(stage, name)
            )
            if ended.infeasible:
                return self._answer(None, infeasible=best is None)
            if self.decided and ended.bound is not None:
                self.bounds[name] = ended.bound
            self.decided = self.decided and ended.proved
            if ended.values is None and ended.proved:
                continue  # no plan is better than the known one
            if ended.values is None or known is not None:
                # Of a better plan than the known one, nothing is known of the later stages.
                return self._answer(best if ended.values is None else ended.values)
            best = ended.values
            self.report(self._answer(best))
            self._limit(row, stage, None, stage.value(best))
        if best is None and not self.task.known:
            ended = self._minimise(_NOTHING)
            return self._answer(ended.values, infeasible=ended.infeasible)
        return self._answer(best)

    def _open(self, name: str, known: tuple[int, int] | None) -> bool:
        """Whether a stage is to be searched: asked for, and not proved."""
        asked = self.task.prove is None or name in self.task.prove
        return asked and (known is None or known[0] > known[1])

    def _improve(self, row: int, stage: Stage, name: str, value: int, bound: int) -> _Ended:
        """Look for what is better in a stage than a known plan, or for the proof of none.

        That is easier than to find the known plan again and to prove it.
        """
        self._limit(row, stage, bound, value - 1)
        ended = self._minimise(stage, name)
        if ended.infeasible:
            ended = _Ended(None, value, proved=True)
        if ended.values is None:
            self._limit(row, stage, bound, value)
        return ended

    def _answer(self, values: IntArray | None, *, infeasible: bool = False) -> Answer:
        return Answer(values, dict(self.bounds), infeasible, self.effort)

    def _keep(self, stage: Stage, value: int | None) -> int:
        """Add a row that keeps a stage at a value or below it, if one is given; give its number."""
        number = int(self.solver.getNumRow())
        high = self.highspy.kHighsInf if value is None else float(value - stage.constant)
        columns, factors = stage.columns.astype(np.int32), stage.factors.astype(float)
        self.solver.addRow(-self.highspy.kHighsInf, high, len(columns), columns, factors)
        return number

    def _limit(self, row: int, stage: Stage, low: int | None, high: int) -> None:
        """Keep a stage between two values, by its row."""
        least = -self.highspy.kHighsInf if low is None else float(low - stage.constant)
        self.solver.changeRowBounds(row, least, float(high - stage.constant))

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
