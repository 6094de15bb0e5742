# SPDX-License-Identifier: Apache-2.0
"""Measures creates that are asked for at once in a large cloud, until their capacity is held.

    python -m tests.bench.bench_creates_at_once [--hosts 10000] [--ensembles 20] [--members 10]

They are asked for at one moment by as many threads of one process, as its web server has them.
Placement is a real one on SQLite, in a process of its own; Nova is made up. At last, what was held
in a round is asked of Placement once more, for other consumers and by as many threads: faster than
that it cannot be. After that, which is what others take at one moment, there is one more round.
Times are by the clock and of the processor, ours and Placement's.
"""

import argparse
import statistics
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import webob

from ensemble_api import routes
from tests.bench.bench_previews import preview, say
from tests.bench.large_cloud import LargeCloud, body, caller
from tests.bench.large_placement import LargePlacement


class Holding:
    """An adapter that keeps what was held."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.held: list[Any] = []
        self.refused = 0

    def post(self, path: str, json: Any, **more: Any) -> Any:
        """The answer of Placement."""
        answer = self._inner.post(path, json=json, **more)
        if path == "/allocations" and answer.status_code == 204:
            self.held.append(json)
        elif path == "/allocations":
            self.refused += 1
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def create(service: Any, wanted: Any) -> webob.Response:
    """One request."""
    request = webob.Request.blank("/os-ensembles", method="POST", base_url="http://n/v2.1")
    request.environ["nova.context"] = caller()
    request.json = {"ensemble": wanted}
    return routes.dispatch(request, service, "/os-ensembles")


def at_once(asks: Sequence[Callable[[], Any]]) -> tuple[float, list[float], list[Any]]:
    """The seconds until all were answered, those of each, and the answers."""
    ready = threading.Barrier(len(asks) + 1)

    def asked(ask: Callable[[], Any]) -> tuple[float, Any]:
        ready.wait()
        began = time.perf_counter()
        answer = ask()
        return time.perf_counter() - began, answer

    with ThreadPoolExecutor(len(asks)) as threads:
        found = [threads.submit(asked, ask) for ask in asks]
        ready.wait()
        began = time.perf_counter()
        each = [one.result() for one in found]
        spent = time.perf_counter() - began
    return spent, [seconds for seconds, _ in each], [answer for _, answer in each]


def again(adapter: Any, held: Any) -> Callable[[], Any]:
    """The same hold for other consumers."""
    others = {str(uuid.uuid4()): claim for claim in held.values()}
    return lambda: adapter.post("/allocations", json=others)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=10_000)
    parser.add_argument("--ensembles", type=int, default=20)
    parser.add_argument("--members", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    placement = LargePlacement(given.hosts)
    with tempfile.TemporaryDirectory() as directory:
        cloud = LargeCloud(given.hosts, placement, directory)
        adapter = Holding(placement.adapter())
        service = cloud.service(5.0, adapter)
        for number in range(2):  # it learns how large the cloud is, and what there is
            preview(service, body(1, 2, f"warm-{number}"))
        assert create(service, body(1, 2, "warm")).status_int == 202
        for number in range(given.rounds):
            measured(service, adapter, placement, given, f"round-{number}")
        limit, _, answers = at_once([again(adapter, held) for held in [*adapter.held]])
        assert {answer.status_code for answer in answers} == {204}, answers[0].text
        say(f"the holds alone: {limit:.2f} s, {len(answers) / limit:.1f} a second")
        measured(service, adapter, placement, given, "after-others")
        cloud.stop()
    placement.stop()


def measured(
    service: Any, adapter: Holding, placement: LargePlacement, given: Any, name: str
) -> None:
    """Measure and print one round."""
    adapter.held, adapter.refused = [], 0
    asks = [
        lambda each=f"{name}-{number}": create(service, body(1, given.members, each))
        for number in range(given.ensembles)
    ]
    ours, theirs = time.process_time(), placement.cpu()
    spent, each, answers = at_once(asks)
    ours, theirs = time.process_time() - ours, placement.cpu() - theirs
    made = [answer for answer in answers if answer.status_int == 202]
    for answer in answers:
        assert answer.status_int in (202, 409), answer.text
    say(
        f"{name}: {len(made)} of {len(asks)} ensembles in {spent:.2f} s,"
        f" {len(made) / spent:.1f} a second; each p50 {statistics.median(each):.2f}"
        f" p95 {np.percentile(each, 95):.2f} s; processor: ours {ours:.2f}, Placement"
        f" {theirs:.2f} s; holds that Placement refused: {adapter.refused}"
    )


if __name__ == "__main__":
    main()
