# SPDX-License-Identifier: Apache-2.0
"""The cloud's capacity as one snapshot: hypervisors and aggregates of Nova, usages of Placement."""

import functools
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, TypeVar

import numpy as np

from ensemble_api.cloud.answers import unavailable
from ensemble_api.cloud.capacity import Capacity
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.demand import Demand
from ensemble_api.cloud.figures import Allowed, Figures, figures, rows_of
from ensemble_api.cloud.known_hosts import KnownHosts
from ensemble_api.cloud.levels import ZONE_KEY, Level
from ensemble_api.cloud.offers import Offer, anybody, offer, offered
from ensemble_api.cloud.parts import Ledger
from ensemble_api.cloud.provider_table import ProviderTable
from ensemble_api.cloud.providers import generations
from ensemble_api.context import Context
from ensemble_api.observed import ObservedHost
from ensemble_api.planning.snapshot import Packing, Snapshot, marked
from ensemble_api.planning.topology import BoolArray, Topology

MOST_MADE = 256

T = TypeVar("T")


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

    ``offers`` are by query and grow with what is asked. A ``table`` is looked at before Placement
    is asked. ``made`` is what was made of aggregates and hosts, and grows as well.
    """

    aggregates: Sequence[Mapping[str, Any]]
    hosts: Sequence[Host]
    generations: Mapping[str, int]
    offers: dict[str, Offer] = field(default_factory=dict)
    table: ProviderTable | None = None
    made: dict[Hashable, Any] = field(default_factory=dict)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` gives, which depends on ``key``, aggregates and hosts alone."""
        made = self.made
        if key not in made:
            if len(made) >= MOST_MADE:
                made.clear()
            made[key] = make()
        found: T = made[key]
        return found


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
        allowed: Allowed = lambda table, demand: table.allowed(demand),
    ) -> None:
        self._compute = compute
        self._placement = placement
        self._levels = tuple(levels)
        self._default_zone = default_zone
        self._closed = closed
        self._packing = packing
        self._selectors = tuple(selectors)
        self.cells = cells
        self._known_hosts = known or KnownHosts(compute)
        self._allowed = allowed

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

        One of bare metal (Ironic) or with several hypervisors has no one capacity: it is left out.
        """
        return self._hosts(context, self._compute.aggregates(context))

    def _hosts(self, context: Context, aggregates: Iterable[Mapping[str, Any]]) -> list[Host]:
        places = self._places(aggregates)
        return [
            Host(name, provider, state, tuple(places[level.name][name] for level in self._levels))
            for name, (provider, state) in sorted(self._known_hosts.hosts(context).items())
        ]

    def observed(self, context: Context) -> list[ObservedHost]:
        """All hosts with a compute service, by name, and whether that reports.

        Of the services of a cell that does not answer, Nova tells the hosts alone.
        """
        aggregates = self._compute.aggregates(context)
        places, selected = self._places(aggregates), self.selected(aggregates)
        services = self._compute.services(context)
        self._known_hosts.learn(context, services)
        return [
            ObservedHost(
                service["host"],
                tuple(places[level.name][service["host"]] for level in self._levels),
                up=service.get("state") == "up",
                silent="state" not in service,
                disabled=service.get("status") == "disabled",
                selectors={key: hosts.get(service["host"], ()) for key, hosts in selected.items()},
                provider=self._known_hosts.provider(service["host"]),
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
        )

    def capacity(
        self, context: Context, demands: Mapping[str, Demand], answers: Answers | None = None
    ) -> Capacity:
        """A snapshot of all hosts for ``demands`` by tier; one without room for any shows as full.

        Nova's rules on aggregates are those for the project of ``context``.
        """
        answers = answers or self.answers(context)
        aggregates, hosts = answers.aggregates, answers.hosts
        found = self._known(demands, answers) or self._asked(demands, answers)
        names = answers.once("names", lambda: [host.name for host in hosts])
        topology = answers.once("topology", lambda: self.topology(hosts))
        closed = {
            tier: answers.once(
                ("closed", context.project_id, *_looked_at(demand)),
                functools.partial(self._barred, context.project_id, demand, aggregates, names),
            )
            for tier, demand in demands.items()
        }
        snapshot = Snapshot(
            topology=topology,
            resource_classes=found.classes,
            total=found.total,
            free=found.free,
            traits=found.traits,
            usable=np.array([host.state == "up" for host in hosts], dtype=np.bool_),
            closed={tier: barred for tier, barred in closed.items() if barred.any()},
            offered=found.offered,
            selectors=answers.once(
                "selectors", lambda: marked(topology, self.selected(aggregates))
            ),
            cells=answers.once("cells", lambda: self.cells(names)),
            packing=self._packing,
        )
        providers = answers.once("providers", lambda: {host.name: host.provider for host in hosts})
        return Capacity(
            snapshot,
            providers,
            answers.generations,
            Ledger(found.parts),
            found.uncertain,
            tuple(sorted(tier for tier, count in found.sharing.items() if count)),
        )

    def _barred(
        self,
        project_id: str,
        demand: Demand,
        aggregates: Sequence[Mapping[str, Any]],
        hosts: Sequence[str],
    ) -> BoolArray:
        """Mark the hosts that Nova's rules on aggregates close (shape [H])."""
        return np.isin(hosts, [*self._closed(project_id, demand, aggregates, hosts)])

    def _known(self, demands: Mapping[str, Demand], answers: Answers) -> Figures | None:
        """The figures from what is known of all providers; None where that does not say all."""
        table = answers.table
        if table is None or not all(table.answers_for(each) for each in demands.values()):
            return None
        rows = answers.once(
            ("rows", id(table.rows)),
            lambda: (table.rows, rows_of(table, [host.provider for host in answers.hosts])),
        )[1]
        found = figures(table, rows, demands, self._allowed)
        asked = [each.required | each.forbidden for each in demands.values()]
        if not any(asked) or (table.trait_set[rows[rows >= 0]] >= 0).all():
            return found
        # Those of hosts that were full since the first look were never read. Where others changed
        # since a host is full, that is seen a little later: nobody can be planned there.
        traits = self._traits(demands.values())
        of = tuple(traits.get(host.provider, frozenset()) for host in answers.hosts)
        return replace(found, traits=of)

    def _asked(self, demands: Mapping[str, Demand], answers: Answers) -> Figures:
        """The figures by what Placement says now: one request for each different demand."""
        wanted = {each.query: each for each in demands.values()}
        for query in sorted(wanted.keys() - answers.offers.keys()):
            answers.offers[query] = offer(self._placement, wanted[query])
        traits = self._traits(demands.values())
        hosts = {host.name: host.provider for host in answers.hosts}
        return offered(hosts, demands, answers.offers, traits)

    def placed(self, demand: Demand) -> Demand:
        """The demand as Nova places it now: on VCPU while no host has a free PCPU."""
        if demand.on_vcpu is None or anybody(self._placement, "resources=PCPU:1"):
            return demand
        return demand.on_vcpu

    def _traits(self, demands: Collection[Demand]) -> Mapping[str, frozenset[str]]:
        return self.traits(
            (name for each in demands for name in each.required),
            (name for each in demands for name in each.forbidden),
        )

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


def _looked_at(demand: Demand) -> tuple[Hashable, ...]:
    """What rules on aggregates look at."""
    return (
        demand.required,
        frozenset(demand.extra_specs.items()),
        frozenset(demand.image_properties.items()),
    )


def _has(aggregate: Mapping[str, Any], key: str) -> bool:
    """Whether an aggregate gives a key a value; an empty one is none."""
    return bool(aggregate["metadata"].get(key))
