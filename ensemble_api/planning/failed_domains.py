# SPDX-License-Identifier: Apache-2.0
"""Which domains have failed: of hosts that are down, the domains that are down as a whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ensemble_api.planning.topology import FailureDomain, Topology


@dataclass(frozen=True, slots=True)
class FailedDomain:
    """A domain of which every host is down; ``above`` is the smallest one that holds more hosts.

    ``since`` is when the last of its hosts was lost (ISO 8601 in UTC), empty where that is not
    known of each.
    """

    domain: FailureDomain
    above: FailureDomain | None
    since: str


def failed_domains(
    topology: Topology, down: Mapping[str, str], hosts: Iterable[str]
) -> tuple[FailedDomain, ...]:
    """Give the largest failed domains that some of ``hosts`` are in, in the order of their names.

    ``down`` has every host of the cloud that is down with when it was lost, which may be empty. Of
    domains with the same hosts it is the smallest: what is alone in its rack is told as a host.
    """
    lost = sorted({each for each in hosts if each in down and each in topology})
    if not lost:
        return ()
    stands = np.array([name not in down for name in topology.hosts])
    inside = {level: np.bincount(topology.index(level)) for level in topology.levels}
    standing = {
        level: np.bincount(topology.index(level), weights=stands) for level in topology.levels
    }
    found: dict[FailureDomain, FailedDomain] = {}
    for host in lost:
        number = topology.host_number(host)
        at = {level: int(topology.index(level)[number]) for level in topology.levels}
        # From the smallest up, those that are larger than the one before.
        distinct = [
            level
            for below, level in zip((None, *topology.levels), topology.levels, strict=False)
            if below is None or inside[level][at[level]] > inside[below][at[below]]
        ]
        failed = [level for level in distinct if not standing[level][at[level]]]
        above = distinct[len(failed) : len(failed) + 1]
        domain = topology.domain_of(host, failed[-1])
        if domain in found:
            continue
        members = np.flatnonzero(topology.index(failed[-1]) == at[failed[-1]])
        moments = [down[topology.hosts[each]] for each in members]
        found[domain] = FailedDomain(
            domain,
            topology.domain_of(host, above[0]) if above else None,
            max(moments) if all(moments) else "",
        )
    return tuple(found[domain] for domain in sorted(found))
