# SPDX-License-Identifier: Apache-2.0
"""Survive: so many members of each tier are left after the loss of some domains."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ensemble_api.planning.errors import ModelError, require_whole
from ensemble_api.planning.laminar import level_off
from ensemble_api.planning.message import Argument, Message, Sentence
from ensemble_api.planning.milp.formulation import Formulation, Linear
from ensemble_api.planning.policy import Policy, Shortage
from ensemble_api.planning.problem import Problem
from ensemble_api.planning.topology import IntArray
from ensemble_api.planning.wording import after_loss, domains, listed, quoted

_ASKS = Sentence("survive.asks", "%(left)s of %(tiers)s left %(after_loss)s")
_MUST = Sentence(
    "survive.must",
    "At least %(left)s of %(tiers)s must be left %(after_loss)s.",
)
_SHOULD = Sentence(
    "survive.should",
    "At least %(left)s of %(tiers)s should be left %(after_loss)s.",
)
_EACH_MUST = Sentence(
    "survive.each-must",
    "At least %(left)s of each of %(tiers)s must be left %(after_loss)s.",
)
_EACH_SHOULD = Sentence(
    "survive.each-should",
    "At least %(left)s of each of %(tiers)s should be left %(after_loss)s.",
)
_MISSED = Sentence("survive.missed", "%(count)s too few is left", "%(count)s too few are left")
_TOO_FEW_LEFT = Sentence(
    "survive.too-few-left",
    "At most %(left)s of the %(number)s members of %(tier)s can be left %(after_loss)s, and "
    "%(wanted)s must be.",
)
_NONE_LEFT = Sentence(
    "survive.none-left",
    "No member of %(tier)s can be left %(after_loss)s, and %(wanted)s must be.",
)
_MORE_THAN_THERE_ARE = Sentence(
    "invalid.more-than-there-are", "must be at most %(most)s, the count of %(tier)s"
)
_SHARE = Sentence("share", "%(percent)s%")
_PERCENT = re.compile(r"(\d{1,3})%")


def _words(value: int | str) -> Argument:
    """Say a count or a share; languages differ in how they write the second."""
    return value if isinstance(value, int) else _SHARE(percent=value.removesuffix("%"))


@dataclass(frozen=True, slots=True)
class Survive(Policy):
    """After the loss of any `failures` domains each tier keeps `min_available` ('50%' too)."""

    min_available: int | str = 1
    failures: int = 1
    kind: ClassVar[str] = "survive"

    def __post_init__(self) -> None:
        Policy.__post_init__(self)
        require_whole(self.failures, "failures", 1)
        if isinstance(self.min_available, str):
            percent = _PERCENT.fullmatch(self.min_available)
            if percent is None or int(percent[1]) > 100:
                raise ModelError("min_available", "must be a count or a percentage up to 100%")
        else:
            require_whole(self.min_available, "min_available", 0)

    def require(self, counts: Mapping[str, int]) -> None:
        """Refuse what cannot be meant of an ensemble with so many members by tier."""
        Policy.require(self, counts)
        for name in self.tiers:
            if self.needed(counts[name]) > counts[name]:
                raise ModelError(
                    "min_available", _MORE_THAN_THERE_ARE(most=counts[name], tier=name)
                )

    def needed(self, count: int) -> int:
        """How many of `count` members must be left; a percentage is rounded up."""
        if isinstance(self.min_available, str):
            return -(-count * int(self.min_available[:-1]) // 100)
        return self.min_available

    def displaced(self, present: Mapping[str, int]) -> Policy | None:
        """Give nothing: the failure it is about has come, and any place is better than none."""
        return None

    def describe(self) -> Message:
        """Say in a few plain words what it asks for."""
        return _ASKS(
            left=_words(self.min_available),
            tiers=listed(self.tiers),
            after_loss=after_loss(self.failures, self.level),
        )

    def sentence(self) -> Message:
        """Say as a whole sentence what must be, or should be if it is soft."""
        if len(self.tiers) > 1:
            sentence = _EACH_MUST if self.hard else _EACH_SHOULD
        else:
            sentence = _MUST if self.hard else _SHOULD
        return sentence(
            left=_words(self.min_available),
            tiers=listed(self.tiers),
            after_loss=after_loss(self.failures, self.level),
        )

    def missed(self, amount: int) -> Message:
        """Say in a few plain words by how much it is missed."""
        return _MISSED(count=amount)

    def relaxed(self, field: str, value: int | str) -> Argument:
        """Say what `value` is, as one of its fields that tell how much it asks."""
        return domains(int(value), self.level) if field == "failures" else _words(value)

    def relaxations(self, count: int) -> Iterator[tuple[str, Sequence[int | str]]]:
        """Give smaller values of `min_available` and of `failures`."""
        if isinstance(self.min_available, int):
            yield "min_available", range(self.min_available - 1, 0, -1)
        else:
            percent = int(self.min_available[:-1])
            yield "min_available", [f"{less}%" for less in range(percent - 1, 0, -1)]
        yield "failures", range(self.failures - 1, 0, -1)

    def within(self, counts: Mapping[str, int]) -> Mapping[str, int]:
        """Give the number that must be left, when a tier would have fewer members than that."""
        least = min((counts[name] for name in self.tiers if name in counts), default=None)
        if least is None or isinstance(self.min_available, str) or least >= self.min_available:
            return {}
        return {"min_available": least}

    def shortfall(self, problem: Problem, counts: IntArray) -> int:
        """Count the members that are too few, tier by tier, after the worst losses."""
        amount = 0
        for row in problem.rows(self.tiers):
            held = problem.held(counts[row], self.level)
            lost = int(np.sort(held)[::-1][: self.failures].sum())
            count = int(problem.counts[row])
            amount += max(0, self.needed(count) - (count - lost))
        return amount

    @property
    def by_tier(self) -> bool:
        """Whether it says something of each tier by itself."""
        return True

    def evens(self, *, enforced: bool) -> bool:
        """Whether it is met when the domains of its level are filled evenly."""
        return enforced and self.failures > 1

    @property
    def in_limits(self) -> bool:
        """Whether its limits say all that it asks: of the loss of one domain."""
        return self.hard and self.failures == 1

    def target(self, count: int) -> int | None:
        """Give an even share of what may be lost, of so many members."""
        return max((count - self.needed(count)) // self.failures, 1)

    def limit(self, problem: Problem, row: int) -> int | None:
        """Give what may be lost in one domain."""
        count = int(problem.counts[row])
        return count - self.needed(count)

    def reachable(self, problem: Problem) -> Iterator[tuple[int, int, int]]:
        """Give the row of each tier, how many can be left at most, and how many must be."""
        depth = problem.depth(self.level)
        for row in problem.rows(self.tiers):
            count, able = int(problem.counts[row]), problem.able(row, depth)
            shares = np.sort(level_off(able, count, np.arange(len(able))))[::-1]
            yield row, int(shares[self.failures :].sum()), self.needed(count)

    def shortages(self, problem: Problem) -> Iterator[Shortage]:
        """Say of which tiers too few can be left, however they are placed."""
        # What it enforces itself is left out: a domain that may hold nothing would count as full.
        for row, left, wanted in self.reachable(problem.enforcing(())):
            if left >= wanted:
                continue
            tier = problem.ensemble.tiers[row]
            sentence = _TOO_FEW_LEFT if left else _NONE_LEFT
            message = sentence(
                left=left,
                number=tier.count,
                tier=quoted(tier.name),
                after_loss=after_loss(self.failures, self.level),
                wanted=wanted,
            )
            yield Shortage("too-few-domains", message, (row,), wanted, left)

    def missed_by_domains(self, problem: Problem, row: int, number: IntArray) -> IntArray:
        """Bound what it misses of one tier, by the number of domains [N] the tier is in."""
        count = int(problem.counts[row])
        share = -(-count * self.failures // np.maximum(number, 1))
        lost = np.where(number > self.failures, share, count)
        return np.maximum(self.needed(count) - (count - lost), 0)

    def add_rows(self, model: Formulation, cost: Linear | None) -> None:
        """Ask that the fullest domains do not hold more than may be lost."""
        depth = model.problem.depth(self.level)
        for row in model.problem.rows(self.tiers):
            count = int(model.problem.counts[row])
            loss = count - self.needed(count)
            slack, factor = model.slack(cost, count)
            columns = list(model.held(row, depth).values())
            if self.failures == 1:
                for column in columns:
                    if model.high[column] > loss:
                        model.row([column, *slack], [1, *factor], high=loss)
                continue
            # The sum of the f largest is the least of f * theta + sum(max(0, held - theta)).
            theta = model.column(0, count)
            over = []
            for column in columns:
                over.append(model.column(0, model.high[column]))
                model.row([over[-1], column, theta], [1, -1, 1], low=0)
            factors = [self.failures, *[1] * len(over), *factor]
            model.row([theta, *over, *slack], factors, high=loss)
