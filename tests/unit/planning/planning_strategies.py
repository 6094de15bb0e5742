# SPDX-License-Identifier: Apache-2.0
"""Small ensembles and clouds as Hypothesis draws them: all policies, all that a host may be."""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from planning_clouds import cloud

from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.model import Ensemble, Tier
from ensemble_api.planning.policies import (
    Affinity,
    AntiAffinity,
    Exclusive,
    Near,
    Selector,
    Spread,
    Survive,
)
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.snapshot import Packing, Snapshot

# ENSEMBLE_EXAMPLES=3000 runs as many cases of each property as a change of the planner deserves.
MANY = settings(
    max_examples=int(os.environ.get("ENSEMBLE_EXAMPLES", "60")),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@st.composite
def clouds(draw: st.DrawFn, most: int = 6) -> Snapshot:
    count = draw(st.integers(1, most))
    names = [f"h{number}" for number in range(count)]
    hosts = {
        name: (
            draw(st.sampled_from(["r1", "r2", "r3", None])),
            draw(st.sampled_from(["az1", "az1", "az2"])),
            draw(st.integers(0, 6)),
        )
        for name in names
    }
    down = [name for name in names if draw(st.integers(0, 9)) == 0]
    fast = [name for name in names if draw(st.booleans())]
    return cloud(
        hosts,
        down=down,
        traits={name: ["FAST"] for name in fast},
        others={
            "project": [name for name in names if draw(st.integers(0, 4)) == 0],
            "ensemble": [name for name in names if draw(st.integers(0, 4)) == 0],
        },
        closed={"t0": [name for name in names if draw(st.integers(0, 6)) == 0]},
        offered=draw(
            st.sampled_from([{}, {"t1": [name for name in names if draw(st.integers(0, 4))]}])
        ),
        selectors={
            "disk": {
                value: [name for name in names if draw(st.integers(0, 2)) == 0]
                for value in ("a", "b")
            }
        },
        packing=draw(st.sampled_from(Packing)),
    )


@st.composite
def tiers(draw: st.DrawFn) -> tuple[Tier, ...]:
    counts = draw(st.sampled_from([(1,), (3,), (5,), (1, 2), (2, 3), (3, 3), (1, 1, 2), (2, 2, 2)]))
    return tuple(
        Tier(
            f"t{number}",
            count,
            {"VCPU": draw(st.integers(1, 3))},
            required_traits=frozenset(["FAST"]) if draw(st.integers(0, 5)) == 0 else frozenset(),
            zone=draw(st.sampled_from([None, None, None, None, "az1"])),
        )
        for number, count in enumerate(counts)
    )


@st.composite
def policies(draw: st.DrawFn, names: list[str]) -> Policy | None:
    level = draw(st.sampled_from(["host", "rack", "zone"]))
    hard = draw(st.booleans())
    some = tuple(draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)))
    kind = draw(st.integers(0, 6))
    try:
        match kind:
            case 0:
                return Affinity(level, some, hard)
            case 1:
                most = 1 if len(some) > 1 else draw(st.integers(1, 2))
                return AntiAffinity(level, some, hard, most)
            case 2 if draw(st.integers(0, 2)) == 0:
                names_of = ["az1", "az2"] if level == "zone" else ["r1", "r2", "r3", "gone"]
                some_names = draw(st.lists(st.sampled_from(names_of), min_size=1, unique=True))
                shares = {name: draw(st.integers(1, 4)) for name in some_names}
                return Spread(level, some, hard, shares=tuple(shares.items()))
            case 2:
                skew = draw(st.sampled_from([None, 1, 2]))
                least = draw(st.sampled_from([None, 2, 3]))
                return Spread(level, some, hard, skew, least)
            case 3:
                return Near(level, some[:1], hard, names[-1])
            case 4:
                left: list[int | str] = [1, 2, "50%"]
                least_left = draw(st.sampled_from(left))
                return Survive(level, some, hard, least_left, draw(st.integers(1, 2)))
            case 5:
                values = draw(st.sampled_from([("a",), ("b",), ("a", "b"), ("gone",)]))
                rule = draw(st.sampled_from(["only", "not"]))
                return Selector(level, some, hard, "disk", values, rule)
            case _:
                return Exclusive(level, some, hard, draw(st.sampled_from(["ensemble", "project"])))
    except ModelError:
        return None


@st.composite
def ensembles(draw: st.DrawFn, most_policies: int = 4) -> Ensemble:
    chosen = draw(tiers())
    names = [tier.name for tier in chosen]
    drawn = draw(st.lists(policies(names), max_size=most_policies))
    try:
        return Ensemble(chosen, tuple(policy for policy in drawn if policy is not None))
    except ModelError:
        return Ensemble(chosen)


@st.composite
def crowded_ensembles(draw: st.DrawFn) -> Ensemble:
    """Give two tiers that are about too many for a small cloud, with a hard policy or none."""
    first, second = (
        Tier(f"t{number}", draw(st.integers(2, 3)), {"VCPU": draw(st.integers(1, 3))})
        for number in range(2)
    )
    level, both = draw(st.sampled_from(["host", "rack", "zone"])), (first.name, second.name)
    policy = draw(
        st.sampled_from(
            [
                None,
                Near(level, (first.name,), True, second.name),
                Near(level, (second.name,), True, first.name),
                Affinity(level, both),
                AntiAffinity(level, both),
                Exclusive(level, both, True, "project"),
                Exclusive(level, both[:1], True, "project"),
            ]
        )
    )
    return Ensemble((first, second), () if policy is None else (policy,))
