# SPDX-License-Identifier: Apache-2.0
"""What is known of all root resource providers, as columns: a row each, and a column a class.

It answers what ``GET /allocation_candidates`` answers for a demand, as long as what is asked for is
of a host's own provider. An object does not change: whoever plans with it has one moment.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ensemble_api.cloud.demand import Demand
from ensemble_api.planning.topology import BoolArray, IntArray

SHARES = "MISC_SHARES_VIA_AGGREGATE"
STATUS_DISABLED = "COMPUTE_STATUS_DISABLED"
PROCESSORS = ("VCPU", "PCPU")  # every server takes one of them
ALLOWED, REFUSED, NOT_ASKED = 1, 0, -1

N = TypeVar("N", np.int64, np.bool_)


@dataclass(frozen=True, slots=True)
class Stock:
    """One resource class of a provider, in units; the limits are what one consumer may take.

    Of ``limits`` (least, most and step) nothing is known where it is None.
    """

    capacity: int
    used: int
    limits: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """A root provider as it was read; of ``generation`` None it is that of the listing before."""

    stocks: Mapping[str, Stock]
    traits: frozenset[str]
    generation: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ProviderTable:
    """P root providers and C resource classes; ``rows`` gives the row of each by its UUID.

    ``capacity`` is -1 where a provider does not have a class. ``limits`` are least, most and step
    of what one consumer may take, and ``limited`` says of which rows they are known; a limit that
    changes while the capacity does not is seen late. Of a provider that is not ``known`` it is
    known that it had no processor left when the listing was made. ``trait_set`` is the number of
    its traits as they were last read, -1 if they never were.

    ``listed`` is by what was asked for: what Placement said of each row (ALLOWED, REFUSED or
    NOT_ASKED, where there was too little free for an answer to say anything).

    ``classes_below`` and ``traits_below`` are of all providers that are not roots, and ``shares``
    is whether any provider shares what it has.
    """

    rows: Mapping[str, int]
    generations: IntArray  # [P]
    classes: tuple[str, ...] = ()
    capacity: IntArray = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))  # [P, C]
    used: IntArray = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))  # [P, C]
    limits: IntArray = field(default_factory=lambda: np.zeros((3, 0, 0), dtype=np.int64))
    known: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))  # [P]
    limited: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))  # [P]
    trait_sets: tuple[frozenset[str], ...] = (frozenset(),)
    trait_set: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))  # [P]
    listed: Mapping[tuple[tuple[str, int], ...], IntArray] = field(default_factory=dict)
    classes_below: frozenset[str] = frozenset()
    traits_below: frozenset[str] = frozenset()
    shares: bool = False

    @classmethod
    def of(cls, generations: Mapping[str, int]) -> "ProviderTable":
        """Root providers of which nothing is known but their generations."""
        count = len(generations)
        return cls(
            {uuid: row for row, uuid in enumerate(generations)},
            np.array(list(generations.values()), dtype=np.int64),
            capacity=np.zeros((count, 0), dtype=np.int64),
            used=np.zeros((count, 0), dtype=np.int64),
            limits=np.zeros((3, count, 0), dtype=np.int64),
            known=np.zeros(count, dtype=np.bool_),
            limited=np.zeros(count, dtype=np.bool_),
            trait_set=np.full(count, -1, dtype=np.int64),
        )

    def __len__(self) -> int:
        """How many providers there are."""
        return len(self.rows)

    @property
    def read_at(self) -> dict[str, int]:
        """The generation of each provider that is contained in what is known of it."""
        return dict(zip(self.rows, self.generations.tolist(), strict=True))

    def changed(self, generations: Mapping[str, int]) -> list[str]:
        """Of these providers those that have another generation here, or are not here."""
        return [
            uuid
            for uuid, generation in generations.items()
            if uuid not in self.rows or self.generations[self.rows[uuid]] != generation
        ]

    def unknown(self) -> list[str]:
        """The providers of which nothing is known but that they had no processor left."""
        return [uuid for uuid, row in self.rows.items() if not self.known[row]]

    def among(self, generations: Mapping[str, int]) -> "ProviderTable":
        """The same for these providers alone: new ones are unknown, and those that left are gone.

        What is kept of a provider keeps its generation.
        """
        if generations.keys() == self.rows.keys():
            return self
        fresh = ProviderTable.of(generations)
        stay = [uuid for uuid in generations if uuid in self.rows]
        here = np.array([fresh.rows[uuid] for uuid in stay], dtype=np.int64)
        there = np.array([self.rows[uuid] for uuid in stay], dtype=np.int64)

        def taken(of: npt.NDArray[N], fill: int) -> npt.NDArray[N]:
            found = np.full((len(fresh), *of.shape[1:]), fill, dtype=of.dtype)
            found[here] = of[there]
            return found

        limits = np.stack([taken(each, 0) for each in self.limits])
        return replace(
            self,
            rows=fresh.rows,
            generations=taken(self.generations, -1),
            capacity=taken(self.capacity, -1),
            used=taken(self.used, 0),
            limits=limits,
            known=taken(self.known, 0),
            limited=taken(self.limited, 0),
            trait_set=taken(self.trait_set, -1),
            listed={key: taken(each, NOT_ASKED) for key, each in self.listed.items()},
        )

    def having(self, found: Iterable[tuple[str, Provider]]) -> "ProviderTable":
        """The same with these providers as they were read; others than those here are left out."""
        columns = {name: column for column, name in enumerate(self.classes)}
        capacity, used, limits = self.capacity.copy(), self.used.copy(), self.limits.copy()
        known, limited = self.known.copy(), self.limited.copy()
        generations, trait_set = self.generations.copy(), self.trait_set.copy()
        numbers = {traits: number for number, traits in enumerate(self.trait_sets)}
        others, moved = list[int](), list[int]()
        for uuid, provider in found:
            row = self.rows.get(uuid)
            if row is None:
                continue
            for name in provider.stocks.keys() - columns.keys():
                columns[name] = len(columns)
                capacity, used = _wider(capacity, -1), _wider(used, 0)
                limits = np.stack([_wider(each, 0) for each in limits])
            before, used_before = capacity[row].copy(), used[row].copy()
            capacity[row], used[row] = -1, 0
            for name, stock in provider.stocks.items():
                column = columns[name]
                capacity[row, column], used[row, column] = stock.capacity, stock.used
                if stock.limits is not None:
                    limits[:, row, column] = stock.limits
            if all(each.limits is not None for each in provider.stocks.values()):
                limited[row] = True
            elif (before != capacity[row]).any():
                limited[row] = False  # where that has changed, the limits may have as well
                others.append(row)
            if (used_before != used[row]).any() or generations[row] != provider.generation:
                moved.append(row)
            known[row] = True
            trait_set[row] = numbers.setdefault(provider.traits, len(numbers))
            if provider.generation is not None:
                generations[row] = provider.generation
        listed = {key: each.copy() for key, each in self.listed.items()}
        for each in listed.values():
            each[others] = NOT_ASKED
            # It may have been refused for what was used then, or for a limit that is another now.
            each[moved] = np.where(each[moved] == REFUSED, NOT_ASKED, each[moved])
        return replace(
            self,
            generations=generations,
            classes=tuple(columns),
            capacity=capacity,
            used=used,
            limits=limits,
            known=known,
            limited=limited,
            trait_sets=tuple(numbers),
            trait_set=trait_set,
            listed=listed,
        )

    def less(
        self, taken: Mapping[str, Mapping[str, int]], at: Mapping[str, int]
    ) -> "ProviderTable":
        """The same after one request that took this, by provider and resource class.

        It counts for the providers of which nothing newer is known than what they had ``at`` these
        generations, each of which is one higher after it.
        """
        used, generations = self.used.copy(), self.generations.copy()
        for uuid, resources in taken.items():
            row = self.rows.get(uuid)
            if row is None or uuid not in at or generations[row] != at[uuid]:
                continue
            for name, amount in resources.items():
                if name in self.classes:
                    used[row, self.classes.index(name)] += amount
            generations[row] += 1
        return replace(self, used=used, generations=generations)

    def without_limits(self) -> "ProviderTable":
        """The same, as if nobody had asked for any limits."""
        return replace(self, limited=np.zeros_like(self.limited), listed={})

    def full(self, mask: BoolArray, changed: Iterable[str] = ()) -> "ProviderTable":
        """The same where nobody can have one processor of the rows of ``mask``.

        A row whose provider gives none but several is unknown then, and so is one that has
        ``changed`` and may give none but several now.
        """
        used, known = self.used.copy(), self.known.copy()
        for name in PROCESSORS:
            if name in self.classes:
                column = self.classes.index(name)
                used[mask, column] = np.maximum(used, self.capacity)[mask, column]
                several = (self.limits[[0, 2], :, column] > 1).any(axis=0)
                known[mask & self.limited & several] = False
        others = [self.rows[uuid] for uuid in changed if uuid in self.rows]
        known[others] &= ~mask[others]
        return replace(self, used=used, known=known)

    def at(self, generations: Mapping[str, int]) -> "ProviderTable":
        """The same, as it was read when these were the generations."""
        found = self.generations.copy()
        for uuid, generation in generations.items():
            found[self.rows[uuid]] = generation
        return replace(self, generations=found)

    def answers_for(self, demand: Demand) -> bool:
        """Whether what is asked for is of hosts' own providers alone, and so all is known here."""
        return not (
            self.shares
            or demand.groups
            or not any(name in demand.resources for name in PROCESSORS)
            or self.classes_below & demand.resources.keys()
            or self.traits_below & (demand.required | demand.forbidden)
        )

    def room(self, demand: Demand) -> BoolArray:
        """Mark the rows that have as much free and the right traits, whatever limits are."""
        forbidden = demand.forbidden | {STATUS_DISABLED}
        suits = [demand.required <= traits and not forbidden & traits for traits in self.trait_sets]
        return self._free_for(demand) & np.array(suits, dtype=np.bool_)[self.trait_set]

    def has(self, names: Iterable[str]) -> BoolArray:
        """Mark the rows that have any of these classes, used or free."""
        found = np.zeros(len(self), dtype=np.bool_)
        for name in names:
            if name in self.classes:
                found |= self.capacity[:, self.classes.index(name)] >= 0
        return found

    def allowed(self, demand: Demand) -> IntArray:
        """What limits say of each row: ALLOWED, REFUSED or NOT_ASKED, where nothing is known."""
        verdict = self.listed.get(
            asked_for(demand), np.full(len(self), NOT_ASKED, dtype=np.int64)
        ).copy()
        within = self.limited.copy()
        for name, amount in demand.resources.items():
            if name in self.classes:
                least, most, step = self.limits[:, :, self.classes.index(name)]
                within &= (least <= amount) & (amount <= most)
                within &= np.full_like(step, amount) % np.maximum(step, 1) == 0
        verdict[self.limited] = np.where(within, ALLOWED, REFUSED)[self.limited]
        return verdict

    def told(
        self, demand: Demand, listed: Iterable[str], most: int, *, when: "ProviderTable"
    ) -> "ProviderTable":
        """The same with the providers that Placement lists for what is asked for.

        A row without room here, or of which something else was known ``when`` that was asked, is
        not refused for it: there may have been no room then. ``most`` such answers are kept.
        """
        verdict = np.full(len(self), NOT_ASKED, dtype=np.int64)
        verdict[self._free_for(demand) & self._had_room(when, demand)] = REFUSED
        verdict[[self.rows[uuid] for uuid in listed if uuid in self.rows]] = ALLOWED
        kept = dict(self.listed)
        kept.pop(asked_for(demand), None)
        for key in list(kept)[: len(kept) + 1 - most]:
            del kept[key]
        return replace(self, listed={**kept, asked_for(demand): verdict})

    def _had_room(self, when: "ProviderTable", demand: Demand) -> BoolArray:
        """Mark the rows that had room before, at the generation that they have now."""
        there = np.array([when.rows.get(uuid, -1) for uuid in self.rows], dtype=np.int64)
        here = there >= 0
        found = np.zeros(len(self), dtype=np.bool_)
        found[here] = when._free_for(demand)[there[here]]
        found[here] &= when.generations[there[here]] == self.generations[here]
        return found

    def _free_for(self, demand: Demand) -> BoolArray:
        mask = self.known.copy()
        for name, amount in demand.resources.items():
            if name not in self.classes:
                return np.zeros_like(mask)
            column = self.classes.index(name)
            mask &= self.used[:, column] + amount <= self.capacity[:, column]
        return mask


def asked_for(demand: Demand) -> tuple[tuple[str, int], ...]:
    """What a demand asks for, in one order."""
    return tuple(sorted(demand.resources.items()))


def _wider(columns: IntArray, fill: int) -> IntArray:
    """The same with one more column."""
    return np.pad(columns, ((0, 0), (0, 1)), constant_values=fill)
