# SPDX-License-Identifier: Apache-2.0
"""Anti-affinity: few members of one tier share a domain, or no two of several tiers do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ensemble_api.planning.bounds.counting import domains_needed
from ensemble_api.planning.errors import ModelError, require_whole
from ensemble_api.planning.message import Message, Sentence
from ensemble_api.planning.milp.formulation import Formulation, Linear
from ensemble_api.planning.policy import Policy, Shortage
from ensemble_api.planning.problem import Problem, together
from ensemble_api.planning.topology import IntArray
from ensemble_api.planning.wording import (
    domains,
    in_a,
    in_same,
    level_word,
    listed,
    quoted,
    there_are,
)

_ASKS = Sentence("anti-affinity.asks", "at most %(most)s of %(tiers)s %(in_a)s")
_ASKS_APART = Sentence("anti-affinity.asks-apart", "no two of %(tiers)s %(in_same)s")
_MUST_BE_ALONE = Sentence(
    "anti-affinity.must-be-alone", "No two members of %(tiers)s may share a %(level)s."
)
_SHOULD_BE_ALONE = Sentence(
    "anti-affinity.should-be-alone", "No two members of %(tiers)s should share a %(level)s."
)
_MUST = Sentence(
    "anti-affinity.must", "A %(level)s may hold at most %(most)s members of %(tiers)s."
)
_SHOULD = Sentence(
    "anti-affinity.should", "A %(level)s should hold at most %(most)s members of %(tiers)s."
)
_MUST_BE_APART = Sentence(
    "anti-affinity.must-be-apart", "No %(level)s may hold members of two of %(tiers)s."
)
_SHOULD_BE_APART = Sentence(
    "anti-affinity.should-be-apart", "No %(level)s should hold members of two of %(tiers)s."
)
_ONE_FOR_SEVERAL = Sentence(
    "invalid.one-for-several", "must be 1 when the policy names several tiers"
)
_MISSED = Sentence("anti-affinity.missed", "%(number)s too many")
_TOO_FEW_DOMAINS = Sentence(
    "anti-affinity.too-few-domains",
    "%(tiers)s need at least %(domains)s when no two of them share one, and %(there_are)s with "
    "free capacity.",
)


@dataclass(frozen=True, slots=True)
class AntiAffinity(Policy):
    """One tier: at most `max_per_domain` members a domain; several: no domain holds two tiers."""

    max_per_domain: int = 1
    kind: ClassVar[str] = "anti-affinity"

    def __post_init__(self) -> None:
        Policy.__post_init__(self)
        require_whole(self.max_per_domain, "max_per_domain", 1)
        if self.separates and self.max_per_domain != 1:
            raise ModelError("max_per_domain", _ONE_FOR_SEVERAL())

    def describe(self) -> Message:
        """Say in a few plain words what it asks for."""
        tiers = listed(self.tiers)
        if self.separates:
            return _ASKS_APART(tiers=tiers, in_same=in_same(self.level))
        return _ASKS(most=self.max_per_domain, tiers=tiers, in_a=in_a(self.level))

    def sentence(self) -> Message:
        """Say as a whole sentence what must be, or should be if it is soft."""
        if self.separates:
            sentence = _MUST_BE_APART if self.hard else _SHOULD_BE_APART
        elif self.max_per_domain == 1:
            sentence = _MUST_BE_ALONE if self.hard else _SHOULD_BE_ALONE
        else:
            sentence = _MUST if self.hard else _SHOULD
        level = level_word(self.level)
        return sentence(tiers=listed(self.tiers), level=level, most=self.max_per_domain)

    def missed(self, amount: int) -> Message:
        """Say in a few plain words by how much it is missed."""
        return _MISSED(number=amount)

    def relaxations(self, count: int) -> Iterator[tuple[str, Sequence[int | str]]]:
        """Give larger values of `max_per_domain`."""
        if not self.separates:
            yield "max_per_domain", range(self.max_per_domain + 1, count)

    @property
    def in_limits(self) -> bool:
        """Whether its limits say all that it asks: of a single tier."""
        return self.hard and not self.separates

    @property
    def counting(self) -> tuple[str, ...]:
        """No tier: one member less never breaks it."""
        return ()

    def shortfall(self, problem: Problem, counts: IntArray) -> int:
        """Count the members, or the tiers, that are too many in their domains."""
        held = self.held(problem, counts)
        if not self.separates:
            return int(np.maximum(held[0] - self.max_per_domain, 0).sum())
        tiers = sum((values > 0).astype(np.int64) for values in held)
        return int(np.maximum(tiers - 1, 0).sum())

    @property
    def separates(self) -> bool:
        """Whether no two of its tiers are in the same domain."""
        return len(self.tiers) > 1

    def evens(self, *, enforced: bool) -> bool:
        """Whether it is missed least when every domain takes its part."""
        return not enforced and not self.separates

    def limit(self, problem: Problem, row: int) -> int | None:
        """Give the most members of a tier that one domain of the level may hold."""
        return None if self.separates else self.max_per_domain

    def impossible(self, problem: Problem) -> bool:
        """Whether its tiers need more domains than there are for them, or must be together."""
        if not self.separates:
            return False
        depth = problem.depth(self.level)
        if any(
            other.joins
            and problem.depth(other.level) <= depth
            and len(set(other.tiers) & set(self.tiers)) > 1
            for other in problem.policies(problem.hard)
        ):
            return True
        return self._missing(problem) > 0

    def _missing(self, problem: Problem) -> int:
        """Count the domains that its tiers need beyond those in which any of them fits."""
        rows, depth = problem.rows(self.tiers), problem.depth(self.level)
        marks = [problem.domains_with(problem.caps[row] > 0, self.level) for row in rows]
        needed = sum(domains_needed(problem, row, depth) for row in rows)
        return needed - int(np.any(marks, axis=0).sum())

    def shortages(self, problem: Problem) -> Iterator[Shortage]:
        """Say for which tiers there are too few domains, each alone and all together."""
        yield from Policy.shortages(self, problem)
        if not self.separates:
            return
        rows, depth = problem.rows(self.tiers), problem.depth(self.level)
        needed = sum(domains_needed(problem, row, depth) for row in rows)
        fit = [problem.able(row, depth) > 0 for row in rows]
        present = int(np.any(fit, axis=0).sum())
        if needed > present:
            message = _TOO_FEW_DOMAINS(
                tiers=listed([quoted(name) for name in self.tiers]),
                domains=domains(needed, self.level),
                there_are=there_are(present),
            )
            yield Shortage("too-few-domains", message, tuple(rows), needed, present)

    def least_missed(self, problem: Problem) -> int:
        """Bound what it misses, whatever the other soft policies do."""
        if self.separates:
            # Every domain may hold one tier for nothing, and each further one counts.
            return max(0, self._missing(problem))
        (row,), depth = problem.rows(self.tiers), problem.depth(self.level)
        count = int(problem.counts[row])
        joined = together(problem, row)
        if joined is not None and joined <= depth:
            return max(0, count - self.max_per_domain)
        able = problem.able(row, depth)
        return max(0, count - int(np.minimum(able, self.max_per_domain).sum()))

    def missed_by_domains(self, problem: Problem, row: int, number: IntArray) -> IntArray:
        """Bound what it misses of one tier, by the number of domains [N] the tier is in."""
        return np.maximum(int(problem.counts[row]) - self.max_per_domain * number, 0)

    def add_rows(self, model: Formulation, cost: Linear | None) -> None:
        """Ask that a domain holds one tier; for one tier the columns are limited, unless soft."""
        rows, depth = model.problem.rows(self.tiers), model.problem.depth(self.level)
        if self.separates:
            used = [model.used(row, depth) for row in rows]
            for domain in sorted(set().union(*used)):
                here = [columns[domain] for columns in used if domain in columns]
                if len(here) > 1:
                    slack, factor = model.slack(cost, len(here) - 1)
                    model.row([*here, *slack], [1] * len(here) + factor, high=1)
        elif cost is not None:
            most = self.max_per_domain
            for column in model.held(rows[0], depth).values():
                if model.high[column] > most:
                    slack, factor = model.slack(cost, model.high[column] - most)
                    model.row([column, *slack], [1, *factor], high=most)
