# SPDX-License-Identifier: Apache-2.0
"""Several ensembles that a failure has hit, as one problem: those that stay are fixed in it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import AntiAffinity
from ensemble_api.planning.policies.exclusive import ENSEMBLE
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.result import Assignment
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import BoolArray, Topology


@dataclass(frozen=True, slots=True)
class Hit:
    """One ensemble that a failure has hit.

    Members that are `staying` keep their hosts. All others are lost and need a place, but for those
    that are `waiting`, which get none now. `homes` are the hosts where lost ones were. `snapshot`
    is the cloud as its `project` may use it for this ensemble: what has failed is not usable, and
    what stays is part of what is not free.
    """

    key: str
    ensemble: Ensemble
    staying: Assignment
    snapshot: Snapshot
    project: str = ""
    waiting: frozenset[Member] = frozenset()
    homes: Assignment = field(default_factory=dict)

    def __post_init__(self) -> None:
        foreign = (self.staying.keys() | self.waiting) - set(self.ensemble.members)
        if foreign:
            raise ModelError("staying", "must only have members of the ensemble")
        if self.staying.keys() & self.waiting:
            raise ModelError("waiting", "must not have a member that stays")

    @property
    def lost(self) -> tuple[Member, ...]:
        """Those that need a place, tier after tier."""
        here = self.staying.keys() | self.waiting
        return tuple(each for each in self.ensemble.members if each not in here)

    @property
    def present(self) -> Counter[str]:
        """How many members of each tier stay."""
        return Counter(member.tier for member in self.staying)


@dataclass(frozen=True, slots=True)
class Part:
    """What of a hit is to be placed: some `members`, within all hard policies or what still binds.

    What binds a member that was lost is less: what the failure itself has broken, such as the
    number of racks that a tier is spread over, is no reason to leave a member down.
    """

    hit: Hit
    members: tuple[Member, ...]
    strict: bool

    def policies(self) -> Iterator[Policy]:
        """Give the hard policies that bind, as they do."""
        yield from (policy for _, policy in binding_policies(self.hit, strict=self.strict))


def binding_policies(hit: Hit, *, strict: bool) -> Iterator[tuple[int, Policy]]:
    """Give the hard policies that bind lost members, by number; not `strict`: as they still do."""
    present = hit.present
    for number, policy in enumerate(hit.ensemble.policies):
        if policy.hard:
            found = policy if strict else policy.displaced(present)
            if found is not None:
                yield number, found


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """One ensemble, and one cloud for it, made of parts; `names` say whose each member is.

    `loose` are the numbers of policies that need not hold better than they do without the lost.
    """

    ensemble: Ensemble
    snapshot: Snapshot
    staying: Assignment
    loose: frozenset[int]
    names: Mapping[Member, tuple[int, Member]] = field(repr=False)

    def separated(self, assignment: Assignment, parts: int) -> list[dict[Member, str]]:
        """Give an assignment for each of so many parts, without the members that stay."""
        found: list[dict[Member, str]] = [{} for _ in range(parts)]
        for member, host in assignment.items():
            if member not in self.staying:
                number, own = self.names[member]
                found[number][own] = host
        return found


def join(parts: Sequence[Part]) -> Joint:
    """Make one problem of parts whose snapshots are of one look at one cloud.

    Each tier has a name of its own, and what its project, traits, zone, selectors and the servers
    of others say of hosts is in its two masks. A host on which one stays is never closed to it, and
    takes no more where it would be closed. Exclusive policies hold between the parts too.
    """
    tiers: list[Tier] = []
    staying: dict[Member, str] = {}
    names: dict[Member, tuple[int, Member]] = {}
    closed: dict[str, BoolArray] = {}
    offered: dict[str, BoolArray] = {}
    renamed: list[dict[str, str]] = []
    for number, part in enumerate(parts):
        renamed.append({})
        for row, tier in enumerate(part.hit.ensemble.tiers):
            here = [each for each in (*part.hit.staying, *part.members) if each.tier == tier.name]
            if not here:
                continue
            name = renamed[number][tier.name] = f"e{number}-t{row}"
            indices = tuple(each.index for each in here)
            tiers.append(
                Tier(name, len(here), tier.resources, unplanned=tier.unplanned, indices=indices)
            )
            names |= {Member(name, each.index): (number, each) for each in here}
            closed[name], offered[name] = _masks(part, tier)
    for member, (number, own) in names.items():
        if own in parts[number].hit.staying:
            staying[member] = parts[number].hit.staying[own]
    policies: list[Policy] = []
    loose: set[int] = set()
    for number, part in enumerate(parts):
        found = (policy.renamed(renamed[number]) for policy in part.policies())
        binding = [each for each in found if each is not None]
        binding += _apart(number, parts, renamed)
        if not part.strict:
            loose.update(range(len(policies), len(policies) + len(binding)))
        policies += binding
    return Joint(
        Ensemble(tuple(tiers), tuple(policies)),
        _cloud([part.hit.snapshot for part in parts], closed, offered),
        staying,
        frozenset(loose),
        names,
    )


def _masks(part: Part, tier: Tier) -> tuple[BoolArray, BoolArray]:
    """Mark the hosts [H] that are closed to a tier, and those that take more of it."""
    hit, snapshot = part.hit, part.hit.snapshot
    suited = snapshot.eligible(tier)
    for policy in hit.ensemble.policies:
        if policy.hard and tier.name in policy.tiers:
            barred = policy.barred(snapshot)
            if barred is not None:
                suited &= ~barred
    held = marked(snapshot.topology, hit, (tier.name,))
    offered = suited & snapshot.offered.get(tier.mask, np.True_)
    for policy in part.policies():
        others = snapshot.others.get(policy.keeps_out or "")
        if others is not None and tier.name in policy.tiers:
            offered &= ~_foreign(part, policy, others)
    return ~(suited | held), offered


def _foreign(part: Part, policy: Policy, others: BoolArray) -> BoolArray:
    """Mark the hosts [H] in domains that others share; not strict: that the tiers are not in."""
    topology = part.hit.snapshot.topology
    taken = throughout(topology, others, policy.level)
    if not part.strict:
        taken &= ~throughout(topology, marked(topology, part.hit, policy.tiers), policy.level)
    return taken


def marked(topology: Topology, hit: Hit, tiers: Sequence[str]) -> BoolArray:
    """Mark the hosts [H] of members of some tiers that stay."""
    mask = np.zeros(len(topology), dtype=np.bool_)
    for member, host in hit.staying.items():
        if member.tier in tiers:
            mask[topology.host_number(host)] = True
    return mask


def throughout(topology: Topology, mask: BoolArray, level: str) -> BoolArray:
    """Mark all hosts of the domains of a level in which one is marked."""
    index = topology.index(level)
    domains = np.zeros(topology.size(level), dtype=np.bool_)
    domains[index[mask]] = True
    found: BoolArray = domains[index]
    return found


def _apart(
    number: int, parts: Sequence[Part], renamed: Sequence[Mapping[str, str]]
) -> Iterator[Policy]:
    """Keep the domains that a part has to itself clear of the members of the other parts."""
    part = parts[number]
    for policy in part.policies():
        own = [renamed[number][name] for name in policy.tiers if name in renamed[number]]
        for other, names in enumerate(renamed):
            if other != number and excludes(policy, part.hit, parts[other].hit):
                for name in own:
                    for each in names.values():
                        yield AntiAffinity(policy.level, (name, each))


def excludes(policy: Policy, hit: Hit, other: Hit) -> bool:
    """Whether a policy of one ensemble keeps the members of another out."""
    if policy.keeps_out is None:
        return False
    return policy.keeps_out == ENSEMBLE or hit.project != other.project


def _cloud(
    snapshots: Sequence[Snapshot],
    closed: Mapping[str, BoolArray],
    offered: Mapping[str, BoolArray],
) -> Snapshot:
    """One cloud with these masks.

    A snapshot shows nothing of a host without room for any member that it was made for, so that
    what is free is the most that one of them says.
    """
    first = snapshots[0]
    classes = tuple(sorted({name for each in snapshots for name in each.resource_classes}))
    total = np.zeros((len(first.topology), len(classes)), dtype=np.int64)
    free = np.full_like(total, np.iinfo(np.int64).min)
    for snapshot in snapshots:
        columns = [classes.index(name) for name in snapshot.resource_classes]
        total[:, columns] = np.maximum(total[:, columns], snapshot.total)
        free[:, columns] = np.maximum(free[:, columns], snapshot.free)
    return Snapshot(
        first.topology,
        classes,
        total,
        free,
        traits=(frozenset(),) * len(first.topology),
        usable=np.ones(len(first.topology), dtype=np.bool_),
        closed=closed,
        offered=offered,
        packing=first.packing,
    )
