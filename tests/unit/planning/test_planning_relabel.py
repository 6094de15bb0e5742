# SPDX-License-Identifier: Apache-2.0
"""Members of a tier are alike: a new assignment is told with as few moves as can be."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.relabel import relabel

MEMBERS = Ensemble((Tier("web", 4, {"VCPU": 1}), Tier("db", 2, {"VCPU": 1}))).members
HOSTS = st.sampled_from(("a", "b", "c"))
ASSIGNMENTS = st.lists(HOSTS, min_size=len(MEMBERS), max_size=len(MEMBERS)).map(
    lambda hosts: dict(zip(MEMBERS, hosts, strict=True))
)


def counts(assignment: dict[Member, str]) -> Counter[tuple[str, str]]:
    return Counter((member.tier, host) for member, host in assignment.items())


@given(ASSIGNMENTS, ASSIGNMENTS)
def test_only_the_names_change_and_no_fewer_members_could_move(
    assignment: dict[Member, str], before: dict[Member, str]
) -> None:
    found = relabel(assignment, before)
    assert list(found) == list(assignment)
    assert counts(found) == counts(assignment)
    moved = sum(found[member] != before[member] for member in found)
    assert moved == (counts(assignment) - counts(before)).total()


def test_members_that_were_nowhere_take_what_is_left() -> None:
    web = [Member("web", number) for number in range(3)]
    found = relabel(dict(zip(web, "abc", strict=True)), {web[2]: "a"})
    assert found == {web[0]: "b", web[1]: "c", web[2]: "a"}
