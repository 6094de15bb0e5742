# SPDX-License-Identifier: Apache-2.0
"""Exclusive: domains with members of some tiers hold no server of others."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Message, Sentence
from ensemble_api.planning.milp.formulation import Formulation, Linear
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.problem import Problem
from ensemble_api.planning.topology import BoolArray, IntArray
from ensemble_api.planning.wording import in_a, level_word, listed

# Whose servers are kept out: those of other ensembles, or of other projects.
OTHERS = ENSEMBLE, PROJECT = ("ensemble", "project")

_ASKS_OF_PROJECTS = Sentence(
    "exclusive.asks-of-projects",
    "no server of another project %(in_a)s that holds %(tiers)s",
)
_ASKS_OF_ENSEMBLES = Sentence(
    "exclusive.asks-of-ensembles",
    "no server of another ensemble %(in_a)s that holds %(tiers)s",
)
_MUST_OF_PROJECTS = Sentence(
    "exclusive.must-of-projects",
    "A %(level)s with members of %(tiers)s may hold no server of another project.",
)
_SHOULD_OF_PROJECTS = Sentence(
    "exclusive.should-of-projects",
    "A %(level)s with members of %(tiers)s should hold no server of another project.",
)
_MUST_OF_ENSEMBLES = Sentence(
    "exclusive.must-of-ensembles",
    "A %(level)s with members of %(tiers)s may hold no member of another ensemble.",
)
_SHOULD_OF_ENSEMBLES = Sentence(
    "exclusive.should-of-ensembles",
    "A %(level)s with members of %(tiers)s should hold no member of another ensemble.",
)
_MISSED = Sentence("exclusive.missed", "%(count)s is shared", "%(count)s are shared")


@dataclass(frozen=True, slots=True)
class Exclusive(Policy):
    """A domain with members of the tiers holds no server of another ensemble or project."""

    other: str = PROJECT
    kind: ClassVar[str] = "exclusive"

    def __post_init__(self) -> None:
        Policy.__post_init__(self)
        if self.other not in OTHERS:
            raise ModelError("other", "must be ensemble or project")

    def describe(self) -> Message:
        """Say in a few plain words what it asks for."""
        asks = _ASKS_OF_PROJECTS if self.other == PROJECT else _ASKS_OF_ENSEMBLES
        return asks(in_a=in_a(self.level), tiers=listed(self.tiers))

    def sentence(self) -> Message:
        """Say as a whole sentence what must be, or should be if it is soft."""
        if self.other == PROJECT:
            sentence = _MUST_OF_PROJECTS if self.hard else _SHOULD_OF_PROJECTS
        else:
            sentence = _MUST_OF_ENSEMBLES if self.hard else _SHOULD_OF_ENSEMBLES
        return sentence(level=level_word(self.level), tiers=listed(self.tiers))

    def missed(self, amount: int) -> Message:
        """Say in a few plain words by how much it is missed."""
        return _MISSED(count=amount)

    @property
    def keeps_out(self) -> str | None:
        """Servers of other ensembles, or of other projects."""
        return self.other

    @property
    def counting(self) -> tuple[str, ...]:
        """No tier: one member less never breaks it."""
        return ()

    def shortfall(self, problem: Problem, counts: IntArray) -> int:
        """Count the domains with members that hold servers of others."""
        held = self.held(problem, counts)
        return int((self._taken(problem) & (np.sum(held, axis=0) > 0)).sum())

    def _taken(self, problem: Problem) -> BoolArray:
        """Mark the domains of the level that hold servers of others."""
        mask = problem.snapshot.others.get(self.other)
        if mask is None:
            return np.zeros(problem.topology.size(self.level), dtype=np.bool_)
        return problem.domains_with(mask, self.level)

    def closed(self, problem: Problem, caps: IntArray) -> BoolArray | None:
        """Mark the domains that hold servers of others."""
        return self._taken(problem)

    def add_rows(self, model: Formulation, cost: Linear | None) -> None:
        """Count the shared domains; where it is hard they are closed, and no row is needed."""
        depth = model.problem.depth(self.level)
        if cost is None or (depth == 0 and not model.whole):
            return
        rows = model.problem.rows(self.tiers)
        for domain in np.flatnonzero(self._taken(model.problem)).tolist():
            columns = [model.held(row, depth).get(domain) for row in rows]
            here = [column for column in columns if column is not None]
            if here:
                shared = model.column(0, 1)
                cost.add(shared)
                for column in here:
                    model.row([column, shared], [1, -model.high[column]], high=0)
