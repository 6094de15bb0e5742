# SPDX-License-Identifier: Apache-2.0
"""Refusals say what is short in figures, and suggest only what has been planned."""

from dataclasses import replace

import pytest
from hypothesis import given
from planning_clouds import cloud, racks
from planning_solved import plan
from planning_strategies import MANY, clouds, ensembles

from ensemble_api.planning import planner, unplanned
from ensemble_api.planning.edits import edited
from ensemble_api.planning.model import Ensemble, Tier
from ensemble_api.planning.policies import Affinity, AntiAffinity, Exclusive, Near, Spread, Survive
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.result import Infeasible, Plan, Reason
from ensemble_api.planning.snapshot import Snapshot


def reasons(snapshot: Snapshot, tiers: tuple[Tier, ...], *policies: Policy) -> tuple[Reason, ...]:
    result = plan(Ensemble(tiers, policies), snapshot)
    assert isinstance(result, Infeasible)
    return result.reasons


def tier(name: str, count: int, vcpu: int = 1) -> Tier:
    return Tier(name, count, {"VCPU": vcpu})


SMALL = racks(("z", 3, 2))

SAID: list[tuple[str, tuple[Tier, ...], tuple[Policy, ...], str, str | None]] = [
    (
        "a tier larger than the cloud",
        (tier("web", 30),),
        (),
        "24 of the 30 members of “web” fit.",
        "Ask for 24 members of “web” in place of 30.",
    ),
    (
        "too few racks",
        (tier("web", 4),),
        (AntiAffinity("rack", ("web",)),),
        (
            "“web” needs at least 4 racks with free capacity (at most 1 of web in a rack), "
            "and there are 3."
        ),
        "Relax “at most 1 of web in a rack” to 2.",
    ),
    (
        "no host large enough",
        (tier("web", 5),),
        (Affinity("host", ("web",)),),
        "All 5 members of “web” must be on one host, and no host has room for more than 4.",
        "Make “all members of web on one host” soft.",
    ),
    (
        "too much to survive",
        (tier("web", 3),),
        (Survive("rack", ("web",), True, 2, 2),),
        (
            "At most 1 of the 3 members of “web” can be left after the loss of any 2 racks, "
            "and 2 must be."
        ),
        "Relax “2 of web left after the loss of any 2 racks” to 1.",
    ),
    (
        "a single member cannot survive",
        (tier("web", 1),),
        (Survive("host", ("web",)),),
        "No member of “web” can be left after the loss of any one host, and 1 must be.",
        "Ask for 2 members of “web” in place of 1.",
    ),
    (
        "more domains than members",
        (tier("web", 2),),
        (Spread("rack", ("web",), True, None, 3),),
        "“web” can be in at most 2 racks, and it must be in 3 racks.",
        "Relax “web in at least 3 racks” to 2 racks.",
    ),
    (
        "two tiers that need more racks than there are",
        (tier("web", 9), tier("db", 9)),
        (AntiAffinity("rack", ("web", "db")),),
        (
            "“web” and “db” need at least 4 racks when no two of them share one, "
            "and there are 3 with free capacity."
        ),
        "Make “no two of web and db in the same rack” soft.",
    ),
    (
        "capacity that is too scattered",
        (tier("web", 6, 3), tier("db", 1, 2)),
        (),
        (
            "The free capacity is too small, or too scattered, for all 7 members "
            "of “web” and “db” together."
        ),
        "Ask for 5 members of “web” in place of 6.",
    ),
]


@pytest.mark.parametrize(
    ("tiers", "policies", "message", "suggestion"),
    [pytest.param(*row[1:], id=row[0]) for row in SAID],
)
def test_what_is_said(
    tiers: tuple[Tier, ...], policies: tuple[Policy, ...], message: str, suggestion: str | None
) -> None:
    (reason,) = reasons(SMALL, tiers, *policies)
    assert str(reason.message) == message
    assert (reason.suggestion and str(reason.suggestion)) == suggestion


def test_a_conflict_names_each_policy_of_it_and_no_other() -> None:
    found = reasons(
        SMALL,
        (tier("web", 2), tier("db", 1)),
        AntiAffinity("host", ("web",)),
        Near("rack", ("web",), True, "db"),
        Spread("rack", ("web",), True, None, 2),
    )
    assert [(reason.code, reason.policy) for reason in found] == [("conflict", 1), ("conflict", 2)]
    assert str(found[0].message) == (
        "“db in every rack that holds web” cannot be met together with “web in at least 2 racks”."
    )
    assert str(found[0].suggestion) == "Make “db in every rack that holds web” soft."


def test_a_policy_that_allows_fewer_than_fit_is_told_beside_the_capacity() -> None:
    """Or 106 would fit, and 12 be what to ask for."""
    hosts = {"a": ("r", "z", 53), "b": ("s", "z", 53)}
    few = AntiAffinity("host", ("web",), True, max_per_domain=6)
    many = AntiAffinity("host", ("web",), True, max_per_domain=60)
    for policy, told in ((few, ["no-capacity", "too-few-domains"]), (many, ["no-capacity"])):
        result = plan(Ensemble((tier("web", 200),), (policy,)), cloud(hosts))
        assert isinstance(result, Infeasible)
        assert [reason.code for reason in result.reasons] == told
        assert str(result.reasons[0].message) == "106 of the 200 members of “web” fit."
        offered = 12 if policy is few else 106
        for reason in result.reasons:
            assert str(reason.suggestion) == f"Ask for {offered} members of “web” in place of 200."


@pytest.mark.parametrize(
    ("code", "proved"),
    [
        (unplanned.PINNED_ON_VCPU, False),
        (unplanned.NUMA_CELLS, True),
        (unplanned.PCI_DEVICES, True),
    ],
)
def test_a_refusal_is_proved_unless_a_tier_may_have_hosts_that_no_plan_knows(
    code: str, proved: bool
) -> None:
    """What is an obstacle alone can be left out: without it there is no plan either."""
    pinned = replace(tier("web", 999, 3), unplanned=(code,))
    result = plan(Ensemble((pinned, tier("db", 1, 2))), SMALL)
    assert isinstance(result, Infeasible)
    assert result.proved is proved


@pytest.mark.parametrize(
    ("vcpu", "said"),
    [
        (9, "None of the 30 members of “web” fit on the hosts that the plan looks at."),
        (1, "24 of the 30 members of “web” fit on the hosts that the plan looks at."),
    ],
)
def test_what_fits_is_told_of_the_hosts_that_the_plan_knows_where_there_may_be_more(
    vcpu: int, said: str
) -> None:
    pinned = replace(tier("web", 30, vcpu), unplanned=(unplanned.PINNED_ON_VCPU,))
    (reason,) = reasons(SMALL, (pinned,))
    assert str(reason.message) == said


def test_a_search_that_ends_at_its_limit_says_that_nothing_is_decided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(planner, "_PLAN_EFFORT", 0)
    result = plan(Ensemble((tier("web", 6, 3), tier("db", 1, 2))), SMALL)
    assert isinstance(result, Infeasible)
    assert not result.proved
    assert [reason.code for reason in result.reasons] == ["not-decided"]
    assert str(result.reasons[0].suggestion) == "Ask for 5 members of “web” in place of 6."


def test_without_any_search_a_plan_is_still_given_with_an_honest_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hosts = {"a": ("r", "z", 4), "b": ("s", "z", 4)}
    snapshot = cloud(hosts, others={"project": ["a"]})
    both = (Exclusive("rack", ("web",), False), AntiAffinity("rack", ("web",), False))
    ensemble = Ensemble((tier("web", 2),), both)
    monkeypatch.setattr(planner, "_PLAN_EFFORT", 0)
    result = plan(ensemble, snapshot)
    assert isinstance(result, Plan)
    assert (result.objectives[0].value, result.objectives[0].bound) == (1, 0)


OFFERED: list[tuple[str, tuple[Tier, ...], tuple[Policy, ...], list[dict[str, int | str]]]] = [
    (
        "one tier too large",
        (tier("web", 30),),
        (),
        [{"tiers[0].count": 24}],
    ),
    (
        "two tiers that are both too large for themselves and for each other",
        (tier("web", 30), tier("db", 26)),
        (),
        [{"tiers[0].count": 12, "tiers[1].count": 12}],
    ),
    (
        "at most so many in a domain",
        (tier("web", 8),),
        (AntiAffinity("rack", ("web",)),),
        [
            {"policies[0].max_per_domain": 3},
            {"policies[0].enforcement": "soft"},
            {"tiers[0].count": 3},
        ],
    ),
    (
        "two policies of two tiers, each with too few racks",
        (tier("web", 4), tier("db", 5)),
        (AntiAffinity("rack", ("web",)), AntiAffinity("rack", ("db",))),
        [
            {"policies[0].max_per_domain": 2, "policies[1].max_per_domain": 2},
            {"policies[0].enforcement": "soft", "policies[1].enforcement": "soft"},
            {"tiers[0].count": 3, "tiers[1].count": 3},
        ],
    ),
    (
        "members that survive in part",
        (tier("web", 6),),
        (Survive("rack", ("web",), True, "80%"),),
        [
            {"policies[0].min_available": "66%"},
            {"policies[0].enforcement": "soft"},
            {"policies[0].level": "host"},
        ],
    ),
    (
        "more failures than racks",
        (tier("web", 6),),
        (Survive("rack", ("web",), True, 1, 3),),
        [
            {"policies[0].failures": 2},
            {"policies[0].enforcement": "soft"},
            {"policies[0].level": "host"},
        ],
    ),
    (
        "an uneven cloud",
        (tier("web", 10), tier("db", 2, 4)),
        (Spread("zone", ("web",), True, 1),),
        [
            {"policies[0].max_skew": 2},
            {"policies[0].enforcement": "soft"},
            {"tiers[0].count": 9},
            {"policies[0].level": "rack"},
        ],
    ),
    (
        "more racks than there are",
        (tier("web", 6),),
        (Spread("rack", ("web",), True, None, 5),),
        [
            {"policies[0].min_domains": 3},
            {"policies[0].enforcement": "soft"},
            {"policies[0].level": "host"},
        ],
    ),
    (
        "no host with the trait",
        (Tier("web", 2, {"VCPU": 1}, frozenset({"SSD"})),),
        (),
        [],
    ),
]
UNEVEN = racks(("y", 1, 1), ("z", 2, 2))


@pytest.mark.parametrize(
    ("tiers", "policies", "changes"), [pytest.param(*row[1:], id=row[0]) for row in OFFERED]
)
def test_what_is_offered(
    tiers: tuple[Tier, ...], policies: tuple[Policy, ...], changes: list[dict[str, int | str]]
) -> None:
    snapshot = UNEVEN if policies and policies[0].level == "zone" else SMALL
    for reason in reasons(snapshot, tiers, *policies):
        offered = [{edit.field: edit.value for edit in each.edits} for each in reason.changes]
        assert offered == changes
        assert reason.suggestion == (reason.changes[0].message if changes else None)


def test_the_words_of_a_change_of_several_fields() -> None:
    web, db = AntiAffinity("rack", ("web",)), AntiAffinity("rack", ("db",))
    messages = [
        [str(change.message) for change in reason.changes]
        for reason in reasons(SMALL, (tier("web", 4), tier("db", 5)), web, db)
    ]
    assert messages == 2 * [
        [
            ("Relax “at most 1 of web in a rack” to 2. Relax “at most 1 of db in a rack” to 2."),
            "Make all policies soft.",
            "Ask for 3 members of “web” in place of 4. Ask for 3 members of “db” in place of 5.",
        ]
    ]


@MANY
@given(ensembles(), clouds())
def test_every_change_that_is_offered_has_a_plan(ensemble: Ensemble, snapshot: Snapshot) -> None:
    result = plan(ensemble, snapshot)
    if isinstance(result, Plan):
        return
    for reason in result.reasons:
        assert len(reason.changes) <= 5
        sizes = [len(change.edits) for change in reason.changes]
        assert sizes == sorted(sizes)
        for change in reason.changes:
            edits = {edit.field: edit.value for edit in change.edits}
            assert isinstance(plan(edited(ensemble, edits), snapshot), Plan)
