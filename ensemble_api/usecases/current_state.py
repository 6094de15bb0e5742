# SPDX-License-Identifier: Apache-2.0
"""The current state of an ensemble: where its servers were last observed, and what that breaks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ensemble_api.cloud.inventory import Inventory
from ensemble_api.context import Context
from ensemble_api.observed import ObservedHost
from ensemble_api.planning.failed_domains import failed_domains
from ensemble_api.planning.topology import FailureDomain, Topology
from ensemble_api.records import EnsembleRecord
from ensemble_api.results.current_state import CurrentState, planned_domains
from ensemble_api.standing import CloudHosts, MembersNow, MemberState, standing
from ensemble_api.store.current_state import CurrentStates
from ensemble_api.usecases.exclusivity import Exclusivity
from ensemble_api.usecases.observed_hosts import ObservedHosts
from ensemble_api.views.domain_labels import labels


class StoredStates:
    """Reads what is stored of servers and hosts, and so asks Nova nothing for it."""

    def __init__(
        self,
        states: CurrentStates,
        hosts: ObservedHosts,
        inventory: Inventory,
        exclusivity: Exclusivity,
    ) -> None:
        self._states = states
        self._hosts = hosts
        self._inventory = inventory
        self._exclusivity = exclusivity

    def members_now(self, records: Iterable[EnsembleRecord]) -> dict[str, MembersNow]:
        """Tell where the members of some ensembles are and which run, by the ensembles' ids.

        Only the hosts that they are on are read.
        """
        every = list(records)
        names = {each.location for record in every for each in record.members if each.location}
        observed = {each.name: each for each in self._states.hosts(names)}
        levels, zone_level = self._inventory.levels, self._inventory.zone_level
        found = {}
        for record in every:
            here = (observed.get(each.location or "") for each in record.members)
            hosts = [each for each in dict.fromkeys(here) if each is not None]
            if not record.observed_at:
                hosts = _planned_hosts(record, levels)
            found[record.id] = MembersNow.of(record, CloudHosts.of(levels, zone_level, hosts))
        return found

    def current_state(
        self, context: Context, record: EnsembleRecord, *, whole: bool
    ) -> CurrentState:
        """Tell how an ensemble stands, as of when Nova was last observed.

        ``whole`` is whether labels may count all domains of the cloud, and not only those in use.
        """
        hosts = self._hosts.now()
        if not len(hosts.topology):
            planned = _planned_hosts(record, self._inventory.levels)
            hosts = CloudHosts.of(self._inventory.levels, self._inventory.zone_level, planned)
        # Other projects' servers are not stored: who has something to itself has Nova asked.
        others = self._exclusivity.hosts_of_others(
            context, record.project_id, record.ensemble, {record.id}
        )
        stands = standing(record, hosts, others)
        return CurrentState(
            record,
            record.ensemble,
            hosts.topology,
            stands.members,
            stands.left,
            stands.violations,
            labels(
                record.project_id,
                _labelled(record, hosts.topology, stands.members, whole),
                _kept_labels(record),
                zone_level=hosts.topology.zone_level,
            ),
            record.observed_at or record.updated_at,
            hosts.up,
            failed_domains(
                hosts.topology, hosts.down, {each.host for each in stands.members if each.host}
            ),
        )


def _planned_hosts(record: EnsembleRecord, levels: Sequence[str]) -> list[ObservedHost]:
    """The hosts of the plan, as long as none were observed."""
    return [
        ObservedHost(each.host, tuple(each.domains[level][-1] for level in levels[1:]), up=True)
        for each in record.members
        if all(level in each.domains for level in levels)
    ]


def _kept_labels(record: EnsembleRecord) -> Mapping[str, str]:
    found: Mapping[str, str] = record.plan.get("labels", {})
    return found


def _labelled(
    record: EnsembleRecord, topology: Topology, members: Sequence[MemberState], whole: bool
) -> Iterator[FailureDomain]:
    """The domains that labels count, and those that the plan used, which may be gone."""
    for level in topology.levels:
        if whole:
            yield from topology.domains(level)
        else:
            yield from {topology.domain_of(each.host, level) for each in members if each.host}
    for member in record.members:
        yield from planned_domains(member).values()
