# SPDX-License-Identifier: Apache-2.0
"""What exclusive policies rule out: those of the ensemble, and those of others."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

import numpy as np

from ensemble_api.cloud.capacity import Capacity
from ensemble_api.cloud.compute import Compute
from ensemble_api.context import Context
from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.policies import Exclusive
from ensemble_api.planning.policies.exclusive import ENSEMBLE, PROJECT
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.topology import BoolArray, Topology
from ensemble_api.records import EnsembleRecord, MemberRecord
from ensemble_api.store.api import Store


class Exclusivity:
    """Marks the hosts of others on a snapshot, and closes those that others have to themselves."""

    def __init__(self, compute: Compute, store: Store) -> None:
        self._compute = compute
        self._store = store

    def apply(
        self,
        context: Context,
        ensemble: Ensemble,
        capacity: Capacity,
        own: Collection[str] = (),
    ) -> Capacity:
        """The same capacity, as far as the project of ``context`` may use it.

        ``own`` are the ids of ensembles that are not looked at: those that are planned. All servers
        of the cloud are listed only when ``ensemble`` wants to be without those of other projects.
        """
        snapshot = capacity.snapshot
        guarded = self._members(own, exclusive=True)
        closed = _closed(snapshot.topology, context.project_id, guarded)
        others = self.others(context, context.project_id, ensemble, snapshot.topology, own)
        usable = snapshot.usable & ~closed
        return replace(capacity, snapshot=replace(snapshot, usable=usable, others=others))

    def closed_to_members(self, topology: Topology) -> frozenset[str]:
        """The hosts on which another ensemble lets no member of others be, of any project."""
        closed = _closed(topology, None, self._members((), exclusive=True))
        return frozenset(host for host, mask in zip(topology.hosts, closed, strict=True) if mask)

    def others(
        self,
        context: Context,
        project_id: str,
        ensemble: Ensemble,
        topology: Topology,
        own: Collection[str] = (),
    ) -> dict[str, BoolArray]:
        """The hosts (shape [H]) of other ensembles and of other projects than ``project_id``.

        Only as far as exclusive policies of ``ensemble`` want to know.
        """
        found = self.hosts_of_others(context, project_id, ensemble, own)
        return {whose: _on(topology, hosts) for whose, hosts in found.items()}

    def hosts_of_others(
        self,
        context: Context,
        project_id: str,
        ensemble: Ensemble,
        own: Collection[str] = (),
    ) -> dict[str, frozenset[str]]:
        """The names of these hosts, by whose servers are there."""
        found: dict[str, Iterable[str | None]] = {}
        wanted = {each.other for each in ensemble.policies if isinstance(each, Exclusive)}
        if wanted:
            members = self._members(own, exclusive=False)
            found[ENSEMBLE] = [member.location for _, member in members]
        if PROJECT in wanted:
            hosts = [member.location for owner, member in members if owner.project_id != project_id]
            hosts += [
                server["OS-EXT-SRV-ATTR:host"]
                for server in self._compute.all_servers(context)
                if server["tenant_id"] != project_id
            ]
            found[PROJECT] = hosts
        return {whose: frozenset(host for host in hosts if host) for whose, hosts in found.items()}

    def _members(
        self, own: Collection[str], *, exclusive: bool
    ) -> list[tuple[EnsembleRecord, MemberRecord]]:
        found = self._store.all_members(exclusive=exclusive)
        return [(owner, member) for owner, member in found if owner.id not in own]


def _on(topology: Topology, hosts: Iterable[str]) -> BoolArray:
    """Mark these hosts (shape [H]); those that the topology does not know are left out."""
    return np.isin(topology.hosts, list(hosts))


def _closed(
    topology: Topology,
    project_id: str | None,
    members: Iterable[tuple[EnsembleRecord, MemberRecord]],
) -> BoolArray:
    """Mark the hosts of domains that another ensemble has to itself (shape [H]).

    Without ``project_id`` those alone that bar a server because it becomes a member.
    """
    paths: dict[str, set[tuple[str, ...]]] = {}
    barring: dict[str, list[Policy]] = {}  # by ensemble
    for owner, member in members:
        if owner.id not in barring:
            stranger = project_id is not None and owner.project_id != project_id
            barring[owner.id] = list(_barring(owner, stranger=stranger))
        for policy in barring[owner.id]:
            if member.tier in policy.tiers:
                paths.setdefault(policy.level, set()).update(_paths(topology, member, policy.level))
    mask = np.zeros(len(topology), dtype=np.bool_)
    for level, taken in paths.items():
        if level in topology.levels:
            domains = [domain.path in taken for domain in topology.domains(level)]
            mask |= np.array(domains, dtype=np.bool_)[topology.index(level)]
    return mask


def _paths(topology: Topology, member: MemberRecord, level: str) -> Iterator[tuple[str, ...]]:
    """The path of a member's domain, if it is in one: as planned where its host is unknown."""
    if member.location and member.location in topology and level in topology.levels:
        yield topology.domain_of(member.location, level).path
    elif member.location is not None:
        yield member.domains[level]


def _barring(owner: EnsembleRecord, *, stranger: bool) -> Iterator[Policy]:
    """The policies that keep a newcomer out of the domains of their tiers; soft ones keep nobody.

    ``stranger`` is whether it comes from another project.
    """
    for policy in owner.ensemble.policies:
        bars = isinstance(policy, Exclusive) and (stranger or policy.other == ENSEMBLE)
        if bars and policy.hard:
            yield policy
