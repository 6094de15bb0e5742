# SPDX-License-Identifier: Apache-2.0
"""Who has room for one member, as Placement says when it is asked, and the figures of that."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ensemble_api.cloud.answers import unavailable
from ensemble_api.cloud.demand import Ask, Demand
from ensemble_api.cloud.figures import Figures
from ensemble_api.cloud.parts import Offered, Stocks, parts
from ensemble_api.cloud.provider_table import SHARES
from ensemble_api.cloud.providers import MOST

OWNER = "OWNER_NOVA"


@dataclass(frozen=True, slots=True)
class Offer:
    """Roots of trees with room for one member: capacity and use by resource class.

    Where members could take something of others than the root, ``trees`` say of each root what they
    would take of whom, and ``stocks`` what these providers have. Only by what other trees share
    there is room in those that are ``sharing``, which do not count.
    """

    usage: Mapping[str, Mapping[str, tuple[int, int]]]
    trees: Mapping[str, Offered] = field(default_factory=dict)
    stocks: Stocks = field(default_factory=dict)
    sharing: frozenset[str] = frozenset()


def offer(placement: Any, demand: Demand) -> Offer:
    """Ask Placement who has room for one member.

    One request for each demand: the cost does not grow with a request for each host.
    """
    answer = _answer(placement, demand.query, MOST)
    summaries = answer["provider_summaries"]
    roots = {provider: summary["root_provider_uuid"] for provider, summary in summaries.items()}
    usage = {uuid: _usage(summaries[uuid]) for uuid in {*roots.values()} & summaries.keys()}
    traits = {uuid: frozenset(each.get("traits", ())) for uuid, each in summaries.items()}
    sharing = {uuid for uuid in summaries if SHARES in traits[uuid]}
    if len(usage) == len(summaries) and not sharing:
        return Offer(usage)
    foreign = {
        uuid
        for uuid, root in roots.items()
        if OWNER in traits.get(root, ()) and OWNER not in traits[uuid]
    }
    found: dict[str, list[Mapping[Ask, str]]] = defaultdict(list)
    shared = set[str]()
    for request in answer["allocation_requests"]:
        used = request["allocations"].keys()
        owners = {roots[uuid] for uuid in used - sharing} or {roots[uuid] for uuid in used}
        if len(owners) > 1 or foreign & used - sharing:
            continue
        [root] = owners
        if all(roots[uuid] == root for uuid in used):
            found[root].append(_sources(demand, request))
        else:
            shared.add(root)
    return Offer(
        {root: usage[root] for root in found},
        {root: _offered(demand, choices) for root, choices in found.items()},
        {uuid: _usage(summary) for uuid, summary in summaries.items()},
        frozenset(shared - found.keys()),
    )


def anybody(placement: Any, query: str) -> bool:
    """Whether Placement has any candidate."""
    return bool(_answer(placement, query, 1)["provider_summaries"])


def _answer(placement: Any, query: str, most: int) -> Mapping[str, Any]:
    response = placement.get(f"/allocation_candidates?{query}&limit={most}")
    if response.status_code == 400:
        # An unknown resource class or trait: nobody has it.
        return {"provider_summaries": {}, "allocation_requests": []}
    if response.status_code != 200:
        raise unavailable("Placement", response)
    answer: Mapping[str, Any] = response.json()
    return answer


def _sources(demand: Demand, request: Mapping[str, Any]) -> Mapping[Ask, str]:
    """The provider of each ask in one candidate."""
    mappings = request["mappings"]
    granular = {uuid for group, uuids in mappings.items() if group for uuid in uuids}
    found = {}
    for ask in demand.asks:
        of = [
            uuid
            for uuid in mappings[ask.group]
            if ask.resource_class in request["allocations"][uuid]["resources"]
        ]
        # A provider of the plain part may be there for another class, and have this for a group.
        found[ask] = min(of, key=lambda uuid: (uuid in granular, uuid))
    return found


def _offered(demand: Demand, choices: Iterable[Mapping[Ask, str]]) -> Offered:
    choices = list(choices)
    sources = {ask: frozenset(each[ask] for each in choices) for ask in demand.asks}
    plain = [ask for ask in demand.asks if not ask.group and len(sources[ask]) > 1]
    # A trait that is asked for may tie two of them together.
    together = {tuple(each[ask] for ask in plain) for each in choices}
    return Offered(demand, sources, len(together) == np.prod([len(sources[ask]) for ask in plain]))


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
    stocks = {uuid: amounts for each in offers.values() for uuid, amounts in each.stocks.items()}
    fitted = {
        host: parts(provider, of, stocks)
        for host, provider in hosts.items()
        if (of := _beyond(provider, demands.values(), offers))
    }
    shown = [usage.get(provider, {}) for provider in hosts.values()]
    classes = tuple(
        sorted({name for each in (*shown, *(p.total for p in fitted.values())) for name in each})
    )
    column = {name: number for number, name in enumerate(classes)}
    total = np.zeros((len(hosts), len(classes)), dtype=np.int64)
    free = np.zeros_like(total)
    for row, (host, amounts) in enumerate(zip(hosts, shown, strict=True)):
        for name, (capacity, used) in amounts.items():
            total[row, column[name]] = capacity
            free[row, column[name]] = max(0, capacity - used)
        if host in fitted:
            for name, units in fitted[host].total.items():
                total[row, column[name]] = units
                free[row, column[name]] = fitted[host].free[name]
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
        {host: each.providers for host, each in fitted.items() if each.providers},
        frozenset(host for host, each in fitted.items() if not each.whole),
        {
            tier: len(offers[demand.query].sharing.intersection(hosts.values()))
            for tier, demand in demands.items()
        },
    )


def _beyond(provider: str, demands: Iterable[Demand], offers: Mapping[str, Offer]) -> list[Offered]:
    """What a host has for each of these, if any could be of another provider than its own."""
    found = {
        demand.query: offers[demand.query].trees.get(provider)
        or Offered(demand, {ask: frozenset({provider}) for ask in demand.asks})
        for demand in demands
        if provider in offers[demand.query].usage
    }
    elsewhere = any(of != {provider} for each in found.values() for of in each.sources.values())
    return [*found.values()] if elsewhere else []


def _usage(summary: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    return {name: (each["capacity"], each["used"]) for name, each in summary["resources"].items()}
