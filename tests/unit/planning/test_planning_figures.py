# SPDX-License-Identifier: Apache-2.0
"""Every figure of a refusal is held against all assignments of a tiny ensemble."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from brute_force import assignments
from hypothesis import assume, given
from planning_clouds import racks
from planning_solved import plan
from planning_strategies import MANY, clouds, ensembles

from ensemble_api.planning.check import check
from ensemble_api.planning.model import Ensemble, Tier
from ensemble_api.planning.policies import Affinity, AntiAffinity, Spread, Survive
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


def domains_with_room(tiers: tuple[Tier, ...], level: str, snapshot: Snapshot) -> int:
    depth = snapshot.topology.levels.index(level)
    found = set()
    for tier in tiers:
        for each in valid(Ensemble((replace(tier, count=1),)), snapshot):
            found |= {key.partition("/")[2] for key in each[depth]}
    return len(found)


def expected(reason: Reason, ensemble: Ensemble, snapshot: Snapshot) -> tuple[int, int] | None:
    """Demand and supply of a reason, counted; None where only an estimate is said."""
    tiers = tuple(ensemble.tier(name) for name in reason.tiers)
    tier, policy = tiers[0], None if reason.policy is None else ensemble.policies[reason.policy]
    if policy is None:
        return (tier.count, most_members(tier, snapshot)) if len(tiers) == 1 else None
    match policy:
        case Affinity() if reason.code == "no-single-domain":
            kept = Affinity(policy.level, (tier.name,))
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
            assert policy.min_domains is not None
            ways = by_domain(tier, policy.level, snapshot)
            return policy.min_domains, max(len(each) for each in ways)
        case Spread() if "room for" in str(reason.message):
            if policy.max_skew is None:  # every other domain that it asks for takes one of them
                return None
            kept = replace(policy, tiers=(tier.name,), min_domains=None)
            return tier.count, most_members(tier, snapshot, kept)
    return None


@MANY
@given(ensembles(), clouds())
def test_every_figure_is_that_of_an_exact_model(ensemble: Ensemble, snapshot: Snapshot) -> None:
    found = plan(ensemble, snapshot)
    assume(isinstance(found, Infeasible))
    assert isinstance(found, Infeasible)
    for reason in found.reasons:
        truth = expected(reason, ensemble, snapshot)
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


@MANY
@given(ensembles(most_policies=1), clouds())
def test_as_many_members_as_a_conflict_names_do_fit(ensemble: Ensemble, snapshot: Snapshot) -> None:
    found = plan(ensemble, snapshot)
    assume(isinstance(found, Infeasible) and found.reasons[0].code == "conflict")
    assert isinstance(found, Infeasible)
    [reason] = found.reasons
    names = set(reason.tiers)
    assert reason.demand == sum(tier.count for tier in ensemble.tiers if tier.name in names)
    most = 0
    for smaller in _smaller(ensemble, names):
        if next(valid(smaller, snapshot), None) is not None:
            most = max(most, sum(each.count for each in smaller.tiers if each.name in names))
    assert (reason.supply or 0) <= most
    if len(names) == 1:
        assert (reason.supply or 0) == most


def _smaller(ensemble: Ensemble, names: set[str]) -> Iterator[Ensemble]:
    """The ensemble with every smaller count of these tiers that can be meant."""
    ranges = [range(1, t.count + 1) if t.name in names else (t.count,) for t in ensemble.tiers]
    counts: list[tuple[int, ...]] = [()]
    for each in ranges:
        counts = [(*before, count) for before in counts for count in each]
    for chosen in counts:
        try:
            yield Ensemble(
                tuple(replace(t, count=n) for t, n in zip(ensemble.tiers, chosen, strict=True)),
                ensemble.policies,
            )
        except ValueError:
            continue


@pytest.mark.parametrize(
    ("needed", "said"),
    [
        pytest.param(
            6,
            "At most 4 of the 6 members of web can be left after the loss of any one rack, "
            "and 6 must be.",
            id="when all must",
        ),
        pytest.param(
            "90%",
            "At most 4 of the 6 members of web can be left after the loss of any one rack, "
            "and 6 must be.",
            id="when nearly all must",
        ),
        pytest.param(
            5,
            "At most 4 of the 6 members of web can be left after the loss of any one rack, "
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


def test_a_conflict_of_one_policy_says_how_many_members_fit() -> None:
    tiers = (Tier("web", 12, {"VCPU": 1}), Tier("db", 8, {"VCPU": 1}))
    ensemble = Ensemble(tiers, (Affinity("rack", ("web", "db")),))
    found = plan(ensemble, racks(("z", 2, 4)))
    assert isinstance(found, Infeasible)
    [reason] = found.reasons
    assert (reason.demand, reason.supply) == (20, 16)
    assert str(reason.message) == (
        "“all members of web and db in one rack” cannot be met with the free capacity: "
        "16 of the 20 members fit."
    )
