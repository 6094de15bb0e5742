# SPDX-License-Identifier: Apache-2.0
"""Measures requests over HTTP on an embedded cloud: dry runs, against Nova's own list of servers.

    python -m tests.bench.bench_http [--rounds 40] [--creates 20] [--hosts 1000]

It starts an embedded cloud of its own, or takes that whose state directory ENSEMBLE_TEST_CLOUD
names, which runs and which nobody else uses. Twenty servers are built. In each round they are
listed with their details, and a dry run of twenty members is made, in an order that alternates:
what is compared are the times of one run. Then ensembles of twenty members are created and deleted,
one after another; the time is that until the answer, for which all capacity is held. At last so
many ``--hosts`` as are missing are added to the databases of Nova and Placement, and the rounds are
made again; after that the cloud is of no more use. With 0 there are none.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.bench.added_hosts import AddedHosts
from tests.cloud.ensembles import Project
from tests.embedded import EmbeddedCloud, started_cloud

WARM_UP = 3
POLICIES = (
    {"type": "anti-affinity", "level": "host", "tiers": ["db"], "enforcement": "hard"},
    {"type": "spread", "level": "rack", "tiers": ["web"], "max_skew": 1, "enforcement": "soft"},
    {
        "type": "survive",
        "level": "rack",
        "tiers": ["web"],
        "failures": 1,
        "min_available": 1,
        "enforcement": "hard",
    },
)


def wanted(project: Project, name: str) -> dict[str, Any]:
    """An ensemble of twenty."""
    tiers = [project.tier("web", 12), project.tier("cache", 5), project.tier("db", 3)]
    return project.body(name, tiers, *POLICIES)


def milliseconds(ask: Callable[[], Any]) -> float:
    """How long a request takes that is to go well."""
    began = time.perf_counter()
    answer = ask()
    spent = 1000 * (time.perf_counter() - began)
    assert answer.status_code in (200, 202), answer.text
    return spent


def rounds(project: Project, count: int, hosts: int) -> None:
    """Dry runs and lists in turns."""
    body = wanted(project, "preview")
    asks: dict[str, Callable[[], Any]] = {
        "servers/detail": lambda: project.connection.compute.get("/servers/detail"),
        "dry run": lambda: project.request("POST", "/plans", body=body),
    }
    assert asks["dry run"]().json()["plan"]["feasible"]
    listed = len(asks["servers/detail"]().json()["servers"])
    spent: dict[str, list[float]] = {name: [] for name in asks}
    for number in range(WARM_UP + count):
        for name in [*asks][:: 1 if number % 2 else -1]:
            took = milliseconds(asks[name])
            if number >= WARM_UP:
                spent[name].append(took)
    say(f"{hosts} hosts, a dry run of 20 members, servers/detail with {listed} servers:")
    for name, times in spent.items():
        show(name, times)
    ours, peer = (np.percentile(spent[name], 95) for name in ("dry run", "servers/detail"))
    say(f"  ratio of the p95: {ours / peer:.2f}")


def creates(project: Project, count: int) -> None:
    """Ensembles that are made and deleted."""
    spent = []
    for number in range(count):
        body, made = wanted(project, f"create-{number}"), list[Any]()

        def ask(body: Any = body, made: list[Any] = made) -> Any:
            made.append(project.request("POST", body=body))
            return made[-1]

        spent.append(milliseconds(ask))
        project.delete(made[0].json()["ensemble"]["id"])
    show("create of 20 members, until its 202", spent)


def show(what: str, spent: list[float]) -> None:
    """Print the median, the 95th percentile and the slowest."""
    p95 = np.percentile(spent, 95)
    say(f"  {what}: p50 {statistics.median(spent):.0f} p95 {p95:.0f} slowest {max(spent):.0f} ms")


def say(line: str) -> None:
    """Print it at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--creates", type=int, default=20)
    parser.add_argument("--hosts", type=int, default=1000, help="so many there are at last")
    given = parser.parse_args()
    with started_cloud() as cloud:
        measured(cloud, given)


def measured(cloud: EmbeddedCloud, given: argparse.Namespace) -> None:
    """Measure and print."""
    project = Project(cloud.connection("demo"))
    there = len(list(cloud.connection("admin").compute.hypervisors()))
    built = project.create(wanted(project, "built"))
    project.wait(built["id"], "ACTIVE")
    rounds(project, given.rounds, there)
    creates(project, given.creates)
    if given.hosts > there:
        more = AddedHosts(cloud.state, given.hosts - there)
        more.add()
        rounds(project, given.rounds, given.hosts)
        more.stop()
    project.delete(built["id"])


if __name__ == "__main__":
    main()
