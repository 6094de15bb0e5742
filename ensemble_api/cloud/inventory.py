# SPDX-License-Identifier: Apache-2.0
"""The cloud's capacity as one snapshot: hypervisors and aggregates of Nova, usages of Placement."""

import functools
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from ensemble_api.cloud.answers import unavailable
from ensemble_api.cloud.capacity import Capacity
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.demand import Demand
from ensemble_api.cloud.known_hosts import KnownHosts
from ensemble_api.cloud.levels import ZONE_KEY, Level
from ensemble_api.cloud.providers import generations
from ensemble_api.context import Context
from ensemble_api.planning.snapshot import Packing, Snapshot, marked
from ensemble_api.planning.topology import Topology
from ensemble_api.records import ObservedHost

PLACEMENT_LIMIT = 100_000


Closed: TypeAlias = Callable[
    [str, Demand, Sequence[Mapping[str, Any]], Iterable[str]], frozenset[str]
]
"""Of some hosts those that a project's servers of one demand may not use, by the aggregates."""


@dataclass(frozen=True, slots=True)
class Host:
    """One compute service's host; ``provider`` is its resource provider's UUID."""

    name: str
    provider: str
    state: str  # up, down, disabled or silent, which is of a cell that does not answer
    above: tuple[str | None, ...]  # its domain's name at each level above, smallest first


@dataclass(frozen=True, slots=True)
class Answers:
    """What Nova and Placement have answered to one request of ours, so that each is asked once.

    ``offers`` are by query and grow with what is asked.
    """

    aggregates: Sequence[Mapping[str, Any]]
    hosts: Sequence[Host]
    generations: Mapping[str, int]
    offers: dict[str, "_Offer"]


class Inventory:
    """Reads the whole cloud with an administrator's rights."""

    def __init__(
        self,
        compute: Compute,
        placement: Any,
        levels: Sequence[Level],
        default_zone: str,
        closed: Closed = lambda *_: frozenset(),
        packing: Packing = Packing.SPREAD,
        selectors: Sequence[str] = (),
        cells: Callable[[Collection[str]], Mapping[str, str]] = lambda _: {},
        known: KnownHosts | None = None,
    ) -> None:
        self._compute = compute
        self._placement = placement
        self._levels = tuple(levels)
        self._default_zone = default_zone
        self._closed = closed
        self._packing = packing
        self._selectors = tuple(selectors)
        self.cells = cells
        self._known = known or KnownHosts(compute)

    @property
    def levels(self) -> tuple[str, ...]:
        """The names of all levels, smallest first."""
        return ("host", *(level.name for level in self._levels))

    @property
    def zone_level(self) -> str | None:
        """The name of the level whose domains are Nova's availability zones, if there is one."""
        return next((level.name for level in self._levels if level.key == ZONE_KEY), None)

    def zones(self, context: Context) -> frozenset[str]:
        """The names of all availability zones that hosts can be in."""
        aggregates = self._compute.aggregates(context)
        named = {each["metadata"][ZONE_KEY] for each in aggregates if _has(each, ZONE_KEY)}
        return frozenset((*named, self._default_zone))

    def selectors(self, context: Context) -> Mapping[str, tuple[str, ...]]:
        """The values that aggregates have now, for each key that policies may ask for."""
        if not self._selectors:
            return {}
        aggregates = self._compute.aggregates(context)
        return {
            key: tuple(sorted({each["metadata"][key] for each in aggregates if _has(each, key)}))
            for key in self._selectors
        }

    def selected(
        self, aggregates: Iterable[Mapping[str, Any]]
    ) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """The values of each host that has any, by the keys that policies may ask for."""
        found: dict[str, dict[str, set[str]]] = {key: {} for key in self._selectors}
        for key, hosts in found.items():
            for aggregate in aggregates:
                for host in aggregate["hosts"] if _has(aggregate, key) else ():
                    hosts.setdefault(host, set()).add(aggregate["metadata"][key])
        return {
            key: {host: tuple(sorted(values)) for host, values in hosts.items()}
            for key, hosts in found.items()
        }

    def topology(self, hosts: Iterable[Host]) -> Topology:
        """The tree of failure domains over these hosts."""
        return Topology.build(
            self.levels, {host.name: host.above for host in hosts}, self.zone_level
        )

    def hosts(self, context: Context) -> list[Host]:
        """All hosts with state and place, by name.

        A host with several hypervisors (Ironic) has no one capacity and is left out.
        """
        return self._hosts(context, self._compute.aggregates(context))

    def _hosts(self, context: Context, aggregates: Iterable[Mapping[str, Any]]) -> list[Host]:
        places = self._places(aggregates)
        return [
            Host(name, provider, state, tuple(places[level.name][name] for level in self._levels))
            for name, (provider, state) in sorted(self._known.hosts(context).items())
        ]

    def observed(self, context: Context) -> list[ObservedHost]:
        """All hosts with a compute service, by name, and whether that reports.

        Of the services of a cell that does not answer, Nova tells the hosts alone.
        """
        aggregates = self._compute.aggregates(context)
        places, selected = self._places(aggregates), self.selected(aggregates)
        services = self._compute.services(context)
        self._known.learn(context, services)
        return [
            ObservedHost(
                service["host"],
                tuple(places[level.name][service["host"]] for level in self._levels),
                up=service.get("state") == "up",
                silent="state" not in service,
                disabled=service.get("status") == "disabled",
                selectors={key: hosts.get(service["host"], ()) for key, hosts in selected.items()},
                provider=self._known.provider(service["host"]),
            )
            for service in sorted(services, key=lambda each: each["host"])
        ]

    def answers(self, context: Context, *, with_generations: bool = False) -> Answers:
        """Ask for what every snapshot needs; several of one moment may be made of it.

        ``with_generations`` is whether a reservation is to follow, which compares them.
        """
        aggregates = self._compute.aggregates(context)
        return Answers(
            aggregates,
            self._hosts(context, aggregates),
            generations(self._placement) if with_generations else {},
            {},
        )

    def capacity(
        self, context: Context, demands: Mapping[str, Demand], answers: Answers | None = None
    ) -> Capacity:
        """A snapshot of all hosts for ``demands`` by tier; one without room for any shows as full.

        Nova's rules on aggregates are those for the project of ``context``.
        """
        answers = answers or self.answers(context)
        aggregates, hosts = answers.aggregates, answers.hosts
        names = [host.name for host in hosts]
        for query in sorted({each.query for each in demands.values()} - answers.offers.keys()):
            answers.offers[query] = self._offer(query)
        offers = {each.query: answers.offers[each.query] for each in demands.values()}
        usage = {host: amounts for each in offers.values() for host, amounts in each.usage.items()}
        below = _merged(each.below for each in offers.values())
        traits = self.traits(
            (name for each in demands.values() for name in each.required),
            (name for each in demands.values() for name in each.forbidden),
        )
        classes = tuple(
            sorted(
                {
                    name
                    for host in hosts
                    for each in (usage, below)
                    for name in each.get(host.provider, ())
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
        for row, host in enumerate(hosts):
            for name, (capacity, used) in usage.get(host.provider, {}).items():
                total[row, classes.index(name)] = capacity
                free[row, classes.index(name)] = max(0, capacity - used)
            for name, parts in below.get(host.provider, {}).items():
                # One member takes all that it wants of a class from one part.
                left = (max(0, capacity - used) for capacity, used in parts.values())
                total[row, classes.index(name)] += sum(capacity for capacity, _ in parts.values())
                free[row, classes.index(name)] += sum(n - n % step[name] for n in left)
        closed = {
            tier: self._closed(context.project_id, demand, aggregates, names)
            for tier, demand in demands.items()
        }
        topology = self.topology(hosts)
        snapshot = Snapshot(
            topology=topology,
            resource_classes=classes,
            total=total,
            free=free,
            traits=tuple(traits.get(host.provider, frozenset()) for host in hosts),
            usable=np.array([host.state == "up" for host in hosts], dtype=np.bool_),
            closed={tier: np.isin(names, [*barred]) for tier, barred in closed.items() if barred},
            offered={
                tier: np.array(
                    [
                        host.provider in offers[demand.query].usage
                        and demand.without.isdisjoint(offers[demand.query].usage[host.provider])
                        for host in hosts
                    ],
                    dtype=np.bool_,
                )
                for tier, demand in demands.items()
            },
            selectors=marked(topology, self.selected(aggregates)),
            cells=self.cells(names),
            packing=self._packing,
        )
        providers = {host.name: host.provider for host in hosts}
        elsewhere = {
            host.name: frozenset(below[host.provider]) - usage.get(host.provider, {}).keys()
            for host in hosts
            if host.provider in below
        }
        return Capacity(snapshot, providers, answers.generations, elsewhere)

    def placed(self, demand: Demand) -> Demand:
        """The demand as Nova places it now: on VCPU while no host has a free PCPU."""
        if demand.on_vcpu is None or self._offer("resources=PCPU:1", most=1).usage:
            return demand
        return demand.on_vcpu

    def traits(
        self, required: Iterable[str], forbidden: Iterable[str]
    ) -> Mapping[str, frozenset[str]]:
        """Which of these traits each host has, however full it is; by its resource provider.

        A required trait may be of any provider in the host's tree, a forbidden one matters of the
        host's own. A host that has none of them is missing. One request for each trait: the cost
        does not grow with a request for each host.
        """
        anywhere = set(required)
        found: dict[str, set[str]] = defaultdict(set)
        for name in sorted({*anywhere, *forbidden}):
            response = self._placement.get(f"/resource_providers?required={name}")
            if response.status_code == 400:
                continue  # an unknown trait: nobody has it
            if response.status_code != 200:
                raise unavailable("Placement", response)
            for provider in response.json()["resource_providers"]:
                root = provider["root_provider_uuid"]
                if name in anywhere or provider["uuid"] == root:
                    found[root].add(name)
        return {provider: frozenset(traits) for provider, traits in found.items()}

    def _places(self, aggregates: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str | None]]:
        """For each level, the domain name of each host."""
        defaults = {ZONE_KEY: self._default_zone}
        places: dict[str, dict[str, str | None]] = {
            level.name: defaultdict(functools.partial(defaults.get, level.key))
            for level in self._levels
        }
        for aggregate in aggregates:
            for level in self._levels:
                if domain := aggregate["metadata"].get(level.key):
                    places[level.name].update(dict.fromkeys(aggregate["hosts"], domain))
        return places

    def _offer(self, query: str, most: int = PLACEMENT_LIMIT) -> "_Offer":
        """Ask Placement who has room for one member.

        One request for each demand: the cost does not grow with a request for each host.
        """
        response = self._placement.get(f"/allocation_candidates?{query}&limit={most}")
        if response.status_code == 400:
            return _Offer({}, {})  # an unknown resource class or trait: nobody has it
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
        return _Offer(usage, below)


Parts: TypeAlias = Mapping[str, Mapping[str, Mapping[str, tuple[int, int]]]]
"""By the root provider and resource class, its children that have it: capacity and use."""


@dataclass(frozen=True, slots=True)
class _Offer:
    """Roots of trees with room for one member: capacity and use by resource class.

    ``below`` are the same of those of their children that a member could take something from.
    """

    usage: Mapping[str, Mapping[str, tuple[int, int]]]
    below: Parts


def _has(aggregate: Mapping[str, Any], key: str) -> bool:
    """Whether an aggregate gives a key a value; an empty one is none."""
    return bool(aggregate["metadata"].get(key))


def _usage(summary: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    return {name: (each["capacity"], each["used"]) for name, each in summary["resources"].items()}


def _merged(all_of: Iterable[Parts]) -> Parts:
    merged: dict[str, dict[str, dict[str, tuple[int, int]]]] = {}
    for parts in all_of:
        for root, classes in parts.items():
            for name, providers in classes.items():
                merged.setdefault(root, {}).setdefault(name, {}).update(providers)
    return merged
