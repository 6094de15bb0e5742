# SPDX-License-Identifier: Apache-2.0
"""Selector: members are bound to, or kept off, hosts by the metadata of the hosts' aggregates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Argument, Message, Sentence, either
from ensemble_api.planning.milp.formulation import Formulation, Linear
from ensemble_api.planning.policy import Policy, Shortage
from ensemble_api.planning.problem import Problem
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import BoolArray, IntArray
from ensemble_api.planning.wording import hosts_with, listed, members, quoted

# Whether members are only where the values are, or not where they are.
RULES = ONLY, NOT = ("only", "not")

_ASKS_ONLY = Sentence("selector.asks-only", "%(tiers)s only %(where)s")
_ASKS_NOT = Sentence("selector.asks-not", "%(tiers)s not %(where)s")
_MUST = Sentence("selector.must", "The members of %(tiers)s must be %(where)s.")
_SHOULD = Sentence("selector.should", "The members of %(tiers)s should be %(where)s.")
_MUST_NOT = Sentence("selector.must-not", "The members of %(tiers)s must not be %(where)s.")
_SHOULD_NOT = Sentence("selector.should-not", "The members of %(tiers)s should not be %(where)s.")
_MISSED = Sentence(
    "selector.missed",
    "%(count)s member is where none should be",
    "%(count)s members are where none should be",
)
_NO_HOST = Sentence(
    "selector.no-host", "No usable host can take members of %(tier)s with “%(policy)s”."
)
_TOO_FEW_FIT = Sentence(
    "selector.too-few-fit",
    "%(count)s of the %(members)s of %(tier)s fits with “%(policy)s”.",
    "%(count)s of the %(members)s of %(tier)s fit with “%(policy)s”.",
)
_NONE_FITS = Sentence(
    "selector.none-fits", "None of the %(members)s of %(tier)s fit with “%(policy)s”."
)


@dataclass(frozen=True, slots=True)
class Selector(Policy):
    """Each tier is only, or not, in domains with hosts of aggregates that give `key` a value.

    A value means nothing but itself. Each of `values` will do, or is to be kept off.
    """

    key: str = ""
    values: tuple[str, ...] = ()
    rule: str = ONLY
    kind: ClassVar[str] = "selector"

    def __post_init__(self) -> None:
        Policy.__post_init__(self)
        if not isinstance(self.key, str) or not self.key:
            raise ModelError("key", "must be a key of aggregates' metadata")
        object.__setattr__(self, "values", tuple(self.values))
        if not self.values or len(set(self.values)) != len(self.values):
            raise ModelError("values", "must be different values, at least one")
        if self.rule not in RULES:
            raise ModelError("rule", f"must be {ONLY} or {NOT}")

    def _where(self, values: Sequence[Argument]) -> Message:
        return hosts_with(self.level, key=self.key, values=either(values))

    def describe(self) -> Message:
        """Say in a few plain words what it asks for."""
        asks = _ASKS_ONLY if self.rule == ONLY else _ASKS_NOT
        # Others quote this, so that it has no quotes of its own.
        return asks(tiers=listed(self.tiers), where=self._where(self.values))

    def sentence(self) -> Message:
        """Say as a whole sentence what must be, or should be if it is soft."""
        if self.rule == ONLY:
            sentence = _MUST if self.hard else _SHOULD
        else:
            sentence = _MUST_NOT if self.hard else _SHOULD_NOT
        values = [quoted(value) for value in self.values]
        return sentence(tiers=listed(self.tiers), where=self._where(values))

    def missed(self, amount: int) -> Message:
        """Say in a few plain words by how much it is missed."""
        return _MISSED(count=amount)

    @property
    def counting(self) -> tuple[str, ...]:
        """No tier: one member less never breaks it."""
        return ()

    @property
    def in_limits(self) -> bool:
        """Always: it goes by what hosts are, and not by what is on them."""
        return True

    @property
    def by_tier(self) -> bool:
        """Whether it says something of each tier by itself."""
        return True

    def barred(self, snapshot: Snapshot) -> BoolArray | None:
        """Mark the hosts that it keeps its tiers off, as far as its key is known."""
        known = snapshot.selectors.get(self.key)
        if known is None:
            return None
        index = snapshot.topology.index(self.level)
        found = np.zeros(snapshot.topology.size(self.level), dtype=np.bool_)
        for value in self.values:
            if value in known:
                found[index[known[value]]] = True
        barred: BoolArray = (~found if self.rule == ONLY else found)[index]
        return barred

    def _barred(self, problem: Problem) -> BoolArray:
        found = self.barred(problem.snapshot)
        return np.zeros(len(problem.topology), dtype=np.bool_) if found is None else found

    def closed(self, problem: Problem, caps: IntArray) -> BoolArray | None:
        """Mark the domains that it keeps its tiers off, whether or not they are eligible there."""
        return problem.domains_with(self._barred(problem), self.level)

    def shortfall(self, problem: Problem, counts: IntArray) -> int:
        """Count the members that are where none should be."""
        return int(counts[problem.rows(self.tiers)][:, self._barred(problem)].sum())

    def shortages(self, problem: Problem) -> Iterator[Shortage]:
        """Say which tiers have no host with it, and which not enough."""
        for row in problem.rows(self.tiers):
            tier, room = problem.ensemble.tiers[row], int(problem.caps[row].sum())
            words = {"tier": quoted(tier.name), "policy": self.describe()}
            if not (problem.suited[row] & ~self._barred(problem)).any():
                yield Shortage("no-eligible-host", _NO_HOST(**words), (row,), tier.count, 0)
            elif room < tier.count:
                sentence = _TOO_FEW_FIT if room else _NONE_FITS
                message = sentence(count=room, members=members(tier.count), **words)
                yield Shortage("no-capacity", message, (row,), tier.count, room)

    def least_missed(self, problem: Problem) -> int:
        """Bound what it misses by the room that there is where it wants them."""
        return sum(self._least(problem, row) for row in problem.rows(self.tiers))

    def _least(self, problem: Problem, row: int) -> int:
        room = int(problem.caps[row][~self._barred(problem)].sum())
        return max(0, int(problem.counts[row]) - room)

    def missed_by_domains(self, problem: Problem, row: int, number: IntArray) -> IntArray:
        """Bound what it misses of one tier, in however many domains the tier is."""
        return np.full_like(number, self._least(problem, row))

    def add_rows(self, model: Formulation, cost: Linear | None) -> None:
        """Count the members where none should be; where it is hard none can be, without a row."""
        if cost is None:
            return
        barred = self._barred(model.problem)[model.locations.first]
        if model.problem.depth(self.level) == 0:
            barred = barred & (model.locations.size > 0)  # of unlike hosts it is not known
        for row in model.problem.rows(self.tiers):
            for column in model.count[row][barred & (model.count[row] >= 0)].tolist():
                cost.add(column)
