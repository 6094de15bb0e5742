# SPDX-License-Identifier: Apache-2.0
"""What is left when domains are lost."""

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_clouds import cloud

from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import Affinity, Survive
from ensemble_api.planning.survivability import (
    Kept,
    minima,
    promises,
    state_of,
    survivability,
)

SNAPSHOT = cloud(
    {"a": ("r1", "z1", 8), "b": ("r1", "z1", 8), "c": ("r2", "z1", 8), "d": ("r1", "z2", 8)}
)
ENSEMBLE = Ensemble((Tier("web", 4, {"VCPU": 1}), Tier("db", 1, {"VCPU": 1})))
ASSIGNMENT = dict(zip(ENSEMBLE.members, ("a", "a", "b", "d", "c"), strict=True))


def test_each_level_tells_its_domains_and_the_worst() -> None:
    host, rack, zone = survivability(ENSEMBLE, ASSIGNMENT, SNAPSHOT.topology)
    assert [level.level for level in (host, rack, zone)] == ["host", "rack", "zone"]
    assert [level.domains_used for level in (host, rack, zone)] == [4, 3, 2]
    assert dict(host.worst) == {"web": 2, "db": 0}
    assert dict(rack.worst) == {"web": 1, "db": 0}
    assert dict(zone.worst) == {"web": 1, "db": 0}
    first = rack.losses[0]
    assert first.domain.path == ("z1", "r1")
    assert (dict(first.lost), dict(first.left)) == ({"web": 3, "db": 0}, {"web": 1, "db": 1})


CASES = json.loads((Path(__file__).parents[2] / "cases/states_after_a_failure.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_one_word_says_what_a_failure_leaves(case: dict[str, Any]) -> None:
    assert state_of(case["left"], case["minima"]) == case["state"]


NEEDED = json.loads((Path(__file__).parents[2] / "cases/needed_members.json").read_text())


@pytest.mark.parametrize("case", NEEDED, ids=lambda case: str(list(case.values())))
def test_a_share_of_the_members_is_rounded_up_as_the_pages_do(case: dict[str, Any]) -> None:
    asked = Survive("host", ("web",), min_available=case["min_available"])
    assert asked.needed(case["count"]) == case["needed"]


QUORUM = {Member("web", 0): "a", Member("web", 1): "c", Member("web", 2): "d"}  # zones: 2 and 1


@pytest.mark.parametrize(
    ("policies", "needed", "states"),
    [
        pytest.param((), 1, "works works works", id="nothing declared: a member is enough"),
        pytest.param(
            (Survive("rack", ("web",), min_available=2),), 2, "works works degraded",
            id="a quorum of two outlives a rack, and no zone",
        ),
        pytest.param(
            (Survive("host", ("web",), min_available=2, hard=False),), 2, "works works degraded",
            id="a soft policy declares a minimum too",
        ),
        pytest.param(
            (Survive("host", ("web",), failures=2, min_available=2),), 2, "works works degraded",
            id="two are left after one loss, whatever more losses leave",
        ),
        pytest.param(
            (Survive("row", ("web",), min_available=3),), 3, "degraded degraded degraded",
            id="a level that the cloud does not have",
        ),
        pytest.param(
            (Survive("host", ("web",), min_available="67%"), Survive("zone", ("web",))), 3,
            "degraded degraded degraded", id="the most that any policy asks for counts",
        ),
        pytest.param(
            (Survive("host", ("web",), min_available=0),), 0, "works works works",
            id="none is needed",
        ),
    ],
)  # fmt: skip
def test_each_level_is_judged_by_the_declared_minima(
    policies: tuple[Survive, ...], needed: int, states: str
) -> None:
    web = Ensemble((Tier("web", 3, {"VCPU": 1}),), policies)
    levels = survivability(web, QUORUM, SNAPSHOT.topology)
    assert minima(web) == {"web": needed}
    assert [str(each.state()) for each in levels] == states.split()
    assert [each.short() == ("web",) for each in levels] == [
        state == "degraded" for state in states.split()
    ]


def test_more_failures_at_once_are_judged_alike() -> None:
    both = replace(ENSEMBLE, policies=(Survive("host", ("web",), min_available=2),))
    [host, *_] = survivability(both, {**ASSIGNMENT, Member("db", 0): "c"}, SNAPSHOT.topology)
    assert [(host.ends(n), host.short(n)) for n in (1, 2, 3)] == [
        (("db",), ()), (("db",), ("web",)), (("web", "db"), ()),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("failures", "left"),
    [
        pytest.param(1, {"web": 2, "db": 0}, id="one host"),
        pytest.param(2, {"web": 1, "db": 0}, id="any two hosts, each tier its own worst two"),
        pytest.param(3, {"web": 0, "db": 0}, id="three hosts"),
        pytest.param(9, {"web": 0, "db": 0}, id="more hosts than there are"),
    ],
)
def test_any_number_of_failures_takes_the_fullest_domains_of_each_tier(
    failures: int, left: dict[str, int]
) -> None:
    host = survivability(ENSEMBLE, ASSIGNMENT, SNAPSHOT.topology)[0]
    assert dict(host.after(failures)) == left


@pytest.mark.parametrize(
    ("policy", "left", "needed", "holds"),
    [
        pytest.param(Survive("host", ("web",), min_available=2), 2, 2, True, id="just enough"),
        pytest.param(Survive("rack", ("web",), min_available=2), 1, 2, False, id="too few left"),
        pytest.param(
            Survive("host", ("web",), min_available="50%", failures=2), 1, 2, False, id="a share"
        ),
        pytest.param(
            Survive("zone", ("web",), hard=False, min_available=1), 1, 1, True, id="a soft one too"
        ),
    ],
)
def test_a_promise_holds_when_each_tier_keeps_what_it_needs(
    policy: Survive, left: int, needed: int, holds: bool
) -> None:
    ensemble = replace(ENSEMBLE, policies=(Affinity("zone", ("db",)), policy))
    (promise,) = promises(ensemble, ASSIGNMENT, SNAPSHOT.topology)
    assert (promise.policy, promise.level, promise.failures) == (1, policy.level, policy.failures)
    assert promise.tiers == (Kept("web", left, needed),)
    assert promise.holds is holds


@given(st.lists(st.sampled_from("abcd"), min_size=4, max_size=4), st.integers(1, 3))
def test_no_choice_of_failing_domains_leaves_less(hosts: list[str], failures: int) -> None:
    """The worst case, against all choices of that many domains one by one."""
    web = Ensemble((Tier("web", 4, {"VCPU": 1}),))
    placed = dict(zip(web.members, hosts, strict=True))
    for level in survivability(web, placed, SNAPSHOT.topology):
        at = [SNAPSHOT.topology.domain_of(host, level.level) for host in hosts]
        every = SNAPSHOT.topology.domains(level.level)
        least = min(
            sum(domain not in failed for domain in at)
            for failed in itertools.combinations(every, min(failures, len(every)))
        )
        assert level.after(failures)["web"] == least


def test_members_without_a_host_are_neither_lost_nor_left() -> None:
    host = survivability(ENSEMBLE, {Member("web", 0): "a"}, SNAPSHOT.topology)[0]
    assert dict(host.worst) == {"web": 0, "db": 0}
    assert host.domains_used == 1
