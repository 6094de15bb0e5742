# SPDX-License-Identifier: Apache-2.0
"""Dry runs: what would be built where, and what else is asked of it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ensemble_api.look import Look
from ensemble_api.planning import planner, result
from ensemble_api.planning.headroom import LevelRoom, demand, headroom
from ensemble_api.planning.openings import openings
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import FailureDomain, Topology
from ensemble_api.references import labels
from ensemble_api.resolver import Resolver, Wanted
from ensemble_api.store.api import Store


@dataclass(frozen=True, slots=True)
class Asked:
    """What a dry run is to tell beside the plan.

    ``open`` is whether the caller may know of all domains of the cloud, ``everywhere`` whether
    they are to be in the answer.
    """

    headroom: bool = False
    open: bool = False
    everywhere: bool = False


NOTHING_MORE = Asked()


@dataclass(frozen=True, slots=True)
class Everywhere:
    """The domains of the whole cloud, as far as they are shown.

    ``eligible`` are the tiers of which a member could be there, ``held`` is how many members of
    the project's other ensembles are there, ``totals`` how many domains a level has in all.
    """

    domains: tuple[FailureDomain, ...]
    eligible: Mapping[FailureDomain, tuple[str, ...]]
    held: Mapping[FailureDomain, int]
    totals: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Planned:
    """What a dry run gives: the result, the topology, and what else was asked for.

    ``labels`` are those of the domains by reference; without them they count what is shown.
    """

    result: result.Plan | result.Infeasible
    topology: Topology
    rooms: tuple[LevelRoom, ...] = ()
    everywhere: Everywhere | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    at: str | None = None
    id: str | None = None


class DryRuns:
    """Plans without reserving anything."""

    def __init__(self, resolver: Resolver, look: Look, store: Store, *, shown_hosts: int) -> None:
        self._resolver = resolver
        self._look = look
        self._store = store
        self._shown_hosts = shown_hosts

    def plan(self, context: Any, body: Mapping[str, Any], asked: Asked) -> Planned:
        """Plan, and answer what is asked beside it.

        :raises ensemble_api.exception.Invalid: naming the field that is wrong.
        """
        # 1 Resolve with the tenant's rights. 2 Look at the cloud. 3 Plan.
        wanted = self._resolver.resolve(context, body)
        snapshot = self._look.at_capacity(context, wanted).snapshot
        planned = planner.plan(wanted.ensemble, snapshot)
        return self.tell(context, wanted, snapshot, planned, asked)

    def tell(
        self,
        context: Any,
        wanted: Wanted,
        snapshot: Snapshot,
        planned: result.Plan | result.Infeasible,
        asked: Asked,
    ) -> Planned:
        """A result of planning, with what is asked beside it."""
        topology = snapshot.topology
        rooms: tuple[LevelRoom, ...] = ()
        if asked.headroom and isinstance(planned, result.Plan):
            # Fail each domain of the plan, as if it were built, and plan its members anew.
            built = snapshot.carrying(demand(wanted.ensemble, planned.assignment))
            rooms = tuple(
                headroom(wanted.ensemble, planned.assignment, built, level)
                for level in topology.levels
            )
        everywhere = None
        if asked.everywhere and asked.open:
            everywhere = self._everywhere(context, wanted, snapshot, planned)
        return Planned(
            planned,
            topology,
            rooms,
            everywhere,
            labels(context.project_id, _labelled(topology, planned, asked)),
            datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )

    def _everywhere(
        self,
        context: Any,
        wanted: Wanted,
        snapshot: Snapshot,
        planned: result.Plan | result.Infeasible,
    ) -> Everywhere:
        topology = snapshot.topology
        held: Counter[FailureDomain] = Counter()
        here = set(topology.hosts)
        for host, members in self._store.held(context.project_id).items():
            for level in topology.levels if host in here else ():
                held[topology.domain_of(host, level)] += members
        lowest, *above = topology.levels
        if len(topology) <= self._shown_hosts:
            hosts = topology.domains(lowest)
        else:
            hosts = tuple(_used(topology, planned, lowest))
        return Everywhere(
            domains=(*hosts, *(each for level in above for each in topology.domains(level))),
            eligible=openings(wanted.ensemble, snapshot),
            held=held,
            totals={level: topology.size(level) for level in topology.levels},
        )


def _used(
    topology: Topology, planned: result.Plan | result.Infeasible, level: str
) -> dict[FailureDomain, None]:
    """The domains of a level that a plan uses, in its order."""
    if isinstance(planned, result.Infeasible):
        return {}
    return dict.fromkeys(topology.domain_of(host, level) for host in planned.assignment.values())


def _labelled(
    topology: Topology, planned: result.Plan | result.Infeasible, asked: Asked
) -> list[FailureDomain]:
    """The domains that labels count: all, unless the caller may know of those in use only."""
    if asked.open:
        return [each for level in topology.levels for each in topology.domains(level)]
    return [each for level in topology.levels for each in _used(topology, planned, level)]
