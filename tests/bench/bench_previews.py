# SPDX-License-Identifier: Apache-2.0
"""Measures dry runs in a large cloud: with what is known, and with a whole look for each.

    python -m tests.bench.bench_previews [--hosts 10000] [--demands 3] [--runs 40] [--churn 100]

Placement is a real one on SQLite, in a process of its own; Nova is made up, so its part is not in
the figures. Dry runs with and without what is known alternate. Times are by the clock and of the
processor, ours and Placement's. What is known is measured while ``--churn`` providers change each
second.
"""

import argparse
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import webob

from ensemble_api import routes
from tests.bench.large_cloud import LargeCloud, body, caller
from tests.bench.large_placement import LargePlacement

MEMBERS = 20


def preview(service: Any, wanted: Any) -> None:
    """One dry run, from the request to the text of its answer."""
    request = webob.Request.blank("/os-ensembles/plans", method="POST", base_url="http://n/v2.1")
    request.environ["nova.context"] = caller()
    request.json = {"ensemble": wanted}
    answer = routes.dispatch(request, service, "/os-ensembles/plans")
    assert answer.status_int == 200, answer.text
    assert answer.json["plan"]["feasible"], answer.text[:500]


def rss() -> float:
    """The MB of memory that this process has now."""
    with Path("/proc/self/statm").open() as found:
        return int(found.read().split()[1]) * resource.getpagesize() / 1e6


class Peak:
    """The most memory above what there was before, in MB."""

    def __init__(self) -> None:
        self.before = rss()
        with Path("/proc/self/clear_refs").open("w") as marks:
            marks.write("5")  # the peak begins anew

    def above(self) -> float:
        """The MB."""
        with Path("/proc/self/status").open() as found:
            peak = next(line for line in found if line.startswith("VmHWM"))
        return int(peak.split()[1]) * 1024 / 1e6 - self.before


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=10_000)
    parser.add_argument("--demands", type=int, default=3)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--churn", type=int, default=100)
    parser.add_argument("--whole", type=int, default=3, help="dry runs with a whole look each")
    given = parser.parse_args()
    placement = LargePlacement(given.hosts)
    with tempfile.TemporaryDirectory() as directory:
        cloud = LargeCloud(given.hosts, placement, directory)
        wanted = body(given.demands, MEMBERS)
        every_time, known = cloud.service(0.0), cloud.service(5.0)
        # What is loaded and compiled once is not what is measured.
        small = body(1, 2)
        peak = Peak()
        for _ in range(given.whole):
            show("a whole look", [measured(every_time, wanted, placement)])
        say(f"a whole look: peak {peak.above():.0f} MB above idle")
        preview(known, small)  # in which it learns how large the cloud is
        peak = Peak()
        show("the first, which fills what is known", [measured(known, wanted, placement)])
        say(f"first fill: peak {peak.above():.0f} MB above idle")
        placement.churn(given.churn)
        peak = Peak()
        runs = []
        for _ in range(given.runs):
            time.sleep(0.5)
            runs.append(measured(known, wanted, placement))
        show(f"known, {given.churn} providers change a second", runs)
        say(f"known: peak {peak.above():.0f} MB above idle")
        placement.churn(0)
        cloud.stop()
    placement.stop()


def measured(service: Any, wanted: Any, placement: LargePlacement) -> tuple[float, float, float]:
    """Milliseconds by the clock, of our thread, and of Placement."""
    theirs, began, ours = placement.cpu(), time.perf_counter(), time.thread_time()
    preview(service, wanted)
    ours, took = time.thread_time() - ours, time.perf_counter() - began
    return 1000 * took, 1000 * ours, 1000 * (placement.cpu() - theirs)


def show(what: str, runs: list[tuple[float, float, float]]) -> None:
    """Print medians and 95th percentiles."""
    parts = []
    for name, values in zip(("clock", "ours", "Placement"), zip(*runs, strict=True), strict=True):
        parts.append(
            f"{name} p50 {statistics.median(values):.0f} p95 {np.percentile(values, 95):.0f}"
        )
    say(f"{what}: {', '.join(parts)} ms")


def say(line: str) -> None:
    """Print it at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
