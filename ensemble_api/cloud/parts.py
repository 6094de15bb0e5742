# SPDX-License-Identifier: Apache-2.0
"""What fits on a host whose tree has several providers, and of which of them each member takes.

A member takes all that an ask says from one provider. What is counted as free fits in whatever
order members come, and whichever provider each is given: Nova chooses for itself.
"""

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ensemble_api.cloud.demand import Ask, Demand
from ensemble_api.shares import share

Sources: TypeAlias = Mapping[Ask, frozenset[str]]
"""The providers that have room for each ask of a demand."""

Stocks: TypeAlias = Mapping[str, Mapping[str, tuple[int, int]]]
"""Capacity and use by provider and resource class."""


MOST_SUMS = 4096  # steps up to the largest provider, beyond which only the worst case is counted


@dataclass(frozen=True, slots=True)
class Offered:
    """One demand for which a host has room, with its sources there.

    ``free_choice`` is whether each ask may be of any of its sources, whatever the others are of.
    """

    demand: Demand
    sources: Sources
    free_choice: bool = True


@dataclass(frozen=True, slots=True)
class Parts:
    """Of one host, by resource class: units in all and free, and what is free of each provider.

    It is ``whole`` unless more may fit than is counted.
    """

    total: Mapping[str, int]
    free: Mapping[str, int]
    providers: Mapping[str, Mapping[str, int]]
    whole: bool = True


def parts(own: str, offers: Sequence[Offered], stocks: Stocks) -> Parts:
    """What the host has for these demands, in whatever mix their members come.

    ``own`` is its own provider, of which ``providers`` says nothing where all is taken of it.
    """
    asked: dict[str, list[tuple[Offered, Ask]]] = defaultdict(list)
    for offer in offers:
        for ask in offer.demand.asks:
            asked[ask.resource_class].append((offer, ask))
    together = _together(offers)
    total, free, of, whole = {}, {}, {}, True
    for name, those in asked.items():
        every = frozenset[str]().union(*(offer.sources[ask] for offer, ask in those))
        common = _common([each for one in together[name] for each in asked[one]])
        if len(together[name]) > 1:
            common = frozenset(sorted(common)[:1])  # what fits beside what is not one figure
        left = {uuid: _left(stocks, uuid, name) for uuid in common}
        total[name] = sum(stocks[uuid][name][0] for uuid in every)
        if any(_tangled(offer, ask) for offer, ask in those):
            free[name], exact = _isolated(those, left)
        elif common == {own}:
            free[name], exact = left[own], True
        else:
            amounts = [ask.amount for _, ask in those]
            free[name] = _fits(left.values(), amounts)
            exact = len(common) == 1 or len(set(amounts)) == 1
        whole &= exact and common == every
        if common != {own}:
            of[name] = left
    return Parts(total, free, of, whole)


def _together(offers: Iterable[Offered]) -> dict[str, frozenset[str]]:
    """With each resource class those that are taken from one provider with it, itself included."""
    found: dict[str, frozenset[str]] = {}
    for offer in offers:
        by_group: dict[str, set[str]] = defaultdict(set)
        for ask in offer.demand.asks:
            by_group[ask.group or f" {ask.resource_class}"].add(ask.resource_class)
        for names in by_group.values():
            joined = frozenset(names).union(*(found.get(name, frozenset()) for name in names))
            found |= dict.fromkeys(joined, joined)
    return found


def _common(those: Iterable[tuple[Offered, Ask]]) -> frozenset[str]:
    """The providers that all who ask could take it from."""
    return frozenset.intersection(*(offer.sources[ask] for offer, ask in those))


def _left(stocks: Stocks, uuid: str, name: str) -> int:
    capacity, used = stocks[uuid][name]
    return max(0, capacity - used)


def _fits(left: Collection[int], amounts: Collection[int]) -> int:
    """Units that fit for sure, of members that take these amounts each, however they come.

    A member of some amount fits nowhere only when each provider has given so much to others that
    less than that is left of it: all that can be before that is the sum of the least such loads.
    """
    step = math.gcd(*amounts)
    sums = _sums(amounts, step, max(left, default=0))
    blocked = (
        sum(_least(sums, each - amount + 1, step) for each in left) + amount - 1
        for amount in {*amounts}
    )
    units = min(sum(left), *blocked)
    return units - units % step


def _sums(amounts: Collection[int], step: int, most: int) -> Sequence[int]:
    """What providers can have given, in order; nothing where there is too much to look at."""
    if most // step > MOST_SUMS:
        return ()
    reached = {0}
    for amount in {*amounts}:
        for each in sorted(reached):
            reached.update(range(each, most + amount + 1, amount))
    return sorted(reached)


def _least(sums: Sequence[int], at_least: int, step: int) -> int:
    """The least of these that is as much, or no more than that where they are not known."""
    if at_least <= 0:
        return 0
    if not sums:
        return -(-at_least // step) * step
    return sums[bisect_left(sums, at_least)]


def _tangled(offer: Offered, ask: Ask) -> bool:
    """Whether it depends on what else a member takes of which providers it can have this."""
    if not ask.group:
        return not offer.free_choice and len(offer.sources[ask]) > 1
    groups: dict[str, frozenset[str]] = {}
    for each in offer.demand.asks:
        if each.group:
            groups[each.group] = groups.get(each.group, frozenset()) | offer.sources[each]
    several = len(frozenset[str]().union(*groups.values())) < sum(map(len, groups.values()))
    return offer.demand.isolated and several


def _isolated(those: Sequence[tuple[Offered, Ask]], left: Mapping[str, int]) -> tuple[int, bool]:
    """Units for members that take the same of so many providers each, and whether those are all.

    Of members that differ in that nothing is counted. One finds too few providers only when all but
    fewer than that have nothing left, which takes as many members before it as each of them has
    servings, and as all have together of what members can take of them.
    """
    kinds = {tuple(each for each in offer.demand.asks if each.group) for offer, _ in those}
    [granular, *others] = kinds
    alike = not others and all(
        ask in granular
        and offer.free_choice
        and offer.demand.isolated
        and offer.sources[ask] == left.keys()
        for offer, ask in those
    )
    if not alike or len({(each.resource_class, each.amount) for each in granular}) > 1:
        return 0, False
    amount, count = granular[0].amount, len(granular)
    servings = sorted(each // amount for each in left.values())
    full = servings[: max(0, len(servings) - count + 1)]
    if not full:
        return 0, True
    members = max(full[-1], -(-sum(full) // min(count, len(full))))
    more = members + 1
    most = sum(min(more, each) for each in servings) < more * count
    return members * count * amount, most


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is left of each provider while the members of plans are given theirs.

    What is ``free`` is by host, resource class and provider; of what is missing a member takes from
    the host's own. ``taken`` are the units that members were given of it, by what
    ``ensemble_api.shares`` writes of a provider: ledgers of plans that hold together have one.
    """

    free: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)

    def left(self, host: str, resource_class: str) -> dict[str, int]:
        """What is left of a class by provider; nothing where all is of the host's own."""
        return {
            uuid: amount - self.taken[share(resource_class, uuid)]
            for uuid, amount in self.free.get(host, {}).get(resource_class, {}).items()
        }

    def without(self, host: str, spoken_for: Mapping[str, Mapping[str, int]]) -> "Ledger":
        """The same without what others have on a host, by provider and resource class."""
        if host not in self.free:
            return self
        rest = {
            name: {
                uuid: max(0, amount - spoken_for.get(uuid, {}).get(name, 0))
                for uuid, amount in of.items()
            }
            for name, of in self.free[host].items()
        }
        return replace(self, free={**self.free, host: rest})

    def take(self, host: str, own: str, demand: Demand) -> dict[str, int]:
        """What one more member takes of the host: of its ``own`` provider, and of others' shares.

        What fits nowhere is taken even so, for Placement to refuse.
        """
        found: dict[str, int] = defaultdict(int)
        given: dict[str, str] = {}  # the provider of each group
        for ask in demand.asks:
            left = self.left(host, ask.resource_class)
            if not left:
                found[ask.resource_class] += ask.amount
                continue
            others = {*given.values()} if demand.isolated and ask.group else set[str]()
            uuid = given.get(ask.group) if ask.group else None
            if uuid not in left:
                uuid = min(left, key=lambda each: (each in others, -left[each], each))
            if ask.group:
                given[ask.group] = uuid
            key = share(ask.resource_class, uuid)
            self.taken[key] += ask.amount
            found[ask.resource_class if uuid == own else key] += ask.amount
        return dict(found)
