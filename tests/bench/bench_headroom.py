# SPDX-License-Identifier: Apache-2.0
"""Measures the headroom of a whole cloud: each host, rack and zone fails, over all ensembles.

    python -m tests.bench.bench_headroom [HOSTS [ENSEMBLES]]

Processor time of one thread, with the solver in the measuring process, so that it counts. Members
are placed by the planner, ensemble after ensemble, so that all promises hold before.
"""

import sys
import time
from collections import Counter

import numpy as np

from ensemble_api.planning.cloud_headroom import cloud_headroom
from ensemble_api.planning.headroom import demand
from ensemble_api.planning.joint import Hit
from ensemble_api.planning.model import Ensemble, Tier
from ensemble_api.planning.planner import plan
from ensemble_api.planning.policies import AntiAffinity, Near, Spread, Survive
from ensemble_api.planning.result import Plan
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.solver.highs import solve
from tests.bench import instances

LOADS = (60, 90, 97)


def ensemble(rng: np.random.Generator) -> Ensemble:
    """Three tiers of ten members about, with the policies that people write."""
    web, app, data = (int(rng.integers(low, high)) for low, high in ((3, 7), (2, 5), (3, 4)))
    sizes = [{"VCPU": v, "MEMORY_MB": m} for v, m in ((1, 2048), (2, 4096), (4, 8192))]
    tiers = tuple(
        Tier(name, count, sizes[int(rng.integers(3))])
        for name, count in (("web", web), ("app", app), ("db", data))
    )
    choices = (
        AntiAffinity("host", ("web",)),
        Spread("rack", ("web",), min_domains=2),
        Survive("rack", ("db",), min_available=2),
        AntiAffinity("rack", ("db",)),
        Near("zone", ("app",), True, "db"),
        Survive("zone", ("web",), min_available=1),
    )
    return Ensemble(tiers, tuple(each for each in choices if rng.random() < 0.5))


def main() -> None:
    """Measure, and say what was found."""
    counts = [int(each) for each in sys.argv[1:]]
    hosts, number = (counts + [1000, 200][len(counts) :])[:2]
    sys.stdout.write("load | members | level | domains | fit, not, open | with a cure | seconds\n")
    for load in LOADS:
        rng = np.random.default_rng([hosts, number, load])
        snapshot = instances.cloud(rng, hosts, load)
        running: list[tuple[Ensemble, Plan]] = []
        for _ in range(number):
            described = ensemble(rng)
            planned = plan(described, snapshot, solve=solve, changes=False, explained=False)
            if isinstance(planned, Plan):
                snapshot = snapshot.carrying(demand(described, planned.assignment))
                running.append((described, planned))
        hits = [
            Hit(str(number), described, planned.assignment, snapshot)
            for number, (described, planned) in enumerate(running)
        ]
        for level in snapshot.topology.levels:
            measured(load, hits, snapshot, level)


def measured(load: int, hits: list[Hit], snapshot: Snapshot, level: str) -> None:
    """Measure one level, and write a line."""
    start = time.process_time()
    found = cloud_headroom(hits, level, solve=solve)
    took = time.process_time() - start
    answers = Counter(each.fits for each in found)
    cured = sum(each.cure is not None for each in found)
    members = sum(len(hit.staying) for hit in hits)
    sys.stdout.write(
        f"{load} % | {members:,} | {level} | {len(found)} of {snapshot.topology.size(level)} | "
        f"{answers[True]}, {answers[False]}, {answers[None]} | {cured} | {took:.2f}\n"
    )


if __name__ == "__main__":
    main()
