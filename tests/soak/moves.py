# SPDX-License-Identifier: Apache-2.0
"""Move the members of an ensemble as an operator would, and count the policies that breaks.

python -m tests.soak.moves [--rounds N] [--seed N] [--without-filter] [--cloud STATE]
                           [--results FILE] [--page FILE]

A round is an ensemble that is built, moved ten times and deleted: live and cold migrations,
resizes, evacuations, and shelving and unshelving of one member, and live migrations of all at once;
Nova chooses the hosts. A run that was stopped goes on where its results end.
It runs on the embedded cloud's full profile. Without the filter means that its two schedulers are
started again without it; they have it again afterwards.
"""

import argparse
import contextlib
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import openstack
import psutil

from tests.cloud.ensembles import PATIENCE, Operator, Project, until
from tests.embedded import EmbeddedCloud
from tests.soak.moves_round import Round
from tests.soak.rounds import add_arguments, run

MEMBERS = 3
MOVES = 10  # of one ensemble
FILTER = ",EnsembleFilter"
SCHEDULERS = ("nova-scheduler-1", "nova-scheduler-2")
FLAVORS = ("m1.tiny", "m1.small")  # between which members are resized
OFFLOADED = "SHELVED_OFFLOADED"


@dataclass
class Moves:
    """Moves members about that are on hosts and in racks of their own."""

    cloud: EmbeddedCloud
    seed: int
    kinds: Sequence[str] = ("live", "cold", "all live", "resize", "evacuate", "unshelve")

    def __post_init__(self) -> None:
        self.random = random.Random()
        self.project = Project(self.cloud.connection("demo"))
        self.operator = Operator(self.cloud.connection("admin"))
        self.racks = self.operator.place("rack")

    @property
    def compute(self) -> Any:
        """Nova, as the operator has it."""
        return self.operator.connection.compute

    def round(self, number: int, moves: int = MOVES) -> Round:
        """Build, move so many times at least, and delete."""
        self.random = random.Random(f"{self.seed}-{number}")  # also when it goes on later
        begun = time.monotonic()
        counts: dict[str, Counter[str]] = {name: Counter() for name in ("asked", "moved", "broken")}
        looks = 0
        apart = [
            {"type": "anti-affinity", "level": level, "tiers": ["web"]}
            for level in ("host", "rack")
        ]
        tier = self.project.tier("web", MEMBERS, networks="none")
        made = self.project.create(self.project.body(f"moved-{number}", [tier], *apart))
        try:
            built = self.project.wait(made["id"], "ACTIVE")
            servers = [each["server_id"] for each in built["members"]]
            while counts["asked"].total() < moves:
                kind = self.kinds[looks % len(self.kinds)]
                for name, count in self._move(kind, servers).items():
                    counts[name][kind] += count
                looks += 1
        finally:
            self.project.delete(made["id"])
        return Round(
            number=number,
            looks=looks,
            seconds=round(time.monotonic() - begun),
            **{name: dict(count) for name, count in counts.items()},
        )

    def _move(self, kind: str, servers: list[str]) -> Mapping[str, int]:
        """Move one or all, and look at what holds when that is over."""
        chosen = servers if kind == "all live" else [self.random.choice(servers)]
        move = {"cold": self._cold, "resize": self._resize, "unshelve": self._unshelve}
        before = self._hosts(servers)
        if kind == "evacuate":
            self._evacuate(chosen[0], before[chosen[0]])
        else:
            with ThreadPoolExecutor(len(chosen)) as pool:
                list(pool.map(move.get(kind, self._live), chosen))
            self._wait(servers)
        after = self._hosts(servers)
        racks = [self.racks.get(host, host) for host in after.values()]
        return {
            "asked": len(chosen),
            "moved": sum(before[each] != after[each] for each in servers),
            "broken": int(any(max(Counter(each).values()) > 1 for each in (after.values(), racks))),
        }

    def _live(self, server: str) -> None:
        with contextlib.suppress(openstack.exceptions.BadRequestException):  # no valid host
            self.compute.live_migrate_server(server, host=None, block_migration="auto")

    def _cold(self, server: str) -> None:
        with contextlib.suppress(openstack.exceptions.BadRequestException):
            self.compute.migrate_server(server)

    def _resize(self, server: str) -> None:
        ids = [self.project.names["flavor"][name] for name in FLAVORS]
        now = self.operator.servers()[server].flavor["original_name"]
        with contextlib.suppress(openstack.exceptions.BadRequestException):
            self.compute.resize_server(server, ids[now == FLAVORS[0]])

    def _unshelve(self, server: str) -> None:
        """Shelve a server until no host has it, and give it one again."""
        self.compute.shelve_server(server)
        until(
            "it is shelved",
            lambda: self.operator.servers()[server].status in ("SHELVED", OFFLOADED),
        )
        with contextlib.suppress(openstack.exceptions.ConflictException):  # Nova does so itself
            self.compute.shelve_offload_server(server)
        until("no host has it", lambda: self.operator.servers()[server].status == OFFLOADED)
        self.compute.unshelve_server(server)
        until("a host has it", lambda: self.operator.servers()[server].status != OFFLOADED)

    def _evacuate(self, server: str, host: str) -> None:
        """Stop its host, and start it again when the server is elsewhere."""
        service = next(iter(self.compute.services(binary="nova-compute", host=host)))
        assert self.cloud.ensemble_cloud("host", "stop", host).returncode == 0
        try:
            self.compute.update_service_forced_down(service, forced=True)
            with contextlib.suppress(openstack.exceptions.BadRequestException):
                self.compute.evacuate_server(server)
            self._wait([server])
        finally:
            assert self.cloud.ensemble_cloud("host", "start", host).returncode == 0
            until("Nova takes it for up again", lambda: self._is_unforced(service))
        until(
            "the host is back",
            lambda: (
                next(iter(self.compute.services(binary="nova-compute", host=host))).state == "up"
            ),
        )
        if self.operator.servers()[server].status == "SHUTOFF":
            self.compute.start_server(server)
            self._wait([server])

    def _is_unforced(self, service: Any) -> bool:
        """Whether a host may report again: not before it has removed what was evacuated."""
        try:
            self.compute.update_service_forced_down(service, forced=False)
        except openstack.exceptions.BadRequestException:
            return False
        return True

    def _hosts(self, servers: list[str]) -> dict[str, str]:
        there = self.operator.servers()
        return {each: there[each].compute_host for each in servers}

    def _wait(self, servers: list[str]) -> None:
        """Until nothing is under way; what waits to be confirmed is confirmed."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
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
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        time.sleep(1)
        now = {each["name"]: each for each in cloud.status["services"]}
        if all(now[each]["pid"] not in (None, before[each]) for each in SCHEDULERS):
            time.sleep(10)  # until both take messages
            return
    raise SystemExit("the schedulers do not come back")


def main() -> int:
    """Move and count; the exit status says whether no policy was broken."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_arguments(parser, rounds=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without-filter", action="store_true")
    arguments = parser.parse_args()
    seed, without = arguments.seed, arguments.without_filter
    return run(
        Round,
        arguments,
        {"seed": seed, "filter": not without},
        lambda cloud: Moves(cloud, seed).round,
        meanwhile=without_filter if without else contextlib.nullcontext,
    )


if __name__ == "__main__":
    sys.exit(main())
