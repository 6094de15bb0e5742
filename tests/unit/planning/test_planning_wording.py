# SPDX-License-Identifier: Apache-2.0
"""Policies and what they miss read as people say them, one or many."""

import pytest

from ensemble_api.planning.policies import Affinity, AntiAffinity, Exclusive, Near, Spread, Survive
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.wording import listed, there_are

DESCRIBED: list[tuple[Policy, str]] = [
    (Affinity("host", ("web",)), "all members of web on one host"),
    (Affinity("rack", ("web", "db")), "all members of web and db in one rack"),
    (AntiAffinity("host", ("web",)), "at most 1 of web on a host"),
    (AntiAffinity("aisle", ("web",), True, 3), "at most 3 of web in an aisle"),
    (AntiAffinity("host", ("a", "b", "c")), "no two of a, b and c on the same host"),
    (Spread("zone", ("web",), True, 1), "web over zones with a skew of at most 1"),
    (Spread("rack", ("web",), True, None, 1), "web in at least 1 rack"),
    (
        Spread("chassis", ("web",), True, 2, 4),
        "web over chassis with a skew of at most 2 and web in at least 4 chassis",
    ),
    (Near("rack", ("web",), True, "db"), "db in every rack that holds web"),
    (Survive("host", ("web",), True, 2), "2 of web left after the loss of any one host"),
    (Survive("rack", ("web",), True, "50%", 2), "50% of web left after the loss of any 2 racks"),
    (Exclusive("host", ("web",)), "no server of another project on a host that holds web"),
]


@pytest.mark.parametrize(("policy", "words"), [pytest.param(*row, id=row[1]) for row in DESCRIBED])
def test_what_a_policy_asks_for(policy: Policy, words: str) -> None:
    assert str(policy.describe()) == words


MISSED: list[tuple[Policy, int, str]] = [
    (Affinity("rack", ("web",)), 1, "they are in 2 racks"),
    (Affinity("host", ("web",)), 2, "they are on 3 hosts"),
    (AntiAffinity("rack", ("web",)), 1, "1 too many"),
    (Near("rack", ("web",), True, "db"), 2, "2 without it"),
    (Survive("rack", ("web",)), 1, "1 too few is left"),
    (Survive("rack", ("web",)), 2, "2 too few are left"),
    (Exclusive("rack", ("web",)), 1, "1 is shared"),
    (Spread("rack", ("web",), True, 1), 3, "3 short of it"),
]


@pytest.mark.parametrize(
    ("policy", "amount", "words"), [pytest.param(*row, id=row[2]) for row in MISSED]
)
def test_by_how_much_a_policy_is_missed(policy: Policy, amount: int, words: str) -> None:
    assert str(policy.describe_shortfall(amount)) == f"{policy.describe()}: {words}"


def test_lists_and_counts_read_as_people_say_them() -> None:
    assert [str(listed(names)) for names in ("a", "ab", "abc")] == ["a", "a and b", "a, b and c"]
    assert [str(there_are(n)) for n in (0, 1, 2)] == ["there is none", "there is 1", "there are 2"]
