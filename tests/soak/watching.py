# SPDX-License-Identifier: Apache-2.0
"""An observer that knows of ensembles only which servers a tier has: it asks Nova each second.

It is a process of its own, so that nothing of what it watches keeps it from looking.
"""

import itertools
import json
import multiprocessing
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.embedded import EmbeddedCloud

PERIOD = 1.0  # seconds from one look to the next
_ENOUGH = 60.0  # seconds until its end is waited for no longer


@dataclass(frozen=True)
class Promise:
    """So many of a tier's servers, by their ids, are to be available at any time."""

    name: str
    servers: tuple[str, ...]
    needed: int


@dataclass(frozen=True)
class Look:
    """What Nova said at a moment: status and host by server, and which hosts are up."""

    at: float
    servers: Mapping[str, tuple[str, str]]
    up: frozenset[str]

    def available(self, promise: Promise) -> int:
        """How many servers are ACTIVE on a host that is up; one that just migrates is not."""
        found = (self.servers.get(each, ("", "")) for each in promise.servers)
        return sum(status == "ACTIVE" and host in self.up for status, host in found)


@dataclass(frozen=True)
class Seen:
    """What all looks come to.

    ``breaches`` tell of each look and tier that fell short; ``least`` is how many more than needed
    there were at the worst moment. ``gap`` is the longest time between two looks, in seconds.
    """

    looks: int
    gap: float
    least: int
    breaches: tuple[str, ...]
    within: tuple[str, ...]


def judge(looks: Sequence[Look], promises: Collection[Promise], inside: Collection[str]) -> Seen:
    """Judge the looks by the promises, and who went from one of the hosts ``inside`` to another."""
    breaches, within, least = [], [], []
    for look in looks:
        for promise in promises:
            more = look.available(promise) - promise.needed
            least.append(more)
            if more < 0:
                breaches.append(f"{promise.name} at {look.at:.0f} s: {-more} too few")
    for before, after in itertools.pairwise(looks):
        for server, (_, host) in after.servers.items():
            source = before.servers.get(server, ("", ""))[1]
            if source != host and source in inside and host in inside:
                within.append(f"{server} from {source} to {host}")
    gaps = [after.at - before.at for before, after in itertools.pairwise(looks)]
    return Seen(
        len(looks), round(max(gaps, default=0.0), 1), min(least, default=0), tuple(breaches),
        tuple(within),
    )  # fmt: skip


@contextmanager
def watching(state: Path, file: Path) -> Iterator[None]:
    """Have the cloud of that state directory watched; what was seen is in the file afterwards."""
    context = multiprocessing.get_context("spawn")
    over, ready = context.Event(), context.Event()
    watcher = context.Process(target=_watch, args=(state, file, ready, over), daemon=True)
    watcher.start()
    try:
        assert ready.wait(_ENOUGH), "the observer does not begin"
        yield
    finally:
        over.set()
        watcher.join(_ENOUGH)
        watcher.kill()


def read(file: Path) -> list[Look]:
    """Give all looks, with times from the first one on."""
    found = [json.loads(line) for line in file.read_text().splitlines()]
    return [
        Look(
            each["at"] - found[0]["at"],
            {server: (status, host) for server, (status, host) in each["servers"].items()},
            frozenset(each["up"]),
        )
        for each in found
    ]


def _watch(state: Path, file: Path, ready: Any, over: Any) -> None:
    compute = EmbeddedCloud(state).connection("admin").compute
    with file.open("w") as lines:
        while True:
            begun = time.monotonic()
            up = [
                each.host for each in compute.services(binary="nova-compute") if each.state == "up"
            ]
            servers = {
                each.id: (each.status, each.compute_host or "")
                for each in compute.servers(all_projects=True)
            }
            lines.write(json.dumps({"at": begun, "servers": servers, "up": up}) + "\n")
            lines.flush()
            ready.set()
            if over.wait(max(0.0, PERIOD - (time.monotonic() - begun))):
                return
