# SPDX-License-Identifier: Apache-2.0
"""Near: wherever some tiers have a member, another tier has one as well."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from ensemble_api.planning.bounds.counting import domains_needed
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Message, Sentence
from ensemble_api.planning.milp.formulation import Formulation, Linear
from ensemble_api.planning.policy import Policy, Shortage, require_tier
from ensemble_api.planning.problem import Problem, together
from ensemble_api.planning.topology import BoolArray, IntArray
from ensemble_api.planning.wording import at_most, domains, in_every, level_word, listed, quoted

_ASKS = Sentence("near.asks", "%(to)s %(in_every)s that holds %(tiers)s")
_MUST = Sentence(
    "near.must",
    "Every %(level)s that holds members of %(tiers)s must hold one of %(to)s too.",
)
_SHOULD = Sentence(
    "near.should",
    "Every %(level)s that holds members of %(tiers)s should hold one of %(to)s too.",
)
_TOO_FEW_DOMAINS = Sentence(
    "near.too-few-domains",
    "%(tier)s needs at least %(domains)s, and %(to)s, which must be there too, can be %(at_most)s.",
)
_NEAR_ITSELF = Sentence(
    "invalid.near-itself", "must name a tier that is not among the policy's own tiers"
)
_MISSED = Sentence("near.missed", "%(number)s without it")


@dataclass(frozen=True, slots=True)
class Near(Policy):
    """Every domain that holds a member of one of the tiers holds a member of tier `to` as well."""

    to: str = ""
    kind: ClassVar[str] = "near"

    def __post_init__(self) -> None:
        Policy.__post_init__(self)
        if not self.to or self.to in self.tiers:
            raise ModelError("to", _NEAR_ITSELF())

    def require(self, counts: Mapping[str, int]) -> None:
        """Refuse what cannot be meant of an ensemble with so many members by tier."""
        Policy.require(self, counts)
        require_tier(self.to, "to", counts)

    def displaced(self, present: Mapping[str, int]) -> Policy | None:
        """Give it as long as there is something left to be near to."""
        return self if present.get(self.to) else None

    def renamed(self, names: Mapping[str, str]) -> Policy | None:
        """Give it with new names, if the other tier has one too."""
        found = Policy.renamed(self, names)
        if found is None or self.to not in names:
            return None
        return replace(self, tiers=found.tiers, to=names[self.to])

    def describe(self) -> Message:
        """Say in a few plain words what it asks for."""
        return _ASKS(to=self.to, in_every=in_every(self.level), tiers=listed(self.tiers))

    def sentence(self) -> Message:
        """Say as a whole sentence what must be, or should be if it is soft."""
        sentence = _MUST if self.hard else _SHOULD
        return sentence(level=level_word(self.level), tiers=listed(self.tiers), to=self.to)

    def missed(self, amount: int) -> Message:
        """Say in a few plain words by how much it is missed."""
        return _MISSED(number=amount)

    def shortfall(self, problem: Problem, counts: IntArray) -> int:
        """Count the domains, for each tier, in which the other tier is missing."""
        held = self.held(problem, counts)
        absent = problem.held(counts[self._other(problem)], self.level) == 0
        return sum(int(((values > 0) & absent).sum()) for values in held)

    def _other(self, problem: Problem) -> int:
        return problem.rows([self.to])[0]

    @property
    def required_tier(self) -> str | None:
        """The tier that is wherever one of its own tiers is."""
        return self.to

    @property
    def counting(self) -> tuple[str, ...]:
        """The other tier, which must be in as many domains as its own tiers need."""
        return (self.to,)

    def closed(self, problem: Problem, caps: IntArray) -> BoolArray | None:
        """Mark the domains in which the other tier can have no member."""
        return ~problem.domains_with(caps[self._other(problem)] > 0, self.level)

    def reachable(self, problem: Problem) -> Iterator[tuple[int, int, int]]:
        """Give the row of each tier, in how many domains the other can be, how many it needs.

        A member is in one domain, so the other tier is in no more domains than it has members.
        """
        other, depth = self._other(problem), problem.depth(self.level)
        there = int((problem.able(other, depth) > 0).sum())
        joined = together(problem, other)
        alone = joined is not None and joined <= depth
        most = min(there, 1 if alone else int(problem.counts[other]))
        for row in problem.rows(self.tiers):
            yield row, most, domains_needed(problem, row, depth)

    def shortages(self, problem: Problem) -> Iterator[Shortage]:
        """Say which limits are too low, and which tiers need more domains than the other has."""
        yield from Policy.shortages(self, problem)
        for row, most, wanted in self.unreached(problem):
            message = _TOO_FEW_DOMAINS(
                tier=quoted(problem.ensemble.tiers[row].name),
                domains=domains(wanted, self.level),
                to=quoted(self.to),
                at_most=at_most(most, self.level),
            )
            yield Shortage("too-few-domains", message, (row,), wanted, most)

    def add_rows(self, model: Formulation, cost: Linear | None) -> None:
        """Ask that a domain which holds a tier holds at least one of the other."""
        depth = model.problem.depth(self.level)
        for row in model.problem.rows(self.tiers):
            there = model.held(self._other(model.problem), depth)
            for domain, column in model.used(row, depth).items():
                slack, factor = model.slack(cost, 1)
                held = [there[domain]] if domain in there else []
                model.row([column, *held, *slack], [1] + [-1] * len(held) + factor, high=0)
