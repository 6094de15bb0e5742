# SPDX-License-Identifier: Apache-2.0
"""Which domains have failed as a whole, against a look at every domain of the cloud."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_api.planning.failed_domains import failed_domains
from ensemble_api.planning.topology import Topology

LEVELS = ("host", "rack", "zone")
HOSTS = {
    "h1": ("r1", "az1"), "h2": ("r1", "az1"), "h3": ("r2", "az1"), "h4": ("r2", "az1"),
    "h5": ("r3", "az2"), "h6": (None, "az2"),
}  # fmt: skip


def told(down: dict[str, str], hosts: str) -> list[tuple[str, str, str | None, str]]:
    found = failed_domains(Topology.build(LEVELS, HOSTS), down, hosts.split())
    return [
        (each.domain.level, each.domain.name, each.above and each.above.name, each.since)
        for each in found
    ]


@pytest.mark.parametrize(
    ("down", "hosts", "expected"),
    [
        pytest.param({}, "h1 h2", [], id="nothing is down"),
        pytest.param({"h1": "09:01"}, "h2 h3", [], id="what is down has no member"),
        pytest.param(
            {"h1": "09:01"}, "h1 h3", [("host", "h1", "r1", "09:01")], id="one host of a rack"
        ),
        pytest.param(
            {"h1": "09:01", "h2": "09:03"},
            "h1",
            [("rack", "r1", "az1", "09:03")],
            id="a whole rack is lost when its last host is",
        ),
        pytest.param(
            {"h1": "", "h2": "09:03"},
            "h1",
            [("rack", "r1", "az1", "")],
            id="of one host it is not known when it was lost",
        ),
        pytest.param(
            {"h1": "1", "h2": "2", "h3": "3", "h4": "4"},
            "h1 h3",
            [("zone", "az1", None, "4")],
            id="a whole zone is told once",
        ),
        pytest.param(
            {"h5": "1"}, "h5", [("host", "h5", "az2", "1")], id="a host that is alone in its rack"
        ),
        pytest.param(
            {"h6": "1"}, "h6", [("host", "h6", "az2", "1")], id="a host that is in no rack"
        ),
        pytest.param(
            {"h1": "1", "h5": "2"},
            "h1 h5 gone",
            [("host", "h1", "r1", "1"), ("host", "h5", "az2", "2")],
            id="two at once, and a member on a host that is gone",
        ),
    ],
)
def test_the_largest_domain_that_is_down_as_a_whole_is_told(
    down: dict[str, str], hosts: str, expected: list[tuple[str, str, str | None, str]]
) -> None:
    assert told(down, hosts) == expected


@given(
    st.dictionaries(
        st.integers(0, 11).map(lambda number: f"h{number:02}"),
        st.tuples(st.sampled_from(["a", "b", None]), st.sampled_from(["x", "y"])),
        min_size=1,
    ),
    st.data(),
)
def test_each_lost_host_is_in_one_failed_domain_and_nothing_that_is_up_is(
    hosts: dict[str, tuple[str | None, str]], data: st.DataObject
) -> None:
    topology = Topology.build(LEVELS, hosts)
    down = data.draw(st.sets(st.sampled_from(sorted(hosts))))
    used = data.draw(st.sets(st.sampled_from(sorted(hosts))))
    found = [each.domain for each in failed_domains(topology, dict.fromkeys(down, "t"), used)]
    for host, level in product(hosts, LEVELS):
        domain = topology.domain_of(host, level)
        assert domain not in found or host in down
    for host in used & down:
        around = [topology.domain_of(host, level) for level in LEVELS]
        assert sum(each in found for each in around) == 1
