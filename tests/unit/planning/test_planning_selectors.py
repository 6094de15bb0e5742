# SPDX-License-Identifier: Apache-2.0
"""A tier that is bound to hosts, or kept off them, by the metadata of their aggregates."""

from typing import Any

import pytest
from planning_clouds import cloud
from planning_solved import plan

from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.model import Ensemble, Tier
from ensemble_api.planning.policies import AntiAffinity, Selector, Spread
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.relocation import Relocation, relocate
from ensemble_api.planning.result import Infeasible, Plan
from ensemble_api.planning.snapshot import Snapshot

HOSTS: dict[str, tuple[str | None, str | None, int]] = {
    f"{rack}{number}": (rack, "az1", 2) for rack in "abc" for number in (1, 2)
}
DISKS = {"nvme": ["a1", "b1"], "ssd": ["b1", "b2"], "tape": []}
DB = ("db",)


def hosts(*policies: Policy, count: int = 2, **more: Any) -> set[str]:
    found = found_for(*policies, count=count, **more)
    assert isinstance(found, Plan), found
    return set(found.assignment.values())


def found_for(*policies: Policy, count: int = 2, **more: Any) -> Plan | Infeasible:
    return plan(Ensemble((Tier("db", count, {"VCPU": 1}),), policies), with_disks(**more))


def with_disks(**more: Any) -> Snapshot:
    return cloud(HOSTS, selectors={"disk": DISKS}, **more)


@pytest.mark.parametrize(
    ("level", "values", "rule", "allowed"),
    [
        pytest.param("host", ("nvme",), "only", "a1 b1", id="only on the hosts that have it"),
        pytest.param("host", ("nvme", "ssd"), "only", "a1 b1 b2", id="any of several will do"),
        pytest.param("host", ("ssd",), "not", "a1 a2 c1 c2", id="kept off the hosts that have it"),
        pytest.param("rack", ("nvme",), "only", "a1 a2 b1 b2", id="in racks with such a host"),
        pytest.param("rack", ("nvme", "ssd"), "not", "c1 c2", id="in racks without one"),
        pytest.param("host", ("tape",), "not", "a1 a2 b1 b2 c1 c2", id="what no host has"),
    ],
)
def test_a_tier_is_where_its_selector_lets_it_be(
    level: str, values: tuple[str, ...], rule: str, allowed: str
) -> None:
    selector = Selector(level, DB, True, "disk", values, rule)
    # As many members as there is room for use all hosts.
    assert hosts(selector, count=2 * len(allowed.split())) == set(allowed.split())


def test_of_a_key_that_is_not_known_nothing_is_asked() -> None:
    selector = Selector("host", DB, True, "room", ("north",))
    assert len(hosts(selector, count=12)) == 6


def test_other_policies_count_only_the_hosts_that_are_left() -> None:
    selector = Selector("host", DB, True, "disk", ("nvme",))
    assert hosts(selector, Spread("rack", DB, True, 1), count=4) == {"a1", "b1"}


def test_a_refusal_names_the_selector_and_offers_to_make_it_soft() -> None:
    found = found_for(Selector("host", DB, True, "disk", ("nvme",)), count=5)
    assert isinstance(found, Infeasible)
    assert found.proved
    (reason,) = found.reasons
    assert (reason.code, reason.policy, reason.demand, reason.supply) == ("no-capacity", 0, 5, 4)
    assert str(reason.message) == (
        "4 of the 5 members of “db” fit with “db only on hosts with disk nvme”."
    )
    offered = [str(each.message) for each in reason.changes]
    assert "Make “db only on hosts with disk nvme” soft." in offered


def test_a_refusal_says_that_no_host_has_the_value() -> None:
    found = found_for(Selector("host", DB, True, "disk", ("tape",)))
    assert isinstance(found, Infeasible)
    assert [each.code for each in found.reasons] == ["no-eligible-host"]
    assert "“db only on hosts with disk tape”" in str(found.reasons[0].message)


def test_what_only_a_selector_and_another_policy_refuse_together_is_a_conflict() -> None:
    apart = AntiAffinity("rack", DB)
    found = found_for(Selector("host", DB, True, "disk", ("nvme",)), apart, count=3)
    assert isinstance(found, Infeasible)
    assert [(each.code, each.policy) for each in found.reasons] == [
        ("conflict", 0),
        ("conflict", 1),
    ]


def test_a_soft_selector_is_met_as_far_as_there_is_room() -> None:
    found = found_for(Selector("host", DB, False, "disk", ("nvme",)), count=5)
    assert isinstance(found, Plan)
    assert found.proved
    (missed,) = found.violations
    assert missed.amount == 1
    assert str(missed.message) == (
        "db only on hosts with disk nvme: 1 member is where none should be"
    )


def test_a_soft_selector_does_not_change_what_a_hard_spread_counts() -> None:
    selector = Selector("host", DB, False, "disk", ("nvme",))
    found = found_for(selector, Spread("rack", DB, True, 1), count=3)
    assert isinstance(found, Plan)
    assert [each.amount for each in found.violations] == [1]


@pytest.mark.parametrize(
    ("host", "candidates", "goes"),
    [
        pytest.param("a1", ("a2", "b1"), "b1", id="a member that is moved"),
        pytest.param(None, ("a2", "c1"), None, id="a member whose host has failed"),
        pytest.param("c1", ("c2", "a1"), "a1", id="a member that is where none should be"),
        pytest.param("c1", ("c2",), None, id="and has nowhere else to go"),
    ],
)
def test_a_move_keeps_to_the_selector(
    host: str | None, candidates: tuple[str, ...], goes: str | None
) -> None:
    ensemble = Ensemble(
        (Tier("db", 2, {"VCPU": 1}),), (Selector("host", DB, True, "disk", ("nvme",)),)
    )
    found = relocate(ensemble, with_disks(), Relocation("db", host, (("db", "b1"),)), candidates)
    assert found == goes


def test_a_move_prefers_what_a_soft_selector_wants() -> None:
    ensemble = Ensemble(
        (Tier("db", 1, {"VCPU": 1}),), (Selector("host", DB, False, "disk", ("nvme",)),)
    )
    assert relocate(ensemble, with_disks(), Relocation("db", "c1", ()), ("c2", "a2", "a1")) == "a1"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        pytest.param({"key": ""}, "key", id="no key"),
        pytest.param({"values": ()}, "values", id="no value"),
        pytest.param({"values": ("a", "a")}, "values", id="a value twice"),
        pytest.param({"rule": "never"}, "rule", id="no rule"),
    ],
)
def test_a_selector_that_asks_for_nothing_is_refused(given: dict[str, Any], field: str) -> None:
    with pytest.raises(ModelError) as caught:
        Selector(**{"level": "host", "tiers": DB, "key": "disk", "values": ("a",), **given})
    assert caught.value.field == field
