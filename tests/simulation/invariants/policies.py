# SPDX-License-Identifier: Apache-2.0
"""Which hard policies are missed, by the second opinion of ``planning/check``."""

from collections.abc import Mapping

import numpy as np

from ensemble_api.planning import check
from ensemble_api.planning.model import Member
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import Topology
from ensemble_api.records import EnsembleRecord
from tests.simulation.nova import SimulatedNova


class Policies:
    """Judges where members are."""

    def __init__(self, nova: SimulatedNova) -> None:
        self._nova = nova

    def places(self, record: EnsembleRecord) -> dict[Member, str]:
        """Where Nova has the members that it has."""
        found = {}
        for each in record.members:
            server = self._nova.server(each.server_id or "")
            if server is not None and server.at is not None:
                found[Member(each.tier, each.index)] = server.at
        return found

    def missed(self, record: EnsembleRecord, places: Mapping[Member, str]) -> dict[int, int]:
        """By how much each hard policy is missed, however many hosts are thought to be usable."""
        if not places:
            return {}
        found: list[dict[int, int]] = []
        for up in (True, False):
            snapshot = self._snapshot(all_usable=up)
            missed = check.shortfalls(record.ensemble, snapshot, places, hard=True)
            found.append({each.policy: each.amount for each in missed if each.policy is not None})
        both = found[0].keys() & found[1].keys()
        return {number: min(each[number] for each in found) for number in sorted(both)}

    def lasting(self, record: EnsembleRecord, places: Mapping[Member, str]) -> dict[int, int]:
        """Those of the missed ones that do not depend on what was usable at the time of a plan.

        How even a spread can be does.
        """
        return {
            number: amount
            for number, amount in self.missed(record, places).items()
            if getattr(record.ensemble.policies[number], "max_skew", None) is None
        }

    def _snapshot(self, *, all_usable: bool) -> Snapshot:
        hosts = self._nova.hosts
        topology = Topology.build(
            ("host", "rack", "zone"), {each.name: (each.rack, each.zone) for each in hosts}, "zone"
        )
        nothing = np.zeros((len(hosts), 0), dtype=np.int64)
        up = {each.name for each in hosts if all_usable or each.state == "up"}
        return Snapshot(
            topology,
            (),
            nothing,
            nothing,
            (frozenset(),) * len(hosts),
            np.array([name in up for name in topology.hosts], dtype=np.bool_),
        )


def shown(places: Mapping[Member, str]) -> str:
    """Members and their hosts, as a message has them."""
    return " ".join(f"{each.tier}-{each.index}@{host}" for each, host in sorted(places.items()))
