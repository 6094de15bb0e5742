# SPDX-License-Identifier: Apache-2.0
"""Who has room for one member, as Placement says when it is asked, and the figures of that."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from ensemble_api.cloud.answers import unavailable
from ensemble_api.cloud.demand import Demand
from ensemble_api.cloud.figures import Figures
from ensemble_api.cloud.providers import MOST

Parts: TypeAlias = Mapping[str, Mapping[str, Mapping[str, tuple[int, int]]]]
"""By the root provider and resource class, its children that have it: capacity and use."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Roots of trees with room for one member: capacity and use by resource class.

    ``below`` are the same of those of their children that a member could take something from.
    """

    usage: Mapping[str, Mapping[str, tuple[int, int]]]
    below: Parts


def offer(placement: Any, query: str, most: int = MOST) -> Offer:
    """Ask Placement who has room for one member.

    One request for each demand: the cost does not grow with a request for each host.
    """
    response = placement.get(f"/allocation_candidates?{query}&limit={most}")
    if response.status_code == 400:
        return Offer({}, {})  # an unknown resource class or trait: nobody has it
    if response.status_code != 200:
        raise unavailable("Placement", response)
    answer = response.json()
    summaries = answer["provider_summaries"]
    roots = {provider: summary["root_provider_uuid"] for provider, summary in summaries.items()}
    usage: dict[str, Mapping[str, tuple[int, int]]] = {}
    for provider, summary in summaries.items():
        if roots[provider] == provider:
            usage[provider] = _usage(summary)
    below: dict[str, dict[str, dict[str, tuple[int, int]]]] = {}
    if len(usage) < len(summaries):
        for request in answer["allocation_requests"]:
            # The groups' own providers are not planned with.
            plain = request["mappings"].get("", ())
            for provider in (each for each in plain if roots[each] != each):
                classes = below.setdefault(roots[provider], {})
                found = _usage(summaries[provider])
                for name in request["allocations"][provider]["resources"]:
                    classes.setdefault(name, {})[provider] = found[name]
    return Offer(usage, below)


def offered(
    hosts: Mapping[str, str],
    demands: Mapping[str, Demand],
    all_offers: Mapping[str, Offer],
    traits: Mapping[str, frozenset[str]],
) -> Figures:
    """The figures of ``hosts``, which are their providers by name, for ``demands`` by tier.

    ``all_offers`` are by query, and ``traits`` by provider.
    """
    offers = {each.query: all_offers[each.query] for each in demands.values()}
    usage = {root: amounts for each in offers.values() for root, amounts in each.usage.items()}
    below = _merged(each.below for each in offers.values())
    classes = tuple(
        sorted(
            {
                name
                for provider in hosts.values()
                for each in (usage, below)
                for name in each.get(provider, ())
            }
        )
    )
    # What members take of a class in all is a multiple of this, whatever mix of tiers it is.
    step = {
        name: math.gcd(*(each.resources.get(name, 0) for each in demands.values())) or 1
        for name in classes
    }
    total = np.zeros((len(hosts), len(classes)), dtype=np.int64)
    free = np.zeros_like(total)
    for row, provider in enumerate(hosts.values()):
        for name, (capacity, used) in usage.get(provider, {}).items():
            total[row, classes.index(name)] = capacity
            free[row, classes.index(name)] = max(0, capacity - used)
        for name, parts in below.get(provider, {}).items():
            # One member takes all that it wants of a class from one part.
            left = (max(0, capacity - used) for capacity, used in parts.values())
            total[row, classes.index(name)] += sum(capacity for capacity, _ in parts.values())
            free[row, classes.index(name)] += sum(n - n % step[name] for n in left)
    return Figures(
        classes,
        total,
        free,
        tuple(traits.get(provider, frozenset()) for provider in hosts.values()),
        {
            tier: np.array(
                [
                    provider in offers[demand.query].usage
                    and demand.without.isdisjoint(offers[demand.query].usage[provider])
                    for provider in hosts.values()
                ],
                dtype=np.bool_,
            )
            for tier, demand in demands.items()
        },
        {
            host: frozenset(below[provider]) - usage.get(provider, {}).keys()
            for host, provider in hosts.items()
            if provider in below
        },
    )


def _usage(summary: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    return {name: (each["capacity"], each["used"]) for name, each in summary["resources"].items()}


def _merged(all_of: Iterable[Parts]) -> Parts:
    merged: dict[str, dict[str, dict[str, tuple[int, int]]]] = {}
    for parts in all_of:
        for root, classes in parts.items():
            for name, providers in classes.items():
                merged.setdefault(root, {}).setdefault(name, {}).update(providers)
    return merged
