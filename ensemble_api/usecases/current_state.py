# SPDX-License-Identifier: Apache-2.0
"""The current state of an ensemble: where Nova has its servers now, and what that breaks."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.inventory import Host, Inventory
from ensemble_api.cloud.tags import ENSEMBLE_TAG, recognized
from ensemble_api.context import Context
from ensemble_api.planning import check
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.result import Assignment, Violation
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.survivability import promises
from ensemble_api.planning.topology import BoolArray, FailureDomain, Topology
from ensemble_api.records import EnsembleRecord
from ensemble_api.results.current_state import CurrentState, MemberState, planned_domains
from ensemble_api.usecases.exclusivity import Exclusivity
from ensemble_api.views.domain_labels import labels

RUNNING = frozenset(
    (
        "ACTIVE",
        "HARD_REBOOT",
        "MIGRATING",
        "PASSWORD",
        "REBOOT",
        "RESIZE",
        "REVERT_RESIZE",
        "VERIFY_RESIZE",
    )
)
MANY = 20  # servers that are looked at one by one; of more, all of the project are listed


class Observer:
    """Reads servers with an operator's rights, since Nova does not show tenants their hosts."""

    def __init__(self, compute: Compute, inventory: Inventory, exclusivity: Exclusivity) -> None:
        self._compute = compute
        self._inventory = inventory
        self._exclusivity = exclusivity

    def observe(self, context: Context, record: EnsembleRecord, *, whole: bool) -> CurrentState:
        """Observe an ensemble's servers.

        ``whole`` is whether labels may count all domains of the cloud, and not only those in use.
        """
        # 1 Look at the hosts and at the servers. 2 Place the members. 3 Judge.
        hosts = {host.name: host for host in self._inventory.hosts(context)}
        topology = self._inventory.topology(hosts.values())
        members = tuple(_member_states(record, self._servers(context, record), hosts))
        ensemble = record.ensemble
        snapshot = self._snapshot(context, record, ensemble, topology, hosts)
        placed = _assignment(each for each in members if each.host is not None)
        left = _assignment(each for each in members if each.running)
        return CurrentState(
            record,
            ensemble,
            topology,
            members,
            left,
            tuple(_violations(ensemble, snapshot, placed, left)),
            labels(
                record.project_id,
                _labelled(record, topology, placed, whole),
                _kept_labels(record),
                zone_level=topology.zone_level,
            ),
            datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )

    def _servers(self, context: Context, record: EnsembleRecord) -> dict[str, Mapping[str, Any]]:
        """The project's servers that may be the ensemble's, by id.

        By tag, and by id should a tenant have removed the tag.
        """
        tag = f"{ENSEMBLE_TAG}{record.id}"
        found: dict[str, Mapping[str, Any]] = {
            server["id"]: server
            for server in self._compute.servers(context, record.project_id, tag)
        }
        missing = {each.server_id for each in record.members if each.server_id} - found.keys()
        if len(missing) > MANY:
            for server in self._compute.all_servers(context, record.project_id):
                found.setdefault(server["id"], server)
        else:
            for server_id in missing:
                alone = self._compute.server(context, server_id)
                if alone is not None:
                    found[server_id] = alone
        return found

    def _snapshot(
        self,
        context: Context,
        record: EnsembleRecord,
        ensemble: Ensemble,
        topology: Topology,
        hosts: Mapping[str, Host],
    ) -> Snapshot:
        """What the checker needs to know of the hosts, which is not their capacity."""
        size = len(topology)
        closed: dict[str, BoolArray] = {}
        asked = record.plan.get("traits", {})
        has = self._inventory.traits(
            (name for each in asked.values() for name in each["required"]),
            (name for each in asked.values() for name in each["forbidden"]),
        )
        found = [has.get(hosts[name].provider, frozenset()) for name in topology.hosts]
        for tier, traits in asked.items():
            if traits["required"] or traits["forbidden"]:
                required, forbidden = {*traits["required"]}, {*traits["forbidden"]}
                closed[tier] = np.array(
                    [not required <= each or bool(forbidden & each) for each in found],
                    dtype=np.bool_,
                )
        return Snapshot(
            topology,
            (),
            np.zeros((size, 0), dtype=np.int64),
            np.zeros((size, 0), dtype=np.int64),
            (frozenset(),) * size,
            np.array([hosts[name].state == "up" for name in topology.hosts], dtype=np.bool_),
            others=self._exclusivity.others(
                context, record.project_id, ensemble, topology, but=record.id
            ),
            closed=closed,
        )


def _member_states(
    record: EnsembleRecord,
    servers: Mapping[str, Mapping[str, Any]],
    hosts: Mapping[str, Host],
) -> Iterator[MemberState]:
    found = recognized(record, servers.values())
    for member in record.members:
        server = next(iter(found.get(member.id, ())), None)
        if server is None:
            yield MemberState(member, member.server_id, None, None, running=False)
            continue
        host = hosts.get(server.get("OS-EXT-SRV-ATTR:host") or "")
        running = server["status"] in RUNNING and host is not None and host.state != "down"
        name = host.name if host else None
        addresses = tuple(_addresses(server))
        yield MemberState(member, server["id"], server["status"], name, running, addresses)


def _addresses(server: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The network's name and the address, of each address that a server has."""
    for network, found in server["addresses"].items():
        for each in found:
            yield network, each["addr"]


def _assignment(members: Iterable[MemberState]) -> dict[Member, str]:
    return {Member(each.member.tier, each.member.index): each.host for each in members if each.host}


def _violations(
    ensemble: Ensemble, snapshot: Snapshot, placed: Assignment, left: Assignment
) -> Iterator[Violation]:
    """Each policy that is missed, in the policies' order."""
    missed = {
        each.policy: each
        for hard in (True, False)
        for each in check.shortfalls(ensemble, snapshot, placed, hard=hard)
    }
    for promise in promises(ensemble, left, snapshot.topology):
        # The checker takes every member to be somewhere; here some may be lost already.
        policy = ensemble.policies[promise.policy]
        amount = sum(max(0, each.needed - each.left) for each in promise.tiers)
        message = policy.describe_shortfall(amount)
        missed.pop(promise.policy, None)
        if amount:
            missed[promise.policy] = Violation(
                promise.policy, promise.level, (), policy.tiers, amount, message
            )
    return (missed[index] for index in range(len(ensemble.policies)) if index in missed)


def _kept_labels(record: EnsembleRecord) -> Mapping[str, str]:
    found: Mapping[str, str] = record.plan.get("labels", {})
    return found


def _labelled(
    record: EnsembleRecord, topology: Topology, placed: Assignment, whole: bool
) -> Iterator[FailureDomain]:
    """The domains that labels count, and those that the plan used, which may be gone."""
    for level in topology.levels:
        if whole:
            yield from topology.domains(level)
        else:
            yield from {topology.domain_of(host, level) for host in placed.values()}
    for member in record.members:
        yield from planned_domains(member).values()
