# SPDX-License-Identifier: Apache-2.0
"""Relabel: an assignment with its members so named that few differ from an earlier one."""

from collections import Counter

from ensemble_api.planning.model import Member
from ensemble_api.planning.result import Assignment


def relabel(assignment: Assignment, before: Assignment) -> dict[Member, str]:
    """Give the same assignment with the members named so that as many as can stay where they were.

    Which member of a tier is where matters to nobody, so a tier keeps its count on each host.
    Assignments that have these counts in common are equal when relabelled.
    """
    hosts: dict[str, Counter[str]] = {}
    for member, host in assignment.items():
        hosts.setdefault(member.tier, Counter())[host] += 1
    found: dict[Member, str] = {}
    for member in assignment:
        if hosts[member.tier][before.get(member, "")]:
            found[member] = before[member]
            hosts[member.tier][before[member]] -= 1
    rest = {tier: sorted(at.elements()) for tier, at in hosts.items()}
    for member in assignment:
        if member not in found:
            found[member] = rest[member.tier].pop(0)
    return {member: found[member] for member in assignment}
