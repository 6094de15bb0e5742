# SPDX-License-Identifier: Apache-2.0
"""Measure how soon a tenant's list tells of what became of a server or a host in Nova.

python -m tests.soak.noticed [--rounds N] [--cloud STATE]

A round is an ensemble of two members on two hosts: one host is forced down and up again, one member
is moved to the host of the other, past the scheduler, and then deleted. The time is from where Nova
itself shows the change until the list has the ensemble as DEGRADED. Without --cloud an embedded
cloud of the compact profile is started for it.
"""

import argparse
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openstack

from tests.cloud.ensembles import PATIENCE, Operator, Project
from tests.embedded import EmbeddedCloud
from tests.soak.compact_cloud import compact_cloud

LOOK = 0.25  # seconds between two looks
PROMISED = 15.0  # seconds within which it is told
ANTI_AFFINITY = {"type": "anti-affinity", "level": "host", "tiers": ["web"]}


def until(condition: Callable[[], bool]) -> float:
    """Wait for a condition; gives the seconds that it took."""
    start = time.monotonic()
    while not condition():
        if time.monotonic() > start + PATIENCE:
            raise TimeoutError
        time.sleep(LOOK)
    return time.monotonic() - start


class Round:
    """One ensemble, and what is done to it."""

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self.demo = Project(cloud.connection("demo"))
        self.operator = Operator(cloud.connection("admin"))
        self.compute = self.operator.connection.compute

    def run(self) -> Iterator[tuple[str, float]]:
        """Yield what was done, and the seconds until it was told."""
        # A server does not move to another cell, and zones may be in cells of their own.
        (zone, _), *_ = Counter(self.operator.place("zone").values()).most_common()
        tier = self.demo.tier("web", 2, networks="none", availability_zone=zone)
        made = self.demo.create(self.demo.body("noticed", [tier], ANTI_AFFINITY))
        try:
            built = self.demo.wait(made["id"], "ACTIVE")
            ids = [each["server_id"] for each in built["members"]]
            hosts = [self.operator.servers()[each].compute_host for each in ids]
            until(lambda: self._listed(built["id"])["observed_at"] > built["events"][-1]["at"])
            service = next(iter(self.compute.services(binary="nova-compute", host=hosts[0])))
            self.compute.update_service_forced_down(service, forced=True)
            try:
                yield "a host is forced down", self._until(built["id"], "DEGRADED")
            finally:
                self.compute.update_service_forced_down(service, forced=False)
            yield "it is up again", self._until(built["id"], "ACTIVE")

            forced = {"host": hosts[1], "block_migration": "auto", "force": True}
            self.compute.post(
                f"/servers/{ids[0]}/action", json={"os-migrateLive": forced}, microversion="2.67"
            ).raise_for_status()
            until(lambda: self.operator.servers()[ids[0]].compute_host == hosts[1])
            yield "a server has moved", self._until(built["id"], "DEGRADED")

            until(lambda: self.operator.servers()[ids[0]].task_state is None)
            self.compute.delete_server(ids[0])
            until(lambda: not self._is_there(ids[0]))
            yield (
                "a server is deleted",
                until(lambda: self._reasons(built["id"]) == ["degraded.gone"]),
            )
        finally:
            self.demo.delete(made["id"])

    def _listed(self, ensemble_id: str) -> Any:
        found = self.demo.request("GET").json()["ensembles"]
        return next(each for each in found if each["id"] == ensemble_id)

    def _until(self, ensemble_id: str, status: str) -> float:
        return until(lambda: self._listed(ensemble_id)["status"] == status)

    def _reasons(self, ensemble_id: str) -> list[str]:
        degraded = self._listed(ensemble_id)["degraded"] or {"reasons": []}
        return [each["code"] for each in degraded["reasons"]]

    def _is_there(self, server_id: str) -> bool:
        try:
            self.compute.get_server(server_id)
        except openstack.exceptions.NotFoundException:
            return False
        return True


def main() -> int:
    """Measure and print; the end is an error when something took longer than is promised."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.noticed", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--cloud", type=Path, help="the state directory of a cloud that runs")
    arguments = parser.parse_args()
    found: dict[str, list[float]] = {}
    with compact_cloud(arguments.cloud) as cloud:
        for _ in range(arguments.rounds):
            for what, seconds in Round(cloud).run():
                found.setdefault(what, []).append(seconds)
    for what, each in found.items():
        print(f"{what}: median {statistics.median(each):.1f} s, longest {max(each):.1f} s")  # noqa: T201
    return int(any(max(each) > PROMISED for each in found.values()))


if __name__ == "__main__":
    sys.exit(main())
