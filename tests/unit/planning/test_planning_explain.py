# SPDX-License-Identifier: Apache-2.0
"""Refusals say what is short in figures, and suggest only what has been planned."""

import re

import pytest
from hypothesis import given
from planning_clouds import racks
from test_planner_optimal import MANY, clouds, ensembles

from ensemble_api.planning import planner
from ensemble_api.planning.model import (
    Affinity,
    AntiAffinity,
    Ensemble,
    Near,
    Policy,
    Spread,
    Survive,
    Tier,
)
from ensemble_api.planning.planner import plan
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
        "web has 30 members; there is free capacity for 24.",
        "Ask for 24 members of web in place of 30.",
    ),
    (
        "too few racks",
        (tier("web", 4),),
        (AntiAffinity("rack", ("web",)),),
        (
            "web needs at least 4 rack domains with free capacity (at most 1 of web in a rack), "
            "and there are 3."
        ),
        "Raise max_per_domain of web per rack to 2.",
    ),
    (
        "no host large enough",
        (tier("web", 5),),
        (Affinity("host", ("web",)),),
        "All 5 members of web must be in one host, and no host has room for more than 4.",
        "Make affinity of web per host soft.",
    ),
    (
        "too much to survive",
        (tier("web", 3),),
        (Survive("rack", ("web",), True, 2, 2),),
        (
            "At most 1 of the 3 members of web can be left after the loss of any 2 rack domains, "
            "and 2 must be."
        ),
        "Make survive of web per rack soft.",
    ),
    (
        "more domains than members",
        (tier("web", 2),),
        (Spread("rack", ("web",), True, None, 3),),
        "web can be in at most 2 rack domains, and it must be in 3.",
        "Make spread of web per rack soft.",
    ),
    (
        "two tiers that need more racks than there are",
        (tier("web", 9), tier("db", 9)),
        (AntiAffinity("rack", ("web", "db")),),
        (
            "web and db need at least 4 rack domains when no two of them share one, "
            "and there are 3 with free capacity."
        ),
        "Make anti-affinity of web and db per rack soft.",
    ),
    (
        "capacity that is too scattered",
        (tier("web", 6, 3), tier("db", 1, 2)),
        (),
        (
            "The free capacity is too small, or too scattered, for all 7 members "
            "of web and db together."
        ),
        "Ask for 5 members of web in place of 6.",
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
    assert reason.message == message
    assert reason.suggestion == suggestion


def test_a_conflict_names_each_policy_of_it_and_no_other() -> None:
    found = reasons(
        SMALL,
        (tier("web", 2), tier("db", 1)),
        AntiAffinity("host", ("web",)),
        Near("rack", ("web",), True, "db"),
        Spread("rack", ("web",), True, None, 2),
    )
    assert [(reason.code, reason.policy) for reason in found] == [("conflict", 1), ("conflict", 2)]
    assert found[0].message == (
        "It cannot be met, db in every rack that holds web, "
        "together with: web in at least 2 rack domains."
    )
    assert found[0].suggestion == "Make near of web per rack soft."


def test_a_search_that_ends_at_its_limit_says_that_nothing_is_decided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(planner, "_PLAN_EFFORT", 0)
    result = plan(Ensemble((tier("web", 6, 3), tier("db", 1, 2))), SMALL)
    assert isinstance(result, Infeasible)
    assert not result.proved
    assert [reason.code for reason in result.reasons] == ["not-decided"]


def test_without_any_search_a_plan_is_still_given_with_an_honest_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    snapshot = racks(("z", 3, 2))
    both = (Affinity("rack", ("web",), False), AntiAffinity("rack", ("web",), False))
    ensemble = Ensemble((tier("web", 2),), both)
    monkeypatch.setattr(planner, "_PLAN_EFFORT", 0)
    result = plan(ensemble, snapshot)
    assert isinstance(result, Plan)
    assert result.objectives[0].text == "best 1, bound 0"


@MANY
@given(ensembles(), clouds())
def test_every_suggestion_of_fewer_members_has_a_plan(
    ensemble: Ensemble, snapshot: Snapshot
) -> None:
    result = plan(ensemble, snapshot)
    if isinstance(result, Plan):
        return
    for reason in result.reasons:
        asked = re.fullmatch(
            r"Ask for (\d+) members of (\S+) in place of \d+.", reason.suggestion or ""
        )
        if asked:
            tiers = tuple(
                Tier(t.name, int(asked[1]), t.resources, t.required_traits, zone=t.zone)
                if t.name == asked[2]
                else t
                for t in ensemble.tiers
            )
            assert isinstance(plan(Ensemble(tiers, ensemble.policies), snapshot), Plan)
