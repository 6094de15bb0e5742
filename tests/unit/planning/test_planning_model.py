# SPDX-License-Identifier: Apache-2.0
"""What a description may not say, and where the error is said to be."""

from collections.abc import Callable

import pytest

from ensemble_api.planning.errors import ModelError, located
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import Affinity, AntiAffinity, Exclusive, Near, Spread, Survive

WEB = Tier("web", 3, {"VCPU": 1})
DB = Tier("db", 2, {"VCPU": 2})

REFUSED: list[tuple[str, Callable[[], object], str]] = [
    ("a tier without members", lambda: Tier("web", 0, {}), "count"),
    ("a count that is a truth value", lambda: Tier("web", True, {}), "count"),
    ("a name with a capital letter", lambda: Tier("Web", 1, {}), "name"),
    ("a name of 33 letters", lambda: Tier("w" * 33, 1, {}), "name"),
    ("an empty name", lambda: Tier("", 1, {}), "name"),
    ("a resource of amount zero", lambda: Tier("web", 1, {"VCPU": 0}), "resources.VCPU"),
    (
        "a trait both required and forbidden",
        lambda: Tier("web", 1, {}, frozenset({"A"}), frozenset({"A"})),
        "required_traits",
    ),
    ("a policy over no tier", lambda: Affinity("host", ()), "tiers"),
    ("a policy that names a tier twice", lambda: Affinity("host", ("a", "a")), "tiers"),
    ("a policy without a level", lambda: Affinity("", ("a",)), "level"),
    (
        "max_per_domain zero",
        lambda: AntiAffinity("host", ("a",), True, 0),
        "max_per_domain",
    ),
    (
        "max_per_domain over several tiers",
        lambda: AntiAffinity("host", ("a", "b"), True, 2),
        "max_per_domain",
    ),
    ("a spread that says nothing", lambda: Spread("rack", ("a",)), "max_skew"),
    ("a skew of zero", lambda: Spread("rack", ("a",), True, 0), "max_skew"),
    ("near itself", lambda: Near("rack", ("a",), True, "a"), "to"),
    ("near nothing", lambda: Near("rack", ("a",)), "to"),
    ("survive more than all", lambda: Survive("rack", ("a",), True, "101%"), "min_available"),
    ("survive a word", lambda: Survive("rack", ("a",), True, "half"), "min_available"),
    ("survive no failure", lambda: Survive("rack", ("a",), True, 1, 0), "failures"),
    ("exclusive of nobody", lambda: Exclusive("host", ("a",), True, "region"), "other"),
    ("an ensemble without tiers", lambda: Ensemble(()), "tiers"),
    ("two tiers of one name", lambda: Ensemble((WEB, WEB)), "tiers[1].name"),
    (
        "a policy over an unknown tier",
        lambda: Ensemble((WEB,), (Affinity("host", ("web", "db")),)),
        "policies[0].tiers[1]",
    ),
    (
        "near an unknown tier",
        lambda: Ensemble((WEB,), (Near("host", ("web",), True, "db"),)),
        "policies[0].to",
    ),
    (
        "to survive with more members than there are",
        lambda: Ensemble((WEB, DB), (Survive("host", ("web", "db"), True, 3),)),
        "policies[0].min_available",
    ),
]


@pytest.mark.parametrize(
    ("make", "field"), [pytest.param(make, field, id=name) for name, make, field in REFUSED]
)
def test_refused(make: Callable[[], object], field: str) -> None:
    with pytest.raises(ModelError) as refused:
        make()
    assert refused.value.field == field
    assert str(refused.value) == f"{field}: {refused.value.reason}"
    assert str(refused.value.reason).startswith("must ")


def test_an_error_is_told_with_the_place_it_lies_in() -> None:
    with pytest.raises(ModelError) as refused, located("tiers[4]"):
        Tier("web", 0, {})
    assert refused.value.field == "tiers[4].count"


def test_members_are_named_by_tier_and_number() -> None:
    ensemble = Ensemble((WEB, DB))
    assert [m.name for m in ensemble.members] == ["web-0", "web-1", "web-2", "db-0", "db-1"]
    assert ensemble.size == 5
    assert ensemble.tier("db") is DB
    assert Member("web", 1) in ensemble.members


@pytest.mark.parametrize(
    ("least", "count", "needed"),
    [
        pytest.param(2, 5, 2, id="a count is a count"),
        pytest.param("50%", 5, 3, id="a percentage is rounded up"),
        pytest.param("0%", 5, 0, id="nothing may be left"),
        pytest.param("100%", 5, 5, id="all must be left"),
    ],
)
def test_what_must_survive(least: int | str, count: int, needed: int) -> None:
    assert Survive("rack", ("web",), True, least).needed(count) == needed
