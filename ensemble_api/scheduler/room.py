# SPDX-License-Identifier: Apache-2.0
"""What is left of hosts beside the members of an ensemble that are on their way there."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ensemble_api.store.current_state import LocatedEnsemble
from ensemble_api.store.locations import LocatedMember

MEMORY, PROCESSORS = "MEMORY_MB", "VCPU"


def by_room(
    located: LocatedEnsemble, member: LocatedMember, hosts: Sequence[Any]
) -> tuple[list[str], list[str]]:
    """The names of these HostStates that have room for the member, and of those that may not.

    Nova's scheduler answers several requests before the first of them has claimed what it takes:
    all members that one failure has hit may be sent to one host, which has room for the first of
    them. Which host is preferred is as Nova's weighers have it by default: most memory first.
    """
    needs = {tier.name: tier.resources for tier in located.record.ensemble.tiers}
    own = needs.get(member.tier, {})
    coming: dict[str, Counter[str]] = {}
    there = {each.host: each.instances for each in hosts}
    for other in located.members:
        if other is member:
            continue
        for host in other.hosts:
            if host in there and other.server_id not in there[host]:
                coming.setdefault(host, Counter()).update(needs.get(other.tier, {}))
    left = {each.host: _left(each, coming.get(each.host, Counter())) for each in hosts}
    ordered = sorted(left, key=lambda host: (-left[host][MEMORY], host))
    full = [
        host
        for host in ordered
        if any(left[host][name] < own.get(name, 0) for name in (MEMORY, PROCESSORS))
    ]
    return [host for host in ordered if host not in full], full


def _left(host: Any, coming: Counter[str]) -> dict[str, float]:
    """The memory in MB and the processors that a HostState gives, without what is coming."""
    used = host.total_usable_ram_mb - host.free_ram_mb
    return {
        MEMORY: host.total_usable_ram_mb * host.ram_allocation_ratio - used - coming[MEMORY],
        PROCESSORS: host.vcpus_total * host.cpu_allocation_ratio
        - host.vcpus_used
        - coming[PROCESSORS],
    }
