# SPDX-License-Identifier: Apache-2.0
"""Near: wherever some tiers have a member, another tier has one as well."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.milp.formulation import Formulation, Linear
from ensemble_api.planning.policy import Policy, require_tier
from ensemble_api.planning.problem import Problem
from ensemble_api.planning.topology import BoolArray, IntArray
from ensemble_api.planning.wording import inside, listed


@dataclass(frozen=True, slots=True)
class Near(Policy):
    """Every domain that holds a member of one of the tiers holds a member of tier `to` as well."""

    to: str = ""
    kind: ClassVar[str] = "near"

    def __post_init__(self) -> None:
        Policy.__post_init__(self)
        if not self.to or self.to in self.tiers:
            raise ModelError("to", "must name a tier that is not among the policy's own tiers")

    def require(self, counts: Mapping[str, int]) -> None:
        """Refuse what cannot be meant of an ensemble with so many members by tier."""
        Policy.require(self, counts)
        require_tier(self.to, "to", counts)

    def describe(self) -> str:
        """Say in a few plain words what it asks for."""
        return f"{self.to} {inside(self.level)} every {self.level} that holds {listed(self.tiers)}"

    def missed(self, amount: int) -> str:
        """Say in a few plain words by how much it is missed."""
        return f"{amount} without it"

    def shortfall(self, problem: Problem, counts: IntArray) -> int:
        """Count the domains, for each tier, in which the other tier is missing."""
        held = self.held(problem, counts)
        absent = problem.held(counts[self._other(problem)], self.level) == 0
        return sum(int(((values > 0) & absent).sum()) for values in held)

    def _other(self, problem: Problem) -> int:
        return problem.rows([self.to])[0]

    @property
    def beside(self) -> str | None:
        """The tier that is wherever one of its own tiers is."""
        return self.to

    def closed(self, problem: Problem, caps: IntArray) -> BoolArray | None:
        """Mark the domains in which the other tier can have no member."""
        return ~problem.domains_with(caps[self._other(problem)] > 0, self.level)

    def add_rows(self, model: Formulation, cost: Linear | None) -> None:
        """Ask that a domain which holds a tier holds at least one of the other."""
        depth = model.problem.depth(self.level)
        for row in model.problem.rows(self.tiers):
            there = model.held(self._other(model.problem), depth)
            for domain, column in model.used(row, depth).items():
                slack, factor = model.slack(cost, 1)
                held = [there[domain]] if domain in there else []
                model.row([column, *held, *slack], [1] + [-1] * len(held) + factor, high=0)
