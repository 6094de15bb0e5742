# SPDX-License-Identifier: Apache-2.0
"""A certificate is never better than the truth, and placing one tier alone is exact."""

from itertools import product, takewhile

import brute_force
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from planning_clouds import LEVELS
from planning_strategies import MANY, clouds, ensembles

from ensemble_api.planning.bounds.counting import impossible
from ensemble_api.planning.bounds.stages import lower_bounds, narrowed
from ensemble_api.planning.check import check
from ensemble_api.planning.greedy import drafts
from ensemble_api.planning.laminar import fill, least_losses, level_off, reach
from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.problem import build
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import Topology


@MANY
@given(ensembles(), clouds())
def test_no_bound_is_above_the_optimum(ensemble: Ensemble, snapshot: Snapshot) -> None:
    problem = build(ensemble, snapshot)
    truth = brute_force.best(ensemble, snapshot)
    if truth is None:
        return
    assert not impossible(problem)
    bounds = lower_bounds(problem, truth)
    assert all(bound <= value for bound, value in zip(bounds, truth, strict=True))


@MANY
@given(ensembles(), clouds())
def test_limits_leave_every_plan_that_is_as_good(ensemble: Ensemble, snapshot: Snapshot) -> None:
    problem = build(ensemble, snapshot)
    best = brute_force.best(ensemble, snapshot)
    counts = next(drafts(problem), None)
    if best is None or counts is None:
        return
    known = problem.objective(counts)
    pairs = zip(known, best, strict=True)
    proved = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    first = slice(proved + 1)
    near = narrowed(problem, known, proved)
    hosts = problem.topology.hosts
    for assignment in brute_force.assignments(ensemble, snapshot):
        if check(ensemble, snapshot, assignment):
            continue
        if brute_force.objective(ensemble, snapshot, assignment)[first] > known[first]:
            continue
        for row, tier in enumerate(ensemble.tiers):
            held = np.array([sum(assignment[m] == host for m in tier.members) for host in hosts])
            assert (held <= near.caps[row]).all()
            for depth, level in enumerate(problem.topology.levels):
                assert problem.held(held, level).max() <= near.limits[row, depth]


@st.composite
def trees(draw: st.DrawFn) -> tuple[Topology, list[int], list[int]]:
    hosts = draw(st.integers(1, 5))
    tree = Topology.build(
        LEVELS,
        {f"h{n}": (draw(st.sampled_from("rs")), draw(st.sampled_from("yz"))) for n in range(hosts)},
    )
    caps = [draw(st.integers(0, 3)) for _ in range(hosts)]
    return tree, caps, [draw(st.integers(0, 4)) for _ in LEVELS]


@MANY
@given(trees(), st.integers(0, 6))
def test_one_tier_alone_is_placed_exactly(
    drawn: tuple[Topology, list[int], list[int]], count: int
) -> None:
    tree, caps, limits = drawn
    allowed = [
        counts
        for counts in product(*(range(cap + 1) for cap in caps))
        if all(
            np.bincount(tree.index(level), weights=counts).max() <= limit
            for level, limit in zip(LEVELS, limits, strict=True)
        )
    ]
    assert reach(tree, np.array(caps), limits) == max(sum(counts) for counts in allowed)
    cost = np.arange(len(caps))
    exact = [int(np.dot(counts, cost)) for counts in allowed if sum(counts) == count]
    placed = fill(tree, np.array(caps), limits, count, cost)
    if placed is None:
        assert not exact
    else:
        assert tuple(placed) in allowed
        assert int(placed @ cost) == min(exact)


@MANY
@given(trees(), st.integers(1, 6))
def test_the_least_losses_of_one_tier_are_exact(
    drawn: tuple[Topology, list[int], list[int]], count: int
) -> None:
    tree, caps, limits = drawn
    losses = {
        tuple(
            int(np.bincount(tree.index(level), weights=counts).max()) for level in reversed(LEVELS)
        )
        for counts in product(*(range(cap + 1) for cap in caps))
        if sum(counts) == count
    }
    allowed = [
        loss
        for loss in losses
        if all(have <= limit for have, limit in zip(loss, reversed(limits), strict=True))
    ]
    found = least_losses(tree, np.array(caps), limits, count)
    if found is None:
        assert not allowed
    else:
        assert tuple(reversed(found)) == min(allowed)


@MANY
@given(st.lists(st.integers(0, 5), min_size=1, max_size=6), st.integers(0, 20))
def test_levelling_off_is_as_even_as_the_caps_allow(caps: list[int], count: int) -> None:
    shares = level_off(np.array(caps), count, np.arange(len(caps)))
    assert shares.sum() == min(count, sum(caps))
    assert (shares <= caps).all()
    open_ones = [share for share, cap in zip(shares, caps, strict=True) if share < cap]
    assert max(shares) - min(open_ones, default=max(shares)) <= 1
