# SPDX-License-Identifier: Apache-2.0
"""Which of the hosts that Nova found a server may be on, for the sake of ensembles."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ensemble_api.cloud.levels import ZONE_KEY, Level
from ensemble_api.planning.policies import Exclusive
from ensemble_api.planning.policies.exclusive import ENSEMBLE, PROJECT
from ensemble_api.planning.relocation import Relocation, relocate
from ensemble_api.planning.snapshot import Selectors, Snapshot, marked
from ensemble_api.planning.topology import BoolArray, Topology
from ensemble_api.scheduler import services
from ensemble_api.scheduler.guards import GuardedHosts
from ensemble_api.scheduler.room import by_room
from ensemble_api.standing import selected
from ensemble_api.store.current_state import CurrentStates, LocatedEnsemble
from ensemble_api.store.exclusive import ExclusiveEnsemble
from ensemble_api.store.locations import LocatedMember


@dataclass(frozen=True, slots=True)
class _Hosts:
    """All hosts as observed at one version of them, which several requests share."""

    version: int
    above: Mapping[str, tuple[str | None, ...]]
    up: frozenset[str]
    topology: Topology
    selected: Mapping[str, Mapping[str, tuple[str, ...]]]  # values by key and host
    selectors: Selectors

    def with_new(
        self,
        above: Mapping[str, tuple[str | None, ...]],
        selected: Mapping[str, Mapping[str, tuple[str, ...]]],
    ) -> "_Hosts":
        """The same with hosts that were not observed yet."""
        above = {**self.above, **above}
        topology = Topology.build(self.topology.levels, above, self.topology.zone_level)
        every = {key: {**hosts, **selected.get(key, {})} for key, hosts in self.selected.items()}
        return replace(
            self,
            above=above,
            topology=topology,
            selected=every,
            selectors=marked(topology, every),
        )


class Admission:
    """Trusts the ensembles database alone: no hint, tag or name of a tenant has a say."""

    def __init__(
        self,
        states: CurrentStates,
        guarded: GuardedHosts,
        levels: Sequence[Level],
        nova: Any = services,
    ) -> None:
        self._states = states
        self._guarded = guarded
        self._levels = tuple(levels)
        self._names = ("host", *(level.name for level in levels))
        self._zone = next((level.name for level in levels if level.key == ZONE_KEY), None)
        self._nova = nova
        self._known: _Hosts | None = None

    def admit(self, hosts: Sequence[Any], spec: Any) -> list[Any]:
        """Those of these HostStates on which the server of a RequestSpec may be.

        :raises ensemble_api.exception.Unavailable: when the database does not answer.
        """
        concern = self._states.concern(spec.instance_uuid)
        ensemble_id = concern.ensemble_id
        hosts, built = self._guarded.open_to(hosts, spec, concern.guards, concern.closed)
        if not hosts or (ensemble_id is None and not concern.exclusive):
            return hosts
        known = self._hosts(hosts)
        topology = known.topology
        closed = self._closed(topology, concern.exclusive, ensemble_id or built, spec)
        hosts = [each for each in hosts if not closed[topology.host_number(each.host)]]
        if ensemble_id is None or not hosts:
            return list(hosts)
        here = self._nova.host_of(spec.instance_uuid)
        target = self._states.place(
            spec.instance_uuid,
            ensemble_id,
            here,
            spec.ignore_hosts or () if "ignore_hosts" in spec else (),
            lambda located: self._choose(located, spec.instance_uuid, here, known, hosts),
        )
        return [each for each in hosts if each.host == target]

    def _hosts(self, hosts: Sequence[Any]) -> _Hosts:
        """All hosts, as observed, and these of Nova's, which are up.

        They are kept as long as no host changes; what was not observed yet Nova tells itself.
        """
        version, known = self._states.hosts_version(), self._known
        if known is None or known.version != version:
            observed = self._states.hosts()
            above = {each.name: each.above for each in observed}
            up = frozenset(each.name for each in observed if each.up)
            topology = Topology.build(self._names, above, self._zone)
            values = selected(observed)
            known = _Hosts(version, above, up, topology, values, marked(topology, values))
            self._known = known
        new = [each for each in hosts if each.host not in known.above]
        if new:
            known = known.with_new(
                {each.host: self._told(each) for each in new},
                {key: {each.host: _values(each, key) for each in new} for key in known.selected},
            )
        return replace(known, up=known.up | {each.host for each in hosts})

    def _told(self, host: Any) -> tuple[str | None, ...]:
        """The domains of a HostState, by its aggregates."""
        found: dict[str, str] = {}
        for aggregate in host.aggregates:
            for level in self._levels:
                if domain := aggregate.metadata.get(level.key):
                    found[level.name] = domain
        return tuple(found.get(level.name) for level in self._levels)

    def _choose(
        self,
        located: LocatedEnsemble,
        server_id: str,
        here: str | None,
        known: _Hosts,
        hosts: Sequence[Any],
    ) -> str | None:
        member = located.member(server_id)
        if member is None:
            return None
        found = self._best(located, member, here, known, hosts)
        if found is None:
            # Hosts that have just failed may not have been observed yet, and bind a member less.
            used = {host for each in located.members for host in each.hosts}
            now = (known.up - used) | self._nova.up(used)
            if now != known.up:
                found = self._best(located, member, here, replace(known, up=now), hosts)
        return found

    def _best(
        self,
        located: LocatedEnsemble,
        member: LocatedMember,
        here: str | None,
        known: _Hosts,
        hosts: Sequence[Any],
    ) -> str | None:
        ensemble, topology = located.record.ensemble, known.topology
        runs = here in known.up and here in topology
        standing = frozenset(topology.hosts if runs else known.up.intersection(topology.hosts))
        counted = [
            (each.tier, tuple(host for host in each.hosts if host in standing))
            for each in located.members
            if each is not member
        ]
        relocation = Relocation(
            member.tier,
            here if runs else None,
            tuple((tier, hosts[0]) for tier, hosts in counted if len(hosts) == 1),
            tuple((tier, hosts) for tier, hosts in counted if len(hosts) > 1),
        )
        snapshot = _snapshot(known, self._others(located, topology, hosts))
        roomy, full = by_room(located, member, hosts)
        return relocate(ensemble, snapshot, relocation, roomy) or relocate(
            ensemble, snapshot, relocation, full
        )

    def _others(
        self, located: LocatedEnsemble, topology: Topology, hosts: Sequence[Any]
    ) -> dict[str, BoolArray]:
        """The candidate hosts with servers of others, as far as exclusive policies want to know."""
        policies = located.record.ensemble.policies
        wanted = {each.other for each in policies if isinstance(each, Exclusive)}
        if not wanted:
            return {}
        ours = {each.server_id for each in located.members}
        there = {each.host: set(each.instances) - ours for each in hosts}
        every = {server for servers in there.values() for server in servers}
        theirs = {
            ENSEMBLE: self._states.members(every),
            PROJECT: self._nova.of_other_projects(every, located.record.project_id),
        }
        return {
            other: np.array(
                [bool(there.get(name, set()) & theirs[other]) for name in topology.hosts],
                dtype=np.bool_,
            )
            for other in wanted
        }

    def _closed(
        self,
        topology: Topology,
        exclusive: Iterable[ExclusiveEnsemble],
        ensemble_id: str | None,
        spec: Any,
    ) -> BoolArray:
        """Mark the hosts of domains that an ensemble has to itself, for a server of others."""
        mask = np.zeros(len(topology), dtype=np.bool_)
        for owner in exclusive:
            if owner.id == ensemble_id or (ensemble_id is None and _is_built(owner, spec)):
                continue
            stranger = owner.project_id != spec.project_id
            for policy in owner.policies:
                if policy.hard and (
                    stranger if policy.other == PROJECT else ensemble_id is not None
                ):
                    mask |= _domains_of(policy, owner, topology)
        return mask


def _is_built(owner: ExclusiveEnsemble, spec: Any) -> bool:
    """Whether the server that is asked for may be one of the ensemble's own, under construction."""
    destination = spec.requested_destination if "requested_destination" in spec else None
    host = destination.host if destination is not None and "host" in destination else None
    return owner.project_id == spec.project_id and host in owner.building


def _domains_of(policy: Exclusive, owner: ExclusiveEnsemble, topology: Topology) -> BoolArray:
    if policy.level not in topology.levels:
        return np.zeros(len(topology), dtype=np.bool_)
    index = topology.index(policy.level)
    taken = {
        int(index[topology.host_number(host)])
        for each in owner.members
        if each.tier in policy.tiers
        for host in each.hosts
        if host in topology
    }
    closed = np.zeros(int(index.max(initial=-1)) + 1, dtype=np.bool_)
    closed[list(taken)] = True
    mask: BoolArray = closed[index]
    return mask


def _values(host: Any, key: str) -> tuple[str, ...]:
    """The values that the aggregates of a HostState give a key."""
    found = (aggregate.metadata.get(key) for aggregate in host.aggregates)
    return tuple(value for value in found if value)


def _snapshot(known: _Hosts, others: Mapping[str, BoolArray]) -> Snapshot:
    """What policies ask of hosts, which is not their capacity: Placement has seen to that."""
    topology, size = known.topology, len(known.topology)
    nothing = np.zeros((size, 0), dtype=np.int64)
    return Snapshot(
        topology,
        (),
        nothing,
        nothing,
        (frozenset(),) * size,
        np.array([name in known.up for name in topology.hosts], dtype=np.bool_),
        others=others,
        selectors=known.selectors,
    )
