# SPDX-License-Identifier: Apache-2.0
"""Move the members of an ensemble as an operator would, and count the policies that breaks.

python -m tests.soak.moves [--moves N] [--seed N] [--without-filter] [--cloud STATE]

Live and cold migrations of one member, and live migrations of all at once; Nova chooses the hosts.
It runs on the embedded cloud's full profile. Without the filter means that its two schedulers are
started again without it; they have it again afterwards.
"""

import argparse
import contextlib
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openstack
import psutil

from tests.cloud.ensembles import PATIENCE, Operator, Project
from tests.embedded import EmbeddedCloud
from tests.soak.full_cloud import full_cloud

MEMBERS = 3
FILTER = ",EnsembleFilter"
SCHEDULERS = ("nova-scheduler-1", "nova-scheduler-2")


@dataclass
class Moves:
    """One ensemble that is moved about: its members are on hosts and in racks of their own."""

    cloud: EmbeddedCloud
    random: random.Random
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.project = Project(self.cloud.connection("demo"))
        self.operator = Operator(self.cloud.connection("admin"))
        self.racks = self.operator.place("rack")

    @property
    def compute(self) -> Any:
        """Nova, as the operator has it."""
        return self.operator.connection.compute

    def run(self, moves: int) -> None:
        """Build, move so many times, and delete."""
        apart = [
            {"type": "anti-affinity", "level": level, "tiers": ["web"]}
            for level in ("host", "rack")
        ]
        tier = self.project.tier("web", MEMBERS, networks="none")
        made = self.project.create(self.project.body("moved", [tier], *apart))
        try:
            built = self.project.wait(made["id"], "ACTIVE")
            servers = [each["server_id"] for each in built["members"]]
            while self.counts["asked"] < moves:
                self._move(servers)
        finally:
            self.project.delete(made["id"])

    def _move(self, servers: list[str]) -> None:
        """Move one or all, and look at what holds when that is over."""
        kind = self.random.choice(("live", "cold", "all live"))
        chosen = servers if kind == "all live" else [self.random.choice(servers)]
        before = self._hosts(servers)
        with ThreadPoolExecutor(len(chosen)) as pool:
            list(pool.map(self._cold if kind == "cold" else self._live, chosen))
        self._wait(servers)
        after = self._hosts(servers)
        self.counts["asked"] += len(chosen)
        self.counts["moved"] += sum(before[each] != after[each] for each in servers)
        crowded = [
            name
            for name, places in (
                ("host", after.values()),
                ("rack", [self.racks[host] for host in after.values()]),
            )
            if max(Counter(places).values()) > 1
        ]
        self.counts["times after which a policy was broken"] += bool(crowded)
        self.counts["times"] += 1
        print(kind, *after.values(), *(f"{each} broken" for each in crowded), flush=True)  # noqa: T201

    def _live(self, server: str) -> None:
        with contextlib.suppress(openstack.exceptions.BadRequestException):  # no valid host
            self.compute.live_migrate_server(server, host=None, block_migration="auto")

    def _cold(self, server: str) -> None:
        with contextlib.suppress(openstack.exceptions.BadRequestException):
            self.compute.migrate_server(server)

    def _hosts(self, servers: list[str]) -> dict[str, str]:
        there = self.operator.servers()
        return {each: there[each].compute_host for each in servers}

    def _wait(self, servers: list[str]) -> None:
        """Until nothing is under way; what waits to be confirmed is confirmed."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            there = self.operator.servers()
            states = [(there[each].status, there[each].task_state) for each in servers]
            for server in servers:
                if (there[server].status, there[server].task_state) == ("VERIFY_RESIZE", None):
                    with contextlib.suppress(openstack.exceptions.HttpException):
                        self.compute.confirm_server_resize(server)  # once more, while it goes on
            if all(each in (("ACTIVE", None), ("SHUTOFF", None)) for each in states):
                return
            time.sleep(0.5)
        raise SystemExit(f"a move does not end: {states}")


@contextlib.contextmanager
def without_filter(cloud: EmbeddedCloud) -> Iterator[None]:
    """The cloud, whose schedulers do not have the filter for a while."""
    path = cloud.state / "etc/nova/nova.conf"
    text = path.read_text()
    assert FILTER in text
    try:
        path.write_text(text.replace(FILTER, ""))
        _start_again(cloud)
        yield
    finally:
        path.write_text(text)
        _start_again(cloud)


def _start_again(cloud: EmbeddedCloud) -> None:
    """Kill the schedulers, which the full profile starts again."""
    before = {each["name"]: each["pid"] for each in cloud.status["services"]}
    for name in SCHEDULERS:
        psutil.Process(before[name]).kill()
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        time.sleep(1)
        now = {each["name"]: each for each in cloud.status["services"]}
        if all(now[each]["pid"] not in (None, before[each]) for each in SCHEDULERS):
            time.sleep(10)  # until both take messages
            return
    raise SystemExit("the schedulers do not come back")


def main() -> int:
    """Move and count; the exit status says whether no policy was broken."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--moves", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without-filter", action="store_true")
    parser.add_argument("--cloud", type=Path, help="state directory of a running full profile")
    options = parser.parse_args()
    with full_cloud(options.cloud) as cloud:
        moves = Moves(cloud, random.Random(options.seed))
        with without_filter(cloud) if options.without_filter else contextlib.nullcontext():
            moves.run(options.moves)
    print(", ".join(f"{name}: {count}" for name, count in moves.counts.items()))  # noqa: T201
    return 1 if moves.counts["times after which a policy was broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
