# SPDX-License-Identifier: Apache-2.0
"""Spread: the members of a tier are over its eligible domains: evenly, so many, or by shares."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ensemble_api.planning.apportionment import Apportionment, apportion
from ensemble_api.planning.errors import ModelError, require_whole
from ensemble_api.planning.message import Argument, Message, Sentence
from ensemble_api.planning.milp.formulation import Formulation, Linear
from ensemble_api.planning.policy import Policy, Shortage
from ensemble_api.planning.problem import Problem
from ensemble_api.planning.topology import BoolArray, IntArray
from ensemble_api.planning.wording import (
    at_least,
    at_most,
    domains,
    in_number,
    level_word,
    listed,
    members,
    over,
    quoted,
)

_ASKS_SKEW = Sentence("spread.asks-skew", "%(tiers)s %(over)s with a skew of at most %(skew)s")
_ASKS_DOMAINS = Sentence("spread.asks-domains", "%(tiers)s %(at_least)s")
_ASKS_BOTH = Sentence("spread.asks-both", "%(skew)s and %(domains)s")
_SKEW = Sentence("spread.skew", "a skew of %(skew)s")
_MUST = Sentence("spread.must", "The members of %(tiers)s must be spread: %(how)s.")
_SHOULD = Sentence("spread.should", "The members of %(tiers)s should be spread: %(how)s.")
_EACH_MUST = Sentence(
    "spread.each-must", "The members of each of %(tiers)s must be spread: %(how)s."
)
_EACH_SHOULD = Sentence(
    "spread.each-should", "The members of each of %(tiers)s should be spread: %(how)s."
)
_EVEN = Sentence("spread.even", "no %(level)s holds over %(skew)s more than another")
_USED = Sentence("spread.used", "at least %(domains)s is used", "at least %(domains)s are used")
_BY_SHARES = Sentence("spread.by-shares", "%(tiers)s %(over)s by shares of %(shares)s")
_SHARE = Sentence("spread.share", "%(share)s in %(name)s")
_HOW_BY_SHARES = Sentence("spread.how-by-shares", "by shares of %(shares)s")
_OUT_OF_PLACE = Sentence(
    "spread.out-of-place",
    "%(count)s member is where another share should be",
    "%(count)s members are where another share should be",
)
_TOO_FEW_IN_SHARES = Sentence(
    "spread.too-few-in-shares",
    "%(count)s of the %(members)s of “%(tier)s” can be where its share is (%(policy)s).",
    "%(count)s of the %(members)s of “%(tier)s” can be where their shares are (%(policy)s).",
)
_NOTHING_ASKED = Sentence(
    "invalid.nothing-asked", "must be given when min_domains and shares are not"
)
_SHARES_ALONE = Sentence("invalid.shares-alone", "must not be given beside shares")
_NO_SHARES = Sentence("invalid.no-shares", "must give at least one domain its share")
_MISSED = Sentence("spread.missed", "%(number)s short of it")
_TOO_FEW_DOMAINS = Sentence(
    "spread.too-few-domains", "%(tier)s can be %(at_most)s, and it must be %(in_number)s."
)


@dataclass(frozen=True, slots=True)
class Spread(Policy):
    """Each tier is spread over its eligible domains: by at most `max_skew`, over `min_domains`.

    Or `shares` say how much of it each domain has, by the domain's name, and no other has any.
    """

    max_skew: int | None = None
    min_domains: int | None = None
    shares: tuple[tuple[str, int], ...] | None = None
    kind: ClassVar[str] = "spread"

    def __post_init__(self) -> None:
        Policy.__post_init__(self)
        if self.shares is not None:
            given = dict(self.shares)
            object.__setattr__(self, "shares", tuple(sorted(given.items())))
            if not given:
                raise ModelError("shares", _NO_SHARES())
            for name, share in given.items():
                require_whole(share, f"shares.{name}", 1)
            for field in ("max_skew", "min_domains"):
                if getattr(self, field) is not None:
                    raise ModelError(field, _SHARES_ALONE())
        elif self.max_skew is None and self.min_domains is None:
            raise ModelError("max_skew", _NOTHING_ASKED())
        if self.max_skew is not None:
            require_whole(self.max_skew, "max_skew", 1)
        if self.min_domains is not None:
            require_whole(self.min_domains, "min_domains", 1)

    def describe(self) -> Message:
        """Say in a few plain words what it asks for."""
        tiers, parts = listed(self.tiers), []
        if self.shares is not None:
            return _BY_SHARES(tiers=tiers, over=over(self.level), shares=self._shares())
        if self.max_skew is not None:
            parts.append(_ASKS_SKEW(tiers=tiers, over=over(self.level), skew=self.max_skew))
        if self.min_domains is not None:
            number = at_least(self.min_domains, self.level)
            parts.append(_ASKS_DOMAINS(tiers=tiers, at_least=number))
        return _ASKS_BOTH(skew=parts[0], domains=parts[1]) if len(parts) > 1 else parts[0]

    def _shares(self) -> Argument:
        """Say the shares; what they add up to is not said, as people add them up themselves."""
        return listed([_SHARE(share=share, name=name) for name, share in self.shares or ()])

    def sentence(self) -> Message:
        """Say as a whole sentence what must be, or should be if it is soft."""
        how: list[Argument] = []
        if self.shares is not None:
            how.append(_HOW_BY_SHARES(shares=self._shares()))
        if self.max_skew is not None:
            how.append(_EVEN(level=level_word(self.level), skew=self.max_skew))
        if self.min_domains is not None:
            number = self.min_domains
            how.append(_USED(domains=domains(number, self.level), count=number))
        if len(self.tiers) > 1:
            sentence = _EACH_MUST if self.hard else _EACH_SHOULD
        else:
            sentence = _MUST if self.hard else _SHOULD
        return sentence(tiers=listed(self.tiers), how=listed(how))

    def missed(self, amount: int) -> Message:
        """Say in a few plain words by how much it is missed."""
        return _MISSED(number=amount) if self.shares is None else _OUT_OF_PLACE(count=amount)

    def relaxed(self, field: str, value: int | str) -> Argument:
        """Say what `value` is, as one of its fields that tell how much it asks."""
        if field == "max_skew":
            return _SKEW(skew=value)
        return domains(int(value), self.level)

    def relaxations(self, count: int) -> Iterator[tuple[str, Sequence[int | str]]]:
        """Give larger values of `max_skew` and smaller ones of `min_domains`."""
        if self.max_skew is not None:
            yield "max_skew", range(self.max_skew + 1, count)
        if self.min_domains is not None:
            yield "min_domains", range(min(self.min_domains - 1, count), 0, -1)

    def displaced(self, present: Mapping[str, int]) -> Policy | None:
        """Give it without the number of domains, of which a failure leaves fewer, or the shares."""
        return None if self.max_skew is None else replace(self, min_domains=None)

    def shortfall(self, problem: Problem, counts: IntArray) -> int:
        """Count by how much the values of the eligible domains are uneven, or too few are used."""
        amount = 0
        for row in problem.rows(self.tiers):
            if self.shares is not None:
                amount += self._out_of_place(problem, row, counts[row])
                continue
            eligible = problem.domains_with(problem.eligible[row], self.level)
            values = problem.held(counts[row], self.level)[eligible]
            if self.max_skew is not None and len(values):
                amount += max(0, int(values.max() - values.min()) - self.max_skew)
            if self.min_domains is not None:
                amount += max(0, self.min_domains - int((values > 0).sum()))
        return amount

    def _apportioned(self, problem: Problem, row: int) -> Apportionment:
        """How many of a tier each share comes to."""
        return apportion(int(problem.counts[row]), dict(self.shares or ()))

    def _named(self, problem: Problem) -> dict[str, BoolArray]:
        """Mark the domains of the level that have each name; one name may be of several."""
        names = [domain.name for domain in problem.topology.domains(self.level)]
        return {
            share: np.array([name == share for name in names], dtype=np.bool_)
            for share, _ in self.shares or ()
        }

    def _out_of_place(self, problem: Problem, row: int, per_host: IntArray) -> int:
        """Count the members of a tier that would have to be elsewhere; some may not be anywhere."""
        parts, held = self._apportioned(problem, row), problem.held(per_host, self.level)
        there = {name: int(held[where].sum()) for name, where in self._named(problem).items()}
        foreign = int(held.sum()) - sum(there.values())
        above = sum(max(0, count - parts.most(name)) for name, count in there.items())
        below = sum(max(0, parts.least[name] - count) for name, count in there.items())
        return max(foreign + above, below - int(problem.counts[row] - held.sum()))

    def quotas(self, problem: Problem, row: int) -> IntArray | None:
        """Give what a domain's share comes to."""
        if self.shares is None:
            return None
        parts = self._apportioned(problem, row)
        names = [domain.name for domain in problem.topology.domains(self.level)]
        return np.array([parts.most(name) for name in names], dtype=np.int64)

    def closed(self, problem: Problem, caps: IntArray) -> BoolArray | None:
        """Mark the domains without a share."""
        if self.shares is None:
            return None
        named = self._named(problem).values()
        return ~np.logical_or.reduce([*named])

    @property
    def by_tier(self) -> bool:
        """Whether it says something of each tier by itself."""
        return True

    def evens(self, *, enforced: bool) -> bool:
        """Whether it is met when the domains of its level are filled evenly."""
        return enforced and self.shares is None

    def limit(self, problem: Problem, row: int) -> int | None:
        """Give the most that a domain may hold beside what the emptiest one can."""
        if self.max_skew is None:
            return None
        eligible = problem.domains_with(problem.eligible[row], self.level)
        if not eligible.any():
            return self.max_skew
        rooms = problem.held(problem.room[row], self.level)[eligible]
        return int(min(rooms.min(), problem.counts[row] // len(rooms))) + self.max_skew

    def reachable(self, problem: Problem) -> Iterator[tuple[int, int, int]]:
        """Give the row of each tier, the most domains it can be in, and in how many it must be."""
        depth = problem.depth(self.level)
        if self.shares is not None:
            for row in problem.rows(self.tiers):
                yield row, self._placeable(problem, row), int(problem.counts[row])
        if self.min_domains is not None:
            for row in problem.rows(self.tiers):
                present = int((problem.able(row, depth) > 0).sum())
                yield row, min(int(problem.counts[row]), present), self.min_domains

    def _placeable(self, problem: Problem, row: int) -> int:
        """Count the members of a tier that can be where a share of them should be."""
        parts = self._apportioned(problem, row)
        able = problem.able(row, problem.depth(self.level))
        room = {name: int(able[where].sum()) for name, where in self._named(problem).items()}
        sure = sum(min(room[name], least) for name, least in parts.least.items())
        more = sum(room[name] > parts.least[name] for name in parts.open)
        return sure + min(more, parts.extra)

    def shortages(self, problem: Problem) -> Iterator[Shortage]:
        """Say which limits are too low, and which tiers cannot be in as many domains as asked."""
        if self.shares is not None:
            for row, most, wanted in self.reachable(problem):
                if most < wanted:
                    message = _TOO_FEW_IN_SHARES(
                        count=most,
                        members=members(wanted),
                        tier=problem.ensemble.tiers[row].name,
                        policy=self.describe(),
                    )
                    yield Shortage("too-few-domains", message, (row,), wanted, most)
            return
        yield from Policy.shortages(self, problem)
        for row, most, wanted in self.unreached(problem):
            message = _TOO_FEW_DOMAINS(
                tier=quoted(problem.ensemble.tiers[row].name),
                at_most=at_most(most, self.level),
                in_number=in_number(wanted, self.level),
            )
            yield Shortage("too-few-domains", message, (row,), wanted, most)

    def missed_by_domains(self, problem: Problem, row: int, number: IntArray) -> IntArray:
        """Bound what it misses of one tier, by the number of domains [N] the tier is in."""
        missed = np.zeros_like(number)
        if self.min_domains is not None:
            missed += np.maximum(self.min_domains - number, 0)
        if self.max_skew is not None:
            largest = -(-int(problem.counts[row]) // np.maximum(number, 1))
            eligible = int(problem.domains_with(problem.eligible[row], self.level).sum())
            skew = np.where(number < eligible, largest, 0)
            missed += np.maximum(skew - self.max_skew, 0)
        return missed

    def add_rows(self, model: Formulation, cost: Linear | None) -> None:
        """Ask that the eligible domains hold about as much, and that so many hold anything."""
        depth = model.problem.depth(self.level)
        if depth == 0 and not model.whole:
            return  # nothing is known of hosts that are not locations
        for row in model.problem.rows(self.tiers):
            held = model.held(row, depth)
            if self.shares is not None:
                self._keep_shares(model, cost, row)
                continue
            eligible = model.problem.domains_with(model.problem.eligible[row], self.level)
            if self.max_skew is not None and eligible.any():
                self._limit_skew(model, cost, row, np.flatnonzero(eligible).tolist(), self.max_skew)
            if self.min_domains is not None:
                slack, _ = model.slack(cost, self.min_domains)
                filled = []
                for column in held.values():
                    filled.append(model.column(0, 1))
                    model.row([column, filled[-1]], [1, -1], low=0)
                both = [*filled, *slack]
                model.row(both, [1] * len(both), low=self.min_domains)

    def _keep_shares(self, model: Formulation, cost: Linear | None, row: int) -> None:
        """Ask that each share is met; at a cost, each member that is out of place counts once."""
        parts = self._apportioned(model.problem, row)
        held = model.held(row, model.problem.depth(self.level))
        count = int(model.problem.counts[row])
        named = self._named(model.problem)
        foreign = [
            column for domain, column in held.items() if not any(w[domain] for w in named.values())
        ]
        above, below = [*foreign], []
        for name, where in named.items():
            columns = [column for domain, column in held.items() if where[domain]]
            least, most = parts.least[name], parts.most(name)
            if cost is None:
                model.row(columns, [1] * len(columns), low=least, high=most)
                continue
            above.append(model.column(0, count))
            below.append(model.column(0, count))
            model.row([*columns, above[-1]], [1] * len(columns) + [-1], high=most)
            model.row([*columns, below[-1]], [1] * (len(columns) + 1), low=least)
        if cost is None:
            model.row(foreign, [1] * len(foreign), high=0)
            return
        missed = model.column(0, count)
        cost.add(missed)
        for each in (above, below):
            model.row([missed, *each], [1] + [-1] * len(each), low=0)

    def _limit_skew(
        self, model: Formulation, cost: Linear | None, row: int, eligible: list[int], skew: int
    ) -> None:
        held = model.held(row, model.problem.depth(self.level))
        count = int(model.problem.counts[row])
        slack, factor = model.slack(cost, count)
        empty = any(domain not in held for domain in eligible)
        least = model.column(0, 0 if empty else count // len(eligible))
        for domain in set(eligible) & set(held):
            column = held[domain]
            model.row([column, least, *slack], [1, -1, *factor], high=skew)
            model.row([column, least], [1, -1], low=0)
