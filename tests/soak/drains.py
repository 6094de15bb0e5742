# SPDX-License-Identifier: Apache-2.0
"""Drain whole racks, one after another, and have an outside observer count broken promises.

python -m tests.soak.drains [--rounds N] [--seed N] [--cloud STATE] [--results FILE] [--page FILE]

Ensembles of two projects have members on every host. A round drains one rack, waits until nobody is
left, and enables its hosts again, as an operator does after the maintenance. Meanwhile another
process asks Nova each second which servers are ACTIVE on hosts that are up. A run that was stopped
goes on where its results end. Without --cloud an embedded cloud of the compact profile is started.
"""

import argparse
import itertools
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.cloud.ensembles import PATIENCE, Operator, Project
from tests.embedded import EmbeddedCloud
from tests.soak.compact_cloud import compact_cloud
from tests.soak.drains_round import Round
from tests.soak.rounds import add_arguments, run
from tests.soak.watching import Promise, judge, read, watching

LOOK = 2.0  # seconds between two looks at how far a drain is
LONGEST = 15 * 60.0  # seconds that one may take
DB = (2, 1)  # members of a tier, and how many of them are to be available at any time


class Drains:
    """Ensembles on a cloud whose racks are drained."""

    def __init__(self, cloud: EmbeddedCloud, seed: int) -> None:
        self.cloud = cloud
        self.seed = seed
        self.operator = Operator(cloud.connection("admin"))
        self.compute = self.operator.connection.compute
        self.admin = Project(cloud.connection("admin"))
        self.projects = [Project(cloud.connection(each)) for each in ("demo", "demo2")]
        self.racks = self.operator.place("rack")
        self.zones = self.operator.place("zone")
        self.made: dict[str, Project] = {}

    @contextmanager
    def ensembles(self) -> Iterator[None]:
        """One in each zone, of two projects in turn: its web servers are on all of its hosts."""
        # A server does not leave its cell, and zones may be in cells of their own.
        zones = sorted(set(self.zones.values()))
        try:
            for zone, project in zip(zones, itertools.cycle(self.projects), strict=False):
                body = project.body(f"drained-{zone}", *self._described(project, zone))
                made = project.create(body)
                self.made[made["id"]] = project
            for ensemble_id, project in self.made.items():
                project.wait(ensemble_id, "ACTIVE")
            bare = set(self.racks) - set(self._hosts().values())
            assert not bare, f"nobody is on {sorted(bare)}"
            yield
        finally:
            for ensemble_id, project in self.made.items():
                project.delete(ensemble_id)

    def _tiers(self, zone: str) -> Mapping[str, tuple[int, int]]:
        """So many members and so many to be available, by tier.

        With a rack drained they are in one less, and still no rack has more than half of them.
        """
        hosts = sum(each == zone for each in self.zones.values())
        return {"web": (hosts, hosts // 2), "db": DB}

    def _described(self, project: Project, zone: str) -> Iterator[Any]:
        tiers = self._tiers(zone)
        yield [
            project.tier(name, count, networks="none", availability_zone=zone)
            for name, (count, _) in tiers.items()
        ]
        for name, (_, needed) in tiers.items():
            yield {
                "type": "anti-affinity", "level": "host", "tiers": [name], "max_per_domain": 2
            }  # fmt: skip
            yield {"type": "survive", "level": "rack", "tiers": [name], "min_available": needed}

    def round(self, number: int) -> Round:
        """Drain one of the racks that have members, and enable its hosts again."""
        chance = random.Random(f"{self.seed}-{number}")  # also when it goes on later
        used = Counter(self.racks[host] for host in self._hosts().values())
        rack = chance.choice(sorted(used))
        inside = {host for host, name in self.racks.items() if name == rack}
        promises, shown = self._promises()
        hit = [each for each in shown if inside & set(self._hosts(each).values())]
        path = f"/domains/rack/{rack}"
        wrong: list[str] = []
        with tempfile.TemporaryDirectory(prefix="ensembles-soak-") as directory:
            file = Path(directory) / "looks.jsonl"
            with watching(self.cloud.state, file):
                begun = time.monotonic()
                answer = self.admin.request("POST", f"{path}/action", {"drain": {}})
                assert answer.status_code == 202, answer.text
                left = self._left(path, wrong)
                seconds = round(time.monotonic() - begun, 1)
            seen = judge(read(file), promises, inside)
        services = list(self.compute.services(binary="nova-compute"))
        wrong += [f"{each.host} was enabled" for each in services
                  if each.host in inside and each.status != "disabled"]  # fmt: skip
        for each in services:
            if each.host in inside:
                self.compute.enable_service(each)
        wrong += [f"{each} is over-committed" for each in sorted(self.operator.overcommitted())]
        wrong += self._not_whole()
        return Round(
            number=number,
            rack=rack,
            hosts=len(inside),
            ensembles=len(hit),
            members=used[rack],
            seconds=seconds,
            looks=seen.looks,
            gap=seen.gap,
            least=seen.least,
            breaches=seen.breaches,
            within=seen.within,
            stayed=left,
            wrong=wrong,
        )

    def _left(self, path: str, wrong: list[str]) -> int:
        """Wait until nobody is left; gives how many are in the end."""
        end = time.monotonic() + LONGEST
        while True:
            domain = self.admin.request("GET", path).json()["domain"]
            if domain["state"] == "drained":
                return 0
            if time.monotonic() > end:
                wrong.append(f"not drained in {LONGEST:.0f} s: {domain['message']}")
                return int(domain["members"])
            time.sleep(LOOK)

    def _shown(self) -> list[Mapping[str, Any]]:
        return [
            project.request("GET", f"/{ensemble_id}").json()["ensemble"]
            for ensemble_id, project in self.made.items()
        ]

    def _promises(self) -> tuple[list[Promise], list[Mapping[str, Any]]]:
        shown = self._shown()
        return [
            Promise(
                f"{ensemble['name']} {tier}",
                tuple(each["server_id"] for each in ensemble["members"] if each["tier"] == tier),
                needed,
            )
            for ensemble in shown
            for tier, (_, needed) in self._tiers(ensemble["name"].partition("-")[2]).items()
        ], shown

    def _hosts(self, *shown: Mapping[str, Any]) -> dict[str, str]:
        """The host of each member's server, as Nova has it; of all ensembles if none is given."""
        ids = {each["server_id"] for of in shown or self._shown() for each in of["members"]}
        there = self.operator.servers()
        return {each: there[each].compute_host for each in ids}

    def _not_whole(self) -> Iterator[str]:
        """The ensembles of which what is promised does not hold, once all has come to rest."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            late = [
                each["name"] for each in self._shown()
                if each["status"] != "ACTIVE" or each["operation"]
            ]  # fmt: skip
            if not late:
                return
            time.sleep(LOOK)
        yield from (f"{name} is not as before" for name in late)


def main() -> int:
    """Run the rounds; the exit status says whether every promise was kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_arguments(parser, rounds=20)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    found: list[Drains] = []

    def begin(cloud: EmbeddedCloud) -> Callable[[int], Round]:
        return found[0].round

    @contextmanager
    def ensembles(cloud: EmbeddedCloud) -> Iterator[None]:
        found.append(Drains(cloud, arguments.seed))
        with found[0].ensembles():
            yield

    return run(
        *(Round, arguments, {"seed": arguments.seed}, begin),
        meanwhile=ensembles,
        clouds=compact_cloud,
    )


if __name__ == "__main__":
    sys.exit(main())
