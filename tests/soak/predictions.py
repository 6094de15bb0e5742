# SPDX-License-Identifier: Apache-2.0
"""Try random failures of random ensembles, let them happen, and compare member by member.

python -m tests.soak.predictions [--rounds N] [--seed N] [--cloud STATE] [--results FILE]
                                 [--page FILE]

Several ensembles of up to three tiers with policies by lot run side by side. The ensembles API is
asked for each of them what the failure of one or two hosts, of a rack or of a zone would do; these
are then stopped and forced down, and Nova shows who is lost and, once the ensembles are repaired,
by themselves or by command, who is where. Each ensemble that was hit, or was to be, makes a round;
after a few failures come other ensembles. Where one failure hits several, they share what is free,
and so only one that was hit alone has to be on the hosts that were predicted. When the machine is
so busy that Nova takes other hosts for down too, another failure has happened than the one that was
asked about: that is said, and counts for nothing.

A run that was stopped goes on where its results end. It runs on the embedded cloud's compact
profile.
"""

import argparse
import random
import sys
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from novaclient import exceptions

from ensemble_cloud import control
from ensemble_cloud.state import StateDirectory
from ensemble_drill.cloud import Operator as DrillOperator
from ensemble_drill.cloud import Tenant
from ensemble_drill.watched import Look, Seen, healed_at, lost_in
from tests.cloud.ensembles import PATIENCE, Operator, Project, until
from tests.embedded import EmbeddedCloud
from tests.soak.compact_cloud import as_client, compact_cloud
from tests.soak.predictions_round import Round
from tests.soak.rounds import add_arguments, run

LOOK = 1.0  # seconds between two looks
SIDE_BY_SIDE = 6  # ensembles
FAILURES = 4  # until others take their place
MOST_MEMBERS = 6
SETTLED = 60  # seconds in which an ensemble has to hold all that it promises again, or it goes
AT_ONCE = 4  # requests, and hosts that are stopped or started
LEVELS = ("host", "host", "rack", "rack", "zone")  # of which one is drawn
_GONE = Seen(None, "gone")


@dataclass(frozen=True, eq=False)
class Built:
    """An ensemble that runs: its description, and the server of each member."""

    name: str
    id: str
    body: Mapping[str, Any]
    servers: Mapping[str, str]

    @property
    def by_itself(self) -> bool:
        """Whether it is repaired without being told to."""
        return bool(self.body["recovery"]["mode"] == "auto")


@dataclass(frozen=True)
class Predicted:
    """What the failure was to do to an ensemble: who is lost, and who goes where.

    ``targets`` are None where no repair was to be had.
    """

    lost: tuple[str, ...]
    targets: Mapping[str, str] | None


class Predictions:
    """Random drills on one cloud, of which this process must be a client."""

    def __init__(self, cloud: EmbeddedCloud, seed: int) -> None:
        self._run = StateDirectory.at(cloud.state).run
        self._seed = seed
        self._project = Project(cloud.connection("demo"))
        self._admin = Operator(cloud.connection("admin"))
        self._tenant, self._operator = Tenant("demo"), DrillOperator("admin")
        self._place = {level: self._admin.place(level) for level in ("rack", "zone")}
        services = self._admin.connection.compute.services(binary="nova-compute")
        self._services = {each.host: each.id for each in services}
        self._there: list[Built] = []
        self._failures = 0  # since these were built
        self._done: deque[Round] = deque()

    def round(self, number: int) -> Round:
        """Give what came of the next ensemble that was hit, after another failure if need be."""
        while not self._done:
            lot = random.Random(f"{self._seed}-{number}-{self._failures}")  # also when it goes on
            self._done += self._fail_once(lot, number)
        return self._done.popleft()

    def remove(self) -> None:
        """Delete all ensembles."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self._project.delete, [each.id for each in self._there]))
        self._there = []

    def _fail_once(self, lot: random.Random, number: int) -> list[Round]:
        """Predict, let fail, compare, and bring back; with other ensembles from time to time."""
        if self._failures % FAILURES == 0:
            self.remove()
        self._failures += 1
        self._build(lot, number)
        refs, domains = self._choose(lot)
        predicted = self._predict(refs)
        failed = frozenset().union(*(self._hosts(*each) for each in domains))
        looks, seconds = self._let_fail(failed, predicted)
        others = frozenset().union(*(each.down for each in looks)) - failed
        if others:
            print(f"    void: {', '.join(sorted(others))} down too", flush=True)  # noqa: T201
            self._settle()
            return []
        hit = {
            each.name: sorted(lost_in(looks, each.name, failed))
            for each in self._there
            if predicted[each.name].lost or lost_in(looks, each.name, failed)
        }
        found = [
            self._round(each, number + place, domains, predicted, hit, looks, seconds[each.name])
            for place, each in enumerate(one for one in self._there if one.name in hit)
        ]
        self._settle()
        return found

    def _round(
        self,
        each: Built,
        number: int,
        domains: Sequence[tuple[str, str]],
        predicted: Mapping[str, Predicted],
        hit: Mapping[str, Sequence[str]],
        looks: Sequence[Look],
        seconds: float | None,
    ) -> Round:
        targets, places = predicted[each.name].targets, looks[-1].placement(each.name)
        return Round(
            number=number,
            together=len(hit),
            members=len(each.servers),
            failed=" and ".join(f"{level} {name}" for level, name in domains),
            predicted=sorted(predicted[each.name].lost),
            lost=hit[each.name],
            targets=targets,
            places={name: places[name] for name in targets or () if name in places},
            seconds=seconds,
            body=each.body,
        )

    def _build(self, lot: random.Random, number: int) -> None:
        """Draw ensembles that fit until there are enough, and build them at the same time."""
        made: list[tuple[str, dict[str, Any], str]] = []
        while len(self._there) + len(made) < SIDE_BY_SIDE:
            name = f"random-{number}-{self._failures}-{len(made)}"
            body = self._project.body(name, *self._drawn(lot))["ensemble"]
            body["recovery"] = {"mode": lot.choice(("auto", "auto", "manual"))}
            answer = self._project.request("POST", body={"ensemble": body})
            if answer.status_code == 202:
                made.append((name, body, answer.json()["ensemble"]["id"]))
            else:
                assert answer.status_code == 409, answer.text
        for name, body, ensemble_id in made:
            members = self._project.wait(ensemble_id, "ACTIVE")["members"]
            servers = {each["name"]: each["server_id"] for each in members}
            self._there.append(Built(name, ensemble_id, body, servers))

    def _drawn(self, lot: random.Random) -> tuple[Any, ...]:
        """Draw tiers, and policies for each of them."""
        tiers, policies, left = [], [], MOST_MEMBERS
        for name in ("web", "app", "db")[: lot.randint(1, 3)]:
            count = lot.randint(1, min(4, left))
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

    def _choose(self, lot: random.Random) -> tuple[Sequence[str], Sequence[tuple[str, str]]]:
        """Draw what fails of what the ensembles are in: references, and levels with names."""
        level = lot.choice(LEVELS)
        names: dict[str, str] = {}
        hit: set[str] = set()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            ids = [each.id for each in self._there]
            for tried in pool.map(lambda key: self._operator.ensembles.drill(key, level), ids):
                names |= {each["ref"]: each["name"] for each in tried["domains"] if "name" in each}
                hit |= {each["domains"][0] for each in tried["failures"]}
        most = lot.randint(1, 2) if level == "host" else 1
        chosen = lot.sample(sorted(hit), min(len(hit), most))
        return chosen, [(level, names[each]) for each in chosen]

    def _predict(self, refs: Sequence[str]) -> dict[str, Predicted]:
        """Ask for each ensemble what that failure would do, by the ensembles' names."""

        def ask(each: Built) -> Predicted:
            (failure,) = self._operator.ensembles.drill(each.id, None, list(refs))["failures"]
            lost = tuple(failure["lost"])
            moves = {move["member"]: move["host"] for move in failure["repair"]["moves"]}
            # A repair moves nobody who is not lost.
            possible = failure["repair"]["fits"] and moves.keys() <= set(lost)
            return Predicted(lost, moves if possible else None)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            told = pool.map(ask, self._there)
            return {each.name: found for each, found in zip(self._there, told, strict=True)}

    def _let_fail(
        self, failed: Collection[str], predicted: Mapping[str, Predicted]
    ) -> tuple[list[Look], dict[str, float | None]]:
        """Let these hosts fail, look until all is over, and bring them back.

        Gives all looks, and after how many seconds each ensemble ran whole again.
        """
        waiting = {each.name for each in self._there if predicted[each.name].targets}
        by_command = {each for each in self._there if each.name in waiting and not each.by_itself}
        members = {each.name: len(each.servers) for each in self._there}
        looks: list[Look] = []
        begun = time.monotonic()
        try:
            self._switch("stop", failed)
            end = time.monotonic() + PATIENCE
            while True:
                looks.append(self._look(begun))
                by_command = {each for each in by_command if not self._repairs(each.id)}
                at = {
                    name: healed_at(looks, name, frozenset(failed), members[name])
                    for name in members
                }
                healed = all(at[name] is not None for name in waiting)
                if healed or looks[-1].down - set(failed) or time.monotonic() > end:
                    return looks, at
                time.sleep(LOOK)
        finally:
            self._switch("start", failed)
            until("all hosts are up", lambda: not self._operator.down())

    def _repairs(self, ensemble_id: str) -> bool:
        """Ask for a repair; false while nothing has been noticed that could be repaired."""
        try:
            self._tenant.ensembles.repair(ensemble_id)
        except exceptions.Conflict:
            return False
        return True

    def _settle(self) -> None:
        """Wait until each ensemble is as it was described again; one that stays otherwise goes."""
        end = time.monotonic() + SETTLED
        for each in list(self._there):
            while (now := self._tenant.ensembles.get(each.id)).status != "ACTIVE":
                if time.monotonic() > end or now.status == "ERROR":
                    self._project.delete(each.id)
                    self._there.remove(each)
                    break
                time.sleep(LOOK)

    def _hosts(self, level: str, name: str) -> frozenset[str]:
        if level == "host":
            return frozenset({name})
        return frozenset(host for host, where in self._place[level].items() if where == name)

    def _switch(self, action: str, hosts: Collection[str]) -> None:
        """Stop the compute services of hosts and force them down, or undo that."""

        def one(host: str) -> None:
            control.ask(self._run, {"do": action, "host": host})
            path, body = f"/os-services/{self._services[host]}", {"forced_down": action == "stop"}

            def forced() -> bool:
                # Nova refuses the end of it until the host has removed what was evacuated.
                answer = self._operator.connection.compute.put(path, json=body, microversion="2.53")
                return bool(answer.status_code < 400)

            until(f"{host} is forced down, or is not any more", forced)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(one, hosts))

    def _look(self, begun: float) -> Look:
        there = self._operator.servers(self._tenant.project_id)
        seen = {
            each.name: {name: there.get(key, _GONE) for name, key in each.servers.items()}
            for each in self._there
        }
        return Look(time.monotonic() - begun, self._operator.down(), seen)


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
