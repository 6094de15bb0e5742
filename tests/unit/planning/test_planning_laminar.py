# SPDX-License-Identifier: Apache-2.0
"""Members placed on the first hosts of an order, and sums that are kept: as if all were looked at.

The checker goes from host to host in plain Python.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_api.planning.laminar import Caps, at_depth, climb, fill, reach
from ensemble_api.planning.topology import Topology

HOSTS, RACKS, ZONES = 2_000, 40, 3


def cloud(seed: int) -> tuple[np.random.Generator, Topology]:
    """Hosts in racks of many sizes, in zones."""
    draw = np.random.default_rng(seed)
    racks = draw.integers(RACKS, size=HOSTS).tolist()
    places = {f"h{n:04}": (f"r{rack:02}", f"z{rack % ZONES}") for n, rack in enumerate(racks)}
    return draw, Topology.build(("host", "rack", "zone"), places)


def one_by_one(
    topology: Topology, caps: list[int], limits: list[list[int]], count: int, order: list[int]
) -> list[int] | None:
    """Give each host in its turn as many as it and the domains around it take."""
    left = [[*limit] for limit in limits]
    above = [topology.index(level).tolist() for level in topology.levels]
    placed = [0] * len(caps)
    for host in order:
        around = [limit[index[host]] for limit, index in zip(left, above, strict=True)]
        placed[host] = min(caps[host], count, *around)
        count -= placed[host]
        for limit, index in zip(left, above, strict=True):
            limit[index[host]] -= placed[host]
    return None if count else placed


@given(
    st.integers(0, 10_000),
    st.sampled_from((1, 30, 100, 500, 1500)),
    st.sampled_from((0.02, 0.3, 1.0)),
)
def test_members_are_on_the_hosts_that_come_first_however_many_are_looked_at(
    seed: int, count: int, able: float
) -> None:
    draw, topology = cloud(seed)
    caps = np.where(draw.random(HOSTS) < able, draw.integers(0, 4, HOSTS), 0)
    limits = [draw.integers(1, 4, HOSTS), draw.integers(0, 90, RACKS), draw.integers(0, 900, ZONES)]
    limits = [
        limit[: topology.size(level)] for limit, level in zip(limits, topology.levels, strict=True)
    ]
    order = draw.permutation(HOSTS)
    found = fill(topology, caps, limits, count, order)
    wanted = one_by_one(
        topology, caps.tolist(), [each.tolist() for each in limits], count, order.tolist()
    )
    assert (None if found is None else found.tolist()) == wanted


@given(st.integers(0, 10_000), st.lists(st.integers(0, 9), min_size=1, max_size=4))
def test_sums_that_are_kept_are_those_of_the_hosts(seed: int, most: list[int]) -> None:
    draw, topology = cloud(seed)
    hosts = draw.integers(0, 8, HOSTS)
    caps = Caps(topology, hosts)
    for limit in (*most, draw.integers(0, 8, HOSTS), np.array(3), *most):
        limits = [limit, 50, 400]
        for depth in range(3):
            assert (
                at_depth(topology, caps, limits, depth).tolist()
                == at_depth(topology, hosts, limits, depth).tolist()
            )
        assert reach(topology, caps, limits) == reach(topology, hosts, limits)
        assert reach(topology, caps, limits, 1) == reach(topology, hosts, limits, 1)


@pytest.mark.parametrize("level", ["rack", "zone"])
def test_the_domains_inside_a_domain_are_those_whose_parent_it_is(level: str) -> None:
    topology = cloud(1)[1]
    smaller = topology.levels[topology.levels.index(level) - 1]
    children = topology.children(level)
    assert len(children) == topology.size(level)
    for number, each in enumerate(children):
        assert each.tolist() == np.flatnonzero(topology.parent(smaller) == number).tolist()
    depth = topology.levels.index(smaller)
    ones = np.ones(topology.size(smaller), dtype=np.int64)
    assert climb(topology, ones, depth).tolist() == [len(each) for each in children]
