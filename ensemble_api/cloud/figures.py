# SPDX-License-Identifier: Apache-2.0
"""The capacity of hosts as columns, from what is known of all providers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ensemble_api.cloud.demand import Demand
from ensemble_api.cloud.provider_table import ALLOWED, ProviderTable
from ensemble_api.planning.topology import BoolArray, IntArray

Allowed = Callable[[ProviderTable, Demand], IntArray]
"""What limits say of each row for a demand."""


@dataclass(frozen=True, slots=True)
class Figures:
    """H hosts and R resource classes: units in all and free, shape [H, R], and traits by host.

    ``offered`` marks by tier the hosts with room for one member. A host without room for any member
    shows as full. ``parts`` is what is free by host name, class and provider of what members do not
    take of the host's own provider alone. On the hosts that are ``uncertain`` more may fit than is
    free by these figures. ``sharing`` counts by tier the hosts that would have room by what
    providers outside their trees share.
    """

    classes: tuple[str, ...]
    total: IntArray
    free: IntArray
    traits: tuple[frozenset[str], ...]
    offered: Mapping[str, BoolArray]
    parts: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    uncertain: frozenset[str] = frozenset()
    sharing: Mapping[str, int] = field(default_factory=dict)


def figures(
    table: ProviderTable, rows: IntArray, demands: Mapping[str, Demand], allowed: Allowed
) -> Figures:
    """What ``table`` knows for ``demands`` by tier; ``rows`` are those of the hosts, -1 for none.

    It must have the answers for all of these.
    """
    here = rows >= 0
    by_query: dict[str, BoolArray] = {}
    for demand in demands.values():
        if demand.query not in by_query:
            mask = table.room(demand) & (allowed(table, demand) == ALLOWED)
            by_query[demand.query] = here & mask[rows]
    nobody = np.zeros(len(rows), dtype=np.bool_)
    shown: BoolArray = np.logical_or.reduce([nobody, *by_query.values()])
    capacity = np.where(shown[:, None], table.capacity[rows], -1)
    used = table.used[rows]
    order = [
        column
        for column in sorted(range(len(table.classes)), key=table.classes.__getitem__)
        if (capacity[:, column] >= 0).any()
    ]
    total = np.maximum(capacity[:, order], 0)
    traits = [*table.trait_sets, frozenset[str]()]
    numbers = np.where(here, table.trait_set[rows], len(traits) - 1).tolist()
    return Figures(
        tuple(table.classes[column] for column in order),
        total,
        np.maximum(total - used[:, order], 0),
        tuple(traits[number] for number in numbers),
        {
            tier: by_query[demand.query] & ~table.has(demand.without)[rows]
            for tier, demand in demands.items()
        },
    )


def rows_of(table: ProviderTable, providers: Sequence[str]) -> IntArray:
    """The rows of these providers; -1 of one that is not there."""
    return np.array([table.rows.get(uuid, -1) for uuid in providers], dtype=np.int64)
