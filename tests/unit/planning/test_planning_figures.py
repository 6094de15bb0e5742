# SPDX-License-Identifier: Apache-2.0
"""Every figure of a refusal is held against all assignments of a tiny ensemble."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
from brute_force import assignments
from hypothesis import assume, given
from planning_clouds import cloud, racks
from planning_solved import plan
from planning_strategies import MANY, clouds, crowded_ensembles, ensembles

from ensemble_api.planning.check import check
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.model import Ensemble, Tier
from ensemble_api.planning.policies import (
    Affinity,
    AntiAffinity,
    Exclusive,
    Near,
    Selector,
    Spread,
    Survive,
)
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.result import Infeasible, Reason
from ensemble_api.planning.snapshot import Snapshot


def valid(ensemble: Ensemble, snapshot: Snapshot) -> Iterator[list[Counter[str]]]:
    """Every allowed assignment, as members of each tier by domain at each level."""
    for assignment in assignments(ensemble, snapshot):
        if not check(ensemble, snapshot, assignment, {}):
            yield [
                Counter(
                    f"{member.tier}/{snapshot.topology.domain_of(host, level).path}"
                    for member, host in assignment.items()
                )
                for level in snapshot.topology.levels
            ]


def most_members(tier: Tier, snapshot: Snapshot, *policies: Policy) -> int:
    """How many members of one tier can be placed, by the policies if they can be meant of them."""
    found = 0
    for count in range(1, tier.count + 1):
        fewer = Ensemble((replace(tier, count=count),), policies)
        if any(True for _ in valid(fewer, snapshot)):
            found = count
    return found


def by_domain(tier: Tier, level: str, snapshot: Snapshot) -> list[list[int]]:
    """The members in each domain in use, for every way to place as many of the tier as fit."""
    depth = snapshot.topology.levels.index(level)
    fitting = Ensemble((replace(tier, count=most_members(tier, snapshot)),))
    return [sorted(each[depth].values()) for each in valid(fitting, snapshot)]


def most_in_shares(tier: Tier, level: str, shares: dict[str, int], snapshot: Snapshot) -> int:
    """How many of a tier can be where the shares are, of all the closest ways to divide it."""
    whole, ways = sum(shares.values()), product(range(tier.count + 1), repeat=len(shares))
    apart = {
        way: sum(
            (each * whole - tier.count * share) ** 2
            for each, share in zip(way, shares.values(), strict=True)
        )
        for way in ways
        if sum(way) == tier.count
    }
    closest = [
        dict(zip(shares, way, strict=True))
        for way, each in apart.items()
        if each == min(apart.values())
    ]
    found = 0
    for count in range(1, tier.count + 1):
        fewer = Ensemble((replace(tier, count=count),))
        for assignment in assignments(fewer, snapshot):
            if not check(fewer, snapshot, assignment, {}):
                names = [
                    snapshot.topology.domain_of(host, level).name for host in assignment.values()
                ]
                held = Counter(names)
                found = max(
                    found, *(sum(min(held[name], way[name]) for name in way) for way in closest)
                )
    return found


def most_spread(tier: Tier, policy: Spread, snapshot: Snapshot) -> tuple[int, int]:
    """What a spread by shares or over domains asks for, and the most of that there is."""
    if policy.shares is not None:
        return tier.count, most_in_shares(tier, policy.level, dict(policy.shares), snapshot)
    assert policy.min_domains is not None
    ways = by_domain(tier, policy.level, snapshot)
    return policy.min_domains, max(len(each) for each in ways)


def domains_with_room(tiers: tuple[Tier, ...], level: str, snapshot: Snapshot) -> int:
    depth = snapshot.topology.levels.index(level)
    found = set()
    for tier in tiers:
        for each in valid(Ensemble((replace(tier, count=1),)), snapshot):
            found |= {key.partition("/")[2] for key in each[depth]}
    return len(found)


def most_domains(tier: Tier, level: str, snapshot: Snapshot) -> int:
    """In how many domains of a level a whole tier can be at most."""
    depth = snapshot.topology.levels.index(level)
    return max((len(each[depth]) for each in valid(Ensemble((tier,)), snapshot)), default=0)


def fewest_domains(tier: Tier, level: str, snapshot: Snapshot) -> int:
    depth = snapshot.topology.levels.index(level)
    return min((len(each[depth]) for each in valid(Ensemble((tier,)), snapshot)), default=0)


def most_together(
    ensemble: Ensemble,
    snapshot: Snapshot,
    policies: tuple[Policy, ...],
    tiers: tuple[Tier, ...] = (),
) -> int:
    """How many members of these tiers can be placed beside all of the others, by the policies.

    Without tiers those of all are counted, and a tier may have none.
    """
    names = {tier.name for tier in tiers}
    least = 1 if names else 0
    ranges = [
        range(least, tier.count + 1) if tier.name in names or not names else (tier.count,)
        for tier in ensemble.tiers
    ]
    most = 0
    for counts in product(*ranges):
        counted = [(tier, n) for tier, n in zip(ensemble.tiers, counts, strict=True) if n]
        size = sum(n for tier, n in counted if not names or tier.name in names)
        if size <= most:
            continue
        try:
            fewer = Ensemble(tuple(replace(tier, count=n) for tier, n in counted), policies)
        except ModelError:
            continue
        if any(True for _ in valid(fewer, snapshot)):
            most = size
    return most


def shared_room(
    reason: Reason, ensemble: Ensemble, snapshot: Snapshot, policy: Near | Exclusive
) -> tuple[int, int]:
    """Demand and supply of what one policy lacks that is about what else a domain holds."""
    tier, words = ensemble.tier(reason.tiers[0]), str(reason.message)
    kept = replace(policy, tiers=(tier.name,), hard=True)
    if "with free capacity" in words:
        return 1, 0
    if isinstance(kept, Exclusive):
        return tier.count, most_members(tier, snapshot, kept)
    other = ensemble.tier(kept.to)
    if "can be" in words:
        there = most_domains(other, kept.level, snapshot)
        return fewest_domains(tier, kept.level, snapshot), there
    return tier.count, most_together(Ensemble((tier, other)), snapshot, (kept,), (tier,))


def expected(reason: Reason, ensemble: Ensemble, snapshot: Snapshot) -> tuple[int, int] | None:
    """Demand and supply of a reason, counted; None where neither is of a tier or policy alone."""
    tiers = tuple(ensemble.tier(name) for name in reason.tiers)
    tier, policy = tiers[0], None if reason.policy is None else ensemble.policies[reason.policy]
    if policy is None:
        if len(tiers) == 1:
            return tier.count, most_members(tier, snapshot)
        return ensemble.size, most_together(ensemble, snapshot, ())
    if reason.code == "conflict":
        demand = sum(each.count for each in tiers)
        return demand, most_together(ensemble, snapshot, (replace(policy, hard=True),), tiers)
    if isinstance(policy, Near | Exclusive):
        return shared_room(reason, ensemble, snapshot, policy)
    match policy:
        case Affinity() | Selector() if reason.code not in ("conflict", "too-few-domains"):
            kept = replace(policy, tiers=(tier.name,), hard=True)
            return tier.count, most_members(tier, snapshot, kept)
        case AntiAffinity() if len(policy.tiers) == 1 and reason.code != "conflict":
            kept = replace(policy, hard=True)
            if "room for" in str(reason.message):
                return tier.count, most_members(tier, snapshot, kept)
            needed = -(-tier.count // policy.max_per_domain)
            return needed, domains_with_room(tiers, policy.level, snapshot)
        case Survive() if reason.code != "conflict":
            ways = by_domain(tier, policy.level, snapshot)
            left = max(sum(each[: len(each) - policy.failures]) for each in ways)
            return policy.needed(tier.count), left
        case Spread() if "can be" in str(reason.message):
            return most_spread(tier, policy, snapshot)
        case Spread() if "room for" in str(reason.message):
            if policy.max_skew is None:  # every other domain that it asks for takes one of them
                return None
            kept = replace(policy, tiers=(tier.name,), min_domains=None)
            return tier.count, most_members(tier, snapshot, kept)
    return None


@MANY
@given(ensembles() | crowded_ensembles(), clouds())
def test_every_figure_is_that_of_an_exact_model(ensemble: Ensemble, snapshot: Snapshot) -> None:
    found = plan(ensemble, snapshot)
    assume(isinstance(found, Infeasible))
    assert isinstance(found, Infeasible)
    for reason in found.reasons:
        # What cannot be had exactly is not told.
        truth = None if reason.supply is None else expected(reason, ensemble, snapshot)
        if truth is not None:
            assert (reason.demand, reason.supply) == truth, str(reason.message)
        _figures_are_known(reason, ensemble)


def _figures_are_known(reason: Reason, ensemble: Ensemble) -> None:
    """No number in a sentence is any but the demand, the supply, or one of the description."""
    words = re.sub(r"\b(t|az|r|h)\d+\b", "", str(reason.message))
    known = {reason.demand, reason.supply, *(tier.count for tier in ensemble.tiers)}
    for policy in ensemble.policies:
        known |= {int(each) for each in re.findall(r"\d+", str(policy.describe()))}
    assert {int(each) for each in re.findall(r"\d+", words)} <= known, str(reason.message)


@pytest.mark.parametrize(
    ("needed", "said"),
    [
        pytest.param(
            6,
            "At most 4 of the 6 members of “web” can be left after the loss of any one rack, "
            "and 6 must be.",
            id="when all must",
        ),
        pytest.param(
            "90%",
            "At most 4 of the 6 members of “web” can be left after the loss of any one rack, "
            "and 6 must be.",
            id="when nearly all must",
        ),
        pytest.param(
            5,
            "At most 4 of the 6 members of “web” can be left after the loss of any one rack, "
            "and 5 must be.",
            id="when one may be lost",
        ),
    ],
)
def test_how_many_can_be_left(needed: int | str, said: str) -> None:
    ensemble = Ensemble((Tier("web", 6, {"VCPU": 1}),), (Survive("rack", ("web",), True, needed),))
    found = plan(ensemble, racks(("z", 3, 2)))
    assert isinstance(found, Infeasible)
    assert [str(reason.message) for reason in found.reasons] == [said]


def test_a_conflict_of_one_policy_says_how_many_members_of_its_tier_fit() -> None:
    tiers = (Tier("web", 3, {"VCPU": 1}), Tier("db", 1, {"VCPU": 1}, frozenset({"SSD"})))
    ensemble = Ensemble(tiers, (Exclusive("host", ("web",)),))
    found = plan(ensemble, cloud(EIGHT, traits={"b": ["SSD"]}, others={"project": ["a"]}))
    assert isinstance(found, Infeasible)
    [reason] = found.reasons
    assert (reason.demand, reason.supply) == (3, 2)
    assert str(reason.message) == (
        "“no server of another project on a host that holds web” cannot be met with the free "
        "capacity: 2 of the 3 members fit."
    )


EIGHT: dict[str, tuple[str | None, str | None, int]] = {"a": ("r1", "z", 5), "b": ("r2", "z", 3)}


@pytest.mark.parametrize(
    ("tiers", "policies", "snapshot", "said"),
    [
        pytest.param(
            (Tier("a", 2, {"VCPU": 1}), Tier("b", 5, {"VCPU": 1})),
            (Affinity("host", ("a", "b")),),
            cloud(EIGHT),
            "“all members of a and b on one host” cannot be met with the free capacity.",
            id="several tiers in conflict, of which one could be cut or the other",
        ),
        pytest.param(
            (Tier("a", 5, {"VCPU": 1}), Tier("b", 1, {"VCPU": 1}, frozenset({"SSD"}))),
            (Near("host", ("a",), True, "b"),),
            cloud(EIGHT, traits={"b": ["SSD"]}),
            "“a” has 5 members, and there is too little room for them with b on every host that "
            "holds a.",
            id="what is near takes room as well",
        ),
        pytest.param(
            (Tier("a", 5, {"VCPU": 1}), Tier("b", 2, {"VCPU": 2})),
            (),
            cloud(EIGHT),
            "The free capacity is too small, or too scattered, for all 7 members of “a” and “b” "
            "together.",
            id="several tiers that are too many together",
        ),
    ],
)
def test_no_figure_is_told_that_is_only_an_estimate(
    tiers: tuple[Tier, ...], policies: tuple[Policy, ...], snapshot: Snapshot, said: str
) -> None:
    found = plan(Ensemble(tiers, policies), snapshot)
    assert isinstance(found, Infeasible)
    assert [(str(each.message), each.supply) for each in found.reasons] == [(said, None)]
