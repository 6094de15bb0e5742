# SPDX-License-Identifier: Apache-2.0
"""Measure the planner: `python tests/bench/bench_planner.py [instances] [ROW ...]`.

A row is HOSTS,MEMBERS or, for crowded instances, HOSTS,MEMBERS,TIERS,LOAD.

Prints a table and writes build/bench/planner.json. Times are of this process's processor, one
thread; so the solver runs here, not in a process of its own. Every plan is judged by the
independent checker, which the planner itself calls.
"""

import json
import sys
import time
from pathlib import Path

import highspy  # noqa: F401 - loaded here, so that its import is not part of the first time
import numpy as np
from baselines import one_by_one, per_server
from instances import Instance, crowded, instances

from ensemble_api.planning import planner
from ensemble_api.planning.problem import build
from ensemble_api.planning.result import Infeasible, Plan
from ensemble_api.solver import highs

ROWS = (
    (24, 6),
    (24, 20),
    (200, 20),
    (200, 100),
    (1000, 20),
    (1000, 100),
    (10000, 20),
    (10000, 100),
    (10000, 500),
)
# Hosts, members, tiers and load in percent: many tiers with policies of pairs of them.
CROWDED = ((100, 100, 6, 80), (1000, 1000, 20, 80))
MILP_HOSTS, MILP_INSTANCES, MILP_SECONDS = 1000, 3, 20.0


def proved_first(result: Plan | Infeasible) -> bool:
    """Whether it is proved: refused, or optimal in every stage before pairs and packing."""
    if isinstance(result, Infeasible):
        return result.proved
    last = ("pairs", "packing")
    return all(each.proved for each in result.objectives if not each.name.startswith(last))


def measure(hosts: int, members: int, count: int, *crowd: int) -> dict[str, object]:
    """Plan so many instances of one size, by the planner and by what it is compared with.

    `crowd` are the number of tiers and the load in percent of crowded ones.
    """
    found = crowded(hosts, members, *crowd, count) if crowd else instances(hosts, members, count)
    compared = 0 if crowd or hosts > MILP_HOSTS else MILP_INSTANCES
    times, explained, ratios = [], [], []
    tally = dict.fromkeys(("proved", "alone", "refused", "plain", "aware", "feasible", "worse"), 0)
    for number, instance in enumerate(found):
        start = time.process_time()
        result = planner.plan(instance.ensemble, instance.snapshot, solve=highs.solve)
        spent = time.process_time() - start
        times.append(spent)
        tally["proved"] += proved_first(result)
        tally["alone"] += proved_first(result) and _without_solver(instance)
        if isinstance(result, Infeasible):
            explained.append(spent)
            tally["refused"] += result.proved
        else:
            tally["feasible"] += 1
        _compare(instance, result, tally)
        if number < compared and isinstance(result, Plan):
            start = time.process_time()
            per_server(instance.ensemble, instance.snapshot, MILP_SECONDS)
            ratios.append((time.process_time() - start) / spent)
    return {
        "hosts": hosts,
        "members": members,
        **({"tiers": crowd[0], "load": crowd[1]} if crowd else {}),
        "instances": count,
        "p50_ms": round(float(np.percentile(times, 50)) * 1000, 1),
        "p95_ms": round(float(np.percentile(times, 95)) * 1000, 1),
        "max_ms": round(max(times) * 1000, 1),
        "proved": round(tally["proved"] / count, 4),
        "without_solver": round(tally["alone"] / count, 4),
        "ratio_per_server_milp": round(float(np.median(ratios)), 1) if ratios else None,
        "feasible": tally["feasible"],
        "sequential_feasible": tally["plain"],
        "policy_aware_feasible": tally["aware"],
        "worse_than_sequential": tally["worse"],
        "infeasible_proved": tally["refused"],
        "explain_p50_ms": round(float(np.median(explained)) * 1000, 1) if explained else None,
    }


def _without_solver(instance: Instance) -> bool:
    """Whether greedy and counting alone prove what the planner says."""
    return proved_first(planner.plan(instance.ensemble, instance.snapshot, solve=None))


def _compare(instance: Instance, result: Plan | Infeasible, tally: dict[str, int]) -> None:
    problem = build(instance.ensemble, instance.snapshot)
    for name, aware in (("plain", False), ("aware", True)):
        counts = one_by_one(instance.ensemble, instance.snapshot, aware=aware)
        if counts is None:
            continue
        tally[name] += 1
        if isinstance(result, Infeasible):
            tally["worse"] += 1
        else:
            values = tuple(objective.value for objective in result.objectives)
            first = len(problem.first_stages)
            tally["worse"] += problem.objective(counts)[:first] < values[:first]


def main(arguments: list[str]) -> None:
    """Run all rows, or those that are named."""
    count = int(arguments[0]) if arguments else 30
    named = [tuple(map(int, argument.split(","))) for argument in arguments[1:]]
    results = []
    for hosts, members, *crowd in named or (*ROWS, *CROWDED):
        row = measure(hosts, members, count, *crowd)
        results.append(row)
        print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)  # noqa: T201
    target = Path("build/bench/planner.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
