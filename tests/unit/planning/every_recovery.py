# SPDX-License-Identifier: Apache-2.0
"""The truth on tiny instances: every way to place some of the lost, judged by the checker."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from ensemble_api.planning.check import _suits, shortfalls
from ensemble_api.planning.joint import Hit
from ensemble_api.planning.policies import Exclusive
from ensemble_api.planning.result import Assignment

Group = Sequence[Assignment]  # of each hit, the members that stay and those that got a place


def allowed(hits: Sequence[Hit], group: Group, *, strict: bool) -> bool:
    """Whether places are within all that binds, told without the planner's arrays."""
    snapshot = hits[0].snapshot
    used = Counter[str]()
    for hit, places in zip(hits, group, strict=True):
        for member in places.keys() - hit.staying.keys():
            tier, host = hit.ensemble.tier(member.tier), places[member]
            row = hit.snapshot.topology.host_number(host)
            offered = hit.snapshot.offered.get(tier.mask)
            if not _suits(tier, host, hit.snapshot) or (offered is not None and not offered[row]):
                return False
            used[host] += tier.resources["VCPU"]
    for host, amount in used.items():
        if amount > max(0, int(snapshot.amounts("VCPU")[snapshot.topology.host_number(host)])):
            return False
    for number, (hit, places) in enumerate(zip(hits, group, strict=True)):
        if missed(hit, places, strict=strict) - (Counter() if strict else missed(hit, hit.staying)):
            return False
        others = [(h, p) for at, (h, p) in enumerate(zip(hits, group, strict=True)) if at != number]
        after = shared(hit, places, others)
        before = shared(hit, hit.staying, [(other, other.staying) for other, _ in others])
        if after - (Counter() if strict else before):
            return False
    return True


def missed(hit: Hit, places: Assignment, *, strict: bool = False) -> Counter[int]:
    """By how much each hard policy that binds is missed."""
    present = Counter(member.tier for member in hit.staying)
    found: Counter[int] = Counter()
    for number, policy in enumerate(hit.ensemble.policies):
        binds = policy if strict else policy.displaced(present)
        if policy.hard and binds is not None:
            alone = replace(hit.ensemble, policies=(binds,))
            for each in shortfalls(alone, hit.snapshot, places, hard=True):
                found[number] += each.amount
    return found


def shared(hit: Hit, places: Assignment, others: Sequence[tuple[Hit, Assignment]]) -> Counter[str]:
    """Domains that a hit has to itself and shares, by policy and pairs of tiers."""
    topology = hit.snapshot.topology
    found: Counter[str] = Counter()
    for number, policy in enumerate(hit.ensemble.policies):
        if not isinstance(policy, Exclusive) or not policy.hard:
            continue
        for other, theirs in others:
            if policy.other == "project" and other.project == hit.project:
                continue
            for mine, tier in product(policy.tiers, other.ensemble.tiers):
                here = {
                    topology.domain_of(h, policy.level) for m, h in places.items() if m.tier == mine
                }
                there = {
                    topology.domain_of(h, policy.level)
                    for m, h in theirs.items()
                    if m.tier == tier.name
                }
                found[f"{number} {mine} {other.key} {tier.name}"] = len(here & there)
    return found


def groups(hits: Sequence[Hit]) -> Iterator[Group]:
    """Every way to place some of the lost; members of a tier are alike."""
    hosts = hits[0].snapshot.topology.hosts
    choices = [
        [
            dict(hit.staying) | {m: at for m, at in zip(hit.lost, chosen, strict=True) if at}
            for chosen in product((None, *hosts), repeat=len(hit.lost))
        ]
        for hit in hits
    ]
    yield from product(*choices)
