# SPDX-License-Identifier: Apache-2.0
"""Which domains could hold a member of which tier, whatever is planned."""

from typing import Any

import pytest
from planning_clouds import cloud

from ensemble_api.planning.eligibility import eligibility
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.model import Ensemble, Tier
from ensemble_api.planning.policies import AntiAffinity, Exclusive, Near, Survive
from ensemble_api.planning.snapshot import Snapshot

BIG, SMALL = Tier("big", 1, {"VCPU": 4}), Tier("small", 3, {"VCPU": 1})


def told(ensemble: Ensemble, snapshot: Snapshot) -> dict[str, str]:
    """The tiers with room by domain; whatever has room must be eligible."""
    found = eligibility(ensemble, snapshot)
    assert all(set(each.room) <= set(each.eligible) for each in found.values())
    return {domain.name: " ".join(each.room) for domain, each in found.items()}


def eligible(ensemble: Ensemble, snapshot: Snapshot) -> dict[str, str]:
    found = eligibility(ensemble, snapshot)
    return {domain.name: " ".join(each.eligible) for domain, each in found.items()}


def small_cloud(**facts: Any) -> Snapshot:
    return cloud({"a": ("r1", "y", 4), "b": ("r1", "y", 1), "c": ("r2", "z", 0)}, **facts)


def test_a_full_host_and_one_that_is_not_offered_are_eligible() -> None:
    snapshot = small_cloud(offered={"small": ["b"]})
    assert set(eligible(Ensemble((BIG, SMALL)), snapshot).values()) == {"big small"}


def test_a_domain_has_room_when_a_host_in_it_has() -> None:
    assert told(Ensemble((BIG, SMALL)), small_cloud()) == {
        "a": "big small",
        "b": "small",
        "c": "",
        "r1": "big small",
        "r2": "",
        "y": "big small",
        "z": "",
    }


@pytest.mark.parametrize(
    ("facts", "names"),
    [
        pytest.param({"down": ["a"]}, "", id="a host that is down"),
        pytest.param({"closed": {"big": ["a"]}}, "small", id="closed to a tier"),
        pytest.param({"offered": {"small": ["b"]}}, "big", id="not offered to one"),
    ],
)
def test_hosts_that_a_tier_must_not_use_have_no_room_for_it(facts: Any, names: str) -> None:
    ensemble, snapshot = Ensemble((BIG, SMALL)), small_cloud(**facts)
    assert told(ensemble, snapshot)["a"] == names
    if "offered" not in facts:
        assert eligible(ensemble, snapshot)["a"] == names


@pytest.mark.parametrize(
    ("policy", "host", "names"),
    [
        pytest.param(AntiAffinity("host", ("small",)), "a", "big small", id="others not placed"),
        pytest.param(Near("rack", ("small",), to="big"), "b", "small", id="near where it may be"),
        pytest.param(Survive("host", ("small",), min_available=3), "a", "big", id="never alone"),
    ],
)
def test_a_hard_policy_closes_what_it_rules_out_for_any_member(
    policy: Any, host: str, names: str
) -> None:
    ensemble = Ensemble((BIG, SMALL), (policy,))
    assert told(ensemble, small_cloud())[host] == names
    roomy = cloud({"a": ("r1", "y", 9), "b": ("r1", "y", 9), "c": ("r2", "z", 9)})
    assert eligible(ensemble, small_cloud()) == eligible(ensemble, roomy) == told(ensemble, roomy)


def test_domains_of_others_are_closed_by_exclusiveness_unless_it_is_soft() -> None:
    snapshot = small_cloud(others={"project": ["a"]})
    hard = Exclusive("host", ("small",))
    assert told(Ensemble((BIG, SMALL), (hard,)), snapshot)["a"] == "big"
    soft = Exclusive("host", ("small",), hard=False)
    assert told(Ensemble((BIG, SMALL), (soft,)), snapshot)["a"] == "big small"


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ModelError, match="level"):
        eligibility(Ensemble((BIG,), (AntiAffinity("row", ("big",)),)), small_cloud())
