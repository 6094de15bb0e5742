# SPDX-License-Identifier: Apache-2.0
"""Measure what packing costs: `python tests/bench/bench_packing.py [instances] [hosts ...]`.

Empty clouds are filled with ensembles, one after the other, until so much of their VCPU is taken;
then large flavors are counted that would still fit. The same ensembles come in both ways.
"""

import sys
from dataclasses import replace

import numpy as np
from instances import cloud, ordinary

from ensemble_api.planning import planner
from ensemble_api.planning.headroom import demand
from ensemble_api.planning.problem import fitting
from ensemble_api.planning.result import Plan
from ensemble_api.planning.snapshot import Packing, Snapshot

MEMBERS = 6
TAKEN = (25, 50, 75)
LARGE = {"half a host": (32, 131_072), "a whole host": (64, 262_144)}


def filled(snapshot: Snapshot, seed: int) -> dict[int, Snapshot]:
    """Build ensembles until as much of the VCPU is taken as each of TAKEN says, in percent."""
    rng = np.random.default_rng([len(snapshot.topology), seed])
    all_units, found = int(snapshot.total[:, 0].sum()), {}
    refused = 0  # one after the other
    for share in TAKEN:
        while snapshot.free[:, 0].sum() > all_units * (100 - share) // 100 and refused < 20:
            ensemble = ordinary(rng, MEMBERS, snapshot)
            result = planner.plan(ensemble, snapshot, solve=None, changes=False)
            if isinstance(result, Plan):
                snapshot = snapshot.carrying(demand(ensemble, result.assignment))
                refused = 0
            else:
                refused += 1
        found[share] = snapshot
    return found


def main(arguments: list[str]) -> None:
    """Print a row for each size of cloud, share that is taken, and large flavor."""
    count = int(arguments[0]) if arguments else 5
    for hosts in map(int, arguments[1:] or ("24", "200")):
        fits: dict[tuple[int, str, Packing], list[int]] = {}
        for seed in range(count):
            empty = cloud(np.random.default_rng([hosts, seed]), hosts, 0)
            empty = replace(empty, free=empty.total, usable=np.ones(hosts, dtype=np.bool_))
            for packing in Packing:
                for share, snapshot in filled(replace(empty, packing=packing), seed).items():
                    for name, request in LARGE.items():
                        fit = fitting(snapshot.free, np.array(request), 1000).sum()
                        fits.setdefault((share, name, packing), []).append(int(fit))
        for share in TAKEN:
            for name in LARGE:
                means = [np.mean(fits[share, name, packing]) for packing in Packing]
                spread, stack = (f"{mean:.1f}" for mean in means)
                line = f"{hosts} hosts, {share} % taken, {name}: spread {spread}, stack {stack}"
                print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
