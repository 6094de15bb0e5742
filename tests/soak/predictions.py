# SPDX-License-Identifier: Apache-2.0
"""Try random failures of random ensembles, let them happen, and compare member by member.

python -m tests.soak.predictions [--rounds N] [--seed N] [--cloud STATE] [--results FILE]
                                 [--page FILE]

A round is an ensemble of up to three tiers with policies by lot. The ensembles API is asked what
the failure of one or two hosts, of a rack or of a zone would do; these are then stopped and forced
down, and Nova shows who is lost and, once the ensemble is repaired, by itself or by command, where
they are then.
A run that was stopped goes on where its results end. It runs on the embedded cloud's compact
profile.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from novaclient import exceptions

from ensemble_drill.cloud import Operator as DrillOperator
from ensemble_drill.cloud import Tenant
from ensemble_drill.watched import Look, healed_at, lost_in
from tests.cloud.ensembles import PATIENCE, Operator, Project, until
from tests.embedded import EmbeddedCloud
from tests.soak.compact_cloud import as_client, compact_cloud
from tests.soak.predictions_round import Round
from tests.soak.rounds import add_arguments, run

METHOD = "ensemble"
LOOK = 0.5  # seconds between two looks
MOST_MEMBERS = 9
LEVELS = ("host", "host", "rack", "rack", "zone")  # of which one is drawn
Domains = Sequence[tuple[str, str]]  # level and name


class Predictions:
    """Random drills on one cloud, of which this process must be a client."""

    def __init__(self, cloud: EmbeddedCloud, seed: int) -> None:
        self._cloud = cloud
        self._seed = seed
        self._project = Project(cloud.connection("demo"))
        self._admin = Operator(cloud.connection("admin"))
        self._tenant, self._operator = Tenant("demo"), DrillOperator("admin")
        self._place = {level: self._admin.place(level) for level in ("rack", "zone")}

    def round(self, number: int) -> Round:
        """Build, predict, let fail, compare, bring back, and delete."""
        lot = random.Random(f"{self._seed}-{number}")  # also when it goes on later
        body, made = self._build(lot, f"random-{number}")
        try:
            return self._once(lot, number, made["id"], body)
        finally:
            self._project.delete(made["id"])

    def several(self, count: int, body: Mapping[str, Any]) -> list[Round]:
        """Let so many failures happen to one ensemble, one after another; nobody repairs it."""
        lot = random.Random(self._seed)
        made = self._project.create({"ensemble": body})
        try:
            return [
                self._once(lot, number, made["id"], body, repaired=False) for number in range(count)
            ]
        finally:
            self._project.delete(made["id"])

    def _once(
        self,
        lot: random.Random,
        number: int,
        ensemble_id: str,
        body: Mapping[str, Any],
        *,
        levels: Sequence[str] = LEVELS,
        repaired: bool = True,
    ) -> Round:
        built = self._project.wait(ensemble_id, "ACTIVE")
        servers = {each["name"]: each["server_id"] for each in built["members"]}
        found, domains = self._predict(lot, ensemble_id, levels)
        (failure,) = found["failures"]
        targets: Mapping[str, str] | None = {}
        if repaired:
            moves = {each["member"]: each["host"] for each in failure["repair"]["moves"]}
            # A repair moves nobody who is not lost.
            possible = failure["repair"]["fits"] and moves.keys() <= set(failure["lost"])
            targets = moves if possible else None
        by_command = ensemble_id if body["recovery"]["mode"] == "manual" else None
        lost, places, seconds = self._fail(domains, servers, targets, by_command)
        return Round(
            number=number,
            members=len(servers),
            failed=" and ".join(f"{level} {name}" for level, name in domains),
            predicted=sorted(failure["lost"]),
            lost=sorted(lost),
            targets=targets,
            places={name: places[name] for name in targets or () if name in places},
            seconds=seconds,
            body=body,
        )

    def _build(self, lot: random.Random, name: str) -> tuple[dict[str, Any], Any]:
        """Draw ensembles until one fits."""
        while True:
            body = self._project.body(name, *self._drawn(lot))["ensemble"]
            body["recovery"] = {"mode": lot.choice(("auto", "manual"))}
            answer = self._project.request("POST", body={"ensemble": body})
            if answer.status_code == 202:
                return body, answer.json()["ensemble"]
            assert answer.status_code == 409, answer.text

    def _drawn(self, lot: random.Random) -> tuple[Any, ...]:
        """Draw tiers, and policies for each of them."""
        tiers, policies, left = [], [], MOST_MEMBERS
        for name in ("web", "app", "db")[: lot.randint(1, 3)]:
            count = lot.randint(1, min(5, left))
            left -= count
            flavor = lot.choice(("m1.tiny", "m1.small", "m1.medium"))
            tiers.append(self._project.tier(name, count, flavor, networks="none"))
            level = lot.choice(("host", "rack", "zone"))
            survive = {"type": "survive", "min_available": max(1, count - lot.randint(1, 2))}
            kinds = (
                {"type": "anti-affinity", "max_per_domain": lot.randint(1, 3)},
                {"type": "spread", "max_skew": lot.randint(1, 2)},
                *((survive,) if count > 1 else ()),
                *(({"type": "affinity"},) if level != "host" else ()),
            )
            for kind in lot.sample(kinds, lot.randint(0, 2)):
                enforcement = lot.choice(("hard", "hard", "soft"))
                if kind["type"] == "survive":
                    enforcement = "hard"
                policies.append(
                    {**kind, "level": level, "tiers": [name], "enforcement": enforcement}
                )
            if left == 0:
                break
        return (tiers, *policies)

    def _predict(
        self, lot: random.Random, ensemble_id: str, levels: Sequence[str]
    ) -> tuple[Any, Domains]:
        """Draw what fails of what the ensemble is in, and ask what that would do."""
        level = lot.choice(levels)
        tried = self._operator.ensembles.drill(ensemble_id, level)
        names = {each["ref"]: each["name"] for each in tried["domains"]}
        refs = sorted(each["domains"][0] for each in tried["failures"])
        chosen = lot.sample(refs, min(len(refs), lot.randint(1, 2) if level == "host" else 1))
        found = self._operator.ensembles.drill(ensemble_id, None, chosen)
        return found, [(level, names[each]) for each in chosen]

    def _fail(
        self,
        domains: Domains,
        servers: Mapping[str, str],
        targets: Mapping[str, str] | None,
        by_command: str | None,
    ) -> tuple[frozenset[str], Mapping[str, str], float | None]:
        """Let these fail and look until all is over; gives who was lost, and who is where when.

        An ensemble that is to be repaired ``by_command`` is, as soon as the cloud has noticed.
        """
        failed = frozenset().union(*(self._hosts(*each) for each in domains))
        looks: list[Look] = []
        begun = time.monotonic()
        try:
            with ThreadPoolExecutor(len(domains)) as pool:
                stopped = [pool.submit(self._switch, "stop", *each) for each in domains]
                while not all(each.done() for each in stopped):
                    looks.append(self._look(begun, servers))
                    time.sleep(LOOK)
            looks.append(self._look(begun, servers))
            if by_command and targets:
                until("the repair is accepted", lambda: self._repairs(by_command))
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end:
                looks.append(self._look(begun, servers))
                seconds = healed_at(looks, METHOD, failed, len(servers))
                if not targets or seconds is not None:
                    break
                time.sleep(LOOK)
        finally:
            for each in domains:
                self._switch("start", *each)
        until("all hosts are up again", lambda: not self._operator.down() & failed)
        return lost_in(looks, METHOD, failed), looks[-1].placement(METHOD), seconds

    def _repairs(self, ensemble_id: str) -> bool:
        """Ask for a repair; false while nothing has been noticed that could be repaired."""
        try:
            self._tenant.ensembles.repair(ensemble_id)
        except exceptions.Conflict:
            return False
        return True

    def _hosts(self, level: str, name: str) -> frozenset[str]:
        if level == "host":
            return frozenset({name})
        return frozenset(host for host, where in self._place[level].items() if where == name)

    def _switch(self, action: str, level: str, name: str) -> None:
        done = self._cloud.ensemble_cloud(level, action, name, "--forced")
        assert done.returncode == 0, done.stderr

    def _look(self, begun: float, servers: Mapping[str, str]) -> Look:
        there = self._operator.servers(self._tenant.project_id)
        seen = {name: there[server_id] for name, server_id in servers.items()}
        return Look(time.monotonic() - begun, self._operator.down(), {METHOD: seen})


def main() -> int:
    """Run the rounds; the exit status says whether all came as predicted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_arguments(parser, rounds=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    seed = arguments.seed

    def begin(cloud: EmbeddedCloud) -> Callable[[int], Round]:
        as_client(cloud)
        return Predictions(cloud, seed).round

    return run(
        Round,
        arguments,
        {"seed": seed},
        begin,
        clouds=compact_cloud,
    )


if __name__ == "__main__":
    sys.exit(main())
