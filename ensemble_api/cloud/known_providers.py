# SPDX-License-Identifier: Apache-2.0
"""Remembers what Placement has, and brings that up to date by what has changed alone.

Whatever is taken of a provider makes its generation another, so one listing tells where to look.
What is given back does not always: Nova deletes the allocation of a server that is deleted, and
Placement leaves the generation as it was. So there are also looks at everything.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ensemble_api.cloud import providers
from ensemble_api.cloud.demand import Demand
from ensemble_api.cloud.provider_table import NOT_ASKED, Provider, ProviderTable
from ensemble_api.cloud.providers import Listing
from ensemble_api.planning.topology import IntArray

MOST_DEMANDS = 256  # whose answers are kept
ONE_BY_ONE = 24  # providers that are asked for singly in any cloud, three requests each
A_LISTING = 150  # of how many providers the singly ones cost as much as a look at all does
LIMITS = 600.0  # seconds after which all are asked for again
UNKNOWN_AT_ONCE = 50  # full providers that are looked at beside a look


class KnownProviders:
    """The one table of a process. All methods may be called from any thread.

    :raises ensemble_api.exception.Unavailable: from all of them, when Placement does not answer.
    """

    def __init__(self, placement: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._forget_limits = 0.0
        self._placement = placement
        self._looking = threading.Lock()
        self._writing = threading.Lock()  # which is held for no request
        self._table: ProviderTable | None = None
        self._beside: list[tuple[str, Provider]] = []  # what was read since a look has begun

    def table(self) -> ProviderTable | None:
        """What is known now, if anything is."""
        return self._table

    def look(self, *, whole: bool) -> ProviderTable:
        """Everything as it is now; unless ``whole``, what was given back only may be missing."""
        with self._looking:
            with self._writing:
                table, self._beside = self._table, []
            found = providers.listing(self._placement)
            if table is not None and not whole:
                table = table.among(found.roots)
                changed = table.changed(found.roots)
                if len(changed) <= max(ONE_BY_ONE, len(table) // A_LISTING):
                    return self._keep(self._with_unknown(table, changed))
            return self._keep(self._with_unknown(self._whole(table, found), ()))

    def verify(self, table: ProviderTable, uuids: Collection[str]) -> bool:
        """Whether nothing was taken of these providers since ``table``; if not, they are read."""
        wanted = {uuid for uuid in uuids if uuid in table.rows}
        now = providers.generations(self._placement, wanted, among=len(table))
        changed = table.changed({uuid: now.get(uuid, -1) for uuid in wanted})
        if changed:
            self._add(providers.providers(self._placement, changed))
        return not changed

    def took(self, taken: Mapping[str, Mapping[str, int]], at: Mapping[str, int]) -> None:
        """Hear what was held, by provider and class, in one request planned ``at`` generations."""
        with self._writing:
            if self._table is not None:
                self._table = self._table.less(taken, at)

    def allowed(self, table: ProviderTable, demand: Demand) -> IntArray:
        """What the limits say of each row of ``table``; asks for what is not known yet."""
        verdict = table.allowed(demand)
        open_rows = table.room(demand) & (verdict == NOT_ASKED)
        if not open_rows.any():
            return verdict
        if np.count_nonzero(open_rows) <= ONE_BY_ONE:
            names = [uuid for uuid, row in table.rows.items() if open_rows[row]]
            read = providers.providers(self._placement, names)
            self._add(read)
            return table.having(read).allowed(demand)
        listed = providers.offering(self._placement, demand.resources)
        with self._writing:
            if self._table is not None:
                self._table = self._table.told(demand, listed, MOST_DEMANDS, when=table)
        return table.told(demand, listed, MOST_DEMANDS, when=table).allowed(demand)

    def _whole(self, table: ProviderTable | None, found: Listing) -> ProviderTable:
        """What is read of all providers after that listing."""
        if table is None or self._forget_limits <= self._clock():
            self._forget_limits = self._clock() + LIMITS
            table = ProviderTable.of(found.roots) if table is None else table.without_limits()
        table = table.among(found.roots)
        changed = table.changed(found.roots)
        full = np.ones(len(table), dtype=np.bool_)
        classes, traits = set[str](), set[str]()

        def roots() -> Iterator[tuple[str, Provider]]:
            for uuid, is_root, each in providers.with_processors(self._placement):
                if not is_root:
                    classes.update(each.stocks)
                    traits.update(each.traits)
                elif uuid in table.rows:
                    full[table.rows[uuid]] = False
                    yield uuid, replace(each, generation=found.roots[uuid])

        read = table.having(roots()).full(full, changed).at(found.roots)
        shares = providers.shared(self._placement)
        return replace(
            read, classes_below=frozenset(classes), traits_below=frozenset(traits), shares=shares
        )

    def _with_unknown(self, table: ProviderTable, more: Collection[str]) -> ProviderTable:
        """With some of what is unknown read, and ``more``."""
        wanted = {*more, *table.unknown()[:UNKNOWN_AT_ONCE]}
        return table.having(providers.providers(self._placement, wanted))

    def _add(self, read: Sequence[tuple[str, Provider]]) -> None:
        with self._writing:
            self._beside.extend(read)
            if self._table is not None:
                self._table = self._table.having(read)

    def _keep(self, table: ProviderTable) -> ProviderTable:
        with self._writing:
            # Of what is older than the look the next one finds that it has changed.
            self._table = table.having(self._beside)
            self._beside = []
            return self._table
