# SPDX-License-Identifier: Apache-2.0
"""A member that Nova moves keeps its hard policies; one whose host has failed is not kept down."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_clouds import cloud
from planning_solved import plan
from planning_strategies import MANY, clouds, ensembles

from ensemble_api.planning import check
from ensemble_api.planning.model import Ensemble, Tier
from ensemble_api.planning.policies import (
    Affinity,
    AntiAffinity,
    Near,
    Selector,
    Spread,
    Survive,
)
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.relocation import Relocation, relocate
from ensemble_api.planning.result import Plan
from ensemble_api.planning.snapshot import Snapshot

# Two racks of two hosts in each of two zones.
HOSTS: dict[str, tuple[str | None, str | None, int]] = {
    f"{rack}{number}": (rack, zone, 8)
    for zone, racks in (("north", "ab"), ("south", "cd"))
    for rack in racks
    for number in (1, 2)
}
EVERYWHERE = sorted(HOSTS)


@dataclass(frozen=True)
class Case:
    """Where a member of the tier `web` may go, and where it goes; the others are where they are."""

    policies: tuple[Policy, ...]
    others: tuple[tuple[str, str], ...]
    host: str | None
    candidates: tuple[str, ...]
    goes: str | None
    down: tuple[str, ...] = ()
    moving: tuple[tuple[str, tuple[str, ...]], ...] = ()
    tiers: tuple[Tier, ...] = (Tier("web", 3, {"VCPU": 1}), Tier("db", 1, {"VCPU": 1}))


WEB = ("web",)
CASES = {
    "a host of another member is refused": Case(
        (AntiAffinity("host", WEB),), (("web", "b1"), ("web", "c1")), "a1", ("b1", "c1"), None
    ),
    "of the hosts left the one that spreads best is taken": Case(
        (AntiAffinity("host", WEB),), (("web", "b1"), ("web", "c1")), "a1", ("b2", "c1", "d1"), "d1"
    ),
    "of equals the preferred one is taken": Case(
        (), (("web", "b1"), ("web", "c1")), "a1", ("d2", "d1"), "d2"
    ),
    "a member under way counts on both of its hosts": Case(
        (AntiAffinity("host", WEB),),
        (("web", "c1"),),
        "a1",
        ("b1", "b2", "c1"),
        None,
        moving=(("web", ("b1", "b2")),),
    ),
    "and makes nothing look broken that holds": Case(
        (AntiAffinity("rack", WEB, max_per_domain=2),),
        (("web", "b1"), ("web", "b2")),
        "c1",
        ("b1", "b2"),
        None,
        moving=(("web", ("c1", "c2")),),
        tiers=(Tier("web", 4, {"VCPU": 1}),),
    ),
    "also with more under way than are all looked at": Case(
        (AntiAffinity("rack", WEB, max_per_domain=6),),
        tuple(("web", "b1") for _ in range(6)),
        "c1",
        ("b1", "b2"),
        None,
        moving=tuple(("web", ("c1", "c2")) for _ in range(5)),
        tiers=(Tier("web", 12, {"VCPU": 1}),),
    ),
    "what is broken already may stay as broken as it is": Case(
        (AntiAffinity("rack", WEB),), (("web", "a2"), ("web", "c1")), "a1", ("c2",), "c2"
    ),
    "but no more than it is": Case(
        (AntiAffinity("rack", WEB),), (("web", "b1"), ("web", "c1")), "a1", ("c2",), None
    ),
    "a soft policy is followed where that is possible": Case(
        (AntiAffinity("rack", WEB, hard=False),),
        (("web", "b1"), ("web", "c1")),
        "a1",
        ("b2", "c2", "d1"),
        "d1",
    ),
    "and refuses nothing": Case(
        (AntiAffinity("rack", WEB, hard=False),),
        (("web", "b1"), ("web", "c1")),
        "a1",
        ("b2",),
        "b2",
    ),
    "a zone that was asked for is not left": Case(
        (),
        (),
        "a1",
        ("c1",),
        None,
        tiers=(Tier("web", 1, {"VCPU": 1}, zone="north"), Tier("db", 1, {"VCPU": 1})),
    ),
    "after a failure a lost minimum keeps nobody down": Case(
        (Survive("rack", WEB, True, 2, 1),),
        (("web", "c1"), ("web", "c2")),
        None,
        ("c1", "c2"),
        "c1",
        down=("a1", "a2"),
    ),
    "while a move that nobody needs must not take it": Case(
        (Survive("rack", WEB, True, 2, 1),),
        (("web", "b1"), ("web", "c1")),
        "a1",
        ("c2",),
        None,
    ),
    "after a failure fewer domains than asked for will do": Case(
        (Spread("rack", WEB, True, None, 3),),
        (("web", "b1"), ("web", "c1")),
        None,
        ("b2", "c2"),
        "b2",
        down=("a1", "a2", "d1", "d2"),
    ),
    "domains that are down do not count as empty ones": Case(
        (Spread("rack", WEB, True, 1),),
        (("web", "b1"), ("web", "c1")),
        None,
        ("b2", "c2"),
        "b2",
        down=("a1", "a2", "d1", "d2"),
    ),
    "while one that is up does": Case(
        (Spread("rack", WEB, True, 1),),
        (("web", "b1"), ("web", "c1")),
        None,
        ("b2", "c2"),
        None,
        down=("a1", "a2"),
    ),
    "the first of a tier that failed together goes anywhere": Case(
        (Affinity("rack", WEB),), (), None, ("c1",), "c1", down=("a1", "a2")
    ),
    "and the next ones follow it": Case(
        (Affinity("rack", WEB),), (("web", "c1"),), None, ("b1", "c2"), "c2", down=("a1", "a2")
    ),
    "what it must be near to may be down itself": Case(
        (Near("rack", WEB, True, "db"),), (), None, ("c1",), "c1", down=("a1", "a2")
    ),
    "and is kept to while it runs": Case(
        (Near("rack", WEB, True, "db"),), (("db", "b1"),), None, ("b2", "c1"), "b2", down=("a1",)
    ),
    "anti-affinity binds after a failure too": Case(
        (AntiAffinity("host", WEB),),
        (("web", "b1"), ("web", "c1")),
        None,
        ("b1", "c1"),
        None,
        down=("a1",),
    ),
    "its own host passes": Case(
        (AntiAffinity("host", WEB),), (("web", "b1"), ("web", "c1")), "a1", ("a1", "b1"), "a1"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_member_goes_where_its_policies_let_it(case: Case) -> None:
    ensemble = Ensemble(case.tiers, case.policies)
    snapshot = cloud(HOSTS, down=case.down)
    asked = Relocation("web", case.host, case.others, case.moving)
    assert relocate(ensemble, snapshot, asked, case.candidates) == case.goes


def _missed(ensemble: Ensemble, snapshot: Snapshot, placed: dict[object, str]) -> dict[int, int]:
    found = check.shortfalls(ensemble, snapshot, placed, hard=True)  # type: ignore[arg-type]
    return {each.policy: each.amount for each in found if each.policy is not None}


def _is_eligible(ensemble: Ensemble, tier: Tier, host: str, snapshot: Snapshot) -> bool:
    """Whether members of a tier may use a host, by what it is and by hard selectors."""
    return check._suits(tier, host, snapshot) and all(
        snapshot.topology.domain_of(host, each.level) in check._selected_domains(each, snapshot)
        for each in ensemble.policies
        if isinstance(each, Selector) and each.hard and tier.name in each.tiers
    )


@MANY
@given(st.data())
def test_no_move_makes_a_hard_policy_worse_and_none_is_refused_without_need(
    data: st.DataObject,
) -> None:
    snapshot, ensemble = data.draw(clouds()), data.draw(ensembles())
    planned = plan(ensemble, snapshot)
    if not isinstance(planned, Plan):
        return
    member = data.draw(st.sampled_from(ensemble.members))
    placed = dict(planned.assignment)
    here = placed.pop(member)
    hosts = data.draw(st.permutations(snapshot.topology.hosts))
    others = tuple((each.tier, host) for each, host in placed.items())
    found = relocate(ensemble, snapshot, Relocation(member.tier, here, others), hosts)
    before = _missed(ensemble, snapshot, {**placed, member: here})
    tier = ensemble.tier(member.tier)
    allowed = []
    for host in hosts:
        after = _missed(ensemble, snapshot, {**placed, member: host})
        worse = any(amount > before.get(policy, 0) for policy, amount in after.items())
        if _is_eligible(ensemble, tier, host, snapshot) and not worse:
            allowed.append(host)
    # Where it is would always do, so there is always a host.
    assert here in allowed
    assert found in allowed


@MANY
@given(st.data())
def test_no_move_makes_a_hard_policy_worse_wherever_another_one_ends(data: st.DataObject) -> None:
    snapshot, ensemble = data.draw(clouds()), data.draw(ensembles())
    planned = plan(ensemble, snapshot)
    if not isinstance(planned, Plan) or len(ensemble.members) < 2:
        return
    member, other = data.draw(st.permutations(ensemble.members))[:2]
    placed = dict(planned.assignment)
    here, source = placed.pop(member), placed.pop(other)
    hosts = data.draw(st.permutations(snapshot.topology.hosts))
    ends = (source, data.draw(st.sampled_from(hosts)))
    others = tuple((each.tier, host) for each, host in placed.items())
    asked = Relocation(member.tier, here, others, ((other.tier, ends),))
    found = relocate(ensemble, snapshot, asked, hosts)
    assert found is not None, "where it is would always do"
    for end in ends:
        before = _missed(ensemble, snapshot, {**placed, other: end, member: here})
        after = _missed(ensemble, snapshot, {**placed, other: end, member: found})
        assert all(amount <= before.get(policy, 0) for policy, amount in after.items())
