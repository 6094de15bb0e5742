# SPDX-License-Identifier: Apache-2.0
"""Affinity: all members of some tiers are in one domain."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ensemble_api.planning.bounds.counting import domains_needed
from ensemble_api.planning.message import Message, Sentence
from ensemble_api.planning.milp.formulation import Formulation, Linear
from ensemble_api.planning.policy import Policy, Shortage
from ensemble_api.planning.problem import Problem
from ensemble_api.planning.topology import IntArray
from ensemble_api.planning.wording import (
    in_number,
    in_one,
    level_word,
    listed,
    members,
    no_domain,
    quoted,
)

_ASKS = Sentence("affinity.asks", "all members of %(tiers)s %(in_one)s")
_MUST = Sentence("affinity.must", "All members of %(tiers)s must be in one %(level)s.")
_SHOULD = Sentence("affinity.should", "All members of %(tiers)s should be in one %(level)s.")
_MISSED = Sentence("affinity.missed", "they are %(in_number)s")
_NO_SINGLE_DOMAIN = Sentence(
    "affinity.no-single-domain",
    "All %(members)s of %(tier)s must be %(in_one)s, and %(no_domain)s has room for more than "
    "%(most)s.",
)


@dataclass(frozen=True, slots=True)
class Affinity(Policy):
    """All members of the tiers are in one domain of the level."""

    kind: ClassVar[str] = "affinity"

    def describe(self) -> Message:
        """Say in a few plain words what it asks for."""
        return _ASKS(tiers=listed(self.tiers), in_one=in_one(self.level))

    def sentence(self) -> Message:
        """Say as a whole sentence what must be, or should be if it is soft."""
        sentence = _MUST if self.hard else _SHOULD
        return sentence(tiers=listed(self.tiers), level=level_word(self.level))

    def missed(self, amount: int) -> Message:
        """Say in a few plain words by how much it is missed."""
        return _MISSED(in_number=in_number(amount + 1, self.level))

    @property
    def counting(self) -> tuple[str, ...]:
        """No tier: one member less never breaks it."""
        return ()

    def shortfall(self, problem: Problem, counts: IntArray) -> int:
        """Count the domains with members beyond the first."""
        held = self.held(problem, counts)
        return max(0, int((np.sum(held, axis=0) > 0).sum()) - 1)

    @property
    def joins(self) -> bool:
        """Whether all members of its tiers are in one domain."""
        return True

    def shortages(self, problem: Problem) -> Iterator[Shortage]:
        """Say which tiers have no domain with room for all their members."""
        depth = problem.depth(self.level)
        for row in problem.rows(self.tiers):
            tier, most = problem.ensemble.tiers[row], int(problem.able(row, depth).max(initial=0))
            if most < tier.count:
                message = _NO_SINGLE_DOMAIN(
                    members=members(tier.count),
                    tier=quoted(tier.name),
                    in_one=in_one(self.level),
                    no_domain=no_domain(self.level),
                    most=most,
                )
                yield Shortage("no-single-domain", message, (row,), tier.count, most)

    def least_missed(self, problem: Problem) -> int:
        """Bound what it misses: the domains that its largest tier needs, but for one."""
        depth = problem.depth(self.level)
        return max(domains_needed(problem, row, depth) for row in problem.rows(self.tiers)) - 1

    def missed_by_domains(self, problem: Problem, row: int, number: IntArray) -> IntArray:
        """Bound what it misses of one tier, by the number of domains [N] the tier is in."""
        return np.maximum(number - 1, 0)

    def add_rows(self, model: Formulation, cost: Linear | None) -> None:
        """Ask that a tier has all its members in a domain or none; soft: that few are used."""
        rows, depth = model.problem.rows(self.tiers), model.problem.depth(self.level)
        if not model.whole:
            # One host means one domain of any larger level, which is what a relaxation can say.
            depth = max(depth, 1)
        chosen: dict[int, int] = {}
        held = [model.held(row, depth) for row in rows]
        for domain in sorted(set().union(*held)):
            if cost is not None or all(domain in columns for columns in held):
                chosen[domain] = model.column(0, 1)
        if cost is None:
            model.row(chosen.values(), [1] * len(chosen), 1, 1)
        else:
            cost.constant -= 1
            for column in chosen.values():
                cost.add(column)
        for row, columns in zip(rows, held, strict=True):
            count = int(model.problem.counts[row])
            for domain, column in columns.items():
                if domain not in chosen:
                    model.high[column] = 0
                elif cost is None:
                    model.row([column, chosen[domain]], [1, -count], 0, 0)
                else:
                    model.row([column, chosen[domain]], [1, -model.high[column]], high=0)
