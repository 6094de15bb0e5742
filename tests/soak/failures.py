# SPDX-License-Identifier: Apache-2.0
"""Let hosts and racks fail, and see ensembles keep their promises and be repaired.

python -m tests.soak.failures [--rounds N] [--seed N] [--cloud STATE] [--results FILE]
                              [--page FILE]

Ensembles of two projects are repaired and rebalanced by themselves, while plain servers come and
go. For those of one project capacity is held for the failure of a rack. A round stops a host or a
rack, which an operator reports or Nova finds out, waits until all members run elsewhere, starts it
again, and waits until everything that was promised holds. What is left in the end is looked at by
Nova's, Neutron's and Placement's own answers.
A run that was stopped goes on where its results end.
It runs on the embedded cloud's full profile: on one of your own, if you name its state directory.
"""

import argparse
import contextlib
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import openstack

from tests.cloud.ensembles import PATIENCE, Operator, Project
from tests.embedded import EmbeddedCloud
from tests.soak.failures_round import Round
from tests.soak.race import SMALL, Others
from tests.soak.rounds import add_arguments, run

LOOK = 0.5  # seconds between two looks
AGAIN = 3.0  # seconds until a second look at what should not be there
OTHERS = 2  # that ask for plain servers, one after another
RECOVERY = {"mode": "auto", "rebalance": "auto"}
RESERVE = {"reserve": {"level": "rack"}}
HELD = "ENSEMBLE_RECOVERY_HOLD"  # as Placement calls the consumers of what is held
CONSUMER_TYPES = "1.38"  # from when on Placement tells them
PROMISE: Mapping[str, Any] = {"type": "survive", "level": "rack", "failures": 1, "min_available": 1}
APART = {"type": "anti-affinity", "level": "host"}
RUNS = ("ACTIVE", None)


class Failures:
    """Ensembles on a cloud whose hosts and racks fail, one after another."""

    def __init__(self, cloud: EmbeddedCloud, seed: int) -> None:
        self.cloud = cloud
        self.seed = seed
        self.operator = Operator(cloud.connection("admin"))
        self.compute = self.operator.connection.compute
        self.projects = [Project(cloud.connection(each)) for each in ("demo", "demo2")]
        self.racks = self.operator.place("rack")
        self.made: dict[str, Project] = {}

    @contextmanager
    def ensembles(self) -> Iterator[None]:
        """One of two tiers in each zone for each project; plain servers beside them."""
        # A server does not leave its cell, and the zones of this cloud are in cells of their own.
        zones = sorted(set(self.operator.place("zone").values()))
        over = threading.Event()
        flavor = self.projects[0].names["flavor"][SMALL]
        threads = [
            threading.Thread(
                target=self._come_and_go, args=(Others(project, flavor, "plain"), over)
            )
            for project in self.projects[:OTHERS]
        ]
        try:
            for project in self.projects:
                for zone in zones:
                    tiers = [
                        project.tier(name, count, networks="none", availability_zone=zone)
                        for name, count in (("web", 2), ("db", 2))
                    ]
                    policies = [
                        {**each, "tiers": [tier["name"]]}
                        for each in (PROMISE, APART)
                        for tier in tiers
                    ]
                    body = project.body(f"soak-{zone}", tiers, *policies)
                    reserve = RESERVE if project is self.projects[0] else {}
                    body["ensemble"]["recovery"] = {**RECOVERY, **reserve}
                    self.made[project.create(body)["id"]] = project
            for ensemble_id, project in self.made.items():
                project.wait(ensemble_id, "ACTIVE")
            for each in threads:
                each.start()
            yield
        finally:
            over.set()
            for each in threads:
                if each.ident:
                    each.join()
            for ensemble_id, project in self.made.items():
                project.delete(ensemble_id)
        wrong: list[str] = []
        self._wait(wrong, "given back", lambda: not self._held_for_recovery(), time.monotonic())
        assert not wrong, wrong

    @staticmethod
    def _come_and_go(others: Others, over: threading.Event) -> None:
        """Ask again where Nova did not answer while its hosts came and went."""
        while not over.is_set():
            with contextlib.suppress(openstack.exceptions.SDKException):
                others.one()

    def round(self, number: int) -> Round:
        """Stop some hosts, wait until all is repaired, start them, and wait until all holds."""
        chance = random.Random(f"{self.seed}-{number}")  # also when it goes on later
        level = chance.choice(("host", "host", "rack"))
        used = sorted({each.compute_host for each in self._servers().values()})
        host = chance.choice(used)
        failed = [each for each in self.racks if self.racks[each] == self.racks[host]]
        hosts, name = ([host], host) if level == "host" else (failed, self.racks[host])
        forced = chance.random() < 0.5
        before = self._servers()
        hit = [each for each, server in before.items() if server.compute_host in hosts]
        promised = self._promised(hosts)
        wrong: list[str] = []
        for each in hosts:
            assert self.cloud.ensemble_cloud("host", "stop", each).returncode == 0
        begun = time.monotonic()
        if forced:
            self._force(hosts)
        broken = self._broken(before, hosts)
        told = self._wait(wrong, "told of", lambda: not hit or self._tells(hosts), begun)
        at = time.monotonic()
        repaired = self._wait(wrong, "repaired", lambda: self._all_run(hosts), at)
        runs = self._runs(hosts)
        lost = sum(not each for each in runs.values())
        if not forced:
            self._force(hosts)  # evacuated servers are removed there before it reports again
        at = time.monotonic()
        for each in hosts:
            assert self.cloud.ensemble_cloud("host", "start", each).returncode == 0
        self._wait(wrong, "up again", lambda: self._are_up(hosts), at)
        restored = self._wait(wrong, "restored", self._all_hold, at)
        self._wait(wrong, "clean", lambda: not self._left(), at)
        wrong += [f"{what}: {each}" for what, each in sorted(self._left())]
        wrong += [f"{each} is over-committed" for each in sorted(self.operator.overcommitted())]
        return Round(
            number=number,
            what=f"{level} {name}",
            forced=forced,
            hit=len(hit),
            broken=broken,
            lost=lost,
            told=told,
            repaired=repaired,
            restored=restored,
            wrong=wrong,
            promised=len(promised),
            unmet=sum(not runs[each] for each in promised),
        )

    def _wait(
        self, wrong: list[str], what: str, condition: Callable[[], bool], begun: float
    ) -> float:
        """Wait until it is so, or note that it does not come to that; gives the seconds."""
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                wrong.append(f"not {what} in {PATIENCE} s")
                break
            time.sleep(LOOK)
        return round(time.monotonic() - begun, 1)

    def _shown(self) -> list[Mapping[str, Any]]:
        return [
            project.request("GET", f"/{ensemble_id}").json()["ensemble"]
            for ensemble_id, project in self.made.items()
        ]

    def _servers(self) -> dict[str, Any]:
        """The servers of all members by id, as Nova has them now."""
        ids = {each["server_id"] for ensemble in self._shown() for each in ensemble["members"]}
        return {name: each for name, each in self.operator.servers().items() if name in ids}

    def _promised(self, failing: Sequence[str]) -> set[str]:
        """The members on these hosts for which capacity is held now."""
        there = self.operator.servers()
        return {
            f"{ensemble['id']} {member['name']}"
            for ensemble in self._shown()
            if (ensemble["reserve"] or {}).get("status") == "held"
            for member in ensemble["members"]
            if (server := there.get(member["server_id"] or "")) is not None
            and server.compute_host in failing
        }

    def _runs(self, failed: Sequence[str]) -> dict[str, bool]:
        """Of each member whether it has a server that runs on a host that has not failed."""
        there = self.operator.servers()
        found: dict[str, bool] = {}
        for ensemble in self._shown():
            for member in ensemble["members"]:
                server = there.get(member["server_id"] or "")
                found[f"{ensemble['id']} {member['name']}"] = (
                    server is not None
                    and (server.status, server.task_state) == RUNS
                    and server.compute_host not in failed
                )
        return found

    def _all_run(self, failed: Sequence[str]) -> bool:
        return all(self._runs(failed).values())

    def _tells(self, failed: Sequence[str]) -> bool:
        """Whether the API says of each ensemble with members there that it does not stand."""
        hit = {each for each, server in self._servers().items() if server.compute_host in failed}
        return all(
            ensemble["status"] == "DEGRADED" or ensemble["operation"]
            for ensemble in self._shown()
            if any(each["server_id"] in hit for each in ensemble["members"])
        )

    def _broken(self, before: Mapping[str, Any], failed: Sequence[str]) -> int:
        """How many tiers have fewer members left than was promised for this failure."""
        left: Counter[tuple[str, str]] = Counter()
        tiers = set()
        for ensemble in self._shown():
            for member in ensemble["members"]:
                tier = (ensemble["id"], member["tier"])
                tiers.add(tier)
                left[tier] += before[member["server_id"]].compute_host not in failed
        return sum(left[tier] < PROMISE["min_available"] for tier in tiers)

    def _all_hold(self) -> bool:
        return all(
            ensemble["status"] == "ACTIVE" and not ensemble["operation"]
            for ensemble in self._shown()
        )

    def _force(self, hosts: Sequence[str]) -> None:
        for each in hosts:
            self.compute.update_service_forced_down(self._service(each), forced=True)

    def _service(self, host: str) -> Any:
        return next(iter(self.compute.services(binary="nova-compute", host=host)))

    def _are_up(self, hosts: Sequence[str]) -> bool:
        """Whether they report; one may only once it has removed what was evacuated."""
        for each in hosts:
            with contextlib.suppress(openstack.exceptions.BadRequestException):
                self.compute.update_service_forced_down(self._service(each), forced=False)
        return all(self._service(each).state == "up" for each in hosts)

    def _left(self) -> set[tuple[str, str]]:
        """What should not be there: servers that are nobody's, and what is held for nobody.

        Plain servers come and go meanwhile, so what is to be told is there at two looks.
        """
        found = self._look()
        if found:
            time.sleep(AGAIN)
            found &= self._look()
        return found

    def _look(self) -> set[tuple[str, str]]:
        held, ports = self.operator.consumers(), list(self.operator.connection.network.ports())
        there, ours = self.operator.servers(), self._servers().keys()
        found = {"a server of nobody": {each for each in there if there[each].name[:5] == "soak-"}}
        found["a server of nobody"] -= ours
        # What is held for recovery is gone when its ensembles are.
        found["held for nobody"] = held - there.keys()
        if found["held for nobody"]:
            found["held for nobody"] -= self._held_for_recovery()
        found["a port of nobody"] = {
            each.id
            for each in ports
            if each.device_owner.startswith("compute:") and each.device_id not in there
        }
        return {(what, each) for what, ids in found.items() for each in ids}

    def _held_for_recovery(self) -> set[str]:
        """The consumers of what is held for recovery."""
        placement = self.operator.connection.placement
        return {
            each
            for each in self.operator.consumers() - self.operator.servers().keys()
            if placement.get(f"/allocations/{each}", microversion=CONSUMER_TYPES)
            .json()
            .get("consumer_type")
            == HELD
        }


def main() -> int:
    """Run the rounds; the exit status says whether every promise was kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_arguments(parser, rounds=50)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    found: list[Failures] = []

    def begin(cloud: EmbeddedCloud) -> Callable[[int], Round]:
        return found[0].round

    @contextmanager
    def ensembles(cloud: EmbeddedCloud) -> Iterator[None]:
        found.append(Failures(cloud, arguments.seed))
        with found[0].ensembles():
            yield

    return run(Round, arguments, {"seed": arguments.seed}, begin, meanwhile=ensembles)


if __name__ == "__main__":
    sys.exit(main())
